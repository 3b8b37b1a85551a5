//! Home, and the settings of a workspace with its directories.

use app::{
    pages::{
        Field, Frame, Paging, Reader, Viewer, Workspace,
        directory::{
            Directory, DirectoryCounts, DirectoryDialog, DirectorySettings, Held, HeldPerson, RemoveForm,
            TokenRow,
        },
        general::General,
        home::Home,
        security::{
            ChooseForm, DirectorySummary, DirectoryValues, Health, LiveToken, Security, SecurityDialog,
            TokenShown,
        },
    },
    ui::Choice,
};
use rollcall::model::{
    HeldReason, InvitationMode, OnRemoval, Progress, ProgressStep, Provider, Role, WhenFull,
};

use super::Sample;

pub(crate) const MINUTE: i64 = 60_000_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
/// 21 Nov 2026, 14:05 UTC.
pub(crate) const NOW: i64 = 1_795_269_900_000_000;
pub(crate) const ID: &str = "0192f0a4-c7b1-7c3e-9f11-2f6b1e0a9d44";
const ENDPOINT: &str = "https://rollcall.acme.com/scim/v2/0192f0a4-c7b1-7c3e-9f11-2f6b1e0a9d44";
const TOKEN: &str = "scim_b7Qm2vXf9TzKp4LwN8sYb1HdRj6GeVc0nEoW5tA3UaC";

pub(crate) fn frame(role: Role) -> Frame {
    Frame {
        workspace: Workspace { name: "Acme".into(), slug: "acme".into() },
        host: "rollcall.acme.com".into(),
        viewer: Viewer { name: "Ada Lovelace".into(), email: "ada@acme.com".into(), role },
        people: 214,
        mailbox: true,
        instance_admin: true,
        now: NOW,
    }
}

pub(crate) fn reader() -> Reader {
    Reader { name: "Ada Lovelace".into(), email: "ada@acme.com".into(), instance_admin: true }
}

fn summary(health: Health) -> DirectorySummary {
    let waiting = health == Health::Waiting;
    DirectorySummary {
        id: ID.to_owned().into(),
        name: "Okta".into(),
        provider: Provider::Okta,
        people: if waiting { 0 } else { 214 },
        groups: if waiting { 0 } else { 9 },
        held: 0,
        created: NOW - if waiting { 2 * MINUTE } else { 40 * DAY },
        last_request: (!waiting).then_some(NOW - 3 * MINUTE),
        health,
    }
}

fn security(role: Role, directories: Vec<DirectorySummary>, dialog: Option<SecurityDialog>) -> Security {
    Security { frame: frame(role), directories, dialog }
}

fn choose(provider: Option<Provider>) -> ChooseForm {
    ChooseForm {
        key: "5f0c".into(),
        provider,
        provider_error: None,
        name: Field::new(provider.map_or("", Provider::default_directory_name)),
        default_role: Role::Member,
        error: None,
        others: 0,
    }
}

fn step(at: i64, detail: Option<&str>) -> ProgressStep {
    ProgressStep { at: Some(at), detail: detail.map(str::to_owned) }
}

pub(crate) fn progress_states() -> Vec<Progress> {
    let rejected = Progress {
        rejected: step(NOW, Some("A request arrived with a wrong token from 20.1.2.3")),
        ..Progress::default()
    };
    let tested = Progress { connection_tested: step(NOW, None), ..Progress::default() };
    let person = Progress { first_person: step(NOW, Some("grace@acme.com")), ..tested.clone() };
    let group = Progress { first_group: step(NOW, Some("Engineering")), ..person.clone() };
    vec![rejected, tested, person, group]
}

fn values(provider: Provider, token: TokenShown, progress: Progress) -> SecurityDialog {
    SecurityDialog::Directory(Box::new(DirectoryValues {
        id: ID.to_owned().into(),
        name: provider.default_directory_name().into(),
        provider,
        endpoint: ENDPOINT.into(),
        token,
        progress,
    }))
}

fn hint() -> TokenShown {
    TokenShown::Hints(vec![LiveToken { hint: "scim_…3UaC".into(), last_used: Some(NOW - 3 * MINUTE) }])
}

