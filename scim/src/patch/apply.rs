//! Applies operations to a document (RFC 7644 §3.5.2.1–3).

use serde_json::Value;

use super::edit::Edit;
use super::{Op, Operation, Patch, elements};
use crate::Document;
use crate::dialect::{Accepted, Notes};
use crate::error::Error;
use crate::filter::Filter;
use crate::path::{AttrPath, PatchPath};
use crate::resource::value::is_hollow;
use crate::resource::{fixed, get, limits, missing_required};
use crate::schema::{Attribute, ResourceType};

/// Applies a patch, all of it or nothing. `None` means that nothing changed. What was tolerated can be seen in the
/// document alone: filters of paths that found nothing.
///
/// # Errors
/// `noTarget` if a filter finds no element (a tolerant patch then makes one, if the filter says what it is like, and has
/// nothing to remove);
/// `mutability` if a required attribute would go or an immutable one would change; 413 if the resource would be
/// larger than [`MAX_RESOURCE`](crate::resource::MAX_RESOURCE).
pub fn apply(
    kind: &ResourceType,
    doc: &Document,
    patch: &Patch,
) -> Result<Accepted<Option<Document>>, Error> {
    let mut changed = doc.clone();
    let mut notes = Notes::new(patch.mode);
    let mut effort = Effort::of(doc);
    for operation in &patch.operations {
        effort.spend(kind, &changed, operation)?;
        let tolerated = Edit { kind, operation, mode: patch.mode }.apply(&mut changed)?;
        tolerated.into_iter().for_each(|deviation| notes.note(deviation));
    }
    drop_hollow_elements(kind, &mut changed);
    if changed == *doc {
        return Ok(notes.accept(None));
    }
    check_required(kind, doc, &changed)?;
    fixed::check(kind, doc, &changed)?;
    limits::check_size(kind, &changed)?;
    Ok(notes.accept(Some(changed)))
}

/// What was missing before, since the schema came after the resource, is no fault of this patch.
fn check_required(kind: &ResourceType, before: &Document, after: &Document) -> Result<(), Error> {
    let missing = missing_required(kind, after);
    if missing.is_empty() {
        return Ok(());
    }
    let known = missing_required(kind, before);
    match missing.into_iter().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) if has(kind, before, &name) => {
            Err(Error::mutability(format!("{name} is required and cannot be taken away.")))
        }
        Some(name) => Err(Error::invalid_value(format!("{name} is required and has no value."))),
    }
}

/// Whether there is a value at this place: the name of a core attribute, a schema's URN, or both.
fn has(kind: &ResourceType, doc: &Document, name: &str) -> bool {
    let path = AttrPath::parse(name).ok().and_then(|path| kind.locate(&path)).map(|located| located.path);
    match path {
        Some(AttrPath { schema: Some(urn), attribute, .. }) => {
            get(doc, &urn).and_then(Value::as_object).is_some_and(|holder| holder.contains_key(&attribute))
        }
        _ => get(doc, name).is_some(),
    }
}

/// Drops elements that have only labels left, such as `{"type": "work"}`: a PUT of the result would not keep them.
/// Only at the end, for Entra sends the parts of a new element in any order.
fn drop_hollow_elements(kind: &ResourceType, doc: &mut Document) {
    drop_hollow_in(&kind.schema.attributes, doc);
    for extension in &kind.extensions {
        if let Some(Value::Object(holder)) = doc.get_mut(&extension.schema.id) {
            drop_hollow_in(&extension.schema.attributes, holder);
            if holder.is_empty() {
                doc.shift_remove(&extension.schema.id);
            }
        }
    }
}

fn drop_hollow_in(attributes: &[Attribute], holder: &mut Document) {
    for attribute in attributes.iter().filter(|attribute| attribute.multi_valued && attribute.is_complex()) {
        if let Some(Value::Array(elements)) = holder.get_mut(&attribute.name) {
            elements.retain(|element| !element.as_object().is_some_and(|parts| is_hollow(attribute, parts)));
            if elements.is_empty() {
                holder.shift_remove(&attribute.name);
            }
        }
    }
}

/// What a patch may cost before it is known what it makes. A hostile patch of a megabyte could otherwise keep a processor
/// busy for minutes, filtering a resource of a megabyte thousands of times, or put one long value into a thousand
/// elements again and again.
struct Effort {
    /// The most bytes that the document has by now.
    size: usize,
    /// The bytes that may still be compared.
    left: usize,
}

impl Effort {
    /// About half a second for letters beyond ASCII.
    const MOST: usize = 32 * 1024 * 1024;
    /// The largest document between two operations: a large one, and all that a body brings.
    const LARGEST: usize = 8 * limits::MAX_RESOURCE;

    fn of(doc: &Document) -> Self {
        Self { size: limits::size_of(doc), left: Self::MOST }
    }

    /// Takes what an operation on `doc` costs.
    ///
    /// # Errors
    /// `tooMany` if there is not so much left; 413 if the document would be far larger than a resource can be.
    fn spend(&mut self, kind: &ResourceType, doc: &Document, operation: &Operation) -> Result<(), Error> {
        let path = &operation.path;
        let value = operation.value.as_ref().map_or(0, limits::size) + brought_by(path);
        self.compare(operation, self.size.saturating_add(value))?;
        // A filter, and a part without one, puts the value into as many elements as there are.
        let places = match path.value_filter.is_some() || path.sub.is_some() {
            true => elements_at(kind, doc, &path.attr).max(1),
            false => 1,
        };
        let added = value.saturating_mul(places);
        if self.size.saturating_add(added) > Self::LARGEST {
            self.size = limits::size_of(doc);
            self.take(self.size)?;
        }
        self.size = self.size.saturating_add(added);
        if self.size > Self::LARGEST {
            return Err(limits::too_large());
        }
        Ok(())
    }

    /// One comparison with everything may have to look at all of `size`.
    fn compare(&mut self, operation: &Operation, size: usize) -> Result<(), Error> {
        let terms = operation.path.value_filter.as_ref().map_or(0, Filter::terms);
        let listed = match (operation.op, &operation.value) {
            (Op::Add | Op::Remove, Some(Value::Array(elements))) => elements.len(),
            _ => 0,
        };
        // Two elements differ in their first letters as a rule, so that few bytes are looked at.
        self.take(size.saturating_mul(terms).saturating_add(size.saturating_mul(listed) / 16))
    }

    fn take(&mut self, bytes: usize) -> Result<(), Error> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            Error::too_many(
                "The patch has too many operations for a resource of this size; send it in parts.",
            )
        })?;
        Ok(())
    }
}

/// What a path brings: its name, and what a filter that describes an element says of it.
fn brought_by(path: &PatchPath) -> usize {
    let described = path.value_filter.as_ref().and_then(elements::described);
    let parts = described.into_iter().flatten().map(|(name, value)| name.len() + limits::size(&value));
    path.attr.to_string().len() + parts.sum::<usize>()
}

/// How many elements there are at this place.
fn elements_at(kind: &ResourceType, doc: &Document, attr: &AttrPath) -> usize {
    let attr = kind.locate(attr).map_or_else(|| attr.clone(), |located| located.path);
    let holder = match &attr.schema {
        None => Some(doc),
        Some(urn) => get(doc, urn).and_then(Value::as_object),
    };
    holder.and_then(|holder| get(holder, &attr.attribute)).and_then(Value::as_array).map_or(0, Vec::len)
}
