//! Everyone of a workspace: members, invitations, suspended and removed people.

use leptos::prelude::*;
use rollcall::model::{InvitationStatus, MailStatus, MembershipId, MembershipStatus, Role, Source};

pub use super::people_dialogs::{
    Ending, InviteForm, InviteOutcome, InviteResult, MemberDetail, PeopleDialog,
};
use super::{Frame, Page, Paging, counted, people_dialogs, people_rows};
use crate::ui::{Here, Icon, PageHead, Tab, empty, failed, icon, in_workspace, pager, tabs, url};

/// `/w/{slug}/people`
#[derive(Clone, Debug)]
pub struct People {
    /// The frame.
    pub frame: Frame,
    /// How many each tab holds.
    pub counts: Counts,
    /// What was asked for.
    pub filter: Filter,
    /// The names of the directories that manage people here, such as "Okta".
    pub managed_in: Vec<String>,
    /// The people; decides which tab is shown.
    pub list: List,
    /// Where in the list we are.
    pub paging: Paging,
    /// When nobody here matches: the other tabs that have someone who does, and how many.
    pub elsewhere: Vec<(PeopleTab, u64)>,
    /// The dialog over the page.
    pub dialog: Option<PeopleDialog>,
}

/// How many people each tab holds, whatever the filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Active and invited.
    pub members: u64,
    /// Invited, and known without being a member.
    pub invitations: u64,
    /// Suspended.
    pub suspended: u64,
    /// Removed.
    pub removed: u64,
}

/// The filter in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of a name or an address.
    pub q: String,
    /// Only this role.
    pub role: Option<Role>,
    /// Only from there.
    pub source: Option<Source>,
}

impl Filter {
    fn is_empty(&self) -> bool {
        self.q.is_empty() && self.role.is_none() && self.source.is_none()
    }
}

/// Which tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeopleTab {
    /// Members.
    #[default]
    Members,
    /// Invitations.
    Invitations,
    /// Suspended people.
    Suspended,
    /// Removed people.
    Removed,
}

impl PeopleTab {
    /// All tabs, in their order.
    pub const ALL: [Self; 4] = [Self::Members, Self::Invitations, Self::Suspended, Self::Removed];

    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Members => "Members",
            Self::Invitations => "Invitations",
            Self::Suspended => "Suspended",
            Self::Removed => "Removed",
        }
    }

    /// The word in the address; `members` may be left out.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Invitations => "invitations",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
        }
    }

    /// Reads the word in the address; anything unknown is `members`.
    pub fn from_word(word: &str) -> Self {
        match word {
            "invitations" => Self::Invitations,
            "suspended" => Self::Suspended,
            "removed" => Self::Removed,
            _ => Self::Members,
        }
    }

    pub(super) const fn in_address(self) -> &'static str {
        match self {
            Self::Members => "",
            other => other.as_str(),
        }
    }
}

/// The people of one tab.
#[derive(Clone, Debug)]
pub enum List {
    /// Members: active and invited.
    Members(Vec<MemberRow>),
    /// Whoever has not joined: with an open invitation, with one that is over, or with none.
    Invitations(Vec<InvitationRow>),
    /// Suspended people.
    Suspended(Vec<LeftRow>),
    /// Removed people.
    Removed(Vec<LeftRow>),
    /// It could not be read.
    Failed {
        /// Which tab it was.
        tab: PeopleTab,
        /// Finds the entry in the log.
        reference: String,
    },
}

impl List {
    fn tab(&self) -> PeopleTab {
        match self {
            Self::Members(_) => PeopleTab::Members,
            Self::Invitations(_) => PeopleTab::Invitations,
            Self::Suspended(_) => PeopleTab::Suspended,
            Self::Removed(_) => PeopleTab::Removed,
            Self::Failed { tab, .. } => *tab,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Members(rows) => rows.is_empty(),
            Self::Invitations(rows) => rows.is_empty(),
            Self::Suspended(rows) | Self::Removed(rows) => rows.is_empty(),
            Self::Failed { .. } => false,
        }
    }
}

/// A member.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// The membership.
    pub id: MembershipId,
    /// May be empty.
    pub name: String,
    /// The address; empty when the directory sent none.
    pub email: String,
    /// The viewer's own row.
    pub you: bool,
    /// What they may do.
    pub role: Role,
    /// Why the role cannot be changed here, such as "by group IT-Admins" or "last owner".
    pub role_locked: Option<String>,
    /// Who vouches for them.
    pub source: Source,
    /// The directory's name, such as "Okta".
    pub directory: Option<String>,
    /// Where they stand.
    pub status: MembershipStatus,
    /// Where the latest invitation stands, if there was one.
    pub invitation: Option<InvitationStatus>,
    /// Is a member who has not set a password yet.
    pub without_password: bool,
    /// When they were last here.
    pub last_active: Option<i64>,
    /// When their invitation ends.
    pub expires: Option<i64>,
    /// Why nobody can suspend or remove them, such as "The last owner cannot be removed. Make someone else owner first."
    pub guard: Option<String>,
    /// The directory says inactive, but they are the last owner.
    pub kept_as_last_owner: bool,
}

