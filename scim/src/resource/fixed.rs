//! What stays as it is once it is there: immutable attributes, and read-only ones (RFC 7643 §2.2).

use serde_json::{Map, Value};

use super::{get, limits};
use crate::Document;
use crate::error::Error;
use crate::path::AttrPath;
use crate::schema::{Attribute, Mutability, ResourceType};

/// What a PUT makes of a resource (RFC 7644 §3.5.1): the new attributes, and of the old ones those that no client may
/// write, and immutable ones that were left out.
///
/// # Errors
/// `mutability` if an immutable attribute has another value than before; 413 if the resource would be larger than
/// [`MAX_RESOURCE`](super::MAX_RESOURCE).
pub fn replace(kind: &ResourceType, before: &Document, mut new: Document) -> Result<Document, Error> {
    let kept: Vec<Place<'_>> = places(kind).filter(|place| place.value(before).is_some()).collect();
    for place in kept {
        let Some(value) = place.value(before) else { continue };
        if place.value(&new).is_none_or(|_| place.is_read_only()) {
            place.set(&mut new, value.clone());
        }
    }
    check(kind, before, &new)?;
    limits::check_size(kind, &new)?;
    Ok(new)
}

/// # Errors
/// `mutability` if an immutable attribute that has a value would get another one, or lose it.
pub(crate) fn check(kind: &ResourceType, before: &Document, after: &Document) -> Result<(), Error> {
    for place in places(kind).filter(|place| !place.is_read_only()) {
        let was = place.value(before);
        if was.is_some() && was != place.value(after) {
            return Err(Error::mutability(format!("{} cannot be changed once it is set.", place.path())));
        }
    }
    Ok(())
}

/// Where a fixed value is.
struct Place<'a> {
    urn: Option<&'a str>,
    attribute: &'a Attribute,
    sub: Option<&'a Attribute>,
}

/// Attributes, and parts of single complex ones, that are immutable or read-only. The parts of an element tell which
/// element it is: another one is no change of it.
fn places(kind: &ResourceType) -> impl Iterator<Item = Place<'_>> {
    let core = kind.schema.attributes.iter().map(|attribute| (None, attribute));
    let extended = kind.extensions.iter().flat_map(|extension| {
        extension.schema.attributes.iter().map(|attribute| (Some(extension.schema.id.as_str()), attribute))
    });
    core.chain(extended).flat_map(|(urn, attribute)| {
        let parts = attribute.sub_attributes.iter().filter(|_| !attribute.multi_valued).map(Some);
        std::iter::once(None)
            .chain(parts)
            .map(move |sub| Place { urn, attribute, sub })
            .filter(|place| matches!(place.mutability(), Mutability::Immutable | Mutability::ReadOnly))
    })
}

impl Place<'_> {
    fn mutability(&self) -> Mutability {
        self.sub.unwrap_or(self.attribute).mutability
    }

    fn is_read_only(&self) -> bool {
        self.mutability() == Mutability::ReadOnly
    }

    fn path(&self) -> AttrPath {
        AttrPath {
            schema: self.urn.map(str::to_owned),
            attribute: self.attribute.name.clone(),
            sub: self.sub.map(|sub| sub.name.clone()),
        }
    }

    fn value<'d>(&self, doc: &'d Document) -> Option<&'d Value> {
        let holder = match self.urn {
            None => doc,
            Some(urn) => get(doc, urn)?.as_object()?,
        };
        let whole = holder.get(&self.attribute.name)?;
        self.sub.map_or(Some(whole), |sub| whole.get(&sub.name))
    }

    /// Sets the value; not inside of what is no object.
    fn set(&self, doc: &mut Document, value: Value) {
        let Some(holder) = super::holder_of(doc, &self.path()) else { return };
        match self.sub {
            None => drop(holder.insert(self.attribute.name.clone(), value)),
            Some(sub) => {
                let whole =
                    holder.entry(self.attribute.name.clone()).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(parts) = whole {
                    parts.insert(sub.name.clone(), value);
                }
            }
        }
    }
}
