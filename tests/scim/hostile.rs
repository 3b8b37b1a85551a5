//! Any bytes at all: a SCIM error or a right answer, never a fault of ours.

use rand::{Rng, SeedableRng, rngs::StdRng};
use rollcall::{model::Provider, secret::Seal};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller},
    company::Company,
    requests::{Answer, Ask},
    support::each_engine,
};

/// Requests on each engine.
const REQUESTS: usize = 900;

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY"];
const WORDS: &[&str] = &[
    "userName",
    "externalId",
    "emails",
    "members",
    "value",
    "type",
    "primary",
    "active",
    "displayName",
    "name",
    "name.givenName",
    "schemas",
    "id",
    "meta",
    "meta.version",
    "groups",
    "password",
    "$ref",
    "op",
    "path",
    "Operations",
    "add",
    "replace",
    "remove",
    "Replace",
    "emails[type eq \"work\"].value",
    "members[value eq \"x\"]",
    "members[",
    "[",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:core:2.0:User:userName",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    "urn:x:y:2.0:Z",
    "work",
    "User",
    "Group",
    "True",
    "false",
    "",
    " ",
    "\u{0}",
    "a\u{0}b",
    "\u{feff}",
    "\u{202e}ana",
    "İ",
    "ß",
    "💩",
    "\\",
    "'",
    "\"; DROP TABLE x",
    "%",
    "_",
    "-1",
    "9223372036854775808",
    "1e309",
    "NaN",
    "2026-01-15T09:00:00Z",
    "ana@acme.test",
    "a@b",
    "null",
];
const FILTERS: &[&str] = &[
    "userName eq \"a\"",
    "userName eq \"\u{0}\"",
    "userName",
    "(",
    "not",
    "not (userName pr)",
    "active eq \"true\"",
    "emails[type eq \"work\" and value co \"@\"]",
    "emails[",
    "meta.created gt \"x\"",
    "members eq \"\u{0}\"",
    "id eq \"a\u{0}\"",
    "externalId eq \"\u{0}\"",
    "displayName eq \"\u{0}\"",
    "userName eq 1e999",
    "a.b.c.d pr",
    "urn:x:y pr",
    "userName sw \"%\"",
    "userName co \"\\\\\"",
    "emails.value eq \"\u{0}\"",
    "x eq \"\\uD800\"",
];

struct Dice(StdRng);

