//! One's own account: name, address, password, and where one is signed in.

use leptos::prelude::*;

use super::{Field, Page};
use crate::{
    ui::{
        Card, Choice, Column, Kind, PageHead, Reader, SelectField, TextField, Tone, cell, form_error, notice,
        pill, plain, signed_out, table, time,
    },
    when::Style,
};

/// `/account`
#[derive(Clone, Debug)]
pub struct Account {
    /// Who looks.
    pub reader: Reader,
    /// The address that waits to be confirmed.
    pub waiting: Option<NewAddress>,
    /// The person's name.
    pub name: Field,
    /// The address that the account has.
    pub email: String,
    /// The directory that decides the name, and which addresses one may sign in with.
    pub managed: Option<Managed>,
    /// Another address.
    pub new_email: Field,
    /// Only the error is shown: the password that confirms another address.
    pub email_password: Field,
    /// Only the error is shown: the password there is.
    pub current: Field,
    /// Only the error is shown: the new password.
    pub password: Field,
    /// Where the person is signed in, this browser first.
    pub sessions: Vec<SessionRow>,
    /// The clock.
    pub now: i64,
}

/// A person whom a directory manages.
#[derive(Clone, Debug)]
pub struct Managed {
    /// The directory's name, such as "Okta".
    pub by: String,
    /// Addresses that directories give the person besides the one that they sign in with.
    pub addresses: Vec<String>,
}

/// Another address, until it is confirmed.
#[derive(Clone, Debug)]
pub struct NewAddress {
    /// The address.
    pub email: String,
    /// What is known of its link.
    pub link: NewAddressLink,
}

/// What is known of the link that confirms another address.
#[derive(Clone, Debug)]
pub enum NewAddressLink {
    /// Its mail has not left; why, once it was tried.
    Waits(Option<String>),
    /// Its mail left.
    Sent {
        /// When.
        at: i64,
        /// When the link ends.
        until: i64,
    },
    /// Its mail did not arrive: why.
    Failed(String),
    /// It ended then.
    Expired(i64),
}

/// A browser in which the person is signed in.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Names it; opens nothing.
    pub id: String,
    /// Such as "Firefox on Linux".
    pub browser: String,
    /// When the person signed in there.
    pub since: i64,
    /// The one that looks at this page.
    pub this: bool,
}

impl Page for Account {
    fn title(&self) -> String {
        "Your account".to_owned()
    }

    fn view(self) -> AnyView {
        let lead = format!("{}, in every workspace of this Rollcall.", self.email);
        plain(
            "Rollcall",
            Some(&self.reader),
            view! {
                <PageHead
                    title="Your account"
                    lead=lead.into_any()
                    trail=vec![("/".to_owned(), "Workspace".to_owned())]
                />
                {profile(&self)}
                {password(&self)}
                {sessions(&self)}
            },
        )
    }
}

/// A form that is a card.
fn form_card(title: &'static str, action: &'static str, button: &'static str, body: AnyView) -> AnyView {
    view! {
        <form class="card" method="post" action=action>
            <div class="card-head">
                <div class="card-words">
                    <h2>{title}</h2>
                </div>
            </div>
            <div class="card-body">{body}</div>
            <div class="card-foot end">
                <button class="button">{button}</button>
            </div>
        </form>
    }
    .into_any()
}

fn profile(page: &Account) -> AnyView {
    if let Some(managed) = &page.managed {
        return self::managed(page, managed);
    }
    let name = view! { <TextField name="name" label="Name" field=page.name.clone() kind=Kind::Name /> };
    let email = view! {
        <p class="hint">{format!("Your address is {}.", page.email)}</p>
        {waiting(page)}
        <div class="pair">
            <TextField
                name="email"
                label="New address"
                field=page.new_email.clone()
                kind=Kind::Email
                hint="A link goes there; the address changes when you open it. The old one is told."
            />
            <TextField
                name="current"
                id="email-current"
                label="Your password"
                field=page.email_password.clone()
                kind=Kind::Password
            />
        </div>
    };
    view! {
        {form_card("Name", "/account/name", "Save name", name.into_any())} {waiting_forms(page)}
        {form_card("E-mail address", "/account/email", "Send the link", email.into_any())}
    }
    .into_any()
}

/// The address that waits to be confirmed, inside the form that asks for one: its buttons belong to forms of their own.
fn waiting(page: &Account) -> Option<AnyView> {
    let NewAddress { email, link } = page.waiting.clone()?;
    let (tone, state) = match link {
        NewAddressLink::Waits(None) => (Tone::Info, "The link is on its way.".into_any()),
        NewAddressLink::Waits(Some(words)) => {
            (Tone::Warn, format!("The link has not left yet and is tried again: {words}").into_any())
        }
        NewAddressLink::Sent { at, until } => (
            Tone::Info,
            view! {
                "The link was sent " {time(at, page.now, Style::Relative)} " and works until "
                {time(until, page.now, Style::Moment)} "."
            }
            .into_any(),
        ),
        NewAddressLink::Failed(words) => {
            (Tone::Bad, format!("The link did not get there: {words}").into_any())
        }
        NewAddressLink::Expired(at) => (
            Tone::Warn,
            view! { "The link ended " {time(at, page.now, Style::Relative)} ". Nothing was changed." }
                .into_any(),
        ),
    };
    Some(
        view! {
            <div class="waiting">
                {notice(tone, view! { <b>{email}</b> " waits for confirmation. " {state} })}
                <div class="waiting-actions">
                    <button class="button small" form="address-again">
                        "Send again"
                    </button>
                    <button class="button small" form="address-cancel">
                        "Cancel the change"
                    </button>
                </div>
            </div>
        }
        .into_any(),
    )
}

