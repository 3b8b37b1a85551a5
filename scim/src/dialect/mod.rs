//! Deviations from the RFCs that real identity providers send, and what a reader does with them.
//!
//! A tolerant reader accepts every deviation here and reports it; a strict reader refuses it with the RFC's error.
//! The report lets a server tell an administrator what its identity provider gets wrong.

mod explanation;

pub use explanation::Explanation;

use crate::error::Error;

/// How much of what identity providers really send is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Accept every known [`Deviation`] whose meaning is clear, and report it.
    #[default]
    Tolerant,
    /// Accept only what the RFCs and the interoperability profile (draft-zollner-scim-interop-profile) allow.
    Strict,
}

/// One way in which a request differs from the RFCs or from the interoperability profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Deviation {
    /// `"op": "Replace"`. Entra's default dialect. Names are case-insensitive, so strict mode only reports it.
    CapitalisedOp,
    /// `"active": "False"`. Entra's default dialect.
    StringBoolean,
    /// A number sent as a string, `"seats": "25"`. Entra's custom attributes.
    StringNumber,
    /// A number or boolean where the schema has a string, `"employeeNumber": 701984`. OneLogin and JumpCloud templates.
    ScalarForString,
    /// A PATCH operation without `path`. Okta's deactivation and group rename, Entra with `aadOptscim062020`.
    /// The RFC allows it, the interoperability profile does not.
    PathlessOperation,
    /// `"name.givenName": "Ana"` as a key. Entra with `aadOptscim062020`.
    DottedKey,
    /// `"urn:…:2.0:User:employeeNumber": "E-9"` as a key. Entra with `aadOptscim062020`.
    UrnKey,
    /// Schema URNs of SCIM 1.x style, `urn:scim:schemas:core:2.0`. OneLogin.
    LegacyUrn,
    /// A bare string where the schema has a complex value, `"manager": "usr_412"`. Entra.
    StringForComplex,
    /// A one-element array where the schema has a single value. Entra's mappings with array expressions.
    ArrayForSingle,
    /// A single value where the schema has an array. Hand-written templates at OneLogin and Ping.
    SingleForArray,
    /// `"value": "{\"id\":…,\"value\":\"25\"}"`: a role as JSON in a string. Entra without `aadOptscim062020`.
    JsonInString,
    /// A filter value without quotes, `externalId eq jyoung`. Older Entra documentation.
    UnquotedFilterValue,
    /// `emails[type eq "work"].value eq "x"` in a filter. Entra's matching attribute.
    ValuePathFilter,
    /// A remove that lists what to remove, `{"op":"Remove","path":"members","value":[…]}`. Entra, JumpCloud.
    RemoveWithValue,
    /// A read-only attribute inside a path-less value, `{"id": …, "displayName": …}`. Okta's group rename.
    ReadOnlyInValue,
    /// An empty string for "no value", `"title": ""`. OneLogin's empty macros.
    EmptyString,
    /// More than one `primary: true` in one attribute. Hand-written templates.
    ManyPrimaries,
    /// An attribute that no schema has. Entra and OneLogin custom mappings.
    UnknownAttribute,
    /// A schema URN that this server does not have. Entra's custom extensions and its group POST.
    UnknownSchema,
    /// No `schemas`, or not the one that the message needs. Hand-written clients.
    MissingSchema,
    /// The same attribute twice, under names that differ in case. The last one counts.
    RepeatedAttribute,
    /// A stray `?` or `&` or a repeated parameter in the query. OneLogin and Entra's concatenated tenant URLs.
    StrayQuery,
    /// A group member that is not there, or not yet. Okta and Entra push groups before their people. Only a server
    /// that has the members can see it.
    UnknownMember,
    /// The query flag `aadOptscim062020` or `AzureAdScimPatch2017`. Entra.
    CompatibilityFlag,
    /// An element that a filter in a path describes and does not find, made by a PATCH of
    /// `emails[type eq "work"].value`. Entra.
    CreatedByFilter,
    /// A remove whose filter finds nothing. Every provider that repeats what it sent.
    NothingToRemove,
    /// `attributes` together with `excludedAttributes`. Hand-written clients.
    BothAttributeLists,
    /// `Authorization: TOKEN`, without `Bearer`. Okta's header authentication. RFC 7644 leaves it to the server how
    /// clients sign in, so strict mode only reports it. Only the server that reads the header can see it.
    BareToken,
    /// A group member named by `userName` or `externalId`. Hand-written templates. Only a server that has the members
    /// can see it.
    MemberByName,
    /// A binary value that is not base64. Hand-written clients.
    NotBase64,
}

