//! One attribute and its characteristics (RFC 7643 §2.2, §7).

use serde::{Deserialize, Serialize};

use crate::error::{Error, shown};

/// The data type of an attribute (RFC 7643 §2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Type {
    /// Text. What is meant where nothing is said (RFC 7643 §2.2).
    #[default]
    String,
    /// `true` or `false`.
    Boolean,
    /// A number with a fraction.
    Decimal,
    /// A whole number.
    Integer,
    /// An RFC 3339 date and time.
    DateTime,
    /// Base64.
    Binary,
    /// A URI.
    Reference,
    /// An object with sub-attributes.
    Complex,
}

/// When an attribute may be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Never by a client.
    ReadOnly,
    /// At any time.
    #[default]
    ReadWrite,
    /// Once.
    Immutable,
    /// At any time, but it is never read back.
    WriteOnly,
}

/// When an attribute is in an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// In every answer.
    Always,
    /// In none.
    Never,
    /// Unless the request says otherwise.
    #[default]
    Default,
    /// Only if the request asks for it.
    Request,
}

/// Among whom a value must be unique.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// Nobody.
    #[default]
    None,
    /// The resources of this server.
    Server,
    /// Everyone.
    Global,
}

/// One attribute. Its JSON form is the RFC's (RFC 7643 §7), and nothing else: a slip such as `requierd` is an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attribute {
    /// Its canonical name.
    pub name: String,
    /// Its data type.
    #[serde(rename = "type", default)]
    pub kind: Type,
    /// Whether it holds an array.
    #[serde(default)]
    pub multi_valued: bool,
    /// What it means.
    #[serde(default)]
    pub description: String,
    /// Whether every resource must have it.
    #[serde(default)]
    pub required: bool,
    /// Suggested values; others are allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canonical_values: Vec<String>,
    /// Whether case matters when values are compared.
    #[serde(default)]
    pub case_exact: bool,
    /// When it may be written.
    #[serde(default)]
    pub mutability: Mutability,
    /// When it is in an answer.
    #[serde(default)]
    pub returned: Returned,
    /// Among whom it must be unique.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// What a reference may point to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_types: Vec<String>,
    /// The parts of a complex attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<Attribute>,
}

impl Attribute {
    /// A single, optional, readable and writable attribute that compares without case.
    pub fn new(name: &str, kind: Type, description: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            multi_valued: false,
            description: description.to_owned(),
            required: false,
            canonical_values: Vec::new(),
            case_exact: false,
            mutability: Mutability::default(),
            returned: Returned::default(),
            uniqueness: Uniqueness::default(),
            reference_types: Vec::new(),
            sub_attributes: Vec::new(),
        }
    }

    /// A string attribute.
    pub fn string(name: &str, description: &str) -> Self {
        Self::new(name, Type::String, description)
    }

    /// A complex attribute with these parts.
    pub fn complex(name: &str, description: &str, sub_attributes: Vec<Attribute>) -> Self {
        Self { sub_attributes, ..Self::new(name, Type::Complex, description) }
    }

    /// A reference to one of these: resource type names, `external` or `uri`. References compare with case.
    pub fn reference(name: &str, description: &str, types: &[&str]) -> Self {
        let reference_types = types.iter().map(|name| (*name).to_owned()).collect();
        Self { reference_types, case_exact: true, ..Self::new(name, Type::Reference, description) }
    }

    /// Holding an array.
    pub fn many(self) -> Self {
        Self { multi_valued: true, ..self }
    }

    /// That every resource must have.
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// That compares with case.
    pub fn case_exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    /// With this mutability.
    pub fn mutability(self, mutability: Mutability) -> Self {
        Self { mutability, ..self }
    }

    /// That no client may write, its parts included.
    pub fn read_only(mut self) -> Self {
        self.sub_attributes = self.sub_attributes.into_iter().map(Self::read_only).collect();
        self.mutability(Mutability::ReadOnly)
    }

    /// With this rule of being returned.
    pub fn returned(self, returned: Returned) -> Self {
        Self { returned, ..self }
    }

    /// With this uniqueness.
    pub fn unique(self, uniqueness: Uniqueness) -> Self {
        Self { uniqueness, ..self }
    }

    /// With these suggested values.
    pub fn canonical(self, values: &[&str]) -> Self {
        Self { canonical_values: values.iter().map(|value| (*value).to_owned()).collect(), ..self }
    }

    /// The part of this name, in any case.
    pub fn sub_attribute(&self, name: &str) -> Option<&Attribute> {
        super::find(&self.sub_attributes, name)
    }

    /// Whether it has parts.
    pub fn is_complex(&self) -> bool {
        self.kind == Type::Complex
    }

    /// Whether its values are kept: what is never read back, such as a password, is accepted and forgotten. A
    /// `writeOnly` value is not returned, whatever `returned` says (RFC 7643 §7).
    pub fn is_kept(&self) -> bool {
        self.returned != Returned::Never && self.mutability != Mutability::WriteOnly
    }

    /// Whether its elements are references to other resources, such as the members of a group: what identifies an
    /// element cannot change (RFC 7643 §4.2), and an element without it means nothing.
    pub fn holds_references(&self) -> bool {
        self.multi_valued
            && self.sub_attribute("value").is_some_and(|value| value.mutability == Mutability::Immutable)
    }

    /// Whether an object sent for it changes the parts it names and leaves the others (RFC 7644 §3.5.2.3). One with a
    /// `value`, such as `manager`, is a reference and changes as a whole: a new `value` must not keep the old `$ref`.
    pub(crate) fn merges(&self) -> bool {
        self.is_complex() && !self.multi_valued && self.sub_attribute("value").is_none()
    }

    /// RFC 7643 §2.3.8: a complex attribute has parts, and its parts are not complex.
    pub(super) fn validate(&self) -> Result<(), Error> {
        let nested = self.sub_attributes.iter().any(|sub| sub.is_complex());
        if nested || self.is_complex() == self.sub_attributes.is_empty() {
            return Err(Error::invalid_value(format!(
                "The attribute {} must be complex with simple sub-attributes, or simple without any.",
                shown(&self.name)
            )));
        }
        super::validate_names(&self.sub_attributes)
    }
}
