//! `bulkId:…` references between the operations of a bulk request (RFC 7644 §3.7.2).

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{BulkOperation, Method};
use crate::error::{Error, shown};
use crate::filter::{Filter, Literal};
use crate::path::PatchPath;
use crate::resource::get;

const PREFIX: &str = "bulkId:";

/// In which order operations can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Positions of operations, each after those that it refers to and otherwise in the order of the request.
    pub order: Vec<usize>,
    /// Positions of operations that refer to each other in a circle, or to one that does. They cannot run.
    pub circular: Vec<usize>,
}

/// Orders operations so that a resource is made before it is referred to. References to nothing do not count here;
/// [`References::resolve`] refuses them.
pub fn plan(operations: &[BulkOperation]) -> Plan {
    let makers: HashMap<&str, usize> = operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| operation.method == Method::Post)
        .filter_map(|(index, operation)| operation.bulk_id.as_deref().map(|id| (id, index)))
        .collect();
    let mut waits_for: Vec<usize> = Vec::with_capacity(operations.len());
    let mut waited_for_by: Vec<Vec<usize>> = vec![Vec::new(); operations.len()];
    for (index, operation) in operations.iter().enumerate() {
        let needed: BTreeSet<usize> =
            referred(operation).iter().filter_map(|id| makers.get(id.as_ref()).copied()).collect();
        waits_for.push(needed.len());
        for maker in needed {
            if let Some(waiting) = waited_for_by.get_mut(maker) {
                waiting.push(index);
            }
        }
    }
    let mut ready: BTreeSet<usize> =
        waits_for.iter().enumerate().filter(|(_, count)| **count == 0).map(|(index, _)| index).collect();
    let mut order = Vec::with_capacity(operations.len());
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for &waiting in waited_for_by.get(next).map(Vec::as_slice).unwrap_or_default() {
            if let Some(count) = waits_for.get_mut(waiting) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(waiting);
                }
            }
        }
    }
    let circular =
        waits_for.iter().enumerate().filter(|(_, count)| **count > 0).map(|(index, _)| index).collect();
    Plan { order, circular }
}

/// The ids of the resources that were made so far, by `bulkId`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    ids: HashMap<String, String>,
}

impl References {
    /// Remembers the id of the resource that an operation made.
    pub fn insert(&mut self, bulk_id: &str, id: &str) {
        self.ids.insert(bulk_id.to_owned(), id.to_owned());
    }

    /// The operation with real ids in the place of `bulkId:…`, in its path and everywhere in its data.
    ///
    /// # Errors
    /// `invalidValue` if a reference names no resource that was made: an unknown `bulkId`, or an operation that failed.
    pub fn resolve(&self, operation: &BulkOperation) -> Result<BulkOperation, Error> {
        let mut resolved = operation.clone();
        if let Some(id) = &mut resolved.path.id {
            self.resolve_text(id)?;
        }
        if let Some(data) = &mut resolved.data {
            self.resolve_value(data)?;
            for path in patch_paths(data) {
                self.resolve_path(path)?;
            }
        }
        Ok(resolved)
    }

    /// `members[value eq "bulkId:qwerty"]`.
    fn resolve_path(&self, text: &mut String) -> Result<(), Error> {
        let Some((mut path, filter)) = filtered(text) else {
            return Ok(());
        };
        path.value_filter = Some(self.resolve_filter(filter)?);
        *text = path.to_string();
        Ok(())
    }