/// Someone who has not joined.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// The membership that waits.
    pub id: MembershipId,
    /// Known from a directory, else empty.
    pub name: String,
    /// Where the mail goes.
    pub email: String,
    /// The role that waits.
    pub role: Role,
    /// Who vouches for them.
    pub source: Source,
    /// The directory's name.
    pub directory: Option<String>,
    /// Who invited; `None` when the directory did.
    pub invited_by: Option<String>,
    /// When the mail was made.
    pub sent: i64,
    /// Where the latest invitation stands, if there was one.
    pub status: Option<InvitationStatus>,
    /// What is known of its mail.
    pub mail: MailStatus,
    /// What the relay said, when it deferred or refused.
    pub mail_answer: Option<String>,
    /// When it ends.
    pub expires: i64,
    /// Why it cannot be sent again.
    pub resend_blocked: Option<String>,
}

/// Someone who has no access any more.
#[derive(Clone, Debug)]
pub struct LeftRow {
    /// The membership.
    pub id: MembershipId,
    /// May be empty.
    pub name: String,
    /// The address.
    pub email: String,
    /// What they could do before.
    pub role: Role,
    /// Who vouched for them.
    pub source: Source,
    /// The directory's name.
    pub directory: Option<String>,
    /// Who did it: "Okta", or a person's name.
    pub by: String,
    /// Whether it was an invitation that ended, rather than an access.
    pub was_invitation: bool,
    /// When.
    pub since: i64,
    /// Why they cannot be reinstated here, such as "Okta says inactive. Reactivate them there."
    pub reinstate_blocked: Option<String>,
}

impl Page for People {
    fn title(&self) -> String {
        format!("People · {}", self.frame.workspace.name)
    }

    fn view(self) -> AnyView {
        let Self { frame, counts, filter, managed_in, list, paging, elsewhere, dialog } = self;
        let here = Place { frame: &frame, tab: list.tab(), filter: &filter };
        let lead = lead(&frame, &managed_in);
        let invite = frame.may_manage().then(|| {
            view! {
                <a class="button primary" id="invite-people" href=here.dialog("invite", None)>
                    "Invite people"
                </a>
            }
        });
        let dialog = dialog.map(|dialog| people_dialogs::view(&here, dialog));
        in_workspace(
            &frame,
            Here::People,
            view! {
                <PageHead title="People" lead=lead.into_any()>
                    {invite}
                </PageHead>
                {tab_links(&here, counts)}
                {search(&here, list.is_empty() && filter.is_empty())}
                {results(&here, list, paging, &elsewhere)}
                {dialog}
            },
        )
    }
}

/// Where we are: makes the addresses of this page.
pub(super) struct Place<'a> {
    pub(super) frame: &'a Frame,
    pub(super) tab: PeopleTab,
    pub(super) filter: &'a Filter,
}

impl Place<'_> {
    fn with(&self, filter: &Filter, page: u64, dialog: &str, member: Option<&MembershipId>) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        url::with(
            &self.frame.url("/people"),
            &[
                ("tab", self.tab.in_address()),
                ("q", &filter.q),
                ("role", filter.role.map_or("", Role::as_str)),
                ("source", filter.source.map_or("", Source::as_str)),
                ("page", &page),
                ("dialog", dialog),
                ("member", member.map_or("", MembershipId::as_str)),
            ],
        )
    }

    /// This list, without a dialog.
    pub(super) fn here(&self) -> String {
        self.with(self.filter, 1, "", None)
    }

    /// This list with a dialog over it.
    pub(super) fn dialog(&self, dialog: &str, member: Option<&MembershipId>) -> String {
        self.with(self.filter, 1, dialog, member)
    }

    /// Where a form about a person goes.
    pub(super) fn act(&self, member: &MembershipId, verb: &str) -> String {
        self.frame.url(&format!("/people/{member}/{verb}"))
    }
}

fn lead(frame: &Frame, managed_in: &[String]) -> String {
    let by_hand = if frame.may_manage() { " You can still invite guests by hand." } else { "" };
    match managed_in {
        [] => format!("Everyone who can sign in to {}.", frame.workspace.name),
        [one] => format!("Managed in {one}.{by_hand}"),
        [first @ .., last] => format!("Managed in {} and {last}.{by_hand}", first.join(", ")),
    }
}

fn tab_links(here: &Place<'_>, counts: Counts) -> AnyView {
    let tab = |tab: PeopleTab, count: u64| Tab {
        href: url::with(&here.frame.url("/people"), &[("tab", tab.in_address())]),
        label: tab.label(),
        count: Some(count),
        current: tab == here.tab,
    };
    tabs(
        "People",
        vec![
            tab(PeopleTab::Members, counts.members),
            tab(PeopleTab::Invitations, counts.invitations),
            tab(PeopleTab::Suspended, counts.suspended),
            tab(PeopleTab::Removed, counts.removed),
        ],
    )
}