impl Dice {
    fn below(&mut self, number: usize) -> usize {
        self.0.random_range(0..number)
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn word(&mut self) -> String {
        if self.one_in(30) { self.pick(WORDS).repeat(100) } else { self.pick(WORDS).to_owned() }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => json!(self.one_in(2)),
            2 => json!(self.0.random_range(i64::MIN..i64::MAX)),
            3 => json!(self.0.random::<f64>() * 1e300),
            4 | 5 => json!(self.word()),
            6 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => self.object(depth - 1),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let pairs = (0..self.below(5)).map(|_| (self.word(), self.value(depth)));
        Value::Object(pairs.collect())
    }

    /// A body with the bones of the right message and the flesh of anything.
    fn body(&mut self, ids: &[String]) -> Vec<u8> {
        let id = ids[self.below(ids.len())].clone();
        let value = match self.below(8) {
            0 => self.value(5),
            1 => self.object(4),
            2 => {
                json!({ "userName": self.value(2), "emails": self.value(3), "active": self.value(1), "name": self.value(2) })
            }
            3 => {
                json!({ "displayName": self.value(1), "members": [{ "value": id }, { "value": self.value(1) }, self.value(2)] })
            }
            4 => {
                json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": self.pick(FILTERS), "count": self.value(1), "startIndex": self.value(1), "attributes": self.value(2) })
            }
            5 => {
                let operations: Vec<Value> = (0..self.below(4))
                    .map(|_| json!({ "op": self.word(), "path": self.value(1), "value": self.value(3) }))
                    .collect();
                json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
            }
            6 => {
                let operation = self.pick(&["add", "replace", "remove"]);
                json!({ "Operations": [{ "op": operation, "path": self.pick(WORDS), "value": self.value(3) }] })
            }
            _ => json!({ "Operations": [{ "op": "replace", "value": self.object(3) }] }),
        };
        let mut bytes = value.to_string().into_bytes();
        if self.one_in(8) && !bytes.is_empty() {
            let place = self.below(bytes.len());
            bytes[place] = u8::try_from(self.below(256)).unwrap();
        }
        if self.one_in(15) {
            bytes.truncate(self.below(bytes.len() + 1));
        }
        bytes
    }

    fn query(&mut self) -> String {
        let pairs: Vec<String> = (0..self.below(4))
            .map(|_| {
                let name = self.pick(&[
                    "filter",
                    "startIndex",
                    "count",
                    "cursor",
                    "sortBy",
                    "sortOrder",
                    "attributes",
                    "excludedAttributes",
                    "aadOptscim062020",
                    "%ff",
                    "",
                ]);
                let value = if name == "filter" { self.pick(FILTERS).to_owned() } else { self.word() };
                format!("{name}={}", encoded(&value))
            })
            .collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    fn path(&mut self, ids: &[String]) -> String {
        let id = match self.below(3) {
            0 => encoded(&self.word()),
            1 => self.pick(&["%00", "%ff", "..", "%2f", "%", "a%2"]).replace("a%2", "a%25"),
            _ => ids[self.below(ids.len())].clone(),
        };
        let route = self.pick(&[
            "/Users",
            "/Users/{}",
            "/Users/{}",
            "/Groups",
            "/Groups/{}",
            "/Groups/{}",
            "/.search",
            "/Users/.search",
            "/Groups/.search",
            "/Schemas",
            "/Schemas/{}",
            "/ResourceTypes/{}",
            "/ServiceProviderConfig",
            "/Me",
            "/Bulk",
            "/{}",
            "/Users/{}/x",
        ]);
        // A lone percent sign is no URI.
        route.replace("{}", if id == "%" { "%25" } else { &id })
    }

    fn ask(&mut self, caller: &Caller, ids: &[String]) -> Ask {
        let path = format!("{}{}", self.path(ids), self.query());
        let method = self.pick(METHODS);
        let mut ask = caller.ask(method, &path);
        if !matches!(method, "GET" | "HEAD") || self.one_in(5) {
            ask = ask.bytes(self.body(ids));
        }
        let media_type = self.pick(&[
            "application/scim+json",
            "application/json",
            "",
            "text/plain",
            "application/json;;;",
        ]);
        ask = ask.header("content-type", media_type);
        if self.one_in(6) {
            let version = self.pick(&["*", "W/\"1\"", "\"", "W/", "💩", ",,,", "W/\"2\", x"]);
            if version.is_ascii() {
                ask = ask.header(self.pick(&["if-match", "if-none-match"]), version);
            }
        }
        ask
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

/// Not a fault of ours, and in SCIM's form.
fn is_right(answer: &Answer) -> Result<(), String> {
    let status = answer.status.as_u16();
    let complaint =
        |why: &str| Err(format!("{why}: {status} {} {}", answer.header("content-type"), answer.text()));
    if status >= 500 && status != 501 {
        return complaint("a fault of ours");
    }
    if answer.asked.starts_with("HEAD ") || matches!(status, 204 | 304) {
        return if answer.body.is_empty() { Ok(()) } else { complaint("a body where none may be") };
    }
    if answer.header("content-type") != "application/scim+json; charset=utf-8" {
        return complaint("another media type");
    }
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { return complaint("no JSON") };
    let is_error = body["schemas"] == json!(["urn:ietf:params:scim:api:messages:2.0:Error"]);
    if is_error != (status >= 400) || (is_error && body["status"] != json!(status.to_string())) {
        return complaint("status and body disagree");
    }
    Ok(())
}

#[tokio::test]
async fn hundreds_of_strange_requests_find_no_fault() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Generic).await;
        let mut dice = Dice(StdRng::seed_from_u64(7643));
        let mut ids = vec![caller.creates("ana@acme.test").await, caller.creates_group("Sales", &[]).await];
        let mut faults = Vec::new();
        for _ in 0..REQUESTS {
            let ask = dice.ask(&caller, &ids);
            let shown = format!("{ask:?}");
            let answer = caller.send(ask).await;
            if let Err(fault) = is_right(&answer) {
                let shown: String = shown.chars().take(1500).collect();
                faults.push(format!("{fault}\n  {shown}"));
            }
            if answer.status.as_u16() == 201 {
                ids.push(callers::id_of(&answer.json()));
            }
        }
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
        caller.get("/Users").await.shows(200);
        caller.get("/Groups").await.shows(200);
    })
    .await;
}

