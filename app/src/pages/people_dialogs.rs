//! The dialogs over the list of people: invite, a member's details, suspend, remove.

use leptos::prelude::*;
use rollcall::model::{InvitationStatus, MembershipId, MembershipStatus, Role};

use super::{
    Field, counted,
    people::{MemberRow, Place},
    people_rows::{self, named},
};
use crate::{
    ui::{Choice, DialogFrame, Fact, SelectField, Tone, dialog_foot, dialog_head, facts, notice, pill, time},
    when::Style,
};

/// `?dialog=`
#[derive(Clone, Debug)]
pub enum PeopleDialog {
    /// `invite`
    Invite(InviteForm),
    /// `member&member=ID`
    Member(Box<MemberDetail>),
    /// `suspend&member=ID`
    Suspend(Ending),
    /// `remove&member=ID`
    Remove(Ending),
}

/// Inviting by hand.
#[derive(Clone, Debug)]
pub struct InviteForm {
    /// Addresses, one a line or with commas. After a try: only those that still need a look.
    pub emails: Field,
    /// The role for all of them.
    pub role: Role,
    /// The languages of the mail, the workspace's own first.
    pub languages: Vec<Choice>,
    /// What happened to each address of the last try.
    pub outcomes: Vec<InviteOutcome>,
    /// Since when no mail leaves, if none does.
    pub waits_since: Option<i64>,
}

impl Default for InviteForm {
    fn default() -> Self {
        Self {
            emails: Field::default(),
            role: Role::Member,
            languages: Vec::new(),
            outcomes: Vec::new(),
            waits_since: None,
        }
    }
}

/// What happened to one address.
#[derive(Clone, Debug)]
pub struct InviteOutcome {
    /// As typed.
    pub address: String,
    /// What happened.
    pub result: InviteResult,
}

/// What happens to an address.
#[derive(Clone, Debug)]
pub enum InviteResult {
    /// The invitation is on its way.
    Sent,
    /// Is a member; nothing was sent.
    AlreadyMember,
    /// Has an open invitation, which can be sent again.
    AlreadyInvited {
        /// Whose.
        member: MembershipId,
    },
    /// Was suspended; inviting would not give the access back.
    Suspended {
        /// Who did it, as a sentence begins: "The directory" or "An admin".
        by: String,
        /// Whether that was a directory.
        by_directory: bool,
    },
    /// No seat is free.
    NoSeat,
    /// Is no e-mail address.
    NotAnAddress,
}

/// A member, looked at closely.
#[derive(Clone, Debug)]
pub struct MemberDetail {
    /// As in the list.
    pub row: MemberRow,
    /// When they joined.
    pub joined: Option<i64>,
    /// Browsers signed in now.
    pub sessions: u64,
    /// The directory groups they are in.
    pub groups: Vec<String>,
}

/// What suspending or removing someone ends.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The membership.
    pub id: MembershipId,
    /// May be empty.
    pub name: String,
    /// The address.
    pub email: String,
    /// The viewer's own membership.
    pub you: bool,
    /// Sessions that end.
    pub sessions: u64,
    /// Open invitations that are withdrawn.
    pub invitations: u64,
    /// The directory that still vouches for them, such as "Okta".
    pub directory: Option<String>,
    /// Why it cannot be done.
    pub refused: Option<String>,
}

pub(super) fn view(here: &Place<'_>, dialog: PeopleDialog) -> AnyView {
    match dialog {
        PeopleDialog::Invite(form) => invite(here, form),
        PeopleDialog::Member(detail) => member(here, *detail),
        PeopleDialog::Suspend(ending) => end(here, ending, Verb::Suspend),
        PeopleDialog::Remove(ending) => end(here, ending, Verb::Remove),
    }
}

fn invite(here: &Place<'_>, form: InviteForm) -> AnyView {
    let close = here.here();
    let roles = Role::ALL
        .iter()
        .rev()
        .filter(|role| **role <= here.frame.viewer.role)
        .map(|role| Choice {
            value: role.as_str().to_owned(),
            label: role.label().to_owned(),
            chosen: *role == form.role,
        })
        .collect::<Vec<_>>();
    let error = form.emails.error;
    let described = if error.is_some() { "emails-error emails-hint" } else { "emails-hint" };
    let waits = form.waits_since.map(|since| mail_waits(since, here.frame.now));
    let outcomes = (!form.outcomes.is_empty()).then(|| outcomes(here, &form.outcomes));
    let content = view! {
        {dialog_head("Invite people", "Each of them gets a mail with a link that is valid for 14 days.", &close)}
        <form class="dialog-form" method="post" action=here.frame.url("/people/invite")>
            <div class="dialog-body">
                {waits} {outcomes} <div class="field">
                    <label for="emails">"E-mail addresses"</label>
                    <textarea
                        id="emails"
                        name="emails"
                        rows="4"
                        required
                        autofocus
                        spellcheck="false"
                        autocapitalize="none"
                        placeholder="grace@acme.com, alan@acme.com"
                        aria-invalid=error.is_some().then_some("true")
                        aria-describedby=described
                    >
                        {form.emails.value}
                    </textarea>
                    <p class="hint" id="emails-hint">"Separate them with commas, spaces or new lines."</p>
                    {error.map(|error| view! { <p class="error" id="emails-error" role="alert">{error}</p> })}
                </div> <SelectField name="role" label="Role" choices=roles hint=role_hint() />
                <SelectField name="language" label="Language of the mail" choices=form.languages />
            </div>
            {dialog_foot(
                None,
                view! {
                    <a class="button" href=close.clone() data-close="">
                        "Cancel"
                    </a>
                    <button class="button primary">"Send invitations"</button>
                }
                .into_any(),
            )}
        </form>
    };
    DialogFrame::new(close, "invite-people").wrap(content.into_any())
}

