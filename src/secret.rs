//! Secrets that are shown once: made from random bytes, kept only as a hash.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::{
    clock::Clock,
    error::{Error, Result},
};

/// A secret in clear, on its way to the one who may see it. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: String,
    prefix: &'static str,
}

impl Secret {
    /// 32 random bytes in URL-safe letters, behind `prefix`.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate(clock: &Clock, prefix: &'static str) -> Result<Self> {
        let bytes: [u8; 32] = clock.random_bytes().map_err(|cause| {
            Error::Internal(format!("the operating system gave no random bytes: {cause}"))
        })?;
        Ok(Self { text: format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)), prefix })
    }

    /// A secret that the store keeps in clear, because it never leaves this installation.
    pub fn kept(text: String) -> Self {
        Self { text, prefix: "" }
    }

    /// Stands for a secret where none may be shown. It opens nothing.
    pub fn masked() -> Self {
        Self { text: "********".to_owned(), prefix: "" }
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What the store keeps.
    pub fn hash(&self) -> String {
        hash(&self.text)
    }

    /// What it begins with and its last four letters, to tell it from others: `scim_…7f3a`.
    pub fn hint(&self) -> String {
        let last: String = self.text.chars().skip(self.text.chars().count().saturating_sub(4)).collect();
        format!("{}…{last}", self.prefix)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Signs what is handed to clients and comes back: nobody else can make what it has not signed.
#[derive(Clone)]
pub struct Seal(Secret);

impl Seal {
    /// Letters that a signature has.
    pub const LENGTH: usize = 43;

    /// The seal with this key.
    pub fn new(key: Secret) -> Self {
        Self(key)
    }

    /// HMAC-SHA256 of the text in URL-safe letters, [`Seal::LENGTH`] of them.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn sign(&self, text: &str) -> Result<String> {
        Ok(URL_SAFE_NO_PAD.encode(self.mac(text)?.finalize().into_bytes()))
    }

    /// Whether the signature is that of the text; takes as long for each wrong one.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn fits(&self, text: &str, signature: &str) -> Result<bool> {
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return Ok(false) };
        Ok(self.mac(text)?.verify_slice(&signature).is_ok())
    }

    fn mac(&self, text: &str) -> Result<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.reveal().as_bytes())
            .map_err(|cause| Error::Internal(format!("the key of the seal: {cause}")))?;
        mac.update(text.as_bytes());
        Ok(mac)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(…)")
    }
}

/// SHA-256 in hexadecimal. Enough for secrets of 256 random bits; passwords need more (see `people::password`).
///
/// Looking a hash up by index is safe against timing: what leaks is about the hash, not about the secret.
pub fn hash(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_with_this_key_fits() {
        let seal = Seal::new(Secret::kept("a key".to_owned()));
        let signature = seal.sign("text").unwrap();
        assert_eq!(signature.len(), Seal::LENGTH);
        assert!(seal.fits("text", &signature).unwrap());
        assert!(!seal.fits("texu", &signature).unwrap());
        assert!(!seal.fits("text", &hash("text")).unwrap());
        assert!(!seal.fits("text", "").unwrap());
        let other = Seal::new(Secret::kept("another key".to_owned()));
        assert!(!other.fits("text", &signature).unwrap());
    }
}
