//! A group's members as set changes, so that a store never loads a group to change it.

use std::collections::HashSet;

use serde_json::Value;

use super::{Op, Operation, Patch};
use crate::Document;
use crate::error::Error;
use crate::filter::{CompareOp, Filter, Literal};
use crate::path::PatchPath;

const MEMBERS: &str = "members";

/// One member of a group as a request names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// The id of the user or group.
    pub value: String,
    /// The name that the provider sent with it (Okta).
    pub display: Option<String>,
    /// `User` or `Group`, if the provider said so; Okta does not.
    pub kind: Option<String>,
}

/// One change of a group's members. Changes happen in order.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberChange {
    /// These become members, if they are not yet.
    Add(Vec<Member>),
    /// The members with these ids go, if they are there.
    Remove(Vec<String>),
    /// The members with these ids go: a filter of the path selects them, so that none may be `noTarget`.
    RemoveSelected(Vec<String>),
    /// The members that fulfil this filter go. Its paths are `value`, `type`, `display` and `$ref`.
    RemoveWhere(Filter),
    /// These become the members, and nobody else.
    Replace(Vec<Member>),
    /// All members go: a remove of `members` without `value`.
    Clear,
}

impl Patch {
    /// Takes everything about `members` out of a patch, in order.
    ///
    /// # Errors
    /// `mutability` for a change of a member's parts: members come and go whole (RFC 7643 §4.2). `invalidValue` if it
    /// is not clear who is meant.
    pub fn split_members(self) -> Result<(Patch, Vec<MemberChange>), Error> {
        let is_members = |operation: &Operation| {
            operation.path.attr.schema.is_none() && operation.path.attr.attribute == MEMBERS
        };
        let Self { operations, mode, named_id } = self;
        let (about_members, operations) = operations.into_iter().partition(is_members);
        let mut changes = Vec::new();
        for operation in about_members {
            changes.extend(change(operation)?);
        }
        Ok((Patch { operations, mode, named_id }, changes))
    }
}

/// The members that a POST or PUT body lists, each once; an absent list is an empty one.
///
/// # Errors
/// `invalidValue` if an element has no `value`.
pub fn members_of(doc: &Document) -> Result<Vec<Member>, Error> {
    doc.get(MEMBERS).map_or(Ok(Vec::new()), read)
}

/// [`members_of`], and takes the list out of the document.
///
/// # Errors
/// As [`members_of`]; the document is unchanged then.
pub fn take_members(doc: &mut Document) -> Result<Vec<Member>, Error> {
    let members = members_of(doc)?;
    doc.shift_remove(MEMBERS);
    Ok(members)
}

fn change(operation: Operation) -> Result<Option<MemberChange>, Error> {
    let Operation { op, path, value } = operation;
    let PatchPath { value_filter, sub, .. } = path;
    if sub.is_some() || (op != Op::Remove && value_filter.is_some()) {
        return Err(Error::mutability("A member cannot be changed, only added or removed as a whole."));
    }
    match (op, value_filter, value) {
        (Op::Remove, Some(filter), _) => Ok(Some(remove_where(filter))),
        (Op::Remove, None, None) => Ok(Some(MemberChange::Clear)),
        (Op::Remove, None, Some(listed)) => {
            let ids = read(&listed)?.into_iter().map(|member| member.value).collect();
            Ok(Some(MemberChange::Remove(ids)))
        }
        (Op::Add, _, None) => Ok(None),
        (Op::Add, _, Some(added)) => Ok(Some(MemberChange::Add(read(&added)?))),
        (Op::Replace, _, None) => Ok(Some(MemberChange::Replace(Vec::new()))),
        (Op::Replace, _, Some(listed)) => Ok(Some(MemberChange::Replace(read(&listed)?))),
    }
}

/// `members[value eq "a" or value eq "b"]` names ids; anything else stays a filter.
fn remove_where(filter: Filter) -> MemberChange {
    match named_ids(&filter) {
        Some(ids) => MemberChange::RemoveSelected(ids),
        None => MemberChange::RemoveWhere(filter),
    }
}

fn named_ids(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(id) }
            if path.attribute == "value" =>
        {
            Some(vec![id.clone()])
        }
        Filter::Or(terms) => {
            let all: Option<Vec<_>> = terms.iter().map(named_ids).collect();
            all.map(|ids| ids.into_iter().flatten().collect())
        }
        _ => None,
    }
}

fn read(list: &Value) -> Result<Vec<Member>, Error> {
    let unclear = || Error::invalid_value("members: each element needs a value, the id of a user or group.");
    let Value::Array(elements) = list else {
        return Err(unclear());
    };
    let mut seen = HashSet::with_capacity(elements.len());
    let mut members = Vec::with_capacity(elements.len());
    for element in elements {
        let part = |name: &str| element.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let value = part("value").ok_or_else(unclear)?;
        if seen.insert(value) {
            members.push(Member {
                value: value.to_owned(),
                display: part("display").map(str::to_owned),
                kind: part("type").map(canonical_kind),
            });
        }
    }
    Ok(members)
}

fn canonical_kind(kind: &str) -> String {
    ["User", "Group"].into_iter().find(|known| known.eq_ignore_ascii_case(kind)).unwrap_or(kind).to_owned()
}

#[cfg(test)]
mod tests;
