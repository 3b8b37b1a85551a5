//! The smallest pieces: pills, people, times.

use leptos::prelude::*;

use super::{Icon, icon};
use crate::when::{self, Style};

/// What a colour says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to say.
    #[default]
    Quiet,
    /// Under way.
    Info,
    /// As it should be.
    Ok,
    /// Wants a look.
    Warn,
    /// Does not work.
    Bad,
}

impl Tone {
    /// The class that carries the colour.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Info => "info",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A state: a dot and a word.
pub fn pill(tone: Tone, word: impl Into<String>) -> AnyView {
    view! { <span class=format!("pill {}", tone.class())>{word.into()}</span> }.into_any()
}

/// The initials of a person.
pub fn avatar(name: &str, email: &str) -> AnyView {
    let source = if name.trim().is_empty() { email } else { name };
    let mut words = source.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    let initials: String = first.into_iter().chain(last).flat_map(char::to_uppercase).collect();
    view! { <span class="avatar" aria-hidden="true">{initials}</span> }.into_any()
}

/// A person: initials, name, address below.
pub fn person(name: &str, email: &str, you: bool) -> AnyView {
    let (line, below) =
        if name.trim().is_empty() || name == email { (email, None) } else { (name, Some(email.to_owned())) };
    view! {
        <span class="person">
            {avatar(name, email)} <span class="person-words">
                <span class="person-name">
                    {line.to_owned()} {you.then(|| view! { <span class="tag">"You"</span> })}
                </span> {below.map(|email| view! { <span class="sub">{email}</span> })}
            </span>
        </span>
    }
    .into_any()
}

/// A time; the browser rewrites it in the viewer's zone.
pub fn time(at: i64, now: i64, style: Style) -> AnyView {
    let title = (style != Style::Moment).then(|| format!("{} UTC", when::in_utc(at, now, Style::Moment)));
    view! {
        <time class="num" datetime=when::machine(at) data-time=style.as_str() title=title>
            {when::in_utc(at, now, style)}
        </time>
    }
    .into_any()
}

/// Something to copy or compare letter by letter.
pub fn code(text: impl Into<String>) -> AnyView {
    view! { <code class="code">{text.into()}</code> }.into_any()
}

/// A sentence that wants to be read.
pub fn notice(tone: Tone, text: impl IntoView + 'static) -> AnyView {
    let role = (tone == Tone::Bad).then_some("alert");
    let shape = if matches!(tone, Tone::Bad | Tone::Warn) { Icon::Warning } else { Icon::Info };
    view! { <div class=format!("notice {}", tone.class()) role=role>{icon(shape)} <p>{text.into_any()}</p></div> }
        .into_any()
}
