//! The page People in its states.

use app::pages::{
    Field, Paging,
    people::{
        Counts, Ending, Filter, InvitationRow, InviteForm, InviteOutcome, InviteResult, LeftRow, List,
        MemberDetail, MemberRow, People, PeopleDialog, PeopleTab,
    },
};
use rollcall::model::{InvitationStatus, MailStatus, MembershipStatus, Role, Source};

use super::{
    Sample,
    samples::{DAY, HOUR, MINUTE, NOW, frame, languages},
};

const LAST_OWNER: &str = "The last owner cannot be removed. Make someone else owner first.";

fn row(id: &str, name: &str, email: &str, role: Role, last: i64) -> MemberRow {
    MemberRow {
        id: id.to_owned().into(),
        name: name.into(),
        email: email.into(),
        you: false,
        role,
        role_locked: None,
        source: Source::Directory,
        directory: Some("Okta".into()),
        status: MembershipStatus::Active,
        invitation: None,
        without_password: false,
        last_active: Some(NOW - last),
        expires: None,
        guard: None,
        kept_as_last_owner: false,
    }
}

fn members() -> Vec<MemberRow> {
    let locked =
        |row: MemberRow, group: &str| MemberRow { role_locked: Some(format!("by group {group}")), ..row };
    let manual = |row: MemberRow| MemberRow { source: Source::Manual, directory: None, ..row };
    vec![
        manual(MemberRow {
            you: true,
            role_locked: Some("last owner".into()),
            guard: Some(LAST_OWNER.into()),
            ..row("m0", "Ada Lovelace", "ada@acme.com", Role::Owner, 10)
        }),
        locked(row("m1", "Grace Hopper", "grace@acme.com", Role::Admin, 2 * MINUTE), "IT-Admins"),
        row("m2", "Katherine Johnson", "katherine@acme.com", Role::Member, HOUR),
        MemberRow {
            status: MembershipStatus::Invited,
            last_active: None,
            expires: Some(NOW + 12 * DAY + HOUR),
            ..row("m3", "Alan Turing", "alan@acme.com", Role::Member, 0)
        },
        locked(row("m4", "Barbara Liskov", "barbara@acme.com", Role::Viewer, 30 * HOUR), "Auditors"),
        manual(row("m5", "Edgar Codd", "edgar@partner.io", Role::Member, 3 * DAY)),
        MemberRow {
            source: Source::DirectoryAndManual,
            ..row("m7", "", "an.unusually.long.address.of.someone@subsidiary.acme.com", Role::Member, 4 * DAY)
        },
        MemberRow {
            kept_as_last_owner: true,
            role_locked: Some("last owner".into()),
            guard: Some(LAST_OWNER.into()),
            ..row("m8", "Jean Bartik", "jean@acme.com", Role::Owner, 5 * DAY)
        },
        MemberRow {
            without_password: true,
            last_active: None,
            ..row("m10", "Mary Allen Wilkes", "mary@acme.com", Role::Member, 0)
        },
        row("m9", "Radia Perlman", "radia@acme.com", Role::Member, 5 * DAY),
    ]
}

fn invitations() -> Vec<InvitationRow> {
    let row =
        |id: &str, name: &str, email: &str, by: Option<&str>, mail, answer: Option<&str>| InvitationRow {
            id: id.to_owned().into(),
            name: name.into(),
            email: email.into(),
            role: Role::Member,
            source: if by.is_some() { Source::Manual } else { Source::Directory },
            directory: by.is_none().then(|| "Okta".to_owned()),
            invited_by: by.map(str::to_owned),
            sent: NOW - 20 * MINUTE,
            status: Some(InvitationStatus::Pending),
            mail,
            mail_answer: answer.map(str::to_owned),
            expires: NOW + 13 * DAY + HOUR,
            resend_blocked: None,
        };
    vec![
        row("i1", "Alan Turing", "alan@acme.com", None, MailStatus::Queued, None),
        row("i2", "Hedy Lamarr", "hedy@acme.com", None, MailStatus::Accepted, None),
        row(
            "i3",
            "",
            "edgar@partner.io",
            Some("Ada Lovelace"),
            MailStatus::Deferred,
            Some("451 try again later"),
        ),
        row(
            "i4",
            "",
            "mary@example.org",
            Some("Ada Lovelace"),
            MailStatus::Refused,
            Some("550 no such user"),
        ),
        InvitationRow {
            status: Some(InvitationStatus::Expired),
            ..row("i5", "", "late@example.org", Some("Ada Lovelace"), MailStatus::Accepted, None)
        },
        InvitationRow {
            status: Some(InvitationStatus::Revoked),
            resend_blocked: Some("Okta says inactive. Activate the person there.".into()),
            ..row("i6", "Joan Clarke", "joan@acme.com", None, MailStatus::Cancelled, None)
        },
        InvitationRow {
            status: Some(InvitationStatus::Declined),
            ..row("i7", "", "no@example.org", Some("Ada Lovelace"), MailStatus::Accepted, None)
        },
        InvitationRow {
            status: None,
            resend_blocked: Some("Okta says inactive. Activate the person there.".into()),
            ..row("i8", "Ida Rhodes", "ida@acme.com", None, MailStatus::Cancelled, None)
        },
    ]
}

