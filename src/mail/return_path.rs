//! The envelope sender of each mail (VERP): an address that names the mail, so that what comes back tells which mail
//! it was, whatever is left of its text.

use lettre::Address;

use super::{address::wire_address, one_line};
use crate::model::MailId;

/// The place of the mail's id in the pattern.
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
        // The longest id must leave a local part that every server takes (RFC 5321 section 4.5.3.1.1).
        if !user.is_ascii() || before.len() + after.len() > 32 {
            return Err(complain(
                "what stands before the @ must be ASCII and leave room for 32 letters of 64",
            ));
        }
        let whole = wire_address(&format!("{before}{}{after}@{domain}", "0".repeat(32)));
        match whole {
            Ok(address) => Ok(Self {
                before: before.to_owned(),
                after: after.to_owned(),
                domain: address.domain().to_owned(),
            }),
            Err(why) => Err(complain(&why)),
        }
    }

    /// The address of a mail: its id without hyphens, which some servers take for the end of the user's name.
    pub(super) fn of(&self, id: &MailId) -> Address {
        let id = id.as_str().replace('-', "");
        // Read and checked by `parse`, with an id of the same length.
        Address::new_dangerous(format!("{}{id}{}", self.before, self.after), &self.domain)
    }

    /// The mail whose address this is, if it is one. Case does not count: servers change it.
    pub fn mail_of(&self, address: &str) -> Option<MailId> {
        let folded = address.trim().trim_start_matches('<').trim_end_matches('>').to_ascii_lowercase();
        let id = folded
            .strip_suffix(&format!("@{}", self.domain.to_ascii_lowercase()))?
            .strip_prefix(&self.before.to_ascii_lowercase())?
            .strip_suffix(&self.after.to_ascii_lowercase())?;
        uuid::Uuid::try_parse(id)
            .ok()
            .filter(|_| id.len() == 32)
            .map(|id| MailId(id.hyphenated().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mail_has_an_address_that_names_it() {
        let path = ReturnPath::parse(" Bounces+{id}@Mail.acme.test ").unwrap();
        let id = MailId("01987654-0000-7000-8000-00000000000a".to_owned());
        let address = path.of(&id).to_string();
        assert_eq!(address, "Bounces+0198765400007000800000000000000a@Mail.acme.test");
        assert_eq!(path.mail_of(&address), Some(id.clone()));
        assert_eq!(path.mail_of(&format!("<{}>", address.to_uppercase())), Some(id));
    }

    #[test]
    fn other_addresses_name_no_mail() {
        let path = ReturnPath::parse("bounces+{id}@acme.test").unwrap();
        for address in [
            "",
            "bounces@acme.test",
            "bounces+x@acme.test",
            "bounces+0198765400007000800000000000000a@evil.test",
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
            (&format!("{}{{id}}@acme.test", "x".repeat(40)), "of 64"),
        ] {
            let refusal = ReturnPath::parse(text).unwrap_err();
            assert!(refusal.contains(hint) && refusal.contains("Accepted: "), "{text}: {refusal}");
        }
    }
}