/// The page at its address, for trying it in a browser.
pub(crate) fn security_at(dialog: bool, directory: Option<&str>) -> Security {
    let dialog = match (dialog, directory) {
        (true, Some("new")) => {
            Some(values(Provider::Okta, TokenShown::Once(TOKEN.into()), Progress::default()))
        }
        (true, Some(_)) => Some(values(Provider::Okta, hint(), Progress::default())),
        (true, None) => Some(SecurityDialog::Choose(choose(None))),
        (false, _) => None,
    };
    security(Role::Owner, Vec::new(), dialog)
}

/// The languages of mails, from this one on.
pub(crate) fn languages(chosen: &str) -> Vec<Choice> {
    let choice = |(value, label): (&str, &str)| Choice {
        value: value.into(),
        label: label.into(),
        chosen: value == chosen,
    };
    rollcall::mail::languages().map(choice).collect()
}

fn nobody_held() -> Held {
    Held {
        people: Vec::new(),
        paging: Paging { page: 1, per_page: 50, total: 0 },
        for_approval: 0,
        sources: Vec::new(),
    }
}

fn held_people() -> Held {
    let one = |id: &str, name: &str, address: &str, reason: HeldReason| HeldPerson {
        id: id.to_owned().into(),
        name: name.into(),
        address: address.into(),
        reason,
        since: NOW - 3 * DAY,
    };
    Held {
        people: vec![
            one("h1", "Katherine Johnson", "katherine@acme.com", HeldReason::NeedsApproval),
            one("h2", "Alan Turing", "alan@acme.com", HeldReason::SeatLimit),
            one("h3", "Barbara Liskov", "barbara@contractor.example", HeldReason::DomainNotAllowed),
            one("h4", "Service Desk", "svc-desk", HeldReason::EmailMissing),
            one("h5", "Bo Svensson", "bo@acme.com", HeldReason::Conflict),
        ],
        paging: Paging { page: 1, per_page: 50, total: 61 },
        for_approval: 57,
        sources: vec!["emails[type eq \"work\"].value", "userName"],
    }
}

fn directory(role: Role, health: Health) -> Directory {
    let waiting = health == Health::Waiting;
    let token =
        |id: &str, hint: &str, by: &str, made: i64, used: Option<i64>, revoked: Option<i64>| TokenRow {
            id: id.to_owned().into(),
            hint: hint.into(),
            created_by: by.into(),
            created: made,
            last_used: used,
            expires: revoked.is_none().then_some(made + 90 * DAY),
            revoked,
        };
    Directory {
        frame: frame(role),
        id: ID.to_owned().into(),
        name: "Okta".into(),
        provider: Provider::Okta,
        counts: if waiting {
            DirectoryCounts::default()
        } else {
            DirectoryCounts { active: 198, inactive: 16, groups: 9, invitations: 12 }
        },
        endpoint: ENDPOINT.into(),
        tokens: if waiting {
            vec![token("t1", "scim_…3UaC", "Ada Lovelace", NOW - 2 * MINUTE, None, None)]
        } else {
            vec![
                token("t2", "scim_…9xTk", "Ada Lovelace", NOW - 12 * MINUTE, None, None),
                token("t1", "scim_…3UaC", "Ada Lovelace", NOW - 40 * DAY, Some(NOW - 3 * MINUTE), None),
                token(
                    "t0",
                    "scim_…77Qa",
                    "Grace Hopper",
                    NOW - 90 * DAY,
                    Some(NOW - 40 * DAY),
                    Some(NOW - 39 * DAY),
                ),
            ]
        },
        new_token: None,
        created_by: "Ada Lovelace".into(),
        created: NOW - 40 * DAY,
        last_request: (!waiting).then_some(NOW - 3 * MINUTE),
        last_change: (!waiting).then_some(NOW - 2 * HOUR),
        progress: if waiting { Progress::default() } else { progress_states().remove(3) },
        held: if waiting { nobody_held() } else { held_people() },
        settings: DirectorySettings {
            name: Field::new("Okta"),
            provider: Provider::Okta,
            default_role: Role::Member,
            invitation_mode: InvitationMode::Hold,
            allowed_domains: Field::new("acme.com"),
            email_sources: Field::new("work, primary, any, userName"),
            when_full: WhenFull::Hold,
            strict: false,
            error: None,
        },
        dialog: None,
        deviations: crate::samples_activity::deviations(waiting),
        extensions: if waiting { Vec::new() } else { crate::samples_activity::extensions() },
        is_strict: false,
        health,
    }
}

