//! Lists against a model: what any filter finds through the router, in which order and how many, is what
//! `scim::filter` and `scim::list` say about the same resources in memory.

use std::{collections::HashSet, time::Duration};

use http::{Method, StatusCode};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{Config, TestCaseError, TestRunner},
};
use scim::{
    Document, filter,
    list::sort_key,
    path::AttrPath,
    schema::{self, ResourceType},
};
use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::Mutex, task::block_in_place};

use crate::{
    client::{Client, column},
    support::each_engine,
};

/// Texts that differ by case, by accent, by what a language's dictionary would pass over, and by what SQL or a pattern
/// could take for its own.
const TEXTS: &[&str] = &[
    "ana",
    "Ana",
    "ANA",
    "ána",
    "Ánä",
    "a-na",
    "a na",
    "an_a",
    "an%",
    "b",
    "B",
    "ba",
    "z",
    "Z",
    "~",
    "straße",
    "STRASSE",
    "ΣΊΣΥΦΟΣ",
    "σίσυφος",
    "İz",
    "iz",
    "日本",
    "🦀",
    "O'Neil",
    "quo\"te",
    "back\\slash",
    "x*",
    "[x]",
    "-1",
    "10",
    "9",
    "true",
    "work",
    "null",
    "2026-01-15T09:00:00Z",
];

/// What an attribute is compared with.
#[derive(Clone, Copy, Debug)]
enum Values {
    Text,
    Boolean,
    Date,
    /// The id of a resource.
    Id,
}

const OF_USERS: &[(&str, Values)] = &[
    ("userName", Values::Text),
    ("externalId", Values::Text),
    ("displayName", Values::Text),
    ("title", Values::Text),
    ("name.familyName", Values::Text),
    ("active", Values::Boolean),
    ("id", Values::Id),
    ("meta.created", Values::Date),
    ("meta.lastModified", Values::Date),
    ("meta.resourceType", Values::Text),
    ("emails", Values::Text),
    ("emails.value", Values::Text),
    ("emails.type", Values::Text),
    ("emails.primary", Values::Boolean),
    ("roles.value", Values::Text),
    ("groups", Values::Id),
    ("groups.display", Values::Text),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", Values::Text),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", Values::Text),
    ("urn:ietf:params:scim:schemas:core:2.0:User:userName", Values::Text),
    ("urn:scim:schemas:core:2.0:externalId", Values::Text),
];

const OF_GROUPS: &[(&str, Values)] = &[
    ("displayName", Values::Text),
    ("externalId", Values::Text),
    ("id", Values::Id),
    ("members", Values::Id),
    ("members.value", Values::Id),
    ("members.type", Values::Text),
    ("members.display", Values::Text),
    ("meta.created", Values::Date),
    ("meta.lastModified", Values::Date),
    ("urn:ietf:params:scim:schemas:core:2.0:Group:displayName", Values::Text),
];

/// The parts of the elements of some attributes.
type Parts = &'static [(&'static str, &'static [(&'static str, Values)])];

const PARTS_OF_USERS: Parts = &[
    ("groups", &[("value", Values::Id), ("type", Values::Text)]),
    ("emails", &[("value", Values::Text), ("type", Values::Text), ("primary", Values::Boolean)]),
    ("roles", &[("value", Values::Text), ("display", Values::Text)]),
];

const PARTS_OF_GROUPS: Parts = &[("members", &[("value", Values::Id), ("type", Values::Text)])];

fn text() -> impl Strategy<Value = String> {
    select(TEXTS).prop_map(str::to_owned)
}

/// A text that finds something often: one of the pool, or a piece of it, in any case.
fn piece() -> impl Strategy<Value = String> {
    (text(), 0..6_usize, 1..6_usize, 0..4_u8).prop_map(|(text, from, length, case)| {
        let piece: String = text.chars().skip(from).take(length).collect();
        let text = if case == 3 && !piece.is_empty() { piece } else { text };
        match case {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            _ => text,
        }
    })
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// A comparison's operator and value.
fn tail(values: Values, ids: Vec<String>) -> BoxedStrategy<String> {
    let ordering = select(&["eq", "ne", "gt", "ge", "lt", "le"][..]);
    let any = select(&["eq", "eq", "EQ", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"][..]);
    match values {
        Values::Text => prop_oneof![
            8 => (any, piece()).prop_map(|(op, text)| format!("{op} {}", quoted(&text))),
            1 => Just("pr".to_owned()),
            1 => select(&["eq null", "ne null"][..]).prop_map(str::to_owned),
        ]
        .boxed(),
        Values::Boolean => select(&["eq true", "eq false", "ne true", "eq \"True\"", "pr", "eq null"][..])
            .prop_map(str::to_owned)
            .boxed(),
        Values::Date => (ordering, 0..50_i64)
            .prop_map(|(op, minutes)| {
                format!("{op} \"2026-01-15T{:02}:{:02}:00+00:00\"", 9 + minutes / 60, minutes % 60)
            })
            .boxed(),
        Values::Id => (any, select(ids)).prop_map(|(op, id)| format!("{op} {}", quoted(&id))).boxed(),
    }
}

/// One comparison, its attribute in any case.
fn term(attributes: &'static [(&'static str, Values)], ids: Vec<String>) -> BoxedStrategy<String> {
    (select(attributes), 0..5_u8)
        .prop_flat_map(move |((name, values), case)| {
            let name = if case == 0 { name.to_uppercase() } else { name.to_owned() };
            tail(values, ids.clone()).prop_map(move |tail| format!("{name} {tail}"))
        })
        .boxed()
}

fn value_path(parts: Parts, ids: &[String]) -> BoxedStrategy<String> {
    let ids = ids.to_vec();
    select(parts)
        .prop_flat_map(move |(name, parts)| {
            let inner = prop_oneof![term(parts, ids.clone()), logic(term(parts, ids.clone()))];
            (inner, 0..3_u8).prop_map(move |(inner, form)| match form {
                0 if name == "emails" => format!("emails[type eq \"work\" and {inner}]"),
                _ => format!("{name}[{inner}]"),
            })
        })
        .boxed()
}

fn logic(leaf: BoxedStrategy<String>) -> BoxedStrategy<String> {
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|terms| format!("({})", terms.join(" and "))),
            vec(inner.clone(), 2..4).prop_map(|terms| terms.join(" or ")).prop_map(|it| format!("({it})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} and not ({right}))")),
            inner.prop_map(|it| format!("not ({it})")),
        ]
    })
    .boxed()
}

