//! The frames around a page: the workspace with its sidebar, a plain one, and the one for people who are not signed in.

use leptos::prelude::*;
use rollcall::model::Role;

use super::{Icon, avatar, icon, icon::mark};
use crate::site::Theme;

/// The workspace a page is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
}

/// Who looks at the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Their name; may be empty.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their role in this workspace.
    pub role: Role,
}

/// Who looks at a page that belongs to no workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Their name; may be empty.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether they look after the installation.
    pub instance_admin: bool,
}

/// What every page of a workspace needs besides its own subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The workspace.
    pub workspace: Workspace,
    /// The host this instance is reached at, as in `rollcall.acme.com`.
    pub host: String,
    /// Who looks.
    pub viewer: Viewer,
    /// How many members there are.
    pub people: u64,
    /// Whether mail goes to the built-in mailbox.
    pub mailbox: bool,
    /// Whether the viewer looks after the installation.
    pub instance_admin: bool,
    /// The clock, in microseconds since 1970 UTC.
    pub now: i64,
}

impl Frame {
    /// The address of a page of this workspace.
    pub fn url(&self, path: &str) -> String {
        format!("/w/{}{path}", self.workspace.slug)
    }

    /// Whether the viewer may change people and settings.
    pub fn may_manage(&self) -> bool {
        self.viewer.role >= Role::Admin
    }

    /// Whether the viewer may see the other people and how the workspace is set up.
    pub fn may_read_people(&self) -> bool {
        self.viewer.role >= Role::Member
    }
}

/// Which entry of the sidebar is the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// Home.
    Home,
    /// People.
    People,
    /// General settings.
    General,
    /// Security, and all below it.
    Security,
    /// The mails of the workspace.
    Email,
}

/// A page of a workspace: sidebar and content.
pub fn in_workspace(frame: &Frame, here: Here, content: impl IntoView + 'static) -> AnyView {
    view! {
        {skip_link()}
        <div class="frame">
            {topbar(frame)} {sidebar(frame, here)} <main id="content" class="content" tabindex="-1">
                {content.into_any()}
            </main>
        </div>
        {shortcuts(IN_WORKSPACE)}
    }
    .into_any()
}

fn skip_link() -> AnyView {
    view! { <a class="skip-link" href="#content">"Skip to content"</a> }.into_any()
}

fn topbar(frame: &Frame) -> AnyView {
    view! {
        <header class="topbar">
            <a class="brand" href=frame.url("")>
                {mark()} <span class="brand-name">{frame.workspace.name.clone()}</span>
            </a>
            <button type="button" class="icon-button" popovertarget="sidebar" aria-label="Menu">
                {icon(Icon::Menu)}
            </button>
        </header>
    }
    .into_any()
}

fn sidebar(frame: &Frame, here: Here) -> AnyView {
    let mailbox = frame.mailbox.then(|| {
        view! {
            <p class="nav-group">"Development"</p>
            <ul role="list">{entry("/dev/mailbox".to_owned(), Icon::Mail, "Mailbox", None, false, "m")}</ul>
        }
    });
    view! {
        <aside class="sidebar" id="sidebar" popover="auto" aria-label="Workspace">
            <a class="brand" href=frame.url("")>
                {mark()} <span class="brand-words">
                    <span class="brand-name">{frame.workspace.name.clone()}</span>
                    <span class="sub">{frame.host.clone()}</span>
                </span>
            </a>
            <nav class="nav" aria-label="Main">
                <ul role="list">
                    {entry(frame.url(""), Icon::Home, "Home", None, here == Here::Home, "h")}
                    {frame.may_read_people().then(|| entry(frame.url("/people"), Icon::People, "People", Some(frame.people), here == Here::People, "p"))}
                </ul>
                <p class="nav-group">"Workspace settings"</p>
                <ul role="list">
                    {frame.may_read_people().then(|| entry(frame.url("/settings/general"), Icon::Settings, "General", None, here == Here::General, "n"))}
                    {entry(frame.url("/settings/security"), Icon::Shield, "Security", None, here == Here::Security, "s")}
                    {frame.may_manage().then(|| entry(frame.url("/settings/email"), Icon::Sent, "Email log", None, here == Here::Email, "e"))}
                </ul>
                {mailbox}
            </nav>
            {account(&frame.viewer, frame.instance_admin)}
        </aside>
    }
    .into_any()
}

fn entry(
    href: String,
    shape: Icon,
    label: &'static str,
    count: Option<u64>,
    current: bool,
    key: &'static str,
) -> AnyView {
    view! {
        <li>
            <a href=href aria-current=current.then_some("page") data-go=key>
                {icon(shape)} <span>{label}</span> {count.map(|count| view! { <span class="count num">{count}</span> })}
            </a>
        </li>
    }
    .into_any()
}

