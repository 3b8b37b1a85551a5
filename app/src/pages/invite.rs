//! An invitation, opened from its mail.

use leptos::prelude::*;
use rollcall::model::Role;

use super::{Field, Page};
use crate::{
    ui::{Fact, Kind, TextField, facts, form_error, signed_out, time},
    when::Style,
};

/// `/invite`
#[derive(Clone, Debug)]
pub enum Invite {
    /// It can be accepted.
    Join(Join),
    /// Signed in with another address.
    OtherAccount {
        /// The workspace's name.
        workspace: String,
        /// Whom it is for.
        invited: String,
        /// Who is signed in.
        signed_in: String,
    },
    /// Too late.
    Expired {
        /// The workspace's name.
        workspace: String,
        /// When it ended.
        at: i64,
        /// The clock.
        now: i64,
        /// Where a new one can be sent, when the person may ask for one.
        renewable: Option<String>,
        /// Why no new one was sent.
        error: Option<String>,
    },
    /// A new one was sent.
    Renewed {
        /// To this address.
        email: String,
    },
    /// It waits for a free seat.
    Full {
        /// The workspace's name.
        workspace: String,
        /// When it ends.
        expires: i64,
        /// The clock.
        now: i64,
        /// Whether the admins are told.
        told: bool,
    },
    /// The browser did not bring the link along: its hour is over, or it keeps no cookies.
    WithoutLink,
    /// Withdrawn by an admin or by the directory, or no such invitation: the same page for all.
    Withdrawn,
    /// The invited person said no.
    Declined {
        /// The workspace's name.
        workspace: String,
    },
    /// A newer mail holds the link that works.
    Replaced {
        /// The workspace's name.
        workspace: String,
    },
    /// It was accepted before.
    Used {
        /// The workspace's name.
        workspace: String,
    },
}

/// An open invitation.
#[derive(Clone, Debug)]
pub struct Join {
    /// The workspace's name.
    pub workspace: String,
    /// The role that waits.
    pub role: Role,
    /// Who invited.
    pub by: Inviter,
    /// Whom it is for.
    pub email: String,
    /// When it ends.
    pub expires: i64,
    /// The clock.
    pub now: i64,
    /// What the person has to do.
    pub as_whom: Invitee,
}

/// Who invited.
#[derive(Clone, Debug)]
pub enum Inviter {
    /// A person, by name.
    Person(String),
    /// A directory, by name, such as "Okta".
    Directory(String),
    /// Someone at the command line, or who is no longer known.
    Nobody,
}

/// What the invited person has to do.
#[derive(Clone, Debug)]
pub enum Invitee {
    /// No account yet: make one.
    New {
        /// Their name; filled from the directory when it is known.
        name: Field,
        /// Only the error is shown.
        password: Field,
        /// What is wrong with all of it.
        error: Option<String>,
    },
    /// There is an account for this address, not signed in here.
    HasAccount {
        /// Only the error is shown.
        password: Field,
        /// What is wrong with all of it.
        error: Option<String>,
    },
    /// Signed in as the invited address.
    SignedIn {
        /// Why joining was refused.
        error: Option<String>,
    },
}

impl Page for Invite {
    fn title(&self) -> String {
        match self {
            Self::Join(join) => format!("Join {}", join.workspace),
            _ => "Invitation".to_owned(),
        }
    }

