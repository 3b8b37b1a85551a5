//! Bodies as the journal keeps them: without secrets, and not longer than they may be.

use std::borrow::Cow;

use serde_json::Value;

use super::LARGEST_BODY;

/// What stands where a secret stood.
const HIDDEN: &str = "•••";

/// Words that make a name the name of a secret, in lower case without `-` and `_`.
const SECRET_WORDS: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "privatekey",
    "credential",
    "authorization",
    "certificate",
];

/// A body without secrets, cut to what is kept; `None` for an empty one.
pub(super) fn body(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return None;
    }
    let text = match serde_json::from_slice::<Value>(bytes) {
        Ok(mut json) => {
            hide(&mut json);
            json.to_string()
        }
        Err(_) => unread(bytes),
    };
    Some(cut(&text, LARGEST_BODY))
}

/// A target without secrets: RFC 7644 section 7.5.2 keeps them out of URLs, but clients may not.
pub(super) fn target(target: &str) -> String {
    let shown = match target.split_once('?') {
        Some((path, query))
            if names_secret(&percent_encoding::percent_decode_str(query).decode_utf8_lossy()) =>
        {
            format!("{path}?{HIDDEN}")
        }
        _ => target.to_owned(),
    };
    cut(&shown, 2048)
}

/// The first bytes of a text, with a mark where it was cut. A NUL can be stored in no database.
pub(super) fn cut(text: &str, most: usize) -> String {
    let text: Cow<'_, str> =
        if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() };
    if text.len() <= most {
        return text.into_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(most)])
}

/// What is no JSON, or only the beginning of it, cannot be searched for secrets value by value.
fn unread(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if names_secret(&text) {
        return format!("({} bytes that may hold a secret)", bytes.len());
    }
    text.into_owned()
}

fn hide(json: &mut Value) {
    match json {
        Value::Object(object) => {
            // A PATCH operation names the attribute beside the value.
            let path_is_secret = object.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case("path") && value.as_str().is_some_and(names_secret)
            });
            for (name, value) in object.iter_mut() {
                if names_secret(name) || (path_is_secret && name.eq_ignore_ascii_case("value")) {
                    *value = Value::String(HIDDEN.to_owned());
                } else {
                    hide(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        // Entra sends roles as JSON in a string.
        Value::String(text) if text.trim_start().starts_with(['{', '[']) && names_secret(text) => {
            HIDDEN.clone_into(text);
        }
        _ => {}
    }
}

fn names_secret(name: &str) -> bool {
    let name: String =
        name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let cases = [
            (json!({"userName": "ana", "password": "t1me"}), json!({"userName": "ana", "password": "•••"})),
            (json!({"a": [{"apiKey": {"x": 1}}]}), json!({"a": [{"apiKey": "•••"}]})),
            (json!({"urn:x:User:client-Secret": "s"}), json!({"urn:x:User:client-Secret": "•••"})),
            (json!({"x509Certificates": [{"value": "MII"}]}), json!({"x509Certificates": "•••"})),
            (
                json!({"Operations": [{"op": "replace", "value": "t1me", "path": "password"}]}),
                json!({"Operations": [{"op": "replace", "value": "•••", "path": "password"}]}),
            ),
            (
                json!({"Operations": [{"op": "replace", "value": {"password": "t1me", "active": true}}]}),
                json!({"Operations": [{"op": "replace", "value": {"password": "•••", "active": true}}]}),
            ),
            (json!({"value": "{\"password\":\"t1me\"}"}), json!({"value": "•••"})),
            (json!({"title": "Keeper of the secret"}), json!({"title": "Keeper of the secret"})),
        ];
        for (given, kept) in cases {
            assert_eq!(body(given.to_string().as_bytes()), Some(kept.to_string()));
        }
    }

    #[test]
    fn what_cannot_be_read_is_kept_unless_it_may_hold_a_secret() {
        assert_eq!(body(b""), None);
        assert_eq!(body(b"{\"userName\": "), Some("{\"userName\": ".to_owned()));
        assert_eq!(body(b"{\"password\": \"t1me\""), Some("(19 bytes that may hold a secret)".to_owned()));
        assert_eq!(body(b"a\0b\xff"), Some("a\u{fffd}b\u{fffd}".to_owned()));
    }

    #[test]
    fn a_long_body_is_cut_between_letters() {
        let kept = body(json!({ "title": "é".repeat(LARGEST_BODY) }).to_string().as_bytes()).unwrap();
        assert!(kept.len() <= LARGEST_BODY + '…'.len_utf8());
        assert!(kept.ends_with("é…"));
    }

    #[test]
    fn a_query_with_a_secret_is_left_out() {
        assert_eq!(target("/Users?filter=userName%20eq%20%22a%22"), "/Users?filter=userName%20eq%20%22a%22");
        assert_eq!(target("/Users?filter=pass%77ord%20eq%20%22a%22"), "/Users?•••");
    }
}
