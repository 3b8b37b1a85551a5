use serde_json::{Value, json};

use super::*;
use crate::Document;
use crate::dialect::{Deviation, Mode};
use crate::error::ScimType;
use crate::schema::{ENTERPRISE_USER, group, user};

fn compare(path: &str, op: CompareOp, value: Literal) -> Filter {
    Filter::Compare { path: AttrPath::parse(path).unwrap(), op, value }
}

fn equals(path: &str, value: &str) -> Filter {
    compare(path, CompareOp::Eq, Literal::String(value.into()))
}

#[test]
fn every_operator_in_any_case() {
    for op in CompareOp::ALL {
        for word in [op.as_str().to_owned(), op.as_str().to_uppercase()] {
            let filter = parse(&format!("userName {word} \"a\"")).unwrap();
            assert_eq!(filter, compare("userName", op, Literal::String("a".into())), "{word}");
        }
    }
    for word in ["pr", "PR", "Pr"] {
        assert_eq!(parse(&format!("title {word}")).unwrap(), Filter::Present(AttrPath::of("title")));
    }
}

#[test]
fn every_kind_of_value() {
    let table = [
        ("\"a b\"", Literal::String("a b".into())),
        ("\"\"", Literal::String(String::new())),
        (r#""say \"hi\" \\ é""#, Literal::String("say \"hi\" \\ é".into())),
        ("\"(not) [a] or b\"", Literal::String("(not) [a] or b".into())),
        ("true", Literal::Boolean(true)),
        ("false", Literal::Boolean(false)),
        ("null", Literal::Null),
        ("5", Literal::Number(5.into())),
        ("-5", Literal::Number((-5).into())),
        ("jyoung", Literal::String("jyoung".into())),
        ("True", Literal::String("True".into())),
        ("2011-05-13T04:42:34Z", Literal::String("2011-05-13T04:42:34Z".into())),
    ];
    for (text, value) in table {
        assert_eq!(parse(&format!("a eq {text}")).unwrap(), compare("a", CompareOp::Eq, value), "{text}");
    }
    assert_eq!(parse("a gt 1.5").unwrap().to_string(), "a gt 1.5");
}

/// Found by the fuzzer: JSON's numbers were read to a neighbour of what stood there.
#[test]
fn a_number_that_is_printed_is_read_as_the_same() {
    for number in ["1.5", "0.1", "5e-324", "5.555555555555555e+38", "1.4679767778333333e141"] {
        let parsed = parse(&format!("a eq {number}")).unwrap();
        assert_eq!(parse(&parsed.to_string()), Ok(parsed), "{number}");
    }
    let long = format!("a eq {}", "5".repeat(39));
    let parsed = parse(&long).unwrap();
    assert_eq!(parse(&parsed.to_string()), Ok(parsed));
}

#[test]
fn precedence_and_grouping() {
    let table = [
        ("a pr and b pr or c pr", "a pr and b pr or c pr"),
        ("a pr or b pr and c pr", "a pr or b pr and c pr"),
        ("(a pr or b pr) and c pr", "(a pr or b pr) and c pr"),
        ("((a pr))", "a pr"),
        ("not(a pr)", "not (a pr)"),
        ("NOT (a pr AND b pr) OR c pr", "not (a pr and b pr) or c pr"),
        ("  a   pr\tand\nb pr ", "a pr and b pr"),
        ("a pr and(b pr)", "a pr and b pr"),
        ("not pr", "not pr"),
        ("emails[type eq \"work\" and value co \"@x\"]", "emails[type eq \"work\" and value co \"@x\"]"),
        ("emails[ type eq \"work\" ]", "emails[type eq \"work\"]"),
        ("emails[type eq \"work\"].value eq \"x\"", "emails[type eq \"work\" and value eq \"x\"]"),
        (
            "emails[type eq \"w\" or type eq \"h\"].value pr",
            "emails[(type eq \"w\" or type eq \"h\") and value pr]",
        ),
    ];
    for (text, printed) in table {
        assert_eq!(parse(text).map(|filter| filter.to_string()).as_deref(), Ok(printed), "{text}");
    }
    assert_eq!(
        parse("a pr or b pr and c pr").unwrap(),
        Filter::Or(vec![
            Filter::Present(AttrPath::of("a")),
            Filter::And(vec![Filter::Present(AttrPath::of("b")), Filter::Present(AttrPath::of("c"))]),
        ])
    );
}

#[test]
fn what_is_not_a_filter() {
    let table = [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq ",
        "userName equals \"a\"",
        "userName eq \"a",
        "userName eq \"a\\\"",
        "userName eq 'a'",
        "userName eq \"a\" and",
        "userName eq \"a\" or or",
        "userName eq \"a\" \"b\"",
        "userName eq \"a\" b",
        "userName eq\"a\"",
        "eq \"a\"",
        "(a pr",
        "a pr)",
        "()",
        "not (a pr",
        "emails[type eq \"a\"",
        "emails[]",
        "emails[emails[type eq \"a\"]]",
        "emails[type eq \"a\"]]",
        "emails[type eq \"a\"].",
        "emails[type eq \"a\"].value",
        "emails[type eq \"a\"] eq \"b\"",
        "a.b.c pr",
        "userName eq \"\\ud800\"",
        "userName eq \"a\\u0000b\"",
        "userName eq a\0b",
        "userName eq [1]",
        "userName eq {\"a\":1}",
        "🦀 pr",
    ];
    for text in table {
        let error = parse(text).expect_err(text);
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidFilter)), "{text:?}");
    }
}