/// Said where mails are asked for while none leaves.
pub(super) fn mail_waits(since: i64, now: i64) -> AnyView {
    let text = view! {
        "No mail has left since " {time(since, now, Style::Moment)} ". Invitations wait until mail works."
    };
    notice(Tone::Warn, text)
}

/// What the roles mean, in a line.
pub(super) fn role_hint() -> &'static str {
    "Admins manage people and settings. Members see the list of people. Viewers see only themselves."
}

fn outcomes(here: &Place<'_>, outcomes: &[InviteOutcome]) -> AnyView {
    let sent = outcomes.iter().filter(|outcome| matches!(outcome.result, InviteResult::Sent)).count() as u64;
    let left = outcomes.len() as u64 - sent;
    let summary = match (sent, left) {
        (0, 1) => "Nobody was invited.".to_owned(),
        (0, _) => "Nobody was invited. Each address has its reason.".to_owned(),
        (sent, left) => format!("{} invited. {left} not invited.", counted(sent, "person", "people")),
    };
    let lines = outcomes.iter().map(|outcome| one(here, outcome)).collect_view();
    view! {
        <div class="outcomes" role="alert">
            <p>{summary}</p>
            <ul role="list">{lines}</ul>
        </div>
    }
    .into_any()
}

fn one(here: &Place<'_>, outcome: &InviteOutcome) -> AnyView {
    let (tone, word, why) = match &outcome.result {
        InviteResult::Sent => (Tone::Ok, "Invited", None),
        InviteResult::AlreadyMember => (Tone::Quiet, "Already a member", None),
        InviteResult::AlreadyInvited { .. } => (Tone::Quiet, "Already invited", None),
        InviteResult::Suspended { by, by_directory: true } => (
            Tone::Warn,
            "Suspended",
            Some(format!(
                "{by} took the access away. An invitation would not give it back; reactivate them there."
            )),
        ),
        InviteResult::Suspended { by, by_directory: false } => (
            Tone::Warn,
            "Suspended",
            Some(format!("{by} took the access away. Reinstate them in the tab Suspended instead.")),
        ),
        InviteResult::NoSeat => (
            Tone::Warn,
            "No free seat",
            Some("Raise the seat limit under General, or suspend someone first.".to_owned()),
        ),
        InviteResult::NotAnAddress => (Tone::Bad, "Not an address", None),
    };
    // A form cannot stand inside the invite form, so resending goes to the list of invitations.
    let again = match &outcome.result {
        InviteResult::AlreadyInvited { member } => {
            let href = here.frame.url(&format!("/people?tab=invitations#row-{member}"));
            Some(view! { <a href=href>"Show it"</a> })
        }
        _ => None,
    };
    view! {
        <li>
            <span class="outcome-address">{outcome.address.clone()}</span>
            {pill(tone, word)} {again} {why.map(|why| view! { <span class="sub">{why}</span> })}
        </li>
    }
    .into_any()
}

