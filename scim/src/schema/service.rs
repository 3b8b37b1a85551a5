//! The schemas of the discovery documents themselves (RFC 7643 §8.7.2, RFC 9865 §3).

use std::sync::LazyLock;

use super::{Attribute, Schema, Type};

pub(super) const SERVICE_PROVIDER_CONFIG: &str =
    "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
pub(super) const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
pub(super) const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// `ServiceProviderConfig`, `ResourceType` and `Schema`.
pub(super) fn schemas() -> &'static [Schema] {
    static SCHEMAS: LazyLock<Vec<Schema>> = LazyLock::new(|| {
        vec![
            read_only(
                SERVICE_PROVIDER_CONFIG,
                "ServiceProviderConfig",
                "What the server can do",
                service_provider_config(),
            ),
            read_only(RESOURCE_TYPE, "ResourceType", "A kind of resource", resource_type()),
            read_only(SCHEMA, "Schema", "A set of attributes", schema()),
        ]
    });
    &SCHEMAS
}

fn read_only(id: &str, name: &str, description: &str, attributes: Vec<Attribute>) -> Schema {
    Schema {
        id: id.into(),
        name: name.into(),
        description: description.into(),
        attributes: attributes.into_iter().map(Attribute::read_only).collect(),
        aliases: Vec::new(),
    }
}

fn supported() -> Attribute {
    Attribute::new("supported", Type::Boolean, "Whether the server can do it.").required()
}

fn number(name: &str, description: &str) -> Attribute {
    Attribute::new(name, Type::Integer, description)
}

fn service_provider_config() -> Vec<Attribute> {
    vec![
        Attribute::reference("documentationUri", "Where people find help.", &["external"]),
        Attribute::complex("patch", "PATCH.", vec![supported()]).required(),
        Attribute::complex(
            "bulk",
            "Bulk requests.",
            vec![
                supported(),
                number("maxOperations", "The largest number of operations in one request.").required(),
                number("maxPayloadSize", "The largest size of one request in bytes.").required(),
            ],
        )
        .required(),
        Attribute::complex(
            "filter",
            "Filters.",
            vec![
                supported(),
                number("maxResults", "The largest number of resources in one answer.").required(),
            ],
        )
        .required(),
        Attribute::complex("changePassword", "Changing a password.", vec![supported()]).required(),
        Attribute::complex("sort", "Sorting.", vec![supported()]).required(),
        Attribute::complex("etag", "Entity tags.", vec![supported()]).required(),
        pagination(),
        authentication_schemes(),
    ]
}

fn pagination() -> Attribute {
    Attribute::complex(
        "pagination",
        "Paging.",
        vec![
            Attribute::new("cursor", Type::Boolean, "Whether pages can be asked for by cursor.").required(),
            Attribute::new("index", Type::Boolean, "Whether pages can be asked for by index.").required(),
            Attribute::string("defaultPaginationMethod", "How pages are made if the request does not say.")
                .canonical(&["cursor", "index"]),
            number("defaultPageSize", "The size of a page if the request does not say."),
            number("maxPageSize", "The largest size of a page."),
            number("cursorTimeout", "For how many seconds a cursor is good at least."),
        ],
    )
}

fn authentication_schemes() -> Attribute {
    Attribute::complex(
        "authenticationSchemes",
        "How clients authenticate.",
        vec![
            Attribute::string("type", "The kind of scheme.").required().canonical(&[
                "oauth",
                "oauth2",
                "oauthbearertoken",
                "httpbasic",
                "httpdigest",
            ]),
            Attribute::string("name", "The name of the scheme.").required(),
            Attribute::string("description", "What the scheme is.").required(),
            Attribute::reference("specUri", "The specification of the scheme.", &["external"]),
            Attribute::reference("documentationUri", "Where people find help.", &["external"]),
            Attribute::new("primary", Type::Boolean, "Whether this is the preferred scheme."),
        ],
    )
    .many()
    .required()
}

fn resource_type() -> Vec<Attribute> {
    vec![
        Attribute::string("id", "The id of the resource type."),
        Attribute::string("name", "The name of the resource type.").required(),
        Attribute::string("description", "What the resource type is for."),
        Attribute::reference("endpoint", "Where such resources live, relative to the base URL.", &["uri"])
            .required(),
        Attribute::reference("schema", "The URN of the base schema.", &["uri"]).required(),
        Attribute::complex(
            "schemaExtensions",
            "The extensions of the resource type.",
            vec![
                Attribute::reference("schema", "The URN of the extension.", &["uri"]).required(),
                Attribute::new("required", Type::Boolean, "Whether every such resource has the extension.")
                    .required(),
            ],
        )
        .many(),
    ]
}

fn schema() -> Vec<Attribute> {
    let mut parts = attribute_parts();
    parts.push(
        Attribute::complex("subAttributes", "The parts of a complex attribute.", attribute_parts()).many(),
    );
    vec![
        Attribute::string("id", "The URN of the schema.").required(),
        Attribute::string("name", "The name of the schema."),
        Attribute::string("description", "What the schema is for."),
        Attribute::complex("attributes", "The attributes of the schema.", parts).many().required(),
    ]
}

fn attribute_parts() -> Vec<Attribute> {
    let exact = |name, description| Attribute::string(name, description).case_exact();
    vec![
        exact("name", "The name of the attribute.").required(),
        Attribute::string("type", "The data type.").required().canonical(&[
            "string",
            "complex",
            "boolean",
            "decimal",
            "integer",
            "dateTime",
            "reference",
            "binary",
        ]),
        Attribute::new("multiValued", Type::Boolean, "Whether it holds an array.").required(),
        exact("description", "What it means."),
        Attribute::new("required", Type::Boolean, "Whether every resource must have it."),
        exact("canonicalValues", "Suggested values.").many(),
        Attribute::new("caseExact", Type::Boolean, "Whether case matters when values are compared."),
        exact("mutability", "When it may be written.").canonical(&[
            "readOnly",
            "readWrite",
            "immutable",
            "writeOnly",
        ]),
        exact("returned", "When it is in an answer.").canonical(&["always", "never", "default", "request"]),
        exact("uniqueness", "Among whom it must be unique.").canonical(&["none", "server", "global"]),
        exact("referenceTypes", "What a reference may point to.").many(),
    ]
}