/// A list request, before it is encoded.
#[derive(Clone, Debug)]
struct Question {
    filter: Option<String>,
    sort_by: Option<&'static str>,
    descending: bool,
    start_index: usize,
    count: usize,
}

fn question(
    sortable: &'static [&'static str],
    filter: BoxedStrategy<String>,
) -> impl Strategy<Value = Question> {
    let filter = proptest::option::weighted(0.9, filter);
    let sort_by = proptest::option::weighted(0.6, select(sortable));
    (filter, sort_by, any::<bool>(), 1..8_usize, 0..60_usize).prop_map(
        |(filter, sort_by, descending, start_index, count)| Question {
            filter,
            sort_by,
            descending: descending && sort_by.is_some(),
            start_index,
            count,
        },
    )
}

impl Question {
    fn path(&self, endpoint: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(filter) = &self.filter {
            query.append_pair("filter", filter);
        }
        if let Some(sort_by) = self.sort_by {
            query.append_pair("sortBy", sort_by);
            query.append_pair("sortOrder", if self.descending { "descending" } else { "ascending" });
        }
        query.append_pair("startIndex", &self.start_index.to_string());
        query.append_pair("count", &self.count.to_string());
        format!("{endpoint}?{}", query.finish())
    }

    /// The ids of all that is found, in order, as the model has it.
    fn answer(&self, kind: &ResourceType, all: &[Document]) -> Vec<String> {
        let filter = self.filter.as_deref().map(|text| {
            let parsed = filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            filter::check(&parsed, kind).unwrap_or_else(|error| panic!("{text}: {error}"))
        });
        let mut found: Vec<&Document> = all
            .iter()
            .filter(|document| filter.as_ref().is_none_or(|it| filter::matches(it, kind, document)))
            .collect();
        let id = |document: &Document| document["id"].as_str().unwrap().to_owned();
        let path = self.sort_by.map(|name| {
            let path = AttrPath::parse(name).unwrap();
            // A complex attribute is sorted by its value.
            if name == "emails" { AttrPath { sub: Some("value".to_owned()), ..path } } else { path }
        });
        found.sort_by(|left, right| {
            let by_key =
                path.as_ref().map(|path| sort_key(kind, path, left).cmp(&sort_key(kind, path, right)));
            let order = by_key.unwrap_or(std::cmp::Ordering::Equal).then_with(|| id(left).cmp(&id(right)));
            if self.descending { order.reverse() } else { order }
        });
        found.into_iter().map(id).collect()
    }
}

/// Asks many questions and checks each answer; a wrong one is reported with the smallest question that gets it.
fn ask(
    idp: &Client,
    kind: &'static ResourceType,
    all: &[Document],
    questions: impl Strategy<Value = Question>,
) {
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&questions, |question| {
        let path = question.path(&kind.endpoint);
        let (status, answer) =
            block_in_place(|| Handle::current().block_on(idp.send(Method::GET, &path, None)));
        prop_assert_eq!(status, StatusCode::OK, "{}", answer);
        let expected = question.answer(kind, all);
        prop_assert_eq!(&answer["totalResults"], &json!(expected.len()));
        let page: Vec<String> =
            expected.into_iter().skip(question.start_index - 1).take(question.count).collect();
        if column(&answer, "id") != page {
            return Err(TestCaseError::fail(format!("found {:?}, not {page:?}", column(&answer, "id"))));
        }
        Ok(())
    });
    outcome.unwrap_or_else(|wrong| panic!("{}: {wrong}", idp.acme.rollcall.db.engine_name()));
}

