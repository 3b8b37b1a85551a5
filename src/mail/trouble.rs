//! What everyone may know of a mail relay that takes nothing: since when, and what it says. A row, so that each
//! process and each page knows it.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    store::{self, Conn, Tx, instance},
};

/// The mail relay takes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Since when.
    pub since: Timestamp,
    /// What it said last, or why it could not be reached.
    pub words: String,
}

impl Trouble {
    /// The trouble there is, if any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(conn: &mut Conn) -> store::Result<Option<Self>> {
        let text = instance::get(conn, instance::MAIL_TROUBLE).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// The relay took nothing just now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(tx: &mut Tx, words: &str, now: Timestamp) -> store::Result<()> {
        let since = Self::find(tx).await?.map_or(now, |known| known.since);
        let trouble = serde_json::to_string(&Self { since, words: words.to_owned() }).unwrap_or_default();
        instance::set(tx, instance::MAIL_TROUBLE, &trouble).await
    }

    /// The relay answers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end(tx: &mut Tx) -> store::Result<()> {
        instance::forget(tx, instance::MAIL_TROUBLE).await
    }
}
