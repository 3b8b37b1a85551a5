//! Cursors (RFC 9865): where a page ended, sealed for the directory and the query that it was made for.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use scim::list::{ListQuery, SortKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{scim_api::auth::DirectoryAuth, secret};

/// Where a resource stands in the order of a list: what it is sorted by, then its id. A page goes on behind the last
/// resource of the page before, whatever came, changed or went in between.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::scim_api) struct Place {
    pub(in crate::scim_api) key: SortKey,
    pub(in crate::scim_api) id: String,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scim_api) enum Position {
    /// After so many resources.
    At(u64),
    /// Behind this place.
    Behind(Place),
}

/// Whatever says where the next page begins, as a cursor for this query at this endpoint.
pub(in crate::scim_api) fn seal(
    auth: &DirectoryAuth,
    endpoint: &str,
    query: &ListQuery,
    next: &impl Serialize,
) -> String {
    let place = serde_json::to_string(next).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(format!("{}{place}", binding(auth, endpoint, query)))
}

/// What the cursor of the query says; `None` when it asks for the first page, or has no cursor.
pub(in crate::scim_api) fn unseal<T: DeserializeOwned>(
    auth: &DirectoryAuth,
    endpoint: &str,
    query: &ListQuery,
) -> Result<Option<T>, scim::Error> {
    let Some(cursor) = query.cursor.as_deref().filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| foreign())?;
    let text = String::from_utf8(bytes).map_err(|_| foreign())?;
    let place = text.strip_prefix(&binding(auth, endpoint, query)).ok_or_else(foreign)?;
    // A NUL can be asked of no database; behind an escaped backslash the same letters are just letters.
    if place.replace("\\\\", "").contains("\\u0000") {
        return Err(foreign());
    }
    serde_json::from_str(place).map(Some).map_err(|_| foreign())
}

/// Where the page of this query begins.
pub(in crate::scim_api) fn position(
    auth: &DirectoryAuth,
    endpoint: &str,
    query: &ListQuery,
) -> Result<Position, scim::Error> {
    let place = unseal(auth, endpoint, query)?;
    Ok(match (place, &query.cursor) {
        (Some(place), _) => Position::Behind(place),
        (None, Some(_)) => Position::At(0),
        (None, None) => Position::At(query.start_index - 1),
    })
}

/// Sixteen letters that stand for the directory, the endpoint and the query.
fn binding(auth: &DirectoryAuth, endpoint: &str, query: &ListQuery) -> String {
    let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
    let sort_by = query.sort_by.as_ref().map(ToString::to_string).unwrap_or_default();
    let bound = format!("{}\n{endpoint}\n{filter}\n{sort_by}\n{}", auth.directory(), query.descending);
    secret::hash(&bound).chars().take(16).collect()
}

pub(in crate::scim_api) fn foreign() -> scim::Error {
    scim::Error::invalid_cursor("This cursor belongs to another query. Begin again with an empty cursor.")
}
