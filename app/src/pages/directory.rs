//! One directory: how it is, its endpoint and tokens, its settings, and the way to remove it.

use leptos::prelude::*;
use rollcall::model::{DirectoryId, DirectoryTokenId, OnRemoval, Progress, Provider, TokenLife};

use super::{
    Field, Frame, Page, counted,
    directory_deviations::{self, DeviationRow},
    directory_extensions::{self, ExtensionRow},
    directory_settings, directory_tabs, held, security_dialog,
};
pub use super::{
    directory_settings::DirectorySettings,
    held::{Held, HeldPerson},
    security::Health,
};
use crate::{
    ui::{
        Card, Column, DialogFrame, Fact, Here, PageHead, Tone, ask, cell, code, dialog_foot, dialog_head,
        facts, in_workspace, notice, pill, secret, table, time,
    },
    when::Style,
};

/// `/w/{slug}/settings/security/directories/{id}`
#[derive(Clone, Debug)]
pub struct Directory {
    /// The frame.
    pub frame: Frame,
    /// Which.
    pub id: DirectoryId,
    /// Its name.
    pub name: String,
    /// The kind of identity provider.
    pub provider: Provider,
    /// How it is.
    pub health: Health,
    /// What it holds.
    pub counts: DirectoryCounts,
    /// The SCIM base URL.
    pub endpoint: String,
    /// Its tokens, newest first, also the revoked ones of late.
    pub tokens: Vec<TokenRow>,
    /// A token just made: shown this one time.
    pub new_token: Option<String>,
    /// Who set it up.
    pub created_by: String,
    /// When.
    pub created: i64,
    /// The last authenticated request.
    pub last_request: Option<i64>,
    /// The last request that changed something.
    pub last_change: Option<i64>,
    /// How far it has come.
    pub progress: Progress,
    /// Who waits to be let in.
    pub held: Held,
    /// What it sends otherwise than the standards say, the most frequent first.
    pub deviations: Vec<DeviationRow>,
    /// Whether it refuses that.
    pub is_strict: bool,
    /// Its extensions, in the order in which they were added.
    pub extensions: Vec<ExtensionRow>,
    /// Its settings.
    pub settings: DirectorySettings,
    /// The dialog over the page.
    pub dialog: Option<DirectoryDialog>,
}

/// What a directory holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DirectoryCounts {
    /// People it says are active.
    pub active: u64,
    /// People it says are inactive.
    pub inactive: u64,
    /// Groups.
    pub groups: u64,
    /// Its invitations that are still open.
    pub invitations: u64,
}

/// A token.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Which.
    pub id: DirectoryTokenId,
    /// Such as `scim_…3UaC`.
    pub hint: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created: i64,
    /// When it was last used.
    pub last_used: Option<i64>,
    /// When it ends by itself.
    pub expires: Option<i64>,
    /// When it was revoked.
    pub revoked: Option<i64>,
}

/// `?dialog=`
#[derive(Clone, Debug)]
pub enum DirectoryDialog {
    /// `remove`
    Remove(RemoveForm),
}

/// Removing a directory.
#[derive(Clone, Debug)]
pub struct RemoveForm {
    /// Members it manages.
    pub members: u64,
    /// What shall happen to them.
    pub choice: OnRemoval,
    /// The directory's name, typed.
    pub confirm: Field,
}

impl Directory {
    pub(super) fn url(&self, path: &str) -> String {
        self.frame.url(&format!("/settings/security/directories/{}{path}", self.id))
    }
}

impl Page for Directory {
    fn title(&self) -> String {
        format!("{} · Directory Sync", self.name)
    }