#[tokio::test]
async fn a_nul_in_a_query_is_no_fault() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Generic).await;
        caller.creates("ana@acme.test").await;
        caller.creates("bo@acme.test").await;
        for attribute in
            ["userName", "externalId", "id", "emails.value", "emails", "displayName", "title", "groups.value"]
        {
            let wanted = callers::filter(&format!("{attribute} eq \"a\u{0}b\""));
            let escaped = callers::filter(&format!("{attribute} eq \"a\\u0000b\""));
            for query in [wanted, escaped] {
                let answer = caller.get(&format!("/Users?{query}")).await;
                assert_eq!(is_right(&answer), Ok(()), "{attribute}");
                if answer.status.as_u16() == 200 {
                    assert_eq!(answer.json()["totalResults"], 0, "{attribute}");
                }
            }
        }
        for attribute in ["displayName", "externalId", "id", "members", "members.value"] {
            let wanted = callers::filter(&format!("{attribute} eq \"\\u0000\""));
            assert_eq!(is_right(&caller.get(&format!("/Groups?{wanted}")).await), Ok(()), "{attribute}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_with_a_nul_at_its_end_is_no_fault() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Generic).await;
        caller.creates("ana@acme.test").await;
        caller.creates("bo@acme.test").await;
        let page = caller.get("/Users?cursor&count=1").await.shows(200);
        let mut bytes = URL_SAFE_NO_PAD.decode(page["nextCursor"].as_str().unwrap()).unwrap();
        bytes.push(0);
        let forged = URL_SAFE_NO_PAD.encode(bytes);
        caller.get(&format!("/Users?cursor={forged}")).await.refuses(400, "invalidCursor");
    })
    .await;
}

#[tokio::test]
async fn a_cursor_that_says_anything_else_is_no_fault() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Generic).await;
        caller.creates("ana@acme.test").await;
        caller.creates("bo@acme.test").await;
        for sort_by in ["id", "userName", "displayName", "externalId", "active", "meta.created", "title"] {
            let list = format!("/Users?sortBy={sort_by}&count=1&cursor=");
            let page = caller.get(&list).await.shows(200);
            let sealed = URL_SAFE_NO_PAD.decode(page["nextCursor"].as_str().unwrap()).unwrap();
            let signature = std::str::from_utf8(&sealed[..Seal::LENGTH]).unwrap();
            for key in [
                "\"absent\"",
                "{\"text\":\"a\"}",
                "{\"text\":\"\\u0000\"}",
                "{\"text\":\"\\\\\\u0000\"}",
                "{\"text\":\"\\ud800\"}",
                "{\"boolean\":true}",
                "{\"number\":1e999}",
                "{\"number\":1.5}",
                "{\"time\":170141183460469231731687303715884105727}",
                "{\"time\":-9223372036854775808000}",
                "null",
            ] {
                for id in ["x", "", "\\u0000"] {
                    let place = format!("{signature}{{\"key\":{key},\"id\":\"{id}\"}}");
                    let forged = format!("{list}{}", URL_SAFE_NO_PAD.encode(&place));
                    caller.get(&forged).await.refuses(400, "invalidCursor");
                }
            }
        }
        // Letters that only look like a NUL's escape are letters.
        let odd = json!({ "userName": "odd@acme.test", "displayName": "\\u0000" });
        caller.post("/Users", &odd).await.shows(201);
        let list = "/Users?sortBy=displayName&count=1&cursor=";
        let next = caller.get(list).await.shows(200)["nextCursor"].as_str().unwrap().to_owned();
        caller.get(&format!("{list}{next}")).await.shows(200);
    })
    .await;
}