#[test]
fn an_error_says_where_and_what() {
    let detail = |text: &str| parse(text).unwrap_err().detail;
    assert_eq!(
        detail("userName equals \"a\""),
        "At character 10 of the filter: expected an operator such as eq, found \"equals \\\"a\\\"\"."
    );
    assert_eq!(detail("(userName pr"), "At character 13 of the filter: expected \")\", found the end.");
}

#[test]
fn bombs_are_refused_and_the_limits_themselves_are_not() {
    let nested = |depth: usize| format!("{}a pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(parse(&nested(MAX_DEPTH + 1)).map_err(|error| error.status), Err(400));
    assert!(parse(&"(".repeat(MAX_LENGTH)).is_err());
    assert!(parse(&"not(".repeat(MAX_LENGTH / 4)).is_err());
    assert!(parse(&"a[".repeat(MAX_LENGTH / 2)).is_err());

    let terms = |number: usize| vec!["a pr"; number].join(" or ");
    assert!(parse(&terms(MAX_TERMS)).is_ok());
    assert!(parse(&terms(MAX_TERMS + 1)).is_err());

    let long = format!("a eq \"{}\"", "x".repeat(MAX_LENGTH - 7));
    assert_eq!(long.len(), MAX_LENGTH);
    assert!(parse(&long).is_ok());
    assert!(parse(&format!("{long} ")).is_err());
}

#[test]
fn deviations_are_reported_and_refused_in_strict_mode() {
    let table = [
        ("externalId eq jyoung", Deviation::UnquotedFilterValue),
        ("emails[type eq \"work\"].value eq \"x\"", Deviation::ValuePathFilter),
    ];
    for (text, deviation) in table {
        assert_eq!(read(text, Mode::Tolerant).unwrap().deviations, [deviation], "{text}");
        assert_eq!(read(text, Mode::Strict).unwrap_err().scim_type, Some(ScimType::InvalidFilter), "{text}");
    }
    assert!(read("userName eq \"a\" and active eq true", Mode::Strict).unwrap().deviations.is_empty());
}

#[test]
fn checking_gives_canonical_paths_and_typed_values() {
    let table = [
        ("username eq \"a\"", "userName eq \"a\""),
        ("urn:ietf:params:scim:schemas:core:2.0:User:USERNAME eq \"a\"", "userName eq \"a\""),
        ("urn:scim:schemas:core:2.0:userName eq \"a\"", "userName eq \"a\""),
        ("emails co \"x\"", "emails.value co \"x\""),
        ("EMAILS[TYPE eq \"work\"]", "emails[type eq \"work\"]"),
        ("Name.FamilyName sw \"x\"", "name.familyName sw \"x\""),
        ("active eq \"True\"", "active eq true"),
        ("active eq False", "active eq false"),
        ("roles[primary eq \"True\"]", "roles[primary eq true]"),
        ("nickName eq 5", "nickName eq \"5\""),
        ("title eq true", "title eq \"true\""),
        ("title eq null", "title eq null"),
        ("emails pr", "emails pr"),
        ("meta.lastmodified gt \"2011-05-13T04:42:34Z\"", "meta.lastModified gt \"2011-05-13T04:42:34Z\""),
        ("id eq \"a\" or externalid eq \"b\"", "id eq \"a\" or externalId eq \"b\""),
        ("schemas eq \"urn:x\"", "schemas eq \"urn:x\""),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:Department eq \"IT\"",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"IT\"",
        ),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq \"m\"",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"m\"",
        ),
    ];
    for (text, checked) in table {
        let result = check(&parse(text).unwrap(), user()).map(|filter| filter.to_string());
        assert_eq!(result.as_deref(), Ok(checked), "{text}");
    }
    let members = check(&parse("id eq \"g\" and members eq \"u\"").unwrap(), group()).unwrap();
    assert_eq!(members, Filter::And(vec![equals("id", "g"), equals("members.value", "u")]));
}

