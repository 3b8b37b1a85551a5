//! Schemas as data (RFC 7643): what attributes a resource has, and what may be done with each.
//!
//! Reading, filters, PATCH, projection and discovery follow the schema, so a custom extension is a value and not code.
//! Only the limits on lengths (`resource::limits`) know some attributes by name:
//!
//! ```
//! use scim::schema::{Schema, user};
//!
//! let badge: Schema = serde_json::from_value(serde_json::json!({
//!     "id": "urn:example:params:scim:schemas:extension:badge:2.0:User",
//!     "name": "Badge",
//!     "attributes": [{ "name": "number", "type": "string", "caseExact": true }]
//! }))?;
//! let with_badge = user().clone().with_extension(badge, false)?;
//! assert_eq!(with_badge.extensions.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attribute;
mod core;
mod custom;
pub mod discovery;
mod member;
mod roles;
mod service;

pub use self::attribute::{Attribute, Mutability, Returned, Type, Uniqueness};
pub use self::core::{common, group, user};
pub use self::custom::{MAX_ATTRIBUTES, MAX_SCHEMA, read_extension};
pub use self::member::group_member;
pub use self::roles::{Vocabulary, entitlement, entitlement_in_both, role, role_in_both};

use serde::{Deserialize, Serialize};

use crate::error::{Error, shown};
use crate::path::{AttrPath, is_name};

/// The URN of the core User schema.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The URN of the core Group schema.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The URN of the Enterprise User extension.
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A named set of attributes (RFC 7643 §7). Its JSON form is the RFC's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The URN.
    pub id: String,
    /// A short name for people.
    #[serde(default)]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Other URNs by which providers call this schema, such as those of SCIM 1.x. Not published.
    #[serde(skip)]
    pub aliases: Vec<String>,
}

impl Schema {
    /// The attribute of this name, in any case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }

    /// Whether `urn` is this schema's URN or one of its aliases, in any case.
    pub fn is_called(&self, urn: &str) -> bool {
        self.id.eq_ignore_ascii_case(urn) || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(urn))
    }

    fn validate(&self) -> Result<(), Error> {
        let is_urn = self.id.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"));
        let has_parts = self.id.split(':').count() > 2 && self.id.split(':').all(|part| !part.is_empty());
        if !is_urn || !has_parts {
            return Err(Error::invalid_value(format!("{} is not a schema URN.", shown(&self.id))));
        }
        validate_names(&self.attributes)?;
        self.attributes.iter().try_for_each(Attribute::validate)
    }
}

/// An extension of a resource type.
#[derive(Clone, Debug, PartialEq)]
pub struct Extension {
    /// Its schema.
    pub schema: Schema,
    /// Whether every resource must have it.
    pub required: bool,
}

/// A kind of resource (RFC 7643 §6).
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceType {
    /// Its id, equal to its name.
    pub id: String,
    /// Its name, the `meta.resourceType` of every such resource.
    pub name: String,
    /// Where such resources live, relative to the base URL: `/Users`.
    pub endpoint: String,
    /// What it is for.
    pub description: String,
    /// The schema of the attributes at the top level of the resource.
    pub schema: Schema,
    /// The schemas of the attributes that live under a URN.
    pub extensions: Vec<Extension>,
}

/// Whose attributes a schema URN names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Owner<'a> {
    /// The resource itself.
    Core,
    /// One of its extensions.
    Extension(&'a Schema),
}

/// An attribute path that was found in a resource type.
#[derive(Clone, Debug, PartialEq)]
pub struct Located<'a> {
    /// The path under its canonical names; `schema` is set for extensions only.
    pub path: AttrPath,
    /// The attribute.
    pub attribute: &'a Attribute,
    /// The sub-attribute, if the path names one.
    pub sub: Option<&'a Attribute>,
}

impl Located<'_> {
    /// The innermost attribute that the path names.
    pub fn leaf(&self) -> &Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// Whether values at the path are kept.
    pub fn is_kept(&self) -> bool {
        self.attribute.is_kept() && self.leaf().is_kept()
    }
}

impl ResourceType {
    /// This resource type with one more extension.
    ///
    /// # Errors
    /// `invalidValue` if the schema breaks the rules of RFC 7643 §2 (names, nesting, duplicates), is there already, or
    /// has a URN that would also be the path of an attribute.
    pub fn with_extension(mut self, schema: Schema, required: bool) -> Result<Self, Error> {
        schema.validate()?;
        if self.owner(&schema.id).is_some() {
            return Err(Error::invalid_value(format!("The schema {} is there already.", shown(&schema.id))));
        }
        self.extensions.push(Extension { schema, required });
        match self.ambiguous_urn() {
            Some(urn) => Err(Error::invalid_value(format!(
                "{} would name both a schema and an attribute of another one.",
                shown(urn)
            ))),
            None => Ok(self),
        }
    }

    /// The URN of an extension that is the path of an attribute too, as `urn:a:b:c` when `urn:a:b` has an attribute `c`.
    fn ambiguous_urn(&self) -> Option<&str> {
        let is_path = |urn: &str| AttrPath::parse(urn).is_ok_and(|path| self.locate(&path).is_some());
        self.extensions.iter().map(|extension| extension.schema.id.as_str()).find(|urn| is_path(urn))
    }

    /// The attribute of this name at the top level of the resource, in any case, common attributes included.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.schema.attribute(name).or_else(|| find(common(), name))
    }

    /// The extension with this URN, in any case and under any alias.
    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions.iter().map(|extension| &extension.schema).find(|schema| schema.is_called(urn))
    }

    /// Whose attributes `urn` names, if anyone's here.
    pub fn owner(&self, urn: &str) -> Option<Owner<'_>> {
        if self.schema.is_called(urn) {
            return Some(Owner::Core);
        }
        self.extension(urn).map(Owner::Extension)
    }

    /// Finds the attribute that a path names, and with it the path's canonical form.
    ///
    /// URNs are looked up as a whole and never split, for they contain dots (`…:2.0:User`).
    pub fn locate(&self, path: &AttrPath) -> Option<Located<'_>> {
        let (schema, attribute) = match &path.schema {
            None => (None, self.attribute(&path.attribute)?),
            Some(urn) => match self.owner(urn)? {
                Owner::Core => (None, self.attribute(&path.attribute)?),
                Owner::Extension(schema) => (Some(schema.id.clone()), schema.attribute(&path.attribute)?),
            },
        };
        let sub = match &path.sub {
            None => None,
            Some(name) => Some(attribute.sub_attribute(name)?),
        };
        let path = AttrPath {
            schema,
            attribute: attribute.name.clone(),
            sub: sub.map(|attribute| attribute.name.clone()),
        };
        Some(Located { path, attribute, sub })
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

fn validate_names(attributes: &[Attribute]) -> Result<(), Error> {
    for (index, attribute) in attributes.iter().enumerate() {
        if !is_name(&attribute.name) {
            return Err(Error::invalid_value(format!(
                "{} is not an attribute name.",
                shown(&attribute.name)
            )));
        }
        let earlier = attributes.get(..index).unwrap_or_default();
        if find(earlier, &attribute.name).is_some() {
            return Err(Error::invalid_value(format!(
                "The attribute {} is there twice.",
                shown(&attribute.name)
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
