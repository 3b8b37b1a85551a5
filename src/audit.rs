//! What happened, by whom, because of which request: appended in the transaction that made it true.

use serde_json::Value;

use crate::{
    model::{AccountId, DirectoryId, WorkspaceId},
    state::Context,
    store::{self, Tx, events::Event},
};

/// Who makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Someone who is signed in, or who opened a link that was mailed to them.
    Person(AccountId),
    /// Someone who opened a link and has no account yet.
    Invitee,
    /// An identity provider.
    Directory(DirectoryId),
    /// Someone at the command line of the host.
    CommandLine,
    /// Rollcall itself, such as when an invitation expires.
    Rollcall,
}

impl Actor {
    fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Invitee => "invitee",
            Self::Directory(_) => "directory",
            Self::CommandLine => "command_line",
            Self::Rollcall => "rollcall",
        }
    }

    fn id(&self) -> Option<&str> {
        match self {
            Self::Person(id) => Some(id.as_str()),
            Self::Directory(id) => Some(id.as_str()),
            Self::Invitee | Self::CommandLine | Self::Rollcall => None,
        }
    }

    /// The account, when a person with one acts.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Person(id) => Some(id),
            _ => None,
        }
    }
}

/// Appends an event: `action` in the past tense, such as `membership.suspended`; `detail` a JSON object.
///
/// # Errors
/// When the database fails.
pub async fn record(
    tx: &mut Tx,
    context: &Context,
    workspace: &WorkspaceId,
    action: &str,
    subject_id: &str,
    detail: &Value,
) -> store::Result<()> {
    store::events::insert(tx, &event(context, workspace, action, subject_id, detail)).await
}

/// Appends one event of the same kind for each subject.
///
/// # Errors
/// When the database fails.
pub async fn record_all(
    tx: &mut Tx,
    context: &Context,
    workspace: &WorkspaceId,
    action: &str,
    subjects: Vec<(String, Value)>,
) -> store::Result<()> {
    let events: Vec<Event> = subjects
        .iter()
        .map(|(subject_id, detail)| event(context, workspace, action, subject_id, detail))
        .collect();
    store::events::insert_all(tx, &events).await
}

fn event(
    context: &Context,
    workspace: &WorkspaceId,
    action: &str,
    subject_id: &str,
    detail: &Value,
) -> Event {
    Event {
        id: context.clock.new_id(),
        workspace_id: workspace.clone(),
        at: context.now,
        actor: context.actor.kind().to_owned(),
        actor_id: context.actor.id().map(str::to_owned),
        action: action.to_owned(),
        subject_id: subject_id.to_owned(),
        detail: detail.to_string(),
        request_id: context.request_id.clone(),
    }
}