/// People who differ in everything that can be asked for.
fn people() -> impl Strategy<Value = Vec<Value>> {
    let email = (text(), proptest::option::of(select(&["work", "Work", "home", "other"][..])), any::<bool>())
        .prop_map(|(value, kind, primary)| {
            let mut email = json!({ "value": value });
            if let Some(kind) = kind {
                email["type"] = json!(kind);
            }
            if primary {
                email["primary"] = json!(true);
            }
            email
        });
    let some = || proptest::option::of(text());
    let attributes = (some(), some(), some(), some(), some(), some());
    let person = (text(), attributes, any::<bool>(), vec(email, 0..3), proptest::option::of(text()));
    vec(person, 40).prop_map(|people| {
        let mut taken = HashSet::new();
        let whole = people.into_iter().filter_map(|(user_name, attributes, active, emails, role)| {
            let (external_id, display_name, title, family_name, department, manager) = attributes;
            if !taken.insert(filter::fold(&user_name)) {
                return None;
            }
            let mut person = json!({ "userName": user_name, "active": active, "emails": emails });
            for (name, value) in
                [("externalId", external_id), ("displayName", display_name), ("title", title)]
            {
                if let Some(value) = value {
                    person[name] = json!(value);
                }
            }
            if let Some(family_name) = family_name {
                person["name"] = json!({ "familyName": family_name });
            }
            let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
            if let Some(department) = department {
                person[enterprise]["department"] = json!(department);
            }
            if let Some(manager) = manager {
                person[enterprise]["manager"] = json!({ "value": manager });
            }
            if let Some(role) = role {
                person["roles"] = json!([{ "value": role, "display": "A role" }]);
            }
            Some(person)
        });
        whole.collect()
    })
}

/// Makes random people in random groups, and each group in the next but one.
async fn filled(idp: &Client) {
    let mut runner = TestRunner::new(Config::default());
    let people = people().new_tree(&mut runner).unwrap().current();
    let mut ids = Vec::new();
    for person in people {
        ids.push(idp.person(person).await);
        idp.acme.rollcall.clock.advance(Duration::from_secs(60));
    }
    let mut groups: Vec<String> = Vec::new();
    for (number, name) in TEXTS.iter().enumerate().step_by(3) {
        let inner = groups.iter().rev().nth(1);
        let members: Vec<Value> = ids
            .iter()
            .skip(number % 7)
            .step_by(number % 5 + 2)
            .chain(inner)
            .map(|id| json!({ "value": id, "display": TEXTS[number % 11] }))
            .collect();
        let mut group = json!({ "displayName": name, "members": members });
        if number % 2 == 0 {
            group["externalId"] = json!(TEXTS[(number * 7) % TEXTS.len()]);
        }
        let (status, answer) = idp.send(Method::POST, "/Groups", Some(group)).await;
        // Two texts of the pool may be one name without case.
        assert!(matches!(status, StatusCode::CREATED | StatusCode::CONFLICT), "{answer}");
        groups.extend(answer["id"].as_str().map(str::to_owned));
        idp.acme.rollcall.clock.advance(Duration::from_secs(60));
    }
}

async fn everything(idp: &Client, endpoint: &str) -> Vec<Document> {
    let list = idp.get(&format!("{endpoint}?count=1000")).await;
    let resources = list["Resources"].as_array().unwrap();
    assert_eq!(list["totalResults"], resources.len());
    resources.iter().map(|resource| resource.as_object().unwrap().clone()).collect()
}

fn ids_of(all: &[Document]) -> Vec<String> {
    all.iter().map(|document| document["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_list_of_users_is_what_the_model_says() {
    let turn = Mutex::new(());
    each_engine(async |store| {
        // Who asks blocks the other engine: it must not be in the middle of a request.
        let _turn = turn.lock().await;
        let idp = Client::new(&store).await;
        filled(&idp).await;
        let all = everything(&idp, "/Users").await;
        let mut ids = ids_of(&all);
        ids.extend(ids_of(&everything(&idp, "/Groups").await));
        let leaf =
            prop_oneof![4 => term(OF_USERS, ids.clone()), 1 => value_path(PARTS_OF_USERS, &ids)].boxed();
        let sortable = &[
            "id",
            "userName",
            "externalId",
            "displayName",
            "active",
            "meta.created",
            "meta.lastModified",
            "title",
            "name.familyName",
            "emails",
        ];
        ask(&idp, schema::user(), &all, question(sortable, logic(leaf)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_list_of_groups_is_what_the_model_says() {
    let turn = Mutex::new(());
    each_engine(async |store| {
        // Who asks blocks the other engine: it must not be in the middle of a request.
        let _turn = turn.lock().await;
        let idp = Client::new(&store).await;
        filled(&idp).await;
        let all = everything(&idp, "/Groups").await;
        let mut ids = ids_of(&all);
        ids.extend(ids_of(&everything(&idp, "/Users").await));
        let leaf =
            prop_oneof![4 => term(OF_GROUPS, ids.clone()), 1 => value_path(PARTS_OF_GROUPS, &ids)].boxed();
        let sortable = &["id", "externalId", "displayName", "meta.created", "meta.lastModified"];
        ask(&idp, schema::group(), &all, question(sortable, logic(leaf)));
    })
    .await;
}
