//! Addresses as they go over the wire.

use lettre::{Address, message::Mailbox};

use super::one_line;

/// Reads the sender of mails: `rollcall@example.com` or `Rollcall <rollcall@example.com>`.
///
/// # Errors
/// A sentence that says what was read and what is accepted.
pub fn parse_sender(text: &str) -> Result<Mailbox, String> {
    let complain = |why: &str| {
        Err(format!(
            "The sender of mails “{}” cannot be used: {why}. Accepted: an address such as rollcall@example.com, or \"Rollcall <rollcall@example.com>\".",
            one_line(text, 120)
        ))
    };
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return complain("it holds a line break or another control character");
    }
    if !text.contains('@') {
        return complain("there is no @ in it");
    }
    if text.contains('<') != text.contains('>') {
        return complain("of < and > one is missing");
    }
    let Ok(sender) = text.parse::<Mailbox>() else {
        return complain("it is not an address, or the name before it holds signs that need quotes");
    };
    match wire_address(sender.email.as_ref()) {
        Ok(address) if address.user().is_ascii() => Ok(Mailbox::new(sender.name, address)),
        Ok(_) => complain("many servers refuse a sender with letters other than ASCII before the @"),
        Err(why) => complain(&why),
    }
}

/// The address with its domain in ASCII (IDNA), as every server takes it.
pub(super) fn wire_address(address: &str) -> Result<Address, String> {
    let refused = || format!("“{}” is not an e-mail address", one_line(address, 120));
    let (user, domain) = address.rsplit_once('@').ok_or_else(refused)?;
    let domain = if domain.is_ascii() {
        domain.to_owned()
    } else {
        match url::Host::parse(domain) {
            Ok(url::Host::Domain(ascii)) => ascii,
            _ => return Err(refused()),
        }
    };
    if user.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(refused());
    }
    Address::new(user, domain).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders() {
        for (text, shown) in [
            ("rollcall@acme.test", "rollcall@acme.test"),
            ("Rollcall <rollcall@acme.test>", "Rollcall <rollcall@acme.test>"),
            (" Équipe RH <rh@exämple.test> ", "Équipe RH <rh@xn--exmple-cua.test>"),
        ] {
            let sender = parse_sender(text).unwrap();
            let name = sender.name.map(|name| format!("{name} <{}>", sender.email));
            assert_eq!(name.unwrap_or_else(|| sender.email.to_string()), shown);
        }
    }

    #[test]
    fn senders_refused_in_a_sentence() {
        for (text, hint) in [
            ("", "no @"),
            ("rollcall", "no @"),
            ("Rollcall <rollcall@acme.test", "one is missing"),
            ("a b@acme.test x", "not an address"),
            ("x@acme.test\r\nBcc: eve@evil.test", "line break"),
            ("jürgen@acme.test", "before the @"),
        ] {
            let refusal = parse_sender(text).unwrap_err();
            assert!(refusal.contains(hint), "{text:?}: {refusal}");
            assert!(!refusal.contains('\n'));
        }
    }

    #[test]
    fn domains_become_ascii() {
        assert_eq!(wire_address("ada@bücher.test").unwrap().to_string(), "ada@xn--bcher-kva.test");
        assert_eq!(wire_address("o'neil+x@acme.test").unwrap().to_string(), "o'neil+x@acme.test");
        for text in ["ada", "@acme.test", "a\r\n@acme.test", "ada@", "a b@acme.test"] {
            assert!(wire_address(text).is_err(), "{text:?}");
        }
    }
}
