//! Whom the names of members mean: the `value` of a member is an id (RFC 7643 section 4.2), but some identity providers
//! send what they know people by, and some before they send the people.

use std::collections::{BTreeSet, HashMap};

use super::plan::{Known, Names};
use crate::{
    error::Result,
    people::projection::{Speaker, roles},
    state::Context,
    store::{
        self, Tx, directory_group_members::Newcomer, directory_names::Named, directory_users::DirectoryUser,
        key,
    },
};

/// Whom these names mean: the user or group with this id; else the user with this `externalId`; else the user with this
/// `userName`. People who are inactive stand back behind an active one of the same `externalId`, as Okta leaves behind
/// whom it renames; a name that still means several people means nobody.
pub(super) async fn resolve(tx: &mut Tx, speaker: &Speaker, names: BTreeSet<&str>) -> Result<Names> {
    let directory = &speaker.directory_id;
    let names: Vec<&str> = names.into_iter().collect();
    let candidates = store::directory_group_members::candidates(tx, directory, &names).await?;
    let mut known: Names =
        candidates.into_iter().map(|it| (it.id.clone(), Known { id: it.id, kind: it.kind })).collect();
    let others: Vec<&str> = names.into_iter().filter(|name| !known.contains_key(*name)).collect();
    if others.is_empty() {
        return Ok(known);
    }
    let people = store::directory_names::find(tx, directory, &others).await?;
    for (name, id) in choose(&others, &people) {
        known.insert(name.to_owned(), Known { id: id.to_owned(), kind: "User".to_owned() });
    }
    Ok(known)
}

fn choose<'a>(names: &[&'a str], people: &'a [Named]) -> Vec<(&'a str, &'a str)> {
    let mut by_external_id: HashMap<&str, BTreeSet<(bool, &str)>> = HashMap::new();
    let mut by_user_name: HashMap<&str, &str> = HashMap::new();
    for person in people {
        by_user_name.insert(&person.user_name_key, &person.id);
        if let Some(external_id) = &person.external_id {
            by_external_id.entry(external_id).or_default().insert((person.active, &person.id));
        }
    }
    let one = |name: &str| match by_external_id.get(name) {
        Some(several) => {
            let active: Vec<&str> = several.iter().filter(|(active, _)| *active).map(|(_, id)| *id).collect();
            let all: Vec<&str> = several.iter().map(|(_, id)| *id).collect();
            [active, all].into_iter().find(|people| people.len() == 1).map(|people| people[0])
        }
        None => by_user_name.get(key(name).as_str()).copied(),
    };
    names.iter().filter_map(|name| Some((*name, one(name)?))).collect()
}

/// Groups that wait for someone by a name of this person take them in, if that is whom the name now means: called when
/// the names of a person, or whether they are active, changed.
pub(in crate::directory) async fn admit_waiting(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
) -> Result<()> {
    let mut names = vec![user.id.as_str(), user.user_name.as_str()];
    names.extend(user.external_id.as_deref());
    let waiting = store::directory_pending_members::named(tx, &user.directory_id, &names).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let values = waiting.iter().map(|it| it.value.as_str()).collect();
    let known = resolve(tx, speaker, values).await?;
    let mut admitted = BTreeSet::new();
    for it in waiting {
        let Some(Known { id, kind }) = known.get(&it.value).cloned() else { continue };
        // Another change, of someone with the same name, may have been faster.
        if store::directory_pending_members::delete(tx, &it.group_id, &[it.value]).await? == 0 {
            continue;
        }
        admitted.insert(id.clone());
        let member = Newcomer { id, kind, display: it.display };
        if store::directory_group_members::insert(tx, &it.group_id, &[member]).await? > 0 {
            store::directory_groups::touch(tx, &it.group_id, context.now).await?;
        }
    }
    // What follows for the person themselves is worked out with the rest of the request.
    for other in admitted.iter().filter(|id| *id != user.id.as_str()) {
        roles::apply_to_user(tx, context, &speaker.workspace_id, &speaker.directory_id, other).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, user_name: &str, external_id: Option<&str>, active: bool) -> Named {
        Named {
            id: id.to_owned(),
            user_name_key: user_name.to_owned(),
            external_id: external_id.map(str::to_owned),
            active,
        }
    }

    #[test]
    fn a_name_means_one_person_or_nobody() {
        let people = [
            person("1", "ana", Some("a"), true),
            // Found by either name, so given twice.
            person("1", "ana", Some("a"), true),
            // Named like the externalId of another.
            person("2", "a", None, true),
            // Renamed by Okta: the old record is inactive.
            person("3", "old", Some("renamed"), false),
            person("4", "new", Some("renamed"), true),
            person("5", "gone1", Some("both-gone"), false),
            person("6", "gone2", Some("both-gone"), false),
            person("7", "there1", Some("both-there"), true),
            person("8", "there2", Some("both-there"), true),
            person("9", "both-there", None, true),
            person("10", "left", Some("left"), false),
        ];
        for (name, expected) in [
            ("ana", Some("1")),
            ("ANA", Some("1")),
            ("a", Some("1")),
            ("A", Some("2")),
            ("renamed", Some("4")),
            ("both-gone", None),
            ("both-there", None),
            ("left", Some("10")),
            ("nobody", None),
        ] {
            let chosen = choose(&[name], &people);
            assert_eq!(chosen.first().map(|(_, id)| *id), expected, "{name}");
        }
    }
}