fn account(viewer: &Viewer, instance_admin: bool) -> AnyView {
    let name = if viewer.name.is_empty() { viewer.email.clone() } else { viewer.name.clone() };
    view! {
        <div class="account">
            <button type="button" class="account-button" popovertarget="account">
                {avatar(&viewer.name, &viewer.email)} <span class="person-words">
                    <span class="person-name">{name}</span>
                    <span class="sub">{viewer.role.label()}</span>
                </span> <span class="sr-only">"Your account"</span>
            </button>
            {account_menu(&viewer.email, instance_admin)}
        </div>
    }
    .into_any()
}

fn account_menu(email: &str, instance_admin: bool) -> AnyView {
    view! {
        <div class="menu account-menu" id="account" popover="auto">
            <p class="menu-title">{email.to_owned()}</p>
            {theme_choice()}
            <a class="menu-item" href="/account">
                "Your account"
            </a>
            {instance_admin.then(|| view! { <a class="menu-item" href="/instance">"Instance"</a> })}
            <button type="button" class="menu-item awake-only" popovertarget="shortcuts">
                "Keyboard shortcuts"
            </button>
            <form method="post" action="/logout">
                <button class="menu-item">"Sign out"</button>
            </form>
        </div>
    }
    .into_any()
}

fn theme_choice() -> AnyView {
    let now = use_context::<Theme>().unwrap_or_default();
    let button = |theme: Theme, label: &'static str| {
        let pressed = if theme == now { "true" } else { "false" };
        view! { <button type="button" data-theme-choice=theme.as_str() aria-pressed=pressed>{label}</button> }
    };
    view! {
        <div class="segmented awake-only" role="group" aria-label="Theme">
            {button(Theme::System, "System")} {button(Theme::Light, "Light")} {button(Theme::Dark, "Dark")}
        </div>
    }
    .into_any()
}

/// A key, or two one after the other, and what it does.
type Shortcut = (&'static [&'static str], &'static str);

const IN_WORKSPACE: &[Shortcut] = &[
    (&["/"], "Search"),
    (&["g", "h"], "Go to Home"),
    (&["g", "p"], "Go to People"),
    (&["g", "n"], "Go to General"),
    (&["g", "s"], "Go to Security"),
    (&["g", "e"], "Go to Email log"),
    (&["?"], "This list"),
];

const OUTSIDE: &[Shortcut] = &[(&["g", "h"], "Go to Home"), (&["?"], "This list")];

fn shortcuts(known: &'static [Shortcut]) -> AnyView {
    let lines = known
        .iter()
        .map(|(keys, what)| {
            let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view();
            view! { <div><dt>{*what}</dt><dd>{keys}</dd></div> }
        })
        .collect_view();
    view! {
        <div class="menu shortcuts" id="shortcuts" popover="auto" role="dialog" aria-labelledby="shortcuts-title">
            <h2 id="shortcuts-title">"Keyboard shortcuts"</h2>
            <dl class="facts">{lines}</dl>
            <button type="button" class="button small" data-shortcuts-toggle>
                "Turn shortcuts off"
            </button>
        </div>
    }
    .into_any()
}

/// A page that belongs to no workspace but is as wide as one; `reader` is whoever is signed in, if that is asked.
pub fn plain(name: &'static str, reader: Option<&Reader>, content: impl IntoView + 'static) -> AnyView {
    let account = reader.map(|reader| {
        view! {
            <button type="button" class="account-button" popovertarget="account">
                {avatar(&reader.name, &reader.email)} <span class="sr-only">"Your account"</span>
            </button>
            {account_menu(&reader.email, reader.instance_admin)}
        }
    });
    view! {
        {skip_link()}
        <div class="plain">
            <header class="plain-bar">
                <a class="brand" href="/" data-go="h">
                    {mark()} <span class="brand-name">{name}</span>
                </a>
                {account}
            </header>
            <main id="content" class="content" tabindex="-1">
                {content.into_any()}
            </main>
        </div>
        {reader.map(|_| shortcuts(OUTSIDE))}
    }
    .into_any()
}

/// A page for someone who is not signed in: one card in the middle.
pub fn signed_out(
    title: impl Into<String>,
    lead: impl IntoView + 'static,
    content: impl IntoView + 'static,
) -> AnyView {
    view! {
        <main id="content" class="alone">
            <div class="alone-card">
                {mark()} <h1>{title.into()}</h1> <p class="lead">{lead.into_any()}</p> {content.into_any()}
            </div>
        </main>
    }
    .into_any()
}
