//! A relay's webhook, signed in the manner of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over
//! `ID.TIMESTAMP.BODY`, in Base64 behind `v1,`.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;

use super::{Bounce, Proof, mail_of_message_id};
use crate::{clock::Timestamp, model::MailId};

/// How far the timestamp may be from now.
const TOLERANCE: Duration = Duration::from_secs(300);

/// The secret that the relay signs with.
#[derive(Clone)]
pub struct BounceSecret(Vec<u8>);

impl fmt::Debug for BounceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BounceSecret(…)")
    }
}

impl BounceSecret {
    /// Reads `whsec_` and 24 to 64 bytes in Base64.
    ///
    /// # Errors
    /// A sentence that says what is accepted. It does not show the secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes = text.trim().strip_prefix("whsec_").and_then(|secret| STANDARD.decode(secret).ok());
        match bytes {
            Some(bytes) if (24..=64).contains(&bytes.len()) => Ok(Self(bytes)),
            _ => Err(
                "ROLLCALL_BOUNCE_SECRET cannot be used. Accepted: whsec_ and 24 to 64 random bytes in Base64, such as from: echo whsec_$(openssl rand -base64 32)."
                    .to_owned(),
            ),
        }
    }

    /// The signature of a webhook, as it stands behind `v1,`.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<String> {
        Some(STANDARD.encode(self.mac(id, timestamp, body)?.finalize().into_bytes()))
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac)
    }
}

/// The headers of a webhook.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// `webhook-id`
    pub id: &'a str,
    /// `webhook-timestamp`: seconds since 1970 UTC.
    pub timestamp: &'a str,
    /// `webhook-signature`: one or more, with a space between them.
    pub signatures: &'a str,
}

impl Signed<'_> {
    /// Whether the sender of this body knows the secret, and sent it just now.
    ///
    /// # Errors
    /// A sentence for the sender.
    pub fn verify(&self, secret: &BounceSecret, body: &[u8], now: Timestamp) -> Result<(), &'static str> {
        let at = self.timestamp.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1_000_000));
        let Some(at) = at.map(Timestamp) else {
            return Err("webhook-timestamp is not a number of seconds since 1970.");
        };
        if at.since(now) > TOLERANCE || now.since(at) > TOLERANCE {
            return Err("webhook-timestamp is more than five minutes from now: check the clocks.");
        }
        let signatures = self.signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
        for signature in signatures {
            let known = STANDARD.decode(signature).ok().zip(secret.mac(self.id, self.timestamp, body));
            // Compared in constant time.
            if known.is_some_and(|(signature, mac)| mac.verify_slice(&signature).is_ok()) {
                return Ok(());
            }
        }
        Err("webhook-signature is not that of ROLLCALL_BOUNCE_SECRET over id.timestamp.body.")
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    message_id: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    reason: String,
}

/// Reads the body of a webhook whose signature was verified: `{"type": "mail.bounced", "data": {"message_id": "<…>", "status": "5.1.1", "reason": "…"}}`.
///
/// # Errors
/// A sentence for the sender.
pub fn read(id: &str, body: &[u8]) -> Result<Bounce, String> {
    let body: Body = serde_json::from_slice(body).map_err(|cause| {
        format!(
            "The body is not {{\"type\", \"data\": {{\"message_id\", \"status\", \"reason\"}}}}: {cause}."
        )
    })?;
    if body.kind != "mail.bounced" {
        return Err(format!("type is “{}”. Accepted: mail.bounced.", super::one_line(&body.kind, 60)));
    }
    let mail: MailId = mail_of_message_id(&body.data.message_id)
        .ok_or("data.message_id is not the Message-ID of a mail that this Rollcall sent.")?;
    let status = if body.data.status.is_empty() { "5.0.0" } else { &body.data.status };
    if !status.starts_with("5.") {
        return Err(format!("data.status is “{}”: only 5.x.x is a bounce.", super::one_line(status, 20)));
    }
    Ok(Bounce::new(&format!("webhook:{id}"), mail, Proof::Signature, status, &body.data.reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_768_467_600_000_000);

    fn secret() -> BounceSecret {
        BounceSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
    }

    #[test]
    fn signs_as_the_standard_shows() {
        // The example of the Standard Webhooks specification.
        let body = br#"{"test": 2432232314}"#;
        let signature = secret().sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body).unwrap();
        assert_eq!(signature, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn only_who_knows_the_secret_and_sends_it_now() {
        let body = b"{}";
        let at = (NOW.0 / 1_000_000).to_string();
        let right = secret().sign("id", &at, body).unwrap();
        let verify = |id, timestamp: &str, signatures: &str, body: &[u8]| {
            Signed { id, timestamp, signatures }.verify(&secret(), body, NOW)
        };
        assert_eq!(verify("id", &at, &format!("v1,{right}"), body), Ok(()));
        assert_eq!(verify("id", &at, &format!("v1,AAAA v2,x v1,{right}"), body), Ok(()));
        for (id, timestamp, signatures, body) in [
            ("other", at.clone(), format!("v1,{right}"), &b"{}"[..]),
            ("id", at.clone(), format!("v1,{right}"), b"{ }"),
            ("id", at.clone(), right.clone(), b"{}"),
            ("id", at, String::new(), b"{}"),
            ("id", "soon".to_owned(), format!("v1,{right}"), b"{}"),
            ("id", (NOW.0 / 1_000_000 - 301).to_string(), format!("v1,{right}"), b"{}"),
            ("id", i64::MAX.to_string(), format!("v1,{right}"), b"{}"),
        ] {
            assert!(verify(id, &timestamp, &signatures, body).is_err(), "{id} {timestamp} {signatures}");
        }
        let late = secret().sign("id", &(NOW.0 / 1_000_000 - 301).to_string(), body).unwrap();
        let told = verify("id", &(NOW.0 / 1_000_000 - 301).to_string(), &format!("v1,{late}"), body);
        assert!(told.unwrap_err().contains("five minutes"));
    }

    #[test]
    fn bodies() {
        let body = |kind: &str, id: &str, status: &str| {
            format!(
                r#"{{"type":"{kind}","data":{{"message_id":"{id}","status":"{status}","reason":"no\r\nway"}}}}"#
            )
        };
        let ours = "<01987654-0000-7000-8000-00000000000a.1@acme.test>";
        let bounce = read("msg_1", body("mail.bounced", ours, "5.1.1").as_bytes()).unwrap();
        assert!(bounce.no_such_mailbox);
        assert_eq!(bounce.words, "no way");
        for (body, hint) in [
            ("{".to_owned(), "The body is not"),
            (body("mail.opened", ours, "5.1.1"), "mail.bounced"),
            (body("mail.bounced", "<x@y>", "5.1.1"), "message_id"),
            (body("mail.bounced", ours, "4.2.2"), "only 5.x.x"),
        ] {
            let refusal = read("msg_1", body.as_bytes()).unwrap_err();
            assert!(refusal.contains(hint), "{refusal}");
        }
    }

    #[test]
    fn secrets_refused_without_showing_them() {
        for text in ["", "hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_???"] {
            let refusal = BounceSecret::parse(text).unwrap_err();
            assert!(refusal.contains("whsec_") && !refusal.contains("hunter2"), "{refusal}");
        }
    }
}
