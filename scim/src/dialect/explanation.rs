//! Deviations in words, for the administrator of an identity provider.

use super::Deviation;

/// What a deviation is, what the standard says, and whether strict mode refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What the identity provider sent, in one sentence.
    pub sent: &'static str,
    /// What the RFC or the interoperability profile says, in one sentence.
    pub standard: &'static str,
    /// Whether [`Mode::Strict`](super::Mode::Strict) refuses the request.
    pub is_refused_when_strict: bool,
}

const fn refused(sent: &'static str, standard: &'static str) -> Explanation {
    Explanation { sent, standard, is_refused_when_strict: true }
}

const fn reported(sent: &'static str, standard: &'static str) -> Explanation {
    Explanation { sent, standard, is_refused_when_strict: false }
}

impl Deviation {
    /// The deviation in words.
    pub const fn explanation(self) -> Explanation {
        match self {
            Self::CapitalisedOp => reported(
                "The op of a PATCH operation begins with a capital letter, such as \"Replace\".",
                "RFC 7644 section 3.5.2 writes add, remove and replace in lower case.",
            ),
            Self::StringBoolean => refused(
                "A boolean came as text, such as \"active\": \"False\".",
                "RFC 7643 section 2.3.2 has true and false without quotes.",
            ),
            Self::StringNumber => refused(
                "A number came as text, such as \"25\".",
                "RFC 7643 sections 2.3.3 and 2.3.4 have numbers without quotes.",
            ),
            Self::ScalarForString => refused(
                "A number or a boolean came where the schema has text, such as \"employeeNumber\": 701984.",
                "RFC 7643 section 2.3.1 has text in quotes.",
            ),
            Self::PathlessOperation => refused(
                "A PATCH operation came without path, with the attributes inside its value.",
                "RFC 7644 section 3.5.2 allows it; the interoperability profile asks for a path in every operation.",
            ),
            Self::DottedKey => refused(
                "A key names a sub-attribute with a dot, such as \"name.givenName\".",
                "RFC 7643 section 2.1 has no dot in attribute names: sub-attributes stand inside their attribute.",
            ),
            Self::UrnKey => refused(
                "A key is a schema URN with an attribute behind it.",
                "RFC 7643 section 3.3 puts the attributes of an extension into an object under its URN.",
            ),
            Self::LegacyUrn => refused(
                "A schema URN has the form of SCIM 1.x, such as urn:scim:schemas:core:2.0.",
                "RFC 7643 section 10.3 registers urn:ietf:params:scim:schemas:core:2.0:User and its like.",
            ),
            Self::StringForComplex => refused(
                "Text came where the schema has an object, such as \"manager\": \"412\".",
                "RFC 7643 section 2.3.8 has an object with sub-attributes, such as {\"value\": \"412\"}.",
            ),
            Self::ArrayForSingle => refused(
                "A list with one element came where the schema has a single value.",
                "RFC 7643 section 2.2 has a single value without brackets.",
            ),
            Self::SingleForArray => refused(
                "A single value came where the schema has a list.",
                "RFC 7643 section 2.4 has multi-valued attributes as arrays, also with one value.",
            ),
            Self::JsonInString => refused(
                "An object came as JSON inside text, as in \"roles\".",
                "RFC 7643 section 2.3.8 has complex values as JSON objects.",
            ),
            Self::UnquotedFilterValue => refused(
                "The value in a filter came without quotes, such as externalId eq jyoung.",
                "RFC 7644 section 3.4.2.2 has text in a filter in double quotes.",
            ),
            Self::ValuePathFilter => refused(
                "A filter goes on behind a closing bracket, such as emails[type eq \"work\"].value eq \"x\".",
                "RFC 7644 section 3.4.2.2 ends a value path at its bracket: emails[type eq \"work\" and value eq \"x\"].",
            ),
            Self::RemoveWithValue => refused(
                "A remove lists in its value what to remove.",
                "RFC 7644 section 3.5.2.2 selects it in the path: members[value eq \"2819\"].",
            ),
            Self::ReadOnlyInValue => refused(
                "A PATCH carries a read-only attribute, such as the id of the group that it renames.",
                "RFC 7644 section 3.5.2 forbids a change of read-only attributes.",
            ),
            Self::EmptyString => reported(
                "An empty text came for an attribute that has no value.",
                "RFC 7643 section 2.5 leaves such an attribute out, or sends null.",
            ),
            Self::ManyPrimaries => refused(
                "More than one value of an attribute is marked as primary.",
                "RFC 7643 section 2.4 allows \"primary\": true no more than once.",
            ),
            Self::UnknownAttribute => refused(
                "An attribute came that no schema of this server has; it is kept as it is.",
                "RFC 7643 section 3.1 has attributes from the resource's schemas; the interoperability profile answers others with 400.",
            ),
            Self::UnknownSchema => refused(
                "A schema URN came that this server does not have; its attributes are kept as they are.",
                "RFC 7643 section 3 lists in schemas only what the server supports; the interoperability profile answers others with 400.",
            ),
            Self::MissingSchema => refused(
                "The body does not list the schema that it follows.",
                "RFC 7643 section 3 requires schemas in every resource and message.",
            ),
            Self::RepeatedAttribute => refused(
                "An attribute came twice, under names that differ in case; the last one counts.",
                "RFC 7643 section 2.1 has attribute names without regard to case, so each may come once.",
            ),
            Self::StrayQuery => reported(
                "The query has a stray ? or &, or a parameter twice.",
                "RFC 3986 section 3.4 begins the query at the first ?; RFC 7644 section 3.4.2 has each parameter once.",
            ),
            Self::UnknownMember => refused(
                "A group names a member that the directory has not sent; it joins when it arrives.",
                "RFC 7643 section 4.2 has members refer to resources that the server has.",
            ),
            Self::CompatibilityFlag => reported(
                "The URL carries a compatibility flag of Entra ID, such as aadOptscim062020.",
                "RFC 7644 knows no such parameter; Entra ID itself reads it, to choose its dialect.",
            ),
            Self::CreatedByFilter => refused(
                "A PATCH sets a part of an element that its filter does not find, such as emails[type eq \"work\"].value; the element is made.",
                "RFC 7644 section 3.5.2.3 answers a filter that finds nothing with noTarget.",
            ),
            Self::NothingToRemove => refused(
                "A remove has a filter that finds nothing, such as members[value eq \"2819\"] of somebody who is no member.",
                "RFC 7644 section 3.12 answers a filter that finds nothing with noTarget.",
            ),
            Self::BothAttributeLists => refused(
                "A request names both attributes and excludedAttributes.",
                "RFC 7644 section 3.9 has the two exclude each other.",
            ),
            Self::BareToken => reported(
                "The token came without the word Bearer in front of it.",
                "RFC 6750 section 2.1 has Authorization: Bearer TOKEN.",
            ),
            Self::MemberByName => refused(
                "A group names a member by userName or externalId.",
                "RFC 7643 section 4.2 has the id of the member as its value.",
            ),
            Self::NotBase64 => refused(
                "A binary value, such as a certificate, is not base64; it is kept as it is.",
                "RFC 7643 section 2.3.6 has binary values in base64.",
            ),
        }
    }
}