#[test]
fn checking_refuses_what_the_schema_does_not_have() {
    let table = [
        "favourite eq \"a\"",
        "name.nick eq \"a\"",
        "userName.first eq \"a\"",
        "emails[kind eq \"a\"]",
        "emails[type.x eq \"a\"]",
        "name eq \"a\"",
        "addresses eq \"a\"",
        "meta eq \"a\"",
        "userName[value eq \"a\"]",
        "emails.value[type eq \"a\"]",
        "password eq \"secret\"",
        "password pr",
        "active gt true",
        "active co \"t\"",
        "active eq \"maybe\"",
        "active eq 1",
        "x509Certificates.value gt \"a\"",
        "meta.created gt \"yesterday\"",
        "title gt null",
        "title co null",
        "urn:unknown:2.0:User:a eq \"a\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:favourite eq \"a\"",
        "urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq \"a\"",
    ];
    for text in table {
        let error = check(&parse(text).unwrap(), user()).expect_err(text);
        assert_eq!(error.scim_type, Some(ScimType::InvalidFilter), "{text}");
    }
}

fn ana() -> Document {
    let value = json!({
        "id": "2819c223",
        "externalId": "00uA",
        "userName": "Ana@Example.test",
        "name": { "familyName": "O'Malley", "givenName": "Ana" },
        "active": true,
        "emails": [
            { "value": "ana@example.test", "type": "work", "primary": true },
            { "value": "Home@other.test", "type": "home" }
        ],
        "roles": [{ "value": "25" }],
        "meta": { "lastModified": "2011-05-13T04:42:34Z" },
        ENTERPRISE_USER: { "employeeNumber": "701984", "manager": { "value": "m1" } }
    });
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn what_matches_and_what_does_not() {
    let table = [
        // Case rules by schema.
        ("userName eq \"ana@example.TEST\"", true),
        ("userName eq \"ana@example\"", false),
        ("id eq \"2819c223\"", true),
        ("id eq \"2819C223\"", false),
        ("externalId eq \"00uA\"", true),
        ("externalId eq \"00ua\"", false),
        // Substrings.
        ("userName co \"@EXAMPLE\"", true),
        ("userName sw \"ana\"", true),
        ("userName ew \".test\"", true),
        ("userName ew \"example\"", false),
        ("name.familyName co \"O'Malley\"", true),
        // Order of text.
        ("userName gt \"aaa\"", true),
        ("userName lt \"aaa\"", false),
        ("userName ge \"ana@example.test\"", true),
        ("userName le \"ana@example.test\"", true),
        ("userName gt \"ana@example.test\"", false),
        // Booleans.
        ("active eq true", true),
        ("active eq \"True\"", true),
        ("active ne true", false),
        ("active eq false", false),
        // Presence.
        ("title pr", false),
        ("title eq null", true),
        ("title ne null", false),
        ("userName ne null", true),
        ("emails pr", true),
        ("name.middleName pr", false),
        ("not (title pr)", true),
        // `ne` is the opposite of `eq`.
        ("title ne \"x\"", true),
        ("emails.type ne \"work\"", false),
        ("emails.type ne \"other\"", true),
        // Multi-valued: any element, but one element for a value path.
        ("emails eq \"home@OTHER.test\"", true),
        ("emails.value co \"other\"", true),
        ("emails.type eq \"work\" and emails.value co \"other\"", true),
        ("emails[type eq \"work\" and value co \"other\"]", false),
        ("emails[type eq \"home\" and value co \"other\"]", true),
        ("emails[type eq \"work\"].value eq \"ana@example.test\"", true),
        ("emails[type eq \"home\"].value eq \"ana@example.test\"", false),
        ("emails[not (type eq \"work\")]", true),
        ("emails[primary eq true]", true),
        ("emails[primary eq \"True\" and type eq \"home\"]", false),
        ("phoneNumbers[type ne \"work\"]", false),
        // Dates are points in time, not text.
        ("meta.lastModified eq \"2011-05-13T06:42:34+02:00\"", true),
        ("meta.lastModified ge \"2011-05-13T04:42:34.000Z\"", true),
        ("meta.lastModified gt \"2011-05-13T04:42:34Z\"", false),
        ("meta.lastModified lt \"2011-05-13T04:42:34-01:00\"", true),
        ("meta.lastModified gt \"2011-05-13T04:42:33\"", true),
        ("meta.created pr", false),
        ("meta.created gt \"2011-05-13T04:42:33Z\"", false),
        // Extensions.
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq \"701984\"", true),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq 701984", true),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq \"m1\"", true),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq \"M1\"", false),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter pr", false),
        // Logic.
        ("active eq true and title pr", false),
        ("active eq true or title pr", true),
        ("active eq false or title pr or id pr", true),
    ];
    for (text, expected) in table {
        let filter = check(&parse(text).unwrap(), user()).unwrap();
        assert_eq!(matches(&filter, user(), &ana()), expected, "{text}");
    }
}

