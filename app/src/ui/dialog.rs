//! Dialogs: each has an address of its own and is rendered open there.

use leptos::prelude::*;

use super::{Icon, icon};
use crate::islands::Dialog;

/// Where a dialog leads when it closes, and who opened it.
#[derive(Clone, Debug)]
pub struct DialogFrame {
    /// The address without the dialog.
    pub close: String,
    /// The id of the link that opens it.
    pub opener: String,
    /// A sentence asked once before closing while a secret has not been copied.
    pub guard: Option<&'static str>,
    /// Wider than usual.
    pub wide: bool,
}

impl DialogFrame {
    /// A dialog of the usual width without a guard.
    pub fn new(close: impl Into<String>, opener: impl Into<String>) -> Self {
        Self { close: close.into(), opener: opener.into(), guard: None, wide: false }
    }

    /// The dialog around its content.
    pub fn wrap(self, content: AnyView) -> AnyView {
        view! {
            <Dialog
                close=self.close
                opener=self.opener
                title="dialog-title".to_owned()
                class=if self.wide { "wide" } else { "" }.to_owned()
                guard=self.guard.map(str::to_owned)
            >
                {content}
            </Dialog>
        }
        .into_any()
    }
}

/// Title, one sentence, and the way out.
pub fn dialog_head(title: impl Into<String>, lead: impl IntoView + 'static, close: &str) -> AnyView {
    view! {
        <header class="dialog-head">
            <div>
                <h2 id="dialog-title" tabindex="-1">
                    {title.into()}
                </h2>
                <p>{lead.into_any()}</p>
            </div>
            <a class="icon-button" href=close.to_owned() data-close="" aria-label="Close">
                {icon(Icon::Close)}
            </a>
        </header>
    }
    .into_any()
}

/// Help at the start, the primary action at the end.
pub fn dialog_foot(help: Option<AnyView>, actions: AnyView) -> AnyView {
    view! {
        <footer class="dialog-foot">
            <div class="dialog-help">{help}</div>
            <div class="dialog-actions">{actions}</div>
        </footer>
    }
    .into_any()
}