fn search(here: &Place<'_>, nothing: bool) -> Option<AnyView> {
    if nothing {
        return None;
    }
    let role = here.filter.role;
    let source = here.filter.source;
    let roles = Role::ALL
        .iter()
        .rev()
        .map(|value| view! { <option value=value.as_str() selected=role == Some(*value)>{value.label()}</option> })
        .collect_view();
    let sources = Source::ALL
        .iter()
        .map(|value| view! { <option value=value.as_str() selected=source == Some(*value)>{value.label()}</option> })
        .collect_view();
    let tab = (here.tab != PeopleTab::Members)
        .then(|| view! { <input type="hidden" name="tab" value=here.tab.as_str() /> });
    Some(
        view! {
            <form class="filters" method="get" action=here.frame.url("/people") role="search" data-live="results">
                {tab}
                <span class="search">
                    {icon(Icon::Search)}
                    <input
                        type="search"
                        name="q"
                        value=here.filter.q.clone()
                        placeholder="Search by name or e-mail"
                        aria-label="Search by name or e-mail"
                        aria-controls="results"
                        autocomplete="off"
                        spellcheck="false"
                        maxlength="200"
                    />
                </span>
                <select class="select" class:set=role.is_some() name="role" aria-label="Role" autocomplete="off">
                    <option value="">"Any role"</option>
                    {roles}
                </select>
                <select class="select" class:set=source.is_some() name="source" aria-label="Source" autocomplete="off">
                    <option value="">"Any source"</option>
                    {sources}
                </select>
                <button class="button no-script">"Search"</button>
                <span class="sr-only" role="status" data-live-status></span>
            </form>
        }
        .into_any(),
    )
}

fn results(here: &Place<'_>, list: List, paging: Paging, elsewhere: &[(PeopleTab, u64)]) -> AnyView {
    let failure = matches!(list, List::Failed { .. });
    let summary = match paging.total {
        0 => "Nobody found".to_owned(),
        total => counted(total, "person", "people"),
    };
    let content = if list.is_empty() {
        if here.filter.is_empty() { nobody(here) } else { no_match(here, elsewhere) }
    } else {
        let table = match list {
            List::Members(rows) => people_rows::members(here, rows),
            List::Invitations(rows) => people_rows::invitations(here, rows),
            List::Suspended(rows) => people_rows::suspended(here, rows),
            List::Removed(rows) => people_rows::removed(here, rows),
            List::Failed { reference, .. } => failed("The list", &reference, &here.here()),
        };
        let pages = (!failure && paging.total > 0)
            .then(|| pager(paging, |page| here.with(here.filter, page, "", None)));
        view! { {table} {pages} }.into_any()
    };
    view! { <div id="results" data-summary=summary>{content}</div> }.into_any()
}

fn no_match(here: &Place<'_>, elsewhere: &[(PeopleTab, u64)]) -> AnyView {
    let clear = here.with(&Filter::default(), 1, "", None);
    if !elsewhere.is_empty() {
        let links = elsewhere
            .iter()
            .map(|(tab, found)| {
                let there = Place { tab: *tab, ..*here };
                let href = there.with(here.filter, 1, "", None);
                view! { <a class="button" href=href>{format!("{found} in {}", tab.label())}</a> }
            })
            .collect_view();
        let title = format!("Nobody in {} matches", here.tab.label());
        return empty(&title, "Another tab has what you search for.", Some(links.into_any()));
    }
    let (title, text) = if here.filter.q.is_empty() {
        ("Nobody matches".to_owned(), "No one here has that role and source.")
    } else {
        (format!("Nobody matches “{}”", here.filter.q), "Check the spelling.")
    };
    empty(&title, text, Some(view! { <a class="button" href=clear>"Clear filters"</a> }.into_any()))
}

fn nobody(here: &Place<'_>) -> AnyView {
    let frame = here.frame;
    match here.tab {
        PeopleTab::Members => {
            let action = frame.may_manage().then(|| {
                view! {
                    <a class="button" href=frame.url("/settings/security?dialog=directory-sync")>
                        "Set up Directory Sync"
                    </a>
                }
                .into_any()
            });
            empty("Only you so far", "Invite people, or connect your directory and let IT do it.", action)
        }
        PeopleTab::Invitations => empty(
            "Nobody waits to join",
            "People whom you or your directory invite are listed here until they join.",
            None,
        ),
        PeopleTab::Suspended => empty(
            "Nobody is suspended",
            "People whose access is taken away, by an admin or by the directory, are kept here. It can be given back.",
            None,
        ),
        PeopleTab::Removed => empty(
            "Nobody was removed",
            "People who left for good are listed here, with the date and who did it.",
            None,
        ),
    }
}
