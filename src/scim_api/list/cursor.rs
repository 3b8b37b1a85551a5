//! Cursors (RFC 9865): where a page ended, sealed for the directory and the query that it was made for.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use scim::list::{ListQuery, SortKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::{
    scim_api::{auth::DirectoryAuth, failure::Result},
    secret::Seal,
};

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
) -> Result<String> {
    let place = serde_json::to_string(next).unwrap_or_default();
    let signature = auth.cursor_seal.sign(&signed(auth, endpoint, query, &place))?;
    Ok(URL_SAFE_NO_PAD.encode(format!("{signature}{place}")))
}

/// What the cursor of the query says; `None` when it asks for the first page, or has no cursor.
pub(in crate::scim_api) fn unseal<T: DeserializeOwned>(
    auth: &DirectoryAuth,
    endpoint: &str,
    query: &ListQuery,
) -> Result<Option<T>> {
    let Some(cursor) = query.cursor.as_deref().filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| foreign())?;
    let text = String::from_utf8(bytes).map_err(|_| foreign())?;
    let (signature, place) = text.split_at_checked(Seal::LENGTH).ok_or_else(foreign)?;
    if !auth.cursor_seal.fits(&signed(auth, endpoint, query, place), signature)? {
        return Err(foreign().into());
    }
    Ok(serde_json::from_str(place).map(Some).map_err(|_| foreign())?)
}

/// Where the page of this query begins.
pub(in crate::scim_api) fn position(
    auth: &DirectoryAuth,
    endpoint: &str,
    query: &ListQuery,
) -> Result<Position> {
    let place = unseal(auth, endpoint, query)?;
    Ok(match (place, &query.cursor) {
        (Some(place), _) => Position::Behind(place),
        (None, Some(_)) => Position::At(0),
        (None, None) => Position::At(query.start_index - 1),
    })
}

/// What a cursor is signed for: the directory, the endpoint and the query besides the place.
fn signed(auth: &DirectoryAuth, endpoint: &str, query: &ListQuery, place: &str) -> String {
    let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
    let sort_by = query.sort_by.as_ref().map(ToString::to_string).unwrap_or_default();
    json!([auth.directory(), endpoint, filter, sort_by, query.descending, place]).to_string()
}

pub(in crate::scim_api) fn foreign() -> scim::Error {
    scim::Error::invalid_cursor("This cursor belongs to another query. Begin again with an empty cursor.")
}