    fn view(self) -> AnyView {
        let manages = self.frame.may_manage();
        let trail = vec![
            (self.frame.url("/settings/security"), "Security".to_owned()),
            (self.frame.url("/settings/security"), "Directory Sync".to_owned()),
        ];
        let attention = match &self.health {
            Health::Attention(what) => Some(notice(Tone::Warn, format!("{what}."))),
            Health::NoToken => {
                let provider = self.provider.short_label();
                Some(notice(
                    Tone::Bad,
                    format!("No token works, so {provider} is refused. Rotate the token to make one."),
                ))
            }
            _ => None,
        };
        let waiting = (self.progress.first_person.at.is_none()).then(|| {
            let ticks = security_dialog::progress(&self.frame, &self.id, self.progress.clone());
            let lead = match self.provider.hint() {
                Some(hint) => hint.to_owned(),
                None => "These fill by themselves when the first requests arrive.".to_owned(),
            };
            view! { <Card title="Set-up" lead=lead>{ticks}</Card> }
        });
        let read_only = (!manages).then(|| {
            notice(Tone::Info, "Only owners and admins can change this directory. You see how it is set up.")
        });
        let tabs = manages.then(|| directory_tabs(&self.frame, &self.id, false));
        let settings = manages.then(|| directory_settings::form(&self));
        let danger = manages.then(|| danger(&self));
        let dialog = self.dialog.clone().map(|dialog| match dialog {
            DirectoryDialog::Remove(form) => remove(&self, form),
        });
        in_workspace(
            &self.frame,
            Here::Security,
            view! {
                <PageHead
                    title=self.name.clone()
                    trail=trail
                    beside=self.health.pill()
                    lead=last_request(&self)
                />
                {tabs}
                {read_only}
                {attention}
                {new_token(&self)}
                {waiting}
                {counters(self.counts)}
                {held::card(&self)}
                {connection(&self)}
                {directory_deviations::view(&self)}
                {directory_extensions::view(&self)}
                {settings}
                {danger}
                {dialog}
            },
        )
    }
}

fn last_request(page: &Directory) -> AnyView {
    // The provider is said only where the directory's own name does not say it.
    let provider = (page.name != page.provider.default_directory_name())
        .then(|| format!("{} · ", page.provider.label()));
    match page.last_request {
        Some(at) => {
            view! { {provider} "Last request " {time(at, page.frame.now, Style::Relative)} }.into_any()
        }
        None => view! { {provider} "No request yet" }.into_any(),
    }
}

fn new_token(page: &Directory) -> Option<AnyView> {
    let token = page.new_token.as_deref()?;
    let others = page.tokens.iter().filter(|token| token.revoked.is_none()).count() > 1;
    let lead = if others {
        format!(
            "Paste it into {}. The old token keeps working until you revoke it below.",
            page.provider.short_label()
        )
    } else {
        format!("Paste it into {}.", page.provider.short_label())
    };
    let note = Some("Shown only once. We keep a fingerprint of it, not the token.");
    let value = secret("token", page.provider.token_label(), token, true, note);
    Some(view! { <Card title="New token" lead=lead class="card-new">{value}</Card> }.into_any())
}

fn counters(counts: DirectoryCounts) -> AnyView {
    let figure = |count: u64, label: &'static str| {
        view! {
            <div class="figure">
                <dd class="figure-number num">{count}</dd>
                <dt class="figure-label">{label}</dt>
            </div>
        }
    };
    view! {
        <dl class="figures card">
            {figure(counts.active, "People active")} {figure(counts.inactive, "People inactive")}
            {figure(counts.groups, "Groups")} {figure(counts.invitations, "Invitations pending")}
        </dl>
    }
    .into_any()
}

fn connection(page: &Directory) -> AnyView {
    let now = page.frame.now;
    let when = |at: Option<i64>| at.map_or_else(|| "none yet".into_any(), |at| time(at, now, Style::Moment));
    let about = facts(vec![
        Fact::new("Directory Provider", page.provider.label()),
        Fact::new(
            "Set up",
            view! { {format!("by {}, ", page.created_by)} {time(page.created, now, Style::Moment)} },
        ),
        Fact::new("Last request", when(page.last_request)),
        Fact::new("Last change", when(page.last_change)),
    ]);
    let manages = page.frame.may_manage();
    let rotate = manages.then(|| {
        let lives = TokenLife::ALL
            .iter()
            .map(|life| view! { <option value=life.as_str()>{life.label()}</option> })
            .collect_view();
        view! {
            <form method="post" action=page.url("/rotate-token")>
                <label class="sr-only" for="life">
                    "Life of the new token"
                </label>
                <select class="select bare" id="life" name="life">
                    {lives}
                </select>
                <button class="button small" id="rotate">
                    "Rotate token"
                </button>
            </form>
        }
    });
    let endpoint = secret("endpoint", page.provider.endpoint_label(), &page.endpoint, false, None);
    let tokens = tokens(page);
    view! {
        <Card title="Connection" lead="What your identity provider needs to reach this workspace.">
            {endpoint} {about}
            <div class="sub-head">
                <h3>"Tokens"</h3>
                {rotate}
            </div>
            {tokens}
        </Card>
    }
    .into_any()
}