    fn view(self) -> AnyView {
        let sign_in = || view! { <a class="button wide" href="/login">"Go to sign-in"</a> };
        match self {
            Self::Join(join) => self::join(join),
            Self::OtherAccount { workspace, invited, signed_in } => signed_out(
                format!("Join {workspace}"),
                format!("This invitation is for {invited}. You are signed in as {signed_in}."),
                view! {
                    <form class="form" method="post" action="/logout">
                        <input type="hidden" name="next" value="/invite" />
                        <button class="button primary wide">{format!("Continue as {invited}")}</button>
                        <p class="hint centre">"This signs you out first."</p>
                    </form>
                    {decline()}
                },
            ),
            Self::Expired { workspace, at, now, renewable: Some(email), error } => signed_out(
                "This invitation has expired",
                view! { {format!("The invitation to {workspace} ended on ")} {time(at, now, Style::Date)} "." },
                view! {
                    <form class="form" method="post" action="/invite/renew">
                        {form_error(error)} <button class="button primary wide">"Send me a new one"</button>
                        <p class="hint centre">{format!("It goes to {email}.")}</p>
                    </form>
                },
            ),
            Self::Expired { workspace, at, now, renewable: None, .. } => signed_out(
                "This invitation has expired",
                view! {
                    {format!("The invitation to {workspace} ended on ")} {time(at, now, Style::Date)}
                    ". Ask the person who invited you, or your IT team, to send it again."
                },
                sign_in(),
            ),
            Self::Renewed { email } => signed_out(
                "A new invitation is on its way",
                format!("Look for it at {email}. It is valid for 14 days."),
                (),
            ),
            Self::Full { workspace, expires, now, told } => signed_out(
                format!("{workspace} has no free seat"),
                view! {
                    {if told {
                        "We told the admins. When there is one, open the link in your mail again: your invitation is valid until "
                    } else {
                        "Ask an admin there to free one or to raise the limit, then open the link in your mail again. Your invitation is valid until "
                    }}
                    {time(expires, now, Style::Date)}
                    "."
                },
                view! {
                    <a class="button wide" href="/invite">
                        "Try again"
                    </a>
                    {decline()}
                },
            ),
            Self::WithoutLink => signed_out(
                "Open the link in your mail again",
                "This page was open for too long, or this browser keeps no cookies. Your invitation is as it was.",
                (),
            ),
            Self::Withdrawn => signed_out(
                "This invitation was withdrawn.",
                "The link does not lead anywhere any more. If you think you should have access, ask your admin.",
                sign_in(),
            ),
            Self::Declined { workspace } => signed_out(
                "You declined this invitation",
                format!(
                    "You did not join {workspace}, and nothing was created for you. If you change your mind, ask for a new invitation."
                ),
                (),
            ),
            Self::Replaced { workspace } => signed_out(
                "There is a newer invitation",
                format!("{workspace} has sent it again. Open the link in the latest mail that you got."),
                sign_in(),
            ),
            Self::Used { workspace } => signed_out(
                "This invitation was already used",
                format!("Somebody joined {workspace} with it. If that was you, sign in."),
                sign_in(),
            ),
        }
    }
}

fn join(join: Join) -> AnyView {
    let lead = match &join.by {
        Inviter::Person(name) => format!("{name} invites you to work together in {}.", join.workspace),
        Inviter::Directory(name) => {
            format!("Your IT team invites you to {}, through {name}.", join.workspace)
        }
        Inviter::Nobody => format!("You are invited to work together in {}.", join.workspace),
    };
    let about = facts(vec![
        Fact::new("For", join.email.clone()),
        Fact::new("Role", join.role.label()),
        Fact::new("Valid until", time(join.expires, join.now, Style::Date)),
    ]);
    // The address helps a password manager to file the new password, or to find the old one.
    let address = view! { <input type="email" name="email" autocomplete="username" value=join.email hidden readonly /> };
    let submit = view! { <button class="button primary wide">{format!("Join {}", join.workspace)}</button> };
    let form = match join.as_whom {
        Invitee::New { name, password, error } => {
            let named = !name.value.is_empty();
            view! {
                <form class="form" method="post" action="/invite">
                    {form_error(error)} {address}
                    <TextField name="name" label="Your name" field=name kind=Kind::Name autofocus=!named />
                    <TextField
                        name="password"
                        label="Choose a password"
                        field=password
                        kind=Kind::NewPassword
                        hint="At least 12 characters. A few plain words are fine."
                        autofocus=named
                    />
                    {submit}
                </form>
            }
            .into_any()
        }
        Invitee::HasAccount { password, error } => view! {
            <form class="form" method="post" action="/invite">
                {form_error(error)} {address}
                <TextField
                    name="password"
                    label="Your password"
                    field=password
                    kind=Kind::Password
                    hint="You have an account with this address already."
                    autofocus=true
                />
                {submit}
                <p class="hint centre">
                    <a href="/password">"Forgot your password?"</a>
                </p>
            </form>
        }
        .into_any(),
        Invitee::SignedIn { error } => view! {
            <form class="form" method="post" action="/invite">
                {form_error(error)} {submit}
            </form>
        }
        .into_any(),
    };
    signed_out(
        format!("Join {}", join.workspace),
        lead,
        view! {
            <div class="invite-about">{about}</div>
            {form}
            {decline()}
        },
    )
}

/// The way out, wherever an invitation is open.
fn decline() -> impl IntoView {
    view! {
        <form class="decline" method="post" action="/invite/decline">
            <span>"Not you, or not interested?"</span>
            <button type="button" class="link" popovertarget="ask-decline">
                "Decline…"
            </button>
            <div class="menu ask" id="ask-decline" popover="auto">
                <p>"The invitation ends at once. To join later you need a new one."</p>
                <button class="button small danger">"Decline invitation"</button>
            </div>
        </form>
    }
}
