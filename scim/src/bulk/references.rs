//! `bulkId:…` references between the operations of a bulk request (RFC 7644 §3.7.2).

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{BulkOperation, Method};
use crate::error::{Error, shown};

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
            referred(operation).into_iter().filter_map(|id| makers.get(id).copied()).collect();
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
        }
        Ok(resolved)
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
fn referred(operation: &BulkOperation) -> Vec<&str> {
    let mut found = Vec::new();
    found.extend(operation.path.id.as_deref().and_then(reference));
    let mut waiting: Vec<&Value> = operation.data.iter().collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => found.extend(reference(text)),
            Value::Array(elements) => waiting.extend(elements),
            Value::Object(parts) => waiting.extend(parts.values()),
            _ => {}
        }
    }
    found
}

/// The bulk id in `bulkId:…`.
fn reference(text: &str) -> Option<&str> {
    let prefix = text.get(..PREFIX.len())?;
    let id = text.get(PREFIX.len()..)?;
    (prefix.eq_ignore_ascii_case(PREFIX) && !id.is_empty()).then_some(id)
}
