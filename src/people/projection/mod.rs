//! The projection: from what the directory said to what is granted, in the transaction that recorded it.
//!
//! [`project`] gathers the facts, [`decision::decide`] judges them, and `effects` carries the decision out.

pub mod decision;
mod described;
mod effects;
mod found;
pub mod last_owner;
mod new_address;
pub mod roles;

use self::{
    decision::{Decision, Gate, Person, decide},
    effects::carry_out,
    found::{Found, find},
};
use super::{EmailAddress, grants::Ended, seats};
use crate::{
    directory,
    error::Result,
    model::{DirectoryId, HeldReason, WorkspaceId},
    state::Context,
    store::{self, Tx, directories::Settings, directory_users::DirectoryUser},
};

/// The directory that speaks.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// The directory.
    pub directory_id: DirectoryId,
    /// The workspace that it feeds.
    pub workspace_id: WorkspaceId,
    /// What an admin decided for it.
    pub settings: Settings,
}

/// What a directory's word led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was decided.
    pub decision: Decision,
    /// What ended.
    pub ended: Ended,
}

impl Outcome {
    /// Whether a seat or an address may be free now, for which others wait.
    pub fn makes_room(&self) -> bool {
        use Decision::{ChangeAddress, KeepLastOwner, Reinvite, Remove, Suspend, Withdraw};
        matches!(self.decision, Suspend | Remove | Withdraw(_) | ChangeAddress | Reinvite | KeepLastOwner)
    }
}

/// What is known of a person, and what was decided from it.
struct Judgement {
    person: Person,
    found: Found,
    decision: Decision,
}

/// Does what follows from the directory user as it now stands in the mirror.
///
/// # Errors
/// When the database fails; `Scim` 403 when the workspace is full and its directory refuses people then.
pub async fn project(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
) -> Result<Outcome> {
    let judged = judge(tx, speaker, user).await?;
    if !judged.decision.held().is_some_and(HeldReason::may_end_by_settings) {
        return carry_out(tx, context, speaker, user, judged).await;
    }
    // The settings may have changed since the request was let in, and the look at held people that follows would miss
    // this one. So they are read again under a lock: who changes them from now on waits, and then finds the hold.
    let Some(directory) =
        store::directories::get_for_share(tx, &speaker.workspace_id, &speaker.directory_id).await?
    else {
        return carry_out(tx, context, speaker, user, judged).await;
    };
    let when_full = speaker.settings.when_full;
    let speaker = Speaker { settings: Settings { when_full, ..directory.settings }, ..speaker.clone() };
    let mut user = user.clone();
    directory::user::find_email_again(tx, &speaker, &mut user).await?;
    let judged = judge(tx, &speaker, &user).await?;
    carry_out(tx, context, &speaker, &user, judged).await
}

async fn judge(tx: &mut Tx, speaker: &Speaker, user: &DirectoryUser) -> Result<Judgement> {
    let person = Person {
        deleted: user.deleted,
        active: user.active,
        email: user.email.as_deref().and_then(|email| email.parse().ok()),
    };
    let found = find(tx, speaker, user, &person).await?;
    let gate = gate(tx, speaker, user, &person, &found).await?;
    let decision = decide(&person, &found.standing(), &gate);
    Ok(Judgement { person, found, decision })
}

async fn gate(
    tx: &mut Tx,
    speaker: &Speaker,
    user: &DirectoryUser,
    person: &Person,
    found: &Found,
) -> Result<Gate> {
    let settings = &speaker.settings;
    let domain = person.email.as_ref().map_or("", EmailAddress::domain);
    // Seats are counted, and the counting locks: only for someone who may take one.
    let seat_free = !decision::may_take_seat(person, &found.standing())
        || seats::is_free(tx, &speaker.workspace_id).await?;
    Ok(Gate {
        mode: settings.invitation_mode,
        domain_allowed: settings.allowed_domains.allow(domain),
        approved: user.approved_at.is_some(),
        seat_free,
        when_full: settings.when_full,
    })
}
