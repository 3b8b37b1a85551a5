//! The SMTP URL: what is accepted, and what to say when it is not.

use std::net::IpAddr;

use url::Url;

use super::SmtpServer;

/// What is accepted, said in every refusal.
const ACCEPTED: &str = "Accepted: smtp://USER:PASSWORD@HOST:587 (STARTTLS; plain only on this machine, such as smtp://127.0.0.1:25) or smtps://USER:PASSWORD@HOST:465 (TLS from the start).";

/// Reads the address of an SMTP server: `smtp://` or `smtps://`, with a port, perhaps with user and password.
///
/// # Errors
/// A sentence that says what was read, what is accepted, and the likely slip. It does not show the password.
pub fn parse_smtp_url(text: &str) -> Result<SmtpServer, String> {
    let text = text.trim();
    let complain =
        |why: &str| Err(format!("The SMTP URL “{}” cannot be used: {why} {ACCEPTED}", shown(text)));
    let Some((scheme, rest)) = text.split_once("://") else {
        return complain(&missing_scheme(text));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "smtp" | "smtps" => {}
        "http" | "https" => {
            return complain("it is the address of a web page. Mail goes to an SMTP server.");
        }
        "smtp+tls" | "smtptls" | "tls" | "ssl" => return complain("TLS from the start is spelled smtps."),
        "smtp+starttls" | "starttls" => return complain("STARTTLS is spelled smtp."),
        _ => return complain("the part before :// is not smtp or smtps."),
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(url::ParseError::InvalidPort) => {
            return complain(
                "the port is not a number (a password with @, :, / or # must be percent-encoded).",
            );
        }
        Err(cause) => {
            return complain(&format!("{cause} (a password with @, :, / or # must be percent-encoded)."));
        }
    };
    match flaw(&url, rest) {
        Some(why) => complain(&why),
        None => Ok(SmtpServer::new(url)),
    }
}

/// What is wrong with a URL of the right scheme.
fn flaw(url: &Url, rest: &str) -> Option<String> {
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() || !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b)) {
        return Some("it names no host that can be reached.".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() || !matches!(url.path(), "" | "/") {
        let slip =
            if rest.contains('@') { " (a password with /, ? or # must be percent-encoded)" } else { "" };
        return Some(format!("nothing may stand behind the host and the port{slip}."));
    }
    let encrypted = url.scheme() == "smtps";
    match (url.port(), encrypted) {
        (None, true) => return Some(format!("it names no port. Did you mean smtps://…{host}:465?")),
        (None, false) => {
            let port = if is_loopback(host) { 25 } else { 587 };
            return Some(format!("it names no port. Did you mean smtp://…{host}:{port}?"));
        }
        (Some(0), _) => return Some("there is no port 0.".to_owned()),
        (Some(465), false) => {
            return Some("on port 465 servers speak TLS from the start, which is spelled smtps.".to_owned());
        }
        (Some(port @ (25 | 587 | 2525)), true) => {
            return Some(format!("on port {port} servers begin without TLS, which is spelled smtp."));
        }
        _ => {}
    }
    match (url.username().is_empty(), url.password()) {
        (false, None | Some("")) => Some("it names a user without a password.".to_owned()),
        (true, Some(_)) => Some("it has a password without a user.".to_owned()),
        _ => None,
    }
}

fn missing_scheme(text: &str) -> String {
    if text.is_empty() {
        "it is empty.".to_owned()
    } else if let Some(rest) = text.strip_prefix("smtp:").or_else(|| text.strip_prefix("smtps:")) {
        format!("two slashes are missing before {}.", shown(rest))
    } else {
        format!("the part before the host is missing. Did you mean smtp://{}?", shown(text))
    }
}

/// Whether the host is this machine: nobody can listen between us and it.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The text without what may be a password.
fn shown(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    match text.rfind('@') {
        Some(at) if at >= start => format!("{}…{}", &text[..start], &text[at..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted() {
        for text in [
            "smtp://127.0.0.1:1025",
            "smtp://localhost:25/",
            "smtp://[::1]:2525",
            "smtp://user:p%40ss@mail.acme.test:587",
            "smtps://user:secret@mail.acme.test:465",
            " SMTP://mail.acme.test:587 ",
        ] {
            let url = parse_smtp_url(text).unwrap().url;
            assert!(url.port().is_some(), "{text}");
        }
    }

    #[test]
    fn refused_with_the_likely_slip() {
        for (text, hint) in [
            ("", "it is empty"),
            ("mail.acme.test:587", "Did you mean smtp://mail.acme.test:587?"),
            ("smtp:mail.acme.test", "two slashes"),
            ("smtp://user:secret@mail.acme.test", "names no port. Did you mean smtp://…mail.acme.test:587?"),
            ("smtp://localhost", "smtp://…localhost:25?"),
            ("smtps://mail.acme.test", "smtps://…mail.acme.test:465?"),
            ("smtp://user@mail.acme.test:587", "user without a password"),
            ("smtp://:secret@mail.acme.test:587", "password without a user"),
            ("http://mail.acme.test", "web page"),
            ("imap://mail.acme.test:143", "not smtp or smtps"),
            ("smtp://mail.acme.test:465", "spelled smtps"),
            ("smtps://mail.acme.test:587", "spelled smtp."),
            ("smtp://mail.acme.test:port", "not a number"),
            ("smtp://user:sec/ret@mail.acme.test:587", "percent-encoded"),
            ("smtp://mail.acme.test:587/inbox", "nothing may stand behind"),
            ("smtp://:587", "host"),
            ("smtp://mail.acme.test:0", "no port 0"),
        ] {
            let refusal = parse_smtp_url(text).unwrap_err();
            assert!(refusal.contains(hint), "{text}: {refusal}");
            assert!(refusal.contains("Accepted: "), "{refusal}");
            assert!(!refusal.contains("secret"), "{refusal}");
        }
    }

    #[test]
    fn loopback() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["mail.acme.test", "10.0.0.1", "0.0.0.0", "localhost.evil.test", "127.0.0.1.evil.test"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
