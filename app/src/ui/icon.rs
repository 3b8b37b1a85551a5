//! Icons: drawn on a 24-unit grid with one stroke. Each one has a job; none decorates.

use leptos::prelude::*;

/// The icons there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A house.
    Home,
    /// Two people.
    People,
    /// Two sliders.
    Settings,
    /// A shield.
    Shield,
    /// An envelope.
    Mail,
    /// A paper plane.
    Sent,
    /// A magnifying glass.
    Search,
    /// Two sheets.
    Copy,
    /// Three dots.
    More,
    /// A cross.
    Close,
    /// A tick.
    Check,
    /// An arrow head downwards.
    Down,
    /// An arrow head to the end of the line.
    Next,
    /// A triangle with an exclamation mark.
    Warning,
    /// A letter i in a circle.
    Info,
    /// Three lines.
    Menu,
    /// A padlock.
    Lock,
}

impl Icon {
    const fn shape(self) -> &'static str {
        match self {
            Self::Home => {
                r#"<path d="M4 10.5 12 4l8 6.5V19a1 1 0 0 1-1 1h-4.5v-5.5h-5V20H5a1 1 0 0 1-1-1z"/>"#
            }
            Self::People => {
                r#"<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20v-1a5 5 0 0 1 5-5h3a5 5 0 0 1 5 5v1M16 4.7a3.5 3.5 0 0 1 0 6.6M18 14.3a5 5 0 0 1 3.5 4.7v1"/>"#
            }
            Self::Settings => {
                r#"<path d="M4 8h9.5M18.5 8H20M4 16h1.5M10.5 16H20"/><circle cx="16" cy="8" r="2.5"/><circle cx="8" cy="16" r="2.5"/>"#
            }
            Self::Shield => r#"<path d="M12 3.5 5 6v6c0 4.3 3 7.2 7 8.5 4-1.3 7-4.2 7-8.5V6z"/>"#,
            Self::Mail => {
                r#"<rect x="3" y="5.5" width="18" height="13" rx="2"/><path d="m3.5 7.5 8.5 6 8.5-6"/>"#
            }
            Self::Sent => r#"<path d="M20.5 3.5 10 14M20.5 3.5l-6.6 17-3.9-6.5-6.5-3.9z"/>"#,
            Self::Search => r#"<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>"#,
            Self::Copy => {
                r#"<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M15.5 8.5v-3a2 2 0 0 0-2-2h-8a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h3"/>"#
            }
            Self::More => {
                r#"<g fill="currentColor" stroke="none"><circle cx="5" cy="12" r="1.75"/><circle cx="12" cy="12" r="1.75"/><circle cx="19" cy="12" r="1.75"/></g>"#
            }
            Self::Close => r#"<path d="M6 6l12 12M18 6 6 18"/>"#,
            Self::Check => r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#,
            Self::Down => r#"<path d="m6.5 9.5 5.5 5.5 5.5-5.5"/>"#,
            Self::Next => r#"<path d="m9.5 6.5 5.5 5.5-5.5 5.5"/>"#,
            Self::Warning => {
                r#"<path d="M12 4 2.8 19.5h18.4zM12 10v4.5"/><path d="M12 17.1v.1" stroke-width="2.4"/>"#
            }
            Self::Info => {
                r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 11.5V16"/><path d="M12 8v.1" stroke-width="2.4"/>"#
            }
            Self::Menu => r#"<path d="M4 7h16M4 12h16M4 17h16"/>"#,
            Self::Lock => {
                r#"<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5"/>"#
            }
        }
    }
}

/// The icon, hidden from screen readers: the words beside it say what it means.
pub fn icon(icon: Icon) -> AnyView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" inner_html=icon.shape()></svg> }
        .into_any()
}

/// The product's mark: a list with its last line ticked.
pub(super) fn mark() -> AnyView {
    let shape = r#"<path d="M4.5 7h15M4.5 12h7M4.5 17h4M12.5 16l2.75 2.75L20 13.5"/>"#;
    view! { <span class="mark" aria-hidden="true"><svg viewBox="0 0 24 24" inner_html=shape></svg></span> }
        .into_any()
}
