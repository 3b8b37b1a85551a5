//! Passwords: which are accepted, and how they are kept (Argon2id).

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};

use crate::{
    clock::Clock,
    error::{Error, Result},
};

/// Fewest characters.
pub const SHORTEST: usize = 12;
/// Most characters; longer ones only cost time.
const LONGEST: usize = 1024;

/// Checks a new password against the rules.
///
/// # Errors
/// `Invalid` on `password`.
pub fn check(password: &str, email: &str, name: &str) -> Result<()> {
    let characters = password.chars().count();
    if characters < SHORTEST {
        return Err(Error::invalid("password", format!("Use at least {SHORTEST} characters.")));
    }
    if characters > LONGEST {
        return Err(Error::invalid("password", format!("Use at most {LONGEST} characters.")));
    }
    let folded = password.to_lowercase();
    let mut letters = folded.chars();
    let first = letters.next();
    if letters.all(|letter| Some(letter) == first) {
        return Err(Error::invalid("password", "Use more than one character over and over."));
    }
    if folded == email.to_lowercase() || folded == name.to_lowercase() {
        return Err(Error::invalid("password", "Use something other than your name or address."));
    }
    Ok(())
}

/// Hashes a password, away from the threads that serve requests. Gives a PHC string.
///
/// # Errors
/// When the machine fails.
pub async fn hash(clock: &Clock, password: &str) -> Result<String> {
    let salt: [u8; 16] =
        clock.random_bytes().map_err(|cause| Error::Internal(format!("no random bytes: {cause}")))?;
    let password = password.to_owned();
    blocking(move || {
        let salt = SaltString::encode_b64(&salt).map_err(|cause| internal(&cause))?;
        Ok(Argon2::default()
            .hash_password(password.as_bytes(), &salt)
            .map_err(|cause| internal(&cause))?
            .to_string())
    })
    .await
}

/// Whether the password is the one that was hashed. Takes as long when there is no hash to compare with, so that a
/// caller cannot tell whether an account exists.
///
/// # Errors
/// When the machine fails.
pub async fn verify(hash: Option<&str>, password: &str) -> Result<bool> {
    // The hash of a random password that nobody knows.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$PFK6KrIEZa9C1Ky8AGN5dQ$dCMP7N+3lFgXz+FvDzKcHN4u5lh2VpNTyB2ZG+q9QGQ";
    let known = hash.is_some();
    let hash = hash.unwrap_or(NOBODY).to_owned();
    let password = password.to_owned();
    blocking(move || {
        let parsed = PasswordHash::new(&hash).map_err(|cause| internal(&cause))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known)
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(cause) => Err(Error::Internal(format!("hashing stopped: {cause}"))),
    }
}

fn internal(cause: &argon2::password_hash::Error) -> Error {
    Error::Internal(format!("password hashing: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        for good in ["correct horse battery", &"яд".repeat(512)] {
            assert!(check(good, "a@b.c", "Ada").is_ok(), "{good}");
        }
        for bad in ["short", "aaaaaaaaaaaaaaa", "ada@acme.test", "Ada Lovelace I", &"x1".repeat(513)] {
            assert_eq!(
                check(bad, "ada@acme.test", "ada lovelace i").unwrap_err().field(),
                Some("password"),
                "{bad}"
            );
        }
    }

    #[tokio::test]
    async fn hashed_and_verified() {
        let hashed = hash(&Clock::System, "correct horse battery").await.unwrap();
        assert!(verify(Some(&hashed), "correct horse battery").await.unwrap());
        assert!(!verify(Some(&hashed), "correct horse batterz").await.unwrap());
        assert!(!verify(None, "correct horse battery").await.unwrap());
    }
}
