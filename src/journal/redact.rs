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

/// What is a secret: what has a name that says so, and what a directory's own extensions never return.
pub(super) struct Secrets<'a> {
    /// Names of attributes, in lower case.
    names: &'a [String],
}

impl<'a> Secrets<'a> {
    /// With these names of attributes, in lower case.
    pub(super) fn with(names: &'a [String]) -> Self {
        Self { names }
    }

    /// A body without secrets, cut to what is kept; `None` for an empty one.
    pub(super) fn out_of(&self, bytes: &[u8]) -> Option<String> {
        if bytes.is_empty() {
            return None;
        }
        let text = match serde_json::from_slice::<Value>(bytes) {
            Ok(mut json) => {
                self.hide(&mut json);
                json.to_string()
            }
            Err(_) => self.unread(bytes),
        };
        Some(cut(&text, LARGEST_BODY))
    }

    /// A target without secrets: RFC 7644 section 7.5.2 keeps them out of URLs, but clients may not.
    pub(super) fn out_of_target(&self, target: &str) -> String {
        let shown = match target.split_once('?') {
            Some((path, query))
                if self.are_in(&percent_encoding::percent_decode_str(query).decode_utf8_lossy()) =>
            {
                format!("{path}?{HIDDEN}")
            }
            _ => target.to_owned(),
        };
        cut(&shown, 2048)
    }

    /// What is no JSON, or only the beginning of it, cannot be searched for secrets value by value.
    fn unread(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        if self.are_in(&text) {
            return format!("({} bytes that may hold a secret)", bytes.len());
        }
        text.into_owned()
    }

    fn hide(&self, json: &mut Value) {
        match json {
            Value::Object(object) => {
                // A PATCH operation names the attribute beside the value.
                let path_is_secret = object.iter().any(|(name, value)| {
                    name.eq_ignore_ascii_case("path") && value.as_str().is_some_and(|path| self.are_in(path))
                });
                for (name, value) in object.iter_mut() {
                    let is_secret = self.are_in(name)
                        || (path_is_secret && name.eq_ignore_ascii_case("value"))
                        // A search by POST holds attribute and value in one text.
                        || (name.eq_ignore_ascii_case("filter") && value.as_str().is_some_and(|it| self.are_in(it)));
                    if is_secret {
                        *value = Value::String(HIDDEN.to_owned());
                    } else {
                        self.hide(value);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide(item)),
            // Entra sends roles as JSON in a string.
            Value::String(text) if text.trim_start().starts_with(['{', '[']) && self.are_in(text) => {
                HIDDEN.clone_into(text);
            }
            _ => {}
        }
    }

    /// Whether a name, or a text with names in it such as a path or a filter, names a secret.
    fn are_in(&self, text: &str) -> bool {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_$".contains(c);
        let is_known = |word: &str| self.names.iter().any(|name| word.eq_ignore_ascii_case(name));
        if !self.names.is_empty() && text.split(|c| !is_name(c)).any(is_known) {
            return true;
        }
        let folded: String =
            text.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect();
        SECRET_WORDS.iter().any(|word| folded.contains(word))
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NONE: Secrets<'static> = Secrets { names: &[] };

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
            assert_eq!(NONE.out_of(given.to_string().as_bytes()), Some(kept.to_string()));
        }
    }

    #[test]
    fn what_cannot_be_read_is_kept_unless_it_may_hold_a_secret() {
        assert_eq!(NONE.out_of(b""), None);
        assert_eq!(NONE.out_of(b"{\"userName\": "), Some("{\"userName\": ".to_owned()));
        assert_eq!(
            NONE.out_of(b"{\"password\": \"t1me\""),
            Some("(19 bytes that may hold a secret)".to_owned())
        );
        assert_eq!(NONE.out_of(b"a\0b\xff"), Some("a\u{fffd}b\u{fffd}".to_owned()));
    }

    #[test]
    fn a_long_body_is_cut_between_letters() {
        let kept = NONE.out_of(json!({ "title": "é".repeat(LARGEST_BODY) }).to_string().as_bytes()).unwrap();
        assert!(kept.len() <= LARGEST_BODY + '…'.len_utf8());
        assert!(kept.ends_with("é…"));
    }

    #[test]
    fn a_query_with_a_secret_is_left_out() {
        assert_eq!(
            NONE.out_of_target("/Users?filter=userName%20eq%20%22a%22"),
            "/Users?filter=userName%20eq%20%22a%22"
        );
        assert_eq!(NONE.out_of_target("/Users?filter=pass%77ord%20eq%20%22a%22"), "/Users?•••");
    }

    #[test]
    fn what_an_extension_never_returns_is_hidden_by_its_name() {
        let names = ["pin".to_owned(), "badgekey".to_owned()];
        let secrets = Secrets::with(&names);
        let urn = "urn:acme:Badge:2.0:User";
        let replace = |path: &str| json!({"op": "replace", "path": path, "value": "1234"});
        let cases = [
            (json!({urn: {"PIN": "1234", "colour": "red"}}), json!({urn: {"PIN": "•••", "colour": "red"}})),
            (json!({format!("{urn}:pin"): "1234"}), json!({format!("{urn}:pin"): "•••"})),
            (json!({"shipping": "1", "badgeKeys": "2"}), json!({"shipping": "1", "badgeKeys": "2"})),
            (
                json!({"Operations": [replace(&format!("{urn}:issuer.badgeKey"))]}),
                json!({"Operations": [
                    {"op": "replace", "path": format!("{urn}:issuer.badgeKey"), "value": "•••"}
                ]}),
            ),
            (json!({"filter": format!("{urn}:pin eq \"1234\"")}), json!({"filter": "•••"})),
            (json!({"title": "pin"}), json!({"title": "pin"})),
        ];
        for (given, kept) in cases {
            assert_eq!(secrets.out_of(given.to_string().as_bytes()), Some(kept.to_string()));
        }
        assert_eq!(secrets.out_of_target("/Users?filter=urn:acme:Badge:2.0:User:pin%20eq%201"), "/Users?•••");
        assert_eq!(secrets.out_of_target("/Users?filter=spin%20eq%201"), "/Users?filter=spin%20eq%201");
    }
}
