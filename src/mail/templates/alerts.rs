//! What owners are told of their directories.

use serde::{Deserialize, Serialize};

use super::{
    Addressee,
    sheet::{Sheet, name},
};
use crate::{
    clock::Timestamp,
    config::BaseUrl,
    mail::{
        one_line,
        words::{Words, fill},
    },
};

/// Longest words of a server that are quoted.
const LONGEST_QUOTE: usize = 300;

/// A directory's token ends soon.
#[derive(Clone, Debug)]
pub struct TokenExpiring {
    /// The workspace's name.
    pub workspace: String,
    /// The directory's name.
    pub directory: String,
    /// Which token: how it begins and ends.
    pub hint: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The path of the page where a new one is made.
    pub path: String,
}

impl TokenExpiring {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.token_expiring;
        let (workspace, directory) = (name(&self.workspace), name(&self.directory));
        let (moment, date) = (language.moment(self.expires_at), language.date(self.expires_at));
        let filled = |text| {
            let hint = one_line(&self.hint, 40);
            fill(
                text,
                &[
                    ("workspace", &workspace),
                    ("directory", &directory),
                    ("hint", &hint),
                    ("moment", &moment),
                    ("date", &date),
                ],
            )
        };
        Sheet::new(language, to, filled(words.subject), filled(words.heading))
            .saying(vec![filled(words.what), filled(words.then), filled(words.now)])
            .leading(words.action, base_url.join(&self.path))
    }
}

/// How a directory fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// Of its last changes so many were refused.
    Refused {
        /// How many were refused.
        refused: i64,
        /// Of how many.
        of: i64,
    },
    /// Every request came with a token that does not open it.
    BadToken,
}

/// A directory's changes are refused.
#[derive(Clone, Debug)]
pub struct DirectoryFailing {
    /// The workspace's name.
    pub workspace: String,
    /// The directory's name.
    pub directory: String,
    /// How it fails.
    pub failure: Failure,
    /// Since when.
    pub since: Timestamp,
    /// What it was told last.
    pub answer: Option<String>,
    /// The path of the directory's page.
    pub path: String,
}

impl DirectoryFailing {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.directory_failing;
        let (workspace, directory) = (name(&self.workspace), name(&self.directory));
        let moment = language.moment(self.since);
        let (what, refused, of) = match self.failure {
            Failure::Refused { refused, of } => (words.refused, refused.to_string(), of.to_string()),
            Failure::BadToken => (words.bad_token, String::new(), String::new()),
        };
        let filled = |text| {
            fill(
                text,
                &[
                    ("workspace", &workspace),
                    ("directory", &directory),
                    ("moment", &moment),
                    ("refused", &refused),
                    ("of", &of),
                ],
            )
        };
        let mut sheet = Sheet::new(language, to, filled(words.subject), filled(words.heading))
            .saying(vec![filled(what), filled(words.then)])
            .leading(words.action, base_url.join(&self.path));
        sheet.quote = self
            .answer
            .as_deref()
            .map(|answer| fill(words.answer, &[("answer", &one_line(answer, LONGEST_QUOTE))]));
        sheet
    }
}

/// The directory calls the last owner inactive.
#[derive(Clone, Debug)]
pub struct LastOwner {
    /// The workspace's name.
    pub workspace: String,
    /// The directory's name.
    pub directory: String,
    /// The owner's name.
    pub person: String,
    /// The owner's address.
    pub email: String,
    /// The path of the list of people.
    pub path: String,
}

impl LastOwner {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.last_owner;
        let (workspace, directory) = (name(&self.workspace), name(&self.directory));
        let (person, email) = (name(&self.person), name(&self.email));
        let filled = |text| {
            fill(
                text,
                &[
                    ("workspace", &workspace),
                    ("directory", &directory),
                    ("person", &person),
                    ("email", &email),
                ],
            )
        };
        Sheet::new(language, to, filled(words.subject), filled(words.heading))
            .saying(vec![filled(words.what), filled(words.kept), filled(words.now)])
            .leading(words.action, base_url.join(&self.path))
    }
}

/// Someone could not come in for want of a seat.
#[derive(Clone, Debug)]
pub struct SeatLimitReached {
    /// The workspace's name.
    pub workspace: String,
    /// How many seats there are.
    pub limit: i64,
    /// When it was noticed.
    pub at: Timestamp,
    /// The path of the page where the limit is set.
    pub path: String,
}

impl SeatLimitReached {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.seat_limit_reached;
        let what = if self.limit == 1 { words.what_of_one } else { words.what };
        let (workspace, limit) = (name(&self.workspace), self.limit.to_string());
        let moment = language.moment(self.at);
        let filled = |text| fill(text, &[("workspace", &workspace), ("limit", &limit), ("moment", &moment)]);
        Sheet::new(language, to, filled(words.subject), filled(words.heading))
            .saying(vec![filled(what), filled(words.then), filled(words.now)])
            .leading(words.action, base_url.join(&self.path))
    }
}

/// A directory took away the access of many people in a short time.
#[derive(Clone, Debug)]
pub struct MassChange {
    /// The workspace's name.
    pub workspace: String,
    /// The directory's name.
    pub directory: String,
    /// How many lost access up to now.
    pub suspended: i64,
    /// Of how many members.
    pub of: i64,
    /// Since when.
    pub since: Timestamp,
    /// The path of the list of suspended people.
    pub path: String,
}

impl MassChange {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.mass_change;
        let (workspace, directory) = (name(&self.workspace), name(&self.directory));
        let (suspended, of) = (self.suspended.to_string(), self.of.to_string());
        let moment = language.moment(self.since);
        let filled = |text| {
            fill(
                text,
                &[
                    ("workspace", &workspace),
                    ("directory", &directory),
                    ("suspended", &suspended),
                    ("of", &of),
                    ("moment", &moment),
                ],
            )
        };
        Sheet::new(language, to, filled(words.subject), filled(words.heading))
            .saying(vec![filled(words.what), filled(words.expected), filled(words.otherwise)])
            .leading(words.action, base_url.join(&self.path))
    }
}