    fn resolve_filter(&self, filter: Filter) -> Result<Filter, Error> {
        let all = |terms: Vec<Filter>| {
            terms.into_iter().map(|term| self.resolve_filter(term)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match filter {
            Filter::And(terms) => Filter::And(all(terms)?),
            Filter::Or(terms) => Filter::Or(all(terms)?),
            Filter::Not(inner) => Filter::Not(Box::new(self.resolve_filter(*inner)?)),
            Filter::Compare { path, op, value: Literal::String(mut text) } => {
                self.resolve_text(&mut text)?;
                Filter::Compare { path, op, value: Literal::String(text) }
            }
            other => other,
        })
    }

    fn resolve_value(&self, value: &mut Value) -> Result<(), Error> {
        match value {
            Value::String(text) => self.resolve_text(text),
            Value::Array(elements) => elements.iter_mut().try_for_each(|element| self.resolve_value(element)),
            Value::Object(parts) => parts.values_mut().try_for_each(|part| self.resolve_value(part)),
            _ => Ok(()),
        }
    }

    /// A reference is a whole string, `"bulkId:qwerty"`.
    fn resolve_text(&self, text: &mut String) -> Result<(), Error> {
        let Some(bulk_id) = reference(text) else {
            return Ok(());
        };
        match self.ids.get(bulk_id) {
            Some(id) => {
                let id = id.clone();
                *text = id;
                Ok(())
            }
            None => Err(Error::invalid_value(format!(
                "bulkId {} names no resource that this request has made.",
                shown(bulk_id)
            ))),
        }
    }
}

/// The bulk ids that an operation refers to.
fn referred(operation: &BulkOperation) -> Vec<Cow<'_, str>> {
    let mut found: Vec<Cow<'_, str>> = operation.data.iter().flat_map(referred_in_paths).collect();
    found.extend(operation.path.id.as_deref().and_then(reference).map(Cow::Borrowed));
    let mut waiting: Vec<&Value> = operation.data.iter().collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => found.extend(reference(text).map(Cow::Borrowed)),
            Value::Array(elements) => waiting.extend(elements),
            Value::Object(parts) => waiting.extend(parts.values()),
            _ => {}
        }
    }
    found
}

/// The bulk ids in the filters of a PATCH's paths.
fn referred_in_paths(data: &Value) -> Vec<Cow<'_, str>> {
    let operations = get_ignoring_case(data, "Operations").and_then(Value::as_array);
    let paths = operations.into_iter().flatten().filter_map(|it| get_ignoring_case(it, "path")?.as_str());
    let mut found = Vec::new();
    for (_, filter) in paths.filter_map(filtered) {
        referred_in_filter(&filter, &mut found);
    }
    found
}

fn referred_in_filter(filter: &Filter, found: &mut Vec<Cow<'_, str>>) {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => {
            terms.iter().for_each(|term| referred_in_filter(term, found));
        }
        Filter::Not(inner) => referred_in_filter(inner, found),
        Filter::Compare { value: Literal::String(text), .. } => {
            found.extend(reference(text).map(|id| Cow::Owned(id.to_owned())));
        }
        _ => {}
    }
}

/// A path with a filter in which there may be references, and the filter. What cannot be read is left to the reader of
/// the patch.
fn filtered(text: &str) -> Option<(PatchPath, Filter)> {
    if !text.to_ascii_lowercase().contains("bulkid:") {
        return None;
    }
    let path = PatchPath::parse(text).ok()?;
    let filter = path.value_filter.clone()?;
    Some((path, filter))
}

/// The paths of a PATCH.
fn patch_paths(data: &mut Value) -> Vec<&mut String> {
    let operations = get_mut_ignoring_case(data, "Operations").and_then(Value::as_array_mut);
    let paths = operations.into_iter().flatten().filter_map(|it| get_mut_ignoring_case(it, "path"));
    paths.filter_map(|path| if let Value::String(text) = path { Some(text) } else { None }).collect()
}

fn get_ignoring_case<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object().and_then(|members| get(members, name))
}

fn get_mut_ignoring_case<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let members = value.as_object_mut()?;
    members.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The bulk id in `bulkId:…`.
fn reference(text: &str) -> Option<&str> {
    let prefix = text.get(..PREFIX.len())?;
    let id = text.get(PREFIX.len()..)?;
    (prefix.eq_ignore_ascii_case(PREFIX) && !id.is_empty()).then_some(id)
}