#[test]
fn numbers_compare_as_numbers() {
    let seats = serde_json::from_value(json!({
        "id": "urn:example:seats:2.0:User",
        "attributes": [
            { "name": "seats", "type": "integer" },
            { "name": "share", "type": "decimal" },
            { "name": "tags", "type": "string", "multiValued": true }
        ]
    }));
    let kind = user().clone().with_extension(seats.unwrap(), false).unwrap();
    let doc = json!({ "urn:example:seats:2.0:User": { "seats": 10, "share": 0.5, "tags": ["a", "B"] } });
    let doc = doc.as_object().cloned().unwrap();
    let table = [
        ("seats gt 9", true),
        ("seats eq 10.0", true),
        ("seats lt \"9\"", false),
        ("share le 0.5", true),
        ("share gt 1", false),
        ("tags eq \"b\"", true),
        ("tags[value eq \"A\"]", true),
        ("tags[value eq \"c\"]", false),
    ];
    for (text, expected) in table {
        let filter = parse(&format!("urn:example:seats:2.0:User:{text}")).unwrap();
        let filter = check(&filter, &kind).unwrap();
        assert_eq!(matches(&filter, &kind, &doc), expected, "{text}");
    }
    for text in ["seats co \"1\"", "seats eq \"many\"", "tags[type eq \"a\"]"] {
        let filter = parse(&format!("urn:example:seats:2.0:User:{text}")).unwrap();
        assert!(check(&filter, &kind).is_err(), "{text}");
    }
}

#[test]
fn text_is_folded_letter_by_letter() {
    assert_eq!(fold("ÀÉ Straße ΟΔΟΣ"), "àé straße οδοσ");
    let doc = json!({ "userName": "ΟΔΟΣ" }).as_object().cloned().unwrap();
    for text in
        ["userName eq \"οδοσ\"", "userName sw \"ΟΔΟΣ\"", "userName co \"δΟσ\"", "userName ge \"οδοσ\""]
    {
        assert!(matches(&parse(text).unwrap(), user(), &doc), "{text}");
    }
}

#[test]
fn an_element_can_be_matched_alone() {
    let filter = parse("value eq \"A\" and type eq \"user\"").unwrap();
    let member = json!({ "value": "a", "type": "User" });
    assert!(matches_element(&filter, None, &member), "without a schema, case does not matter");
    let members = group().attribute("members");
    assert!(!matches_element(&filter, members, &member), "ids are case-exact");
    assert!(matches_element(&equals("value", "A"), None, &Value::String("a".into())));
}

#[test]
fn what_a_filter_asks_about() {
    for (text, expected) in [
        ("MEMBERS eq \"a\"", true),
        ("members[value eq \"a\"]", true),
        ("not (displayName pr and (members.type pr or id pr))", true),
        ("displayName eq \"members\"", false),
    ] {
        let filter = check(&parse(text).unwrap(), group()).unwrap();
        assert_eq!(filter.mentions("members"), expected, "{text}");
    }
}

#[test]
fn the_effort_of_a_filter_is_what_it_looks_at() {
    let doc = json!({
        "userName": "ana",
        "title": "x".repeat(1000),
        "emails": [{ "value": "a".repeat(100), "type": "work" }, { "value": "b".repeat(100) }],
    });
    let doc = doc.as_object().cloned().unwrap();
    for (text, least) in [
        ("title co \"x\"", 1000),
        ("title co \"x\" or title co \"y\" and not (title co \"z\")", 3000),
        ("emails.value co \"x\"", 200),
        ("emails[value co \"x\" and not (value co \"y\")]", 400),
        ("title pr and nickName pr and userName pr", 1003),
        ("nickName co \"x\"", 0),
    ] {
        let filter = check(&parse(text).unwrap(), user()).unwrap();
        let effort = effort(&filter, user(), &doc);
        assert!((least..=least + 80).contains(&effort), "{text}: {effort}");
    }
}
