//! E-mail addresses.

use std::{fmt, str::FromStr};

use crate::{error::Error, store};

/// An address that mail can be sent to, as written and as compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    text: String,
}

/// Longest address that mail servers must take (RFC 5321 section 4.5.3.1.3).
const LONGEST: usize = 254;

impl EmailAddress {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.text.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address as it is compared: case-folded. The local part may differ by case in theory; no provider does so.
    pub fn key(&self) -> String {
        store::key(&self.text)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for EmailAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::invalid("email", "Enter an e-mail address."));
        }
        let valid = text.len() <= LONGEST
            && !text.chars().any(|c| c.is_control() || c.is_whitespace())
            && text.parse::<lettre::Address>().is_ok();
        if !valid {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
            return Err(Error::invalid(
                "email",
                format!("“{shown}” is not an e-mail address. It should look like name@example.com."),
            ));
        }
        Ok(Self { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_and_compared_without_case() {
        for (text, key) in [
            ("ada@acme.test", "ada@acme.test"),
            ("Ada.Lovelace+x@Acme.test", "ada.lovelace+x@acme.test"),
            (" ada@acme.test ", "ada@acme.test"),
            ("o'neil@acme.test", "o'neil@acme.test"),
            ("ΝΙΚΟΣ@acme.test", "νικοσ@acme.test"),
        ] {
            let address: EmailAddress = text.parse().unwrap();
            assert_eq!(address.as_str(), text.trim());
            assert_eq!(address.key(), key);
        }
    }

    #[test]
    fn refused() {
        for text in ["", "ada", "ada@", "@acme.test", "a b@acme.test", "ada@acme.test\r\nBcc: x@y.z", "a@b@c"]
        {
            assert_eq!(text.parse::<EmailAddress>().unwrap_err().field(), Some("email"), "{text:?}");
        }
        assert!(format!("{}@acme.test", "a".repeat(300)).parse::<EmailAddress>().is_err());
    }
}
