//! Delivery status notifications (RFC 3464), as they come to the return path.

use super::{Bounce, Proof};
use crate::{
    mail::{ReturnPath, one_line},
    model::MailId,
    secret,
};

/// Most bytes of a message that are looked at.
pub const LONGEST: usize = 1024 * 1024;

/// Reads a message that came to the return path. `None` when it tells of no failure, such as of a delay. The mail is the
/// one whose address the message came to: whatever else it says, anybody could have written.
///
/// # Errors
/// A sentence when the message is no notification, or names no mail of ours.
pub fn read(message: &[u8], return_path: &ReturnPath) -> Result<Option<Bounce>, String> {
    let text = String::from_utf8_lossy(message.get(..LONGEST).unwrap_or(message)).replace("\r\n", "\n");
    let fields = status_fields(&text).ok_or(
        "This is no delivery status notification: it has no part of type message/delivery-status (RFC 3464).",
    )?;
    let field = |name: &str| {
        fields.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    if !field("Action").is_some_and(|action| action.eq_ignore_ascii_case("failed")) {
        return Ok(None);
    }
    let (mail, key) = mail_of(&text, return_path).ok_or(
        "The notification names no mail of this Rollcall: none of the addresses in its head is the return path of one.",
    )?;
    let status = field("Status").unwrap_or("5.0.0");
    let words = field("Diagnostic-Code").unwrap_or_default();
    // `smtp; 550 5.1.1 …`: the words stand behind the kind of server that spoke.
    let words = words.split_once(';').map_or(words, |(_, words)| words.trim());
    Ok(Some(Bounce::new(&report(&text), mail, Proof::ReturnPath(key), status, words)))
}

/// The fields of the part that tells of the delivery. It is never encoded (RFC 6522 section 3).
fn status_fields(text: &str) -> Option<Vec<(String, String)>> {
    let mut lines = text.lines();
    lines.find(|line| {
        let line = line.to_ascii_lowercase();
        line.strip_prefix("content-type:")
            .is_some_and(|kind| kind.trim().starts_with("message/delivery-status"))
    })?;
    let part = lines.skip_while(|line| !line.trim().is_empty()).take_while(|line| !line.starts_with("--"));
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in part {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    Some(fields)
}

/// The mail and its key, by the address that the message came to.
fn mail_of(text: &str, return_path: &ReturnPath) -> Option<(MailId, String)> {
    let head = text.split("\n\n").next().unwrap_or_default();
    let mut addresses = head.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"'));
    addresses.find_map(|address| return_path.mail_of(address))
}

/// What tells one notification from another: its own `Message-ID`, else all of it.
fn report(text: &str) -> String {
    let head = text.split("\n\n").next().unwrap_or_default();
    let own = headers(head, "message-id").next().map(|id| one_line(id, 200));
    own.filter(|id| !id.is_empty()).unwrap_or_else(|| secret::hash(text))
}

fn headers<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| {
        let (found, value) = line.split_once(':')?;
        found.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01987654-0000-7000-8000-00000000000a";
    const KEY: &str = "00c0ffee00c0ffee";
    const TO: &str = "bounces+0198765400007000800000000000000a00c0ffee00c0ffee@acme.test";

    fn path() -> ReturnPath {
        ReturnPath::parse("bounces+{id}@acme.test").unwrap()
    }

    fn notification(to: &str, action: &str, status: &str, returned: &str) -> String {
        [
            "Received: from relay.test by mx.acme.test",
            "From: MAILER-DAEMON@relay.test",
            &format!("To: <{to}>"),
            "Message-ID: <dsn-1@relay.test>",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"",
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "It did not work. Status: 9.9.9",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; relay.test",
            "",
            "Final-Recipient: rfc822; grace@acme.test",
            &format!("Action: {action}"),
            &format!("Status: {status}"),
            "Diagnostic-Code: smtp; 550 5.1.1",
            "    No such user",
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            &format!("Message-ID: {returned}"),
            "--b--",
        ]
        .join("\r\n")
    }

    #[test]
    fn a_failure_names_its_mail_by_the_return_path() {
        for to in [TO.to_owned(), TO.to_uppercase()] {
            let text = notification(&to, "Failed", "5.1.1", "<other@x>");
            let bounce = read(text.as_bytes(), &path()).unwrap().unwrap();
            assert_eq!(bounce.mail.as_str(), ID);
            assert_eq!(bounce.proof, Proof::ReturnPath(KEY.to_owned()));
            assert_eq!(bounce.words, "550 5.1.1 No such user");
            assert_eq!(bounce.report, "<dsn-1@relay.test>");
            assert!(bounce.no_such_mailbox);
        }
    }

    #[test]
    fn what_the_mail_itself_shows_names_nothing() {
        let id = ID.replace('-', "");
        for to in ["rollcall@acme.test".to_owned(), format!("bounces+{id}@acme.test")] {
            let text = notification(&to, "failed", "5.1.1", &format!("<{ID}.2@acme.test>"));
            assert!(read(text.as_bytes(), &path()).unwrap_err().contains("names no mail"), "{to}");
        }
        let in_the_body = notification("rollcall@acme.test", "failed", "5.1.1", &format!("<{TO}>"));
        assert!(read(in_the_body.as_bytes(), &path()).is_err(), "only the head tells where it came to");
    }

    #[test]
    fn a_delay_is_no_bounce() {
        let text = notification(TO, "delayed", "4.4.1", "<x>");
        assert_eq!(read(text.as_bytes(), &path()), Ok(None));
    }

    #[test]
    fn other_mail_is_refused_in_a_sentence() {
        let strange = notification("rollcall@acme.test", "failed", "5.1.1", "<x.1@acme.test>");
        for (text, hint) in [
            ("", "no delivery status notification"),
            ("Subject: Hello\r\n\r\nContent-Type: text/plain\r\n", "no delivery status notification"),
            (strange.as_str(), "names no mail"),
        ] {
            assert!(read(text.as_bytes(), &path()).unwrap_err().contains(hint), "{text}");
        }
        assert!(read(&[0xff; 3000], &path()).is_err());
    }
}