impl Deviation {
    /// Every deviation, in the order of their declaration.
    pub const ALL: [Deviation; 31] = [
        Self::CapitalisedOp,
        Self::StringBoolean,
        Self::StringNumber,
        Self::ScalarForString,
        Self::PathlessOperation,
        Self::DottedKey,
        Self::UrnKey,
        Self::LegacyUrn,
        Self::StringForComplex,
        Self::ArrayForSingle,
        Self::SingleForArray,
        Self::JsonInString,
        Self::UnquotedFilterValue,
        Self::ValuePathFilter,
        Self::RemoveWithValue,
        Self::ReadOnlyInValue,
        Self::EmptyString,
        Self::ManyPrimaries,
        Self::UnknownAttribute,
        Self::UnknownSchema,
        Self::MissingSchema,
        Self::RepeatedAttribute,
        Self::StrayQuery,
        Self::UnknownMember,
        Self::CompatibilityFlag,
        Self::CreatedByFilter,
        Self::NothingToRemove,
        Self::BothAttributeLists,
        Self::BareToken,
        Self::MemberByName,
        Self::NotBase64,
    ];

    /// A stable name for storage and reports, such as `string_boolean`.
    pub fn id(&self) -> &'static str {
        match self {
            Self::CapitalisedOp => "capitalised_op",
            Self::StringBoolean => "string_boolean",
            Self::StringNumber => "string_number",
            Self::ScalarForString => "scalar_for_string",
            Self::PathlessOperation => "pathless_operation",
            Self::DottedKey => "dotted_key",
            Self::UrnKey => "urn_key",
            Self::LegacyUrn => "legacy_urn",
            Self::StringForComplex => "string_for_complex",
            Self::ArrayForSingle => "array_for_single",
            Self::SingleForArray => "single_for_array",
            Self::JsonInString => "json_in_string",
            Self::UnquotedFilterValue => "unquoted_filter_value",
            Self::ValuePathFilter => "value_path_filter",
            Self::RemoveWithValue => "remove_with_value",
            Self::ReadOnlyInValue => "read_only_in_value",
            Self::EmptyString => "empty_string",
            Self::ManyPrimaries => "many_primaries",
            Self::UnknownAttribute => "unknown_attribute",
            Self::UnknownSchema => "unknown_schema",
            Self::MissingSchema => "missing_schema",
            Self::RepeatedAttribute => "repeated_attribute",
            Self::StrayQuery => "stray_query",
            Self::UnknownMember => "unknown_member",
            Self::CompatibilityFlag => "compatibility_flag",
            Self::CreatedByFilter => "created_by_filter",
            Self::NothingToRemove => "nothing_to_remove",
            Self::BothAttributeLists => "both_attribute_lists",
            Self::BareToken => "bare_token",
            Self::MemberByName => "member_by_name",
            Self::NotBase64 => "not_base64",
        }
    }

    /// The deviation with this [`id`](Self::id).
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deviation| deviation.id() == id)
    }
}

/// A value that was read, and the deviations that were tolerated on the way, each once.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted<T> {
    /// What was read.
    pub value: T,
    /// What was tolerated, in the order of appearance.
    pub deviations: Vec<Deviation>,
}

impl<T> Accepted<T> {
    /// The same deviations with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Accepted<U> {
        Accepted { value: change(self.value), deviations: self.deviations }
    }
}

/// The reader's notebook: what mode it is in and what it has tolerated so far.
#[derive(Clone, Debug)]
pub(crate) struct Notes {
    pub(crate) mode: Mode,
    seen: Vec<Deviation>,
}

impl Notes {
    pub(crate) fn new(mode: Mode) -> Self {
        Self { mode, seen: Vec::new() }
    }

    /// Reports a deviation that both modes accept.
    pub(crate) fn note(&mut self, deviation: Deviation) {
        if !self.seen.contains(&deviation) {
            self.seen.push(deviation);
        }
    }

    /// Reports a deviation that only the tolerant mode accepts.
    pub(crate) fn tolerate(
        &mut self,
        deviation: Deviation,
        refusal: impl FnOnce() -> Error,
    ) -> Result<(), Error> {
        match self.mode {
            Mode::Tolerant => {
                self.note(deviation);
                Ok(())
            }
            Mode::Strict => Err(refusal()),
        }
    }

    pub(crate) fn accept<T>(self, value: T) -> Accepted<T> {
        Accepted { value, deviations: self.seen }
    }
}