fn waiting_forms(page: &Account) -> Option<AnyView> {
    page.waiting.as_ref()?;
    Some(
        view! {
            <form id="address-again" method="post" action="/account/email/again" hidden></form>
            <form id="address-cancel" method="post" action="/account/email/cancel" hidden></form>
        }
        .into_any(),
    )
}

/// What a directory decides; and the way to sign in with an address that it gives.
fn managed(page: &Account, managed: &Managed) -> AnyView {
    let by = &managed.by;
    let lead = if managed.addresses.is_empty() {
        format!("{by} decides your name and your address. Ask your IT team to change them there.")
    } else {
        format!("{by} decides your name. You sign in with {}.", page.email)
    };
    let (name, email) = (page.name.clone(), Field::new(page.email.clone()));
    let other = if managed.addresses.is_empty() {
        waiting(page).map(|waiting| view! { <Card title="Sign-in address">{waiting}</Card> }.into_any())
    } else {
        Some(other_address(page, managed))
    };
    view! {
        <Card title="Name and address" lead=lead>
            <div class="pair">
                <TextField name="name" label="Name" field=name kind=Kind::Name readonly=true />
                <TextField
                    name="address"
                    label="E-mail"
                    field=email
                    kind=Kind::Email
                    readonly=true
                />
            </div>
        </Card>
        {waiting_forms(page)}
        {other}
    }
    .into_any()
}

/// The form that lets someone sign in with an address that a directory gives them.
fn other_address(page: &Account, managed: &Managed) -> AnyView {
    let wanted = &page.new_email;
    let choices: Vec<Choice> = managed
        .addresses
        .iter()
        .map(|address| Choice {
            value: address.clone(),
            label: address.clone(),
            chosen: *address == wanted.value,
        })
        .collect();
    let body = view! {
        <p class="hint">"Your directory knows you by another address than the one that you sign in with."</p>
        {waiting(page)}
        <div class="pair">
            <SelectField
                name="email"
                label="Sign in with"
                choices=choices
                hint="A link goes there; the address changes when you open it."
                error=wanted.error.clone()
            />
            <TextField
                name="current"
                id="email-current"
                label="Your password"
                field=page.email_password.clone()
                kind=Kind::Password
            />
        </div>
    };
    form_card("Sign-in address", "/account/email", "Send the link", body.into_any())
}

fn password(page: &Account) -> AnyView {
    let fields = view! {
        <div class="pair">
            <TextField
                name="current"
                label="Current password"
                field=page.current.clone()
                kind=Kind::Password
            />
            <TextField
                name="password"
                label="New password"
                field=page.password.clone()
                kind=Kind::NewPassword
                hint="At least 12 characters. Other browsers are signed out."
            />
        </div>
    };
    form_card("Password", "/account/password", "Change password", fields.into_any())
}

fn sessions(page: &Account) -> AnyView {
    let columns = [
        Column::new("Browser", "col-person"),
        Column::sorted("Signed in", "col-when"),
        Column::new("", "col-action"),
    ];
    let rows = page
        .sessions
        .iter()
        .map(|session| {
            let end = if session.this {
                pill(Tone::Ok, "This browser")
            } else {
                let spoken = format!("Sign out {}", session.browser);
                view! {
                    <form method="post" action=format!("/account/sessions/{}/end", session.id)>
                        <button class="button small" aria-label=spoken>
                            "Sign out"
                        </button>
                    </form>
                }
                .into_any()
            };
            view! {
                <tr role="row">
                    {cell("Browser", "col-person", session.browser.clone())}
                    {cell("Signed in", "col-when", time(session.since, page.now, Style::Relative))}
                    {cell("", "col-action", end)}
                </tr>
            }
            .into_any()
        })
        .collect();
    let others = (page.sessions.len() > 1).then(|| {
        view! {
            <form method="post" action="/account/sessions/end-others">
                <button class="button">"Sign out all others"</button>
            </form>
        }
        .into_any()
    });
    let list = table("Where you are signed in", &columns, rows);
    view! {
        <Card
            title="Where you are signed in"
            lead="A browser is signed out by itself 14 days after you signed in."
            action=others.unwrap_or_else(|| ().into_any())
        >
            {list}
        </Card>
    }
    .into_any()
}

/// `/account/email/confirm`
#[derive(Clone, Debug)]
pub enum ConfirmEmail {
    /// The link is good.
    Ask {
        /// The address that the account has.
        old: String,
        /// The address that it gets.
        new: String,
        /// Why it could not be changed.
        error: Option<String>,
    },
    /// Done.
    Done {
        /// The address that the account has now.
        email: String,
    },
    /// The link is wrong, old or used.
    DeadLink,
}

impl Page for ConfirmEmail {
    fn title(&self) -> String {
        "Confirm your address".to_owned()
    }

    fn view(self) -> AnyView {
        let on = || {
            view! {
                <a class="button wide" href="/account">
                    "Go to your account"
                </a>
            }
        };
        match self {
            Self::Ask { old, new, error } => signed_out(
                "Confirm your address",
                format!("From now on you sign in as {new}, no longer as {old}."),
                view! {
                    <form class="form" method="post" action="/account/email/confirm">
                        {form_error(error)} <button class="button primary wide">{format!("Use {new}")}</button>
                        <p class="hint centre">"Other browsers are signed out."</p>
                    </form>
                },
            ),
            Self::Done { email } => {
                signed_out("Your address is changed", format!("You sign in as {email} from now on."), on())
            }
            Self::DeadLink => signed_out(
                "This link does not work any more",
                "It was used already, it is too old, or you asked for another address since.",
                on(),
            ),
        }
    }
}
