//! A mail with its blanks filled in, and the one pair of templates that puts it in place and escapes it.

use std::sync::LazyLock;

use askama::Template;
use css_inline::{CSSInliner, InlineOptions};

use super::Addressee;
use crate::mail::{
    one_line,
    words::{Words, fill},
};

/// Longest name of a person, workspace or directory in a mail.
const LONGEST_NAME: usize = 80;

/// A mail with its blanks filled in.
pub(super) struct Sheet {
    pub(super) language: &'static str,
    pub(super) subject: String,
    pub(super) heading: String,
    /// What a mail program shows beside the subject.
    pub(super) preview: String,
    pub(super) paragraphs: Vec<String>,
    /// What someone else said, word for word.
    pub(super) quote: Option<String>,
    /// The button.
    pub(super) action: Option<Action>,
    /// Below the button: until when it works.
    pub(super) note: Option<String>,
    /// Before the bare link.
    pub(super) or_open: &'static str,
    /// Whom the mail was sent to and what to do if that is wrong.
    pub(super) foot: String,
    /// The last words of the foot.
    pub(super) way_out: Option<WayOut>,
    /// The address that a mail program posts to when the reader wants no such mail (RFC 8058).
    pub(super) unsubscribe: Option<String>,
}

/// A button.
pub(super) struct Action {
    pub(super) label: &'static str,
    pub(super) link: String,
}

/// A question, and the link that answers it.
pub(super) struct WayOut {
    pub(super) question: &'static str,
    pub(super) label: &'static str,
    pub(super) link: String,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    sheet: &'a Sheet,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    sheet: &'a Sheet,
}

impl Sheet {
    /// A mail without a button; the first paragraph is its preview.
    pub(super) fn new(words: &'static Words, to: &Addressee, subject: String, heading: String) -> Self {
        Self {
            language: words.tag,
            subject,
            heading,
            preview: String::new(),
            paragraphs: Vec::new(),
            quote: None,
            action: None,
            note: None,
            or_open: words.frame.or_open,
            foot: fill(words.frame.meant_for, &[("email", &name(&to.email))]),
            way_out: None,
            unsubscribe: None,
        }
    }

    /// The same with these paragraphs.
    pub(super) fn saying(mut self, paragraphs: Vec<String>) -> Self {
        self.preview = paragraphs.first().cloned().unwrap_or_default();
        self.paragraphs = paragraphs;
        self
    }

    /// The same with a button.
    pub(super) fn leading(mut self, label: &'static str, link: String) -> Self {
        self.action = Some(Action { label, link });
        self
    }

    /// The text part and the HTML part.
    pub(super) fn render(&self) -> Result<(String, String), String> {
        let failed = |cause: &dyn std::fmt::Display| format!("the mail cannot be rendered: {cause}");
        let text = Text { sheet: self }.render().map_err(|cause| failed(&cause))?;
        let html = Html { sheet: self }.render().map_err(|cause| failed(&cause))?;
        let html = INLINER.inline(&html).map_err(|cause| failed(&cause))?;
        Ok((text, html))
    }
}

/// A name that someone chose, fit for a line of a mail.
pub(super) fn name(text: &str) -> String {
    one_line(text, LONGEST_NAME)
}

/// Moves the style sheet onto the elements, where every mail program reads it; rules for the dark stay in the head.
static INLINER: LazyLock<CSSInliner<'static>> = LazyLock::new(|| {
    CSSInliner::new(InlineOptions {
        keep_at_rules: true,
        load_remote_stylesheets: false,
        ..InlineOptions::default()
    })
});
