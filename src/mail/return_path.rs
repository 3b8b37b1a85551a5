//! The envelope sender of each mail (VERP): an address that names the mail, so that what comes back tells which mail
//! it was, whatever is left of its text. The id alone also stands in the `Message-ID`, which goes wherever the mail is
//! forwarded and answered; so the address holds a random key as well, and without it a report counts for nothing.

use lettre::Address;

use super::{address::wire_address, one_line};
use crate::model::MailId;

/// Letters of a mail's id, and of its key.
const ID: usize = 32;
pub(super) const KEY: usize = 16;

/// The place of the mail's id and key in the pattern.
const BLANK: &str = "{id}";

/// A pattern such as `bounces+{id}@example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath {
    before: String,
    after: String,
    domain: String,
}

impl ReturnPath {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A sentence that says what was read and what is accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        let complain = |why: &str| {
            format!(
                "The return path “{}” cannot be used: {why}. Accepted: an address with {BLANK} before the @, such as bounces+{BLANK}@example.com.",
                one_line(text, 120)
            )
        };
        let text = text.trim();
        let (user, domain) = text.rsplit_once('@').ok_or_else(|| complain("there is no @ in it"))?;
        let (before, after) =
            user.split_once(BLANK).ok_or_else(|| complain(&format!("there is no {BLANK} before the @")))?;
        // Id and key must leave a local part that every server takes (RFC 5321 section 4.5.3.1.1).
        if !user.is_ascii() || before.len() + after.len() > 64 - ID - KEY {
            return Err(complain(
                "what stands before the @ must be ASCII and leave room for 48 letters of 64",
            ));
        }
        let whole = wire_address(&format!("{before}{}{after}@{domain}", "0".repeat(ID + KEY)));
        match whole {
            Ok(address) => Ok(Self {
                before: before.to_owned(),
                after: after.to_owned(),
                domain: address.domain().to_owned(),
            }),
            Err(why) => Err(complain(&why)),
        }
    }

    /// The domain of all addresses: ASCII.
    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    /// The address of a mail: its id without hyphens, which some servers take for the end of the user's name, and its
    /// key.
    pub(super) fn of(&self, id: &MailId, key: &str) -> Address {
        let id = id.as_str().replace('-', "");
        // Read and checked by `parse`, with an id and a key of the same length.
        Address::new_dangerous(format!("{}{id}{key}{}", self.before, self.after), &self.domain)
    }

    /// The mail whose address this is, if it is one, and the key in it. Case does not count: servers change it.
    pub fn mail_of(&self, address: &str) -> Option<(MailId, String)> {
        let folded = address.trim().trim_start_matches('<').trim_end_matches('>').to_ascii_lowercase();
        let name = folded
            .strip_suffix(&format!("@{}", self.domain.to_ascii_lowercase()))?
            .strip_prefix(&self.before.to_ascii_lowercase())?
            .strip_suffix(&self.after.to_ascii_lowercase())?;
        let (id, key) = name.split_at_checked(ID).filter(|(_, key)| key.len() == KEY)?;
        let id = uuid::Uuid::try_parse(id).ok()?;
        Some((MailId(id.hyphenated().to_string()), key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mail_has_an_address_that_names_it() {
        let path = ReturnPath::parse(" Bounces+{id}@Mail.acme.test ").unwrap();
        let id = MailId("01987654-0000-7000-8000-00000000000a".to_owned());
        let address = path.of(&id, "00c0ffee00c0ffee").to_string();
        assert_eq!(address, "Bounces+0198765400007000800000000000000a00c0ffee00c0ffee@Mail.acme.test");
        let found = Some((id, "00c0ffee00c0ffee".to_owned()));
        assert_eq!(path.mail_of(&address), found);
        assert_eq!(path.mail_of(&format!("<{}>", address.to_uppercase())), found);
    }

    #[test]
    fn other_addresses_name_no_mail() {
        let path = ReturnPath::parse("bounces+{id}@acme.test").unwrap();
        for address in [
            "",
            "bounces@acme.test",
            "bounces+x@acme.test",
            "bounces+0198765400007000800000000000000a@acme.test",
            "bounces+0198765400007000800000000000000a00c0ffee00c0ffe@acme.test",
            "bounces+0198765400007000800000000000000g00c0ffee00c0ffee@acme.test",
            "bounces+0198765400007000800000000000000äc0ffee00c0ffee@acme.test",
            "bounces+0198765400007000800000000000000a00c0ffee00c0ffee@evil.test",
        ] {
            assert_eq!(path.mail_of(address), None, "{address}");
        }
    }

    #[test]
    fn refused_in_a_sentence() {
        for (text, hint) in [
            ("bounces@acme.test", "no {id}"),
            ("bounces+{id}", "no @"),
            ("{id}@", "not an e-mail address"),
            ("a b{id}@acme.test", "not an e-mail address"),
            (&format!("{}{{id}}@acme.test", "x".repeat(17)), "of 64"),
        ] {
            let refusal = ReturnPath::parse(text).unwrap_err();
            assert!(refusal.contains(hint) && refusal.contains("Accepted: "), "{text}: {refusal}");
        }
    }
}
