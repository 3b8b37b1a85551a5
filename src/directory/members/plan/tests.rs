use super::*;

const BASE_URL: &str = "https://rollcall.test/scim/v2/d";

/// Ana and the group Staff are members, someone known as `later` is waited for; Bo is known, and known as `bo` too.
fn present() -> Vec<Present> {
    let one = |id: &str, kind: &str, display: Option<&str>| Present {
        id: id.to_owned(),
        kind: kind.to_owned(),
        display: display.map(str::to_owned),
    };
    vec![one("ana", "User", Some("Ana")), one("staff", "Group", None), one("later", "User", None)]
}

fn names() -> Names {
    [("ana", "ana", "User"), ("bo-id", "bo-id", "User"), ("bo", "bo-id", "User"), ("staff", "staff", "Group")]
        .into_iter()
        .map(|(name, id, kind)| (name.to_owned(), Known { id: id.to_owned(), kind: kind.to_owned() }))
        .collect()
}

fn add(names: &[&str]) -> MemberChange {
    let member = |name: &&str| Member { value: (*name).to_owned(), display: None, kind: None };
    MemberChange::Add(names.iter().map(member).collect())
}

fn replace(names: &[&str]) -> MemberChange {
    let MemberChange::Add(members) = add(names) else { unreachable!("see above") };
    MemberChange::Replace(members)
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn remove(names: &[&str]) -> MemberChange {
    MemberChange::Remove(texts(names))
}

fn select(names: &[&str]) -> MemberChange {
    MemberChange::RemoveSelected(texts(names))
}

fn remove_where(filter: &str) -> MemberChange {
    MemberChange::RemoveWhere(scim::filter::parse(filter).unwrap())
}

fn net(changes: &[MemberChange], strict: bool) -> Result<Net, scim::Error> {
    Plan::of(changes).net(&names(), &present(), BASE_URL, strict)
}

/// Who comes, who is waited for, who goes; `*` for all others.
fn told(net: &Net) -> String {
    let coming: Vec<&str> = net.coming.iter().map(|it| it.id.as_str()).collect();
    let waiting: Vec<&str> = net.waiting.iter().map(|it| it.value.as_str()).collect();
    let all = if net.afresh { "*" } else { "" };
    format!("+{} ?{} -{all}{}", coming.join(","), waiting.join(","), net.leaving.join(","))
}

#[test]
fn the_last_word_counts() {
    let table: Vec<(Vec<MemberChange>, &str)> = vec![
        (vec![add(&["ana"]), add(&["bo-id"])], "+ana,bo-id ? -"),
        (vec![add(&["bo-id"]), remove(&["bo-id"])], "+ ? -bo-id"),
        (vec![remove(&["ana"]), add(&["ana"])], "+ana ? -"),
        // One person by two names.
        (vec![add(&["bo"]), remove(&["bo-id"])], "+ ? -bo-id"),
        (vec![remove(&["bo-id"]), add(&["bo"])], "+bo-id ? -"),
        (vec![add(&["x", "bo"]), remove(&["x"]), add(&["y"])], "+bo-id ?y -x"),
        (vec![add(&["x"]), MemberChange::Clear], "+ ? -*"),
        (vec![MemberChange::Clear, add(&["bo"])], "+bo-id ? -*"),
        (vec![remove(&["ana"]), replace(&["ana", "x"]), add(&["bo"])], "+ana,bo-id ?x -*"),
        (vec![replace(&["ana", "bo"]), remove(&["ana"])], "+bo-id ? -*ana"),
        // Filters see what was said before them.
        (vec![remove_where("type eq \"Group\"")], "+ ? -staff"),
        (vec![add(&["bo"]), remove_where("type eq \"user\"")], "+ ? -ana,bo-id,later"),
        (vec![remove_where("type eq \"User\""), add(&["ana"])], "+ana ? -later"),
        (vec![remove(&["staff"]), remove_where("type eq \"Group\"")], "+ ? -staff"),
        (vec![MemberChange::Clear, remove_where("type eq \"Group\"")], "+ ? -*"),
        (vec![replace(&["staff", "bo"]), remove_where("type eq \"Group\"")], "+bo-id ? -*staff"),
        (vec![remove_where("display eq \"ANA\"")], "+ ? -ana"),
        (vec![remove_where("not (display pr)")], "+ ? -later,staff"),
        (vec![remove_where("value eq \"ana\" and type eq \"Group\"")], "+ ? -"),
        // References: at this address, at another one, relative.
        (vec![remove_where("$ref eq \"https://rollcall.test/scim/v2/d/Users/ana\"")], "+ ? -ana"),
        (vec![remove_where("$ref eq \"https://other.test/Users/ana\"")], "+ ? -ana"),
        (vec![remove_where("$ref eq \"../Groups/staff\" or value eq \"ana\"")], "+ ? -ana,staff"),
        (vec![remove_where("$ref eq \"../Groups/ana\"")], "+ ? -"),
        (vec![remove_where("$ref co \"/d/Users/\"")], "+ ? -ana,later"),
    ];
    for (changes, expected) in table {
        assert_eq!(told(&net(&changes, false).unwrap()), expected, "{changes:?}");
    }
}

#[test]
fn who_is_no_member_any_more_is_not_waited_for_either() {
    let forgotten = net(&[remove(&["bo", "later"])], false).unwrap().forgotten;
    assert_eq!(forgotten, ["bo", "bo-id", "later"]);
}

#[test]
fn a_name_that_came_with_a_member_is_kept() {
    let named = MemberChange::Add(vec![Member {
        value: "bo".to_owned(),
        display: Some("Bo".to_owned()),
        kind: None,
    }]);
    let net = net(&[named, add(&["bo-id"])], false).unwrap();
    assert_eq!(net.coming[0].display.as_deref(), Some("Bo"));
}

#[test]
fn groups_among_those_who_come_and_go_are_told() {
    assert_eq!(net(&[add(&["staff", "bo"])], false).unwrap().groups, ["staff"]);
    assert_eq!(net(&[remove(&["staff", "ana"])], false).unwrap().groups, ["staff"]);
    assert_eq!(net(&[remove_where("display pr or type eq \"Group\"")], false).unwrap().groups, ["staff"]);
}

#[test]
fn a_filter_that_finds_nobody_is_refused_where_the_directory_is_strict() {
    for (changes, is_refused) in [
        (vec![select(&["bo-id"])], true),
        (vec![select(&["ana"])], false),
        (vec![select(&["ana", "bo-id"])], false),
        (vec![select(&["ana"]), select(&["ana"])], true),
        (vec![add(&["bo"]), select(&["bo-id"])], false),
        (vec![MemberChange::Clear, select(&["ana"])], true),
        (vec![remove_where("type eq \"x\"")], true),
        (vec![remove_where("$ref eq \"../Users/bo-id\"")], true),
        (vec![remove_where("$ref eq \"../Users/ana\"")], false),
        // No filter: it asks for a state.
        (vec![remove(&["bo-id"])], false),
    ] {
        assert_eq!(net(&changes, true).is_err(), is_refused, "{changes:?}");
        assert_eq!(net(&changes, false).unwrap().found_nobody, is_refused, "{changes:?}");
    }
}

#[test]
fn the_group_is_loaded_only_for_a_filter_that_may_mean_anyone() {
    for (changes, expected) in [
        (vec![add(&["ana"]), remove(&["bo"])], Load::Nobody),
        (vec![select(&["ana"])], Load::Some(vec!["ana"])),
        (vec![remove_where("$ref eq \"/Users/ana\"")], Load::Some(vec!["ana"])),
        (vec![remove_where("type eq \"x\"")], Load::Everyone),
        (vec![MemberChange::Clear, remove_where("type eq \"x\"")], Load::Nobody),
    ] {
        assert_eq!(Plan::of(&changes).load(), expected, "{changes:?}");
    }
}

#[test]
fn filters_compare_only_so_much() {
    let present: Vec<Present> = (0..2000)
        .map(|n| Present { id: n.to_string(), kind: "User".to_owned(), display: Some("é".repeat(250)) })
        .collect();
    let net = |filter: &str, times: usize| {
        Plan::of(&vec![remove_where(filter); times]).net(&Names::new(), &present, BASE_URL, false)
    };
    let terms = |number: usize| vec!["display co \"q\""; number].join(" or ");
    assert!(net(&terms(20), 1).is_ok());
    for refused in [net(&terms(100), 1), net(&terms(20), 2)] {
        let refusal = refused.unwrap_err();
        assert_eq!((refusal.status, refusal.scim_type), (400, Some(scim::error::ScimType::TooMany)));
    }
    assert!(net("$ref eq \"/Users/7\"", 1000).is_ok(), "those that name a member look at no other");
}