fn tokens(page: &Directory) -> AnyView {
    let now = page.frame.now;
    let is_over = |token: &TokenRow| token.expires.is_some_and(|end| end <= now);
    let live = page.tokens.iter().filter(|token| token.revoked.is_none() && !is_over(token)).count();
    let columns = [
        Column::new("Token", "col-token"),
        Column::new("Made", "col-made"),
        Column::new("Last used", "col-when"),
        Column::new("", "col-action"),
    ];
    let rows = page
        .tokens
        .iter()
        .map(|token| {
            let state = match (token.revoked, page.frame.may_manage()) {
                (Some(at), _) => view! { {pill(Tone::Quiet, "Revoked")} <span class="sub">{time(at, now, Style::Date)}</span> }.into_any(),
                (None, _) if is_over(token) => pill(Tone::Quiet, "Expired"),
                (None, true) => {
                    let action = page.url(&format!("/tokens/{}/revoke", token.id));
                    let provider = page.provider.short_label();
                    let text = if live == 1 {
                        format!("This is the only token. {provider} is refused at once, until it has a new one.")
                    } else {
                        format!("If {provider} still uses it, it is refused at once. This cannot be undone.")
                    };
                    ask(token.id.as_str(), "Revoke", &format!("Revoke token {}", token.hint), text, action)
                }
                (None, false) => ().into_any(),
            };
            let expires = token.expires.filter(|_| token.revoked.is_none()).map(|at| {
                let word = if is_over(token) { "expired " } else { "expires " };
                view! { ", " {word} {time(at, now, Style::Date)} }
            });
            let used = token.last_used.map_or_else(|| "never".into_any(), |at| time(at, now, Style::Relative));
            view! {
                <tr role="row">
                    {cell("Token", "col-token", code(token.hint.clone()))}
                    {cell(
                        "Made",
                        "col-made",
                        view! {
                            <span>
                                {time(token.created, now, Style::Date)}
                                <span class="sub">{format!(" by {}", token.created_by)} {expires}</span>
                            </span>
                        },
                    )} {cell("Last used", "col-when", used)} {cell("", "col-action", state)}
                </tr>
            }
            .into_any()
        })
        .collect();
    table("Tokens", &columns, rows)
}

fn danger(page: &Directory) -> AnyView {
    view! {
        <Card
            title="Remove this directory"
            lead="Its tokens stop at once. You choose what happens to its members."
            action=view! {
                <a class="button" id="remove" href=page.url("?dialog=remove")>
                    "Remove…"
                </a>
            }
            .into_any()
        />
    }
    .into_any()
}

fn remove(page: &Directory, form: RemoveForm) -> AnyView {
    let close = page.url("");
    let members = counted(form.members, "member", "members");
    let choice = |value: OnRemoval, label: String, text: &'static str| {
        view! {
            <label class="option">
                <input type="radio" name="members" value=value.as_str() checked=value == form.choice />
                <span>
                    <span class="option-name">{label}</span>
                    <span class="sub">{text}</span>
                </span>
            </label>
        }
    };
    let them = if form.members == 1 { "them" } else { "them all" };
    let content = view! {
        {dialog_head(
            format!("Remove {}?", page.name),
            format!("{} is refused from now on, and nobody is added or removed through it.", page.provider.short_label()),
            &close,
        )}
        <form class="dialog-form" method="post" action=page.url("/remove")>
            <div class="dialog-body">
                <fieldset class="field">
                    <legend>{format!("What happens to its {members}?")}</legend>
                    <div class="options">
                        {choice(OnRemoval::Keep, format!("Keep the {members} as manual members"), "Roles and access stay as they are.")}
                        {choice(OnRemoval::Suspend, format!("Suspend {them}"), "Their sessions end at once. You can reinstate them one by one.")}
                        {choice(OnRemoval::Remove, format!("Remove {them}"), "Their sessions end at once. To come back they need an invitation.")}
                    </div>
                </fieldset>
                <div class="field">
                    <label for="confirm">"Type " <strong>{page.name.clone()}</strong> " to confirm"</label>
                    <input
                        id="confirm"
                        name="confirm"
                        type="text"
                        required
                        autocomplete="off"
                        spellcheck="false"
                        value=form.confirm.value
                        autofocus=form.confirm.error.is_some()
                        aria-invalid=form.confirm.error.is_some().then_some("true")
                        aria-describedby=form.confirm.error.is_some().then_some("confirm-error")
                    />
                    {form.confirm.error.map(|error| view! { <p class="error" id="confirm-error" role="alert">{error}</p> })}
                </div>
            </div>
            {dialog_foot(
                None,
                view! {
                    <a class="button" href=close.clone() data-close="">
                        "Cancel"
                    </a>
                    <button class="button danger">"Remove directory"</button>
                }
                .into_any(),
            )}
        </form>
    };
    DialogFrame::new(close, "remove").wrap(content.into_any())
}
