//! Pages for what did not work.

use leptos::prelude::*;

use super::Page;
use crate::{
    ui::{code, signed_out, time},
    when::Style,
};

/// An error, told to the person who met it.
#[derive(Clone, Debug)]
pub enum ErrorPage {
    /// 403.
    Forbidden {
        /// Why, and who can help: a sentence.
        reason: String,
        /// A page they may see.
        home: Option<String>,
    },
    /// 404.
    NotFound {
        /// A page that is there.
        home: Option<String>,
    },
    /// 500.
    Failed {
        /// Finds the entry in the log.
        reference: String,
    },
    /// The session ended because the access was taken away.
    AccessEnded {
        /// The workspace's name.
        workspace: String,
        /// Whether the directory did it, rather than a person.
        by_directory: bool,
        /// When.
        at: i64,
        /// The clock.
        now: i64,
    },
    /// A request that did not come from this site's own pages, or a form that could not be read.
    BadRequest {
        /// What was wrong: a sentence.
        reason: String,
    },
}

impl Page for ErrorPage {
    fn title(&self) -> String {
        match self {
            Self::Forbidden { .. } => "No access",
            Self::NotFound { .. } => "Not found",
            Self::Failed { .. } => "Something failed",
            Self::AccessEnded { .. } => "Signed out",
            Self::BadRequest { .. } => "Not understood",
        }
        .to_owned()
    }

    fn view(self) -> AnyView {
        let link = |href: Option<String>, label: &'static str| {
            view! { <a class="button wide" href=href.unwrap_or_else(|| "/".to_owned())>{label}</a> }
        };
        match self {
            Self::Forbidden { reason, home } => {
                signed_out("You have no access to this", reason, link(home, "Go back"))
            }
            Self::NotFound { home } => signed_out(
                "This page does not exist",
                "The address may be mistyped, or what it showed was removed.",
                link(home, "Go to the start"),
            ),
            Self::Failed { reference } => signed_out(
                "This did not work",
                view! { "The error is ours and was recorded. Try again; if it stays, give your admin the reference " {code(reference)} "." },
                link(None, "Go to the start"),
            ),
            Self::AccessEnded { workspace, by_directory, at, now } => {
                let who = if by_directory { "your organization's directory" } else { "an admin" };
                let whom = if by_directory { "your IT team" } else { "them" };
                signed_out(
                    "You were signed out",
                    view! {
                        {format!("Your access to {workspace} was removed by {who} on ")} {time(at, now, Style::Date)}
                        {format!(". Ask {whom} if this is a mistake.")}
                    },
                    link(Some("/login".to_owned()), "Go to sign-in"),
                )
            }
            Self::BadRequest { reason } => {
                signed_out("This request was not understood", reason, link(None, "Go to the start"))
            }
        }
    }
}