fn member(here: &Place<'_>, detail: MemberDetail) -> AnyView {
    let MemberDetail { row, joined, sessions, groups } = detail;
    let close = here.here();
    let now = here.frame.now;
    let name = named(&row.name, &row.email);
    let (tone, word) = people_rows::member_state(&row);
    let when = |at: Option<i64>| at.map_or_else(|| "not yet".into_any(), |at| time(at, now, Style::Moment));
    let mut lines = vec![
        Fact::new("E-mail", if row.email.is_empty() { "none".to_owned() } else { row.email.clone() }),
        Fact::new("State", pill(tone, word)),
        Fact::new("Role", people_rows::role(here, &row.id, row.role, row.role_locked.as_deref(), &name)),
        Fact::new("Source", people_rows::source(row.source, row.directory.as_deref())),
    ];
    if !groups.is_empty() {
        lines.push(Fact::new("Groups", groups.join(", ")));
    }
    if joined.is_some() {
        lines.push(Fact::new("Joined", when(joined)));
        lines.push(Fact::new("Last active", when(row.last_active)));
        lines.push(Fact::new("Signed in", counted(sessions, "browser", "browsers")));
    }
    let manages = here.frame.may_manage();
    let kept = row.kept_as_last_owner.then(|| {
        notice(
            Tone::Warn,
            "The directory says inactive. The access is kept because this is the last owner, and ends as soon as there is another one.",
        )
    });
    let guard = row.guard.clone().filter(|_| manages).map(|reason| view! { <p class="hint">{reason}</p> });
    let actions = (manages && row.guard.is_none()).then(|| {
        let suspend = (row.status == MembershipStatus::Active).then(|| {
            view! { <a class="button" href=here.dialog("suspend", Some(&row.id))>"Suspend…"</a> }
        });
        view! {
            {suspend}
            <a class="button" href=here.dialog("remove", Some(&row.id))>
                "Remove…"
            </a>
        }
    });
    let content = view! {
        {dialog_head(name, standing(&row), &close)}
        <div class="dialog-body">
            {kept} {facts(lines)} {guard}
        </div>
        {dialog_foot(
            None,
            view! {
                {actions}
                <a class="button primary" href=close.clone() data-close="">
                    "Done"
                </a>
            }
            .into_any(),
        )}
    };
    DialogFrame::new(close, format!("menu-{}", row.id)).wrap(content.into_any())
}

/// How someone stands to the workspace, in a few words.
fn standing(row: &MemberRow) -> &'static str {
    match (row.status, row.invitation) {
        (MembershipStatus::Active, _) => "Member of this workspace",
        (MembershipStatus::Invited, _) => "Invited, has not joined",
        (MembershipStatus::Suspended, _) => "Suspended: no access",
        (MembershipStatus::Removed, _) => "Removed from this workspace",
        (MembershipStatus::Provisioned, Some(InvitationStatus::Declined)) => "Declined the invitation",
        (MembershipStatus::Provisioned, _) => "Has not joined",
    }
}

#[derive(Clone, Copy)]
enum Verb {
    Suspend,
    Remove,
}

fn end(here: &Place<'_>, ending: Ending, verb: Verb) -> AnyView {
    let close = here.here();
    let name = named(&ending.name, &ending.email);
    let opener = format!("menu-{}", ending.id);
    let (title, button, path, after) = match verb {
        Verb::Suspend => (
            format!("Suspend {name}?"),
            format!("Suspend {name}"),
            "suspend",
            "The role and everything they made is kept. You can reinstate them at any time.",
        ),
        Verb::Remove => (
            format!("Remove {name}?"),
            format!("Remove {name}"),
            "remove",
            "What they made stays. To come back they need a new invitation.",
        ),
    };
    if let Some(reason) = ending.refused {
        let content = view! {
            {dialog_head(title, "This cannot be done now.", &close)}
            <div class="dialog-body">{notice(Tone::Warn, reason)}</div>
            {dialog_foot(
                None,
                view! {
                    <a class="button primary" href=close.clone() data-close="">
                        "Done"
                    </a>
                }
                .into_any(),
            )}
        };
        return DialogFrame::new(close, opener).wrap(content.into_any());
    }
    let sessions = match ending.sessions {
        0 => "Nobody is signed in with this account here now.".to_owned(),
        count => format!(
            "{} {} at once.",
            counted(count, "session", "sessions"),
            if count == 1 { "ends" } else { "end" }
        ),
    };
    let invitations = (ending.invitations > 0).then(|| {
        let verb = if ending.invitations == 1 { "is" } else { "are" };
        view! { <li>{format!("{} {verb} withdrawn.", counted(ending.invitations, "open invitation", "open invitations"))}</li> }
    });
    let directory = ending.directory.map(|directory| {
        let text = match verb {
            Verb::Suspend => format!(
                "{directory} still lists them as active. They stay suspended until an admin reinstates them."
            ),
            Verb::Remove => {
                format!("{directory} still lists them. Remove them there too, or they may be added again.")
            }
        };
        notice(Tone::Warn, text)
    });
    let you =
        ending.you.then(|| notice(Tone::Warn, "This is you. You are signed out of this workspace at once."));
    let content = view! {
        {dialog_head(title, ending.email, &close)}
        <form class="dialog-form" method="post" action=here.act(&ending.id, path)>
            <div class="dialog-body">
                {you} <ul class="ends">
                    <li>{sessions}</li>
                    {invitations}
                    <li>{after}</li>
                </ul> {directory}
            </div>
            {dialog_foot(
                None,
                view! {
                    <a class="button" href=close.clone() data-close="" autofocus>
                        "Cancel"
                    </a>
                    <button class="button danger">{button}</button>
                }
                .into_any(),
            )}
        </form>
    };
    DialogFrame::new(close, opener).wrap(content.into_any())
}
