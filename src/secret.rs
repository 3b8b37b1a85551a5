//! Secrets that are shown once: made from random bytes, kept only as a hash.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
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

/// SHA-256 in hexadecimal. Enough for secrets of 256 random bits; passwords need more (see `people::password`).
///
/// Looking a hash up by index is safe against timing: what leaks is about the hash, not about the secret.
pub fn hash(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