pub(crate) fn all() -> Vec<Sample> {
    let home = |directories: Vec<DirectorySummary>, active| Home {
        frame: frame(Role::Owner),
        active,
        invited: if active > 1 { 12 } else { 0 },
        suspended: if active > 1 { 4 } else { 0 },
        directories,
        mail_waits_since: None,
    };
    let dialog =
        |dialog: SecurityDialog| security(Role::Owner, vec![summary(Health::Connected)], Some(dialog));
    let remove = |confirm: Field| Directory {
        dialog: Some(DirectoryDialog::Remove(RemoveForm { members: 214, choice: OnRemoval::Keep, confirm })),
        ..directory(Role::Owner, Health::Connected)
    };
    vec![
        Sample::new("home", move || home(vec![summary(Health::Connected)], 198)),
        Sample::new("home-empty", move || home(Vec::new(), 1)),
        Sample::new("home-no-directory", move || home(Vec::new(), 6)),
        Sample::new("security", || security(Role::Owner, Vec::new(), None)),
        Sample::new("security-waiting", || security(Role::Owner, vec![summary(Health::Waiting)], None)),
        Sample::new("security-connected", || security(Role::Owner, vec![summary(Health::Connected)], None)),
        Sample::new("security-attention", || {
            let health = Health::Attention("12 errors in the last hour".into());
            security(Role::Owner, vec![summary(health), summary(Health::Quiet)], None)
        }),
        Sample::new("security-no-rights", || security(Role::Member, Vec::new(), None)),
        Sample::new("dialog-choose", || {
            security(Role::Owner, Vec::new(), Some(SecurityDialog::Choose(choose(Some(Provider::Okta)))))
        }),
        Sample::new("dialog-choose-google", || {
            security(Role::Owner, Vec::new(), Some(SecurityDialog::Choose(choose(Some(Provider::Google)))))
        }),
        Sample::new("dialog-choose-error", || {
            let form = ChooseForm {
                provider_error: Some("Choose where you manage people.".into()),
                others: 1,
                ..choose(None)
            };
            security(Role::Owner, vec![summary(Health::Connected)], Some(SecurityDialog::Choose(form)))
        }),
        Sample::new("dialog-values", move || {
            dialog(values(Provider::Okta, TokenShown::Once(TOKEN.into()), progress_states().remove(2)))
        }),
        Sample::new("dialog-values-entra", move || {
            dialog(values(Provider::Entra, TokenShown::Once(TOKEN.into()), progress_states().remove(0)))
        }),
        Sample::new("dialog-reopened", move || {
            dialog(values(Provider::Okta, hint(), progress_states().remove(3)))
        }),
        Sample::new("directory", || directory(Role::Owner, Health::Connected)),
        Sample::new("directory-waiting", || directory(Role::Owner, Health::Waiting)),
        Sample::new("directory-new-token", || Directory {
            new_token: Some(TOKEN.into()),
            ..directory(Role::Owner, Health::Attention("12 requests were refused in the last hour".into()))
        }),
        Sample::new("directory-read-only", || directory(Role::Member, Health::Connected)),
        Sample::new("directory-remove", move || remove(Field::default())),
        Sample::new("directory-remove-error", move || {
            remove(Field::wrong("okt", "This is not the name. Type Okta to remove it."))
        }),
        Sample::new("general", || General {
            frame: frame(Role::Owner),
            name: Field::new("Acme"),
            seat_limit: Field::new("50"),
            languages: languages("en"),
            language_error: None,
            seats: 48,
            error: None,
        }),
        Sample::new("general-refused", || General {
            frame: frame(Role::Owner),
            name: Field { value: String::new(), error: Some("Enter a name.".into()) },
            seat_limit: Field::default(),
            languages: languages("fr"),
            language_error: None,
            seats: 1,
            error: None,
        }),
    ]
}