fn left(blocked: bool) -> Vec<LeftRow> {
    let row = |id: &str, name: &str, email: &str, by: &str, days: i64| LeftRow {
        id: id.to_owned().into(),
        name: name.into(),
        email: email.into(),
        role: Role::Member,
        source: Source::Directory,
        directory: Some("Okta".into()),
        by: by.into(),
        was_invitation: false,
        since: NOW - days * DAY,
        reinstate_blocked: blocked.then(|| "Okta says inactive. Reactivate them there.".to_owned()),
    };
    vec![
        row("l1", "Donald Knuth", "donald@acme.com", "Okta", 18),
        row("l2", "Frances Allen", "frances@acme.com", "Ada Lovelace", 400),
    ]
}

fn page(list: List) -> People {
    People {
        frame: frame(Role::Owner),
        counts: Counts { members: 198, invitations: 12, suspended: 4, removed: 31 },
        filter: Filter::default(),
        managed_in: vec!["Okta".into()],
        list,
        paging: Paging { page: 1, per_page: 50, total: 198 },
        elsewhere: Vec::new(),
        dialog: None,
    }
}

fn over(dialog: PeopleDialog) -> People {
    People { dialog: Some(dialog), ..page(List::Members(members())) }
}

fn nobody(list: List) -> People {
    People {
        counts: Counts::default(),
        managed_in: Vec::new(),
        paging: Paging { page: 1, per_page: 50, total: 0 },
        ..page(list)
    }
}

fn ending(refused: Option<&str>) -> Ending {
    Ending {
        id: "m1".to_owned().into(),
        name: "Grace Hopper".into(),
        email: "grace@acme.com".into(),
        you: false,
        sessions: 3,
        invitations: 1,
        directory: Some("Okta".into()),
        refused: refused.map(str::to_owned),
    }
}

/// Members whose name or address holds `q`.
pub(crate) fn searched(q: String, dialog: Option<&str>) -> People {
    let lower = q.to_lowercase();
    let found: Vec<_> = members()
        .into_iter()
        .filter(|row| row.name.to_lowercase().contains(&lower) || row.email.contains(&lower))
        .collect();
    let total = found.len() as u64;
    People {
        filter: Filter { q, ..Filter::default() },
        paging: Paging { page: 1, per_page: 50, total },
        dialog: match dialog {
            Some("invite") => Some(PeopleDialog::Invite(fresh())),
            Some("remove") => Some(PeopleDialog::Remove(ending(None))),
            _ => None,
        },
        ..page(List::Members(found))
    }
}

fn fresh() -> InviteForm {
    InviteForm { languages: languages(""), ..InviteForm::default() }
}

fn outcomes() -> InviteForm {
    let outcome = |address: &str, result| InviteOutcome { address: address.into(), result };
    InviteForm {
        waits_since: None,
        emails: Field::wrong(
            "not-an-address",
            "One of these is not an e-mail address. Correct it and send again.",
        ),
        role: Role::Member,
        languages: languages(""),
        outcomes: vec![
            outcome("hedy@acme.com", InviteResult::Sent),
            outcome("grace@acme.com", InviteResult::AlreadyMember),
            outcome("alan@acme.com", InviteResult::AlreadyInvited { member: "i1".to_owned().into() }),
            outcome("donald@acme.com", InviteResult::Suspended { by: "Okta".into(), by_directory: true }),
            outcome("not-an-address", InviteResult::NotAnAddress),
        ],
    }
}

pub(crate) fn all() -> Vec<Sample> {
    vec![
        Sample::new("people-members", || page(List::Members(members()))),
        Sample::new("people-read-only", || People {
            frame: frame(Role::Member),
            ..page(List::Members(members()))
        }),
        Sample::new("people-invitations", || page(List::Invitations(invitations()))),
        Sample::new("people-suspended", || page(List::Suspended(left(true)))),
        Sample::new("people-removed", || page(List::Removed(left(false)))),
        Sample::new("people-empty", || nobody(List::Members(Vec::new()))),
        Sample::new("people-no-invitations", || nobody(List::Invitations(Vec::new()))),
        Sample::new("people-no-match", || People {
            filter: Filter { q: "smith".into(), ..Filter::default() },
            paging: Paging { page: 1, per_page: 50, total: 0 },
            ..page(List::Members(Vec::new()))
        }),
        Sample::new("people-failed", || {
            page(List::Failed { tab: PeopleTab::Members, reference: "0192f0a4c7b1".into() })
        }),
        Sample::new("people-invite", || over(PeopleDialog::Invite(fresh()))),
        Sample::new("people-invite-outcomes", || over(PeopleDialog::Invite(outcomes()))),
        Sample::new("people-member", || {
            over(PeopleDialog::Member(Box::new(MemberDetail {
                row: members().remove(2),
                joined: Some(NOW - 90 * DAY),
                sessions: 2,
                groups: vec!["Engineering".into(), "Oncall".into()],
            })))
        }),
        Sample::new("people-suspend", || over(PeopleDialog::Suspend(ending(None)))),
        Sample::new("people-remove", || over(PeopleDialog::Remove(ending(None)))),
        Sample::new("people-remove-refused", || over(PeopleDialog::Remove(ending(Some(LAST_OWNER))))),
    ]
}
