//! One request of an identity provider: what came, what it was answered, what it changed, and what to do.

use leptos::prelude::*;
use rollcall::{
    journal::Consequence,
    model::{DirectoryId, Provider, RequestKind},
};

use super::{
    Frame, Page,
    activity::{status, took},
};
use crate::{
    ui::{Card, Fact, Here, PageHead, code, empty, facts, in_workspace, secret, time},
    when::Style,
};

/// `/w/{slug}/settings/security/directories/{id}/activity/{reference}`
#[derive(Clone, Debug)]
pub struct ActivityEntry {
    /// The frame.
    pub frame: Frame,
    /// Which directory.
    pub directory: DirectoryId,
    /// Its name.
    pub name: String,
    /// The kind of identity provider.
    pub provider: Provider,
    /// What the address asks for.
    pub reference: String,
    /// The request; `None` when the journal does not have it.
    pub request: Option<Request>,
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Request {
    /// When.
    pub at: i64,
    /// How it is listed.
    pub kind: RequestKind,
    /// What it did, in a sentence.
    pub summary: String,
    /// The HTTP method.
    pub method: String,
    /// Path and query behind the base URL.
    pub target: String,
    /// The HTTP status.
    pub status: i64,
    /// The kind of error.
    pub scim_type: Option<String>,
    /// What the identity provider was told.
    pub detail: Option<String>,
    /// How long it took, in microseconds.
    pub duration: i64,
    /// Where it came from.
    pub address: String,
    /// The client's name for itself.
    pub user_agent: Option<String>,
    /// The token it came with.
    pub token_hint: Option<String>,
    /// What was sent, indented.
    pub sent: Option<String>,
    /// What was answered, indented.
    pub answered: Option<String>,
    /// What it changed.
    pub changed: Vec<Consequence>,
    /// What came of the standard's way: what was sent and what the standard says.
    pub deviations: Vec<(&'static str, &'static str)>,
    /// The request as a command, without the token.
    pub curl: String,
}

impl Page for ActivityEntry {
    fn title(&self) -> String {
        let what = self.request.as_ref().map_or("Unknown reference", |request| request.summary.as_str());
        format!("{what} · {}", self.name)
    }

    fn view(self) -> AnyView {
        let at = format!("/settings/security/directories/{}", self.directory);
        let trail = vec![
            (self.frame.url("/settings/security"), "Directory Sync".to_owned()),
            (self.frame.url(&at), self.name.clone()),
            (self.frame.url(&format!("{at}/activity")), "Activity".to_owned()),
        ];
        let frame = self.frame.clone();
        let content = match self.request {
            Some(request) => found(&frame, trail, self.provider, &self.reference, request),
            None => missing(trail, &self.reference, frame.url(&format!("{at}/activity"))),
        };
        in_workspace(&frame, Here::Security, content)
    }
}

fn missing(trail: Vec<(String, String)>, reference: &str, list: String) -> AnyView {
    view! {
        <PageHead title=format!("Nothing is kept under {reference}") trail=trail />
        {empty(
            "This reference opens no entry",
            "Entries are kept for 30 days, and of rejected sign-ins only one a second. Check that the reference is of this directory.",
            Some(view! { <a class="button" href=list>"Show all activity"</a> }.into_any()),
        )}
    }
    .into_any()
}

fn found(
    frame: &Frame,
    trail: Vec<(String, String)>,
    provider: Provider,
    reference: &str,
    request: Request,
) -> AnyView {
    let lead = view! {
        "Ref "
        {code(reference)}
        {format!(" · {} · ", took(request.duration))}
        {time(request.at, frame.now, Style::Moment)}
    };
    let why = why(&request);
    let changed = changed(&request);
    let deviations = deviations(&request, provider);
    let about = about(&request);
    let sent_line = format!("{} {}", request.method, request.target);
    let answer_line = answer_line(&request);
    let title = request.summary.clone();
    let pill = status(request.status, request.kind);
    let curl = secret(
        "curl",
        "The request as cURL",
        &request.curl,
        false,
        Some("The token is not in it: put yours in place of TOKEN."),
    );
    view! {
        <PageHead title=title trail=trail beside=pill lead=lead.into_any() />
        <div class="entry">
            {why} {changed}
            <div class="exchange">
                <Card title="Request">
                    <p class="mono exchange-line">{sent_line}</p>
                    {body("What was sent", request.sent, "The request had no body.")}
                </Card>
                <Card title="Response">
                    <p class="mono exchange-line">{answer_line}</p>
                    {body("What was answered", request.answered, "The answer had no body.")}
                </Card>
            </div>
            {deviations} <Card title="About this request">{about} {curl}</Card>
        </div>
    }
    .into_any()
}

fn answer_line(request: &Request) -> String {
    match &request.scim_type {
        Some(scim_type) if request.status >= 400 => format!("{} {scim_type}", request.status),
        _ => request.status.to_string(),
    }
}

fn body(label: &'static str, text: Option<String>, none: &'static str) -> AnyView {
    match text {
        Some(text) => {
            view! { <pre class="exchange-body mono" tabindex="0" role="region" aria-label=label>{text}</pre> }
                .into_any()
        }
        None => view! { <p class="hint">{none}</p> }.into_any(),
    }
}

/// Why it was refused and what to do, for refusals.
fn why(request: &Request) -> Option<AnyView> {
    if !matches!(request.kind, RequestKind::Error | RequestKind::Rejected) {
        return None;
    }
    let detail = request.detail.clone().unwrap_or_else(|| request.summary.clone());
    let lines = facts(vec![
        Fact::new("Why", detail),
        Fact::new("What to do", advice(request.status, request.scim_type.as_deref())),
    ]);
    let title = match request.status {
        500.. => "It failed",
        400.. => "It was refused",
        _ => "Some of it was refused",
    };
    Some(view! { <Card title=title>{lines}</Card> }.into_any())
}

/// What the admin can do about a refusal.
fn advice(status: i64, scim_type: Option<&str>) -> &'static str {
    match (status, scim_type) {
        (401, _) => {
            "Compare the token in your identity provider with the hints on the directory's page. If in doubt, rotate the token and paste the new one."
        }
        (403, _) => {
            "Change what the sentence above names in Rollcall, then let your identity provider try again."
        }
        (404, _) => {
            "Your identity provider holds an id that is not here, often after a directory was set up anew. Start its provisioning over, so that it looks everyone up again."
        }
        (405 | 501, _) => "Rollcall does not offer this. Switch the feature off in your identity provider.",
        (409, _) | (_, Some("uniqueness")) => {
            "Two records claim the same name. Remove one of them in your identity provider, or let it match the existing one."
        }
        (412, _) => {
            "Someone changed the record in between. Your identity provider reads it again and repeats the change."
        }
        (413, _) => "Your identity provider sends too much at once. Lower its batch size.",
        (429, _) => "Nothing: your identity provider slows down and repeats the request.",
        (500.., _) => {
            "Nothing was changed. Your identity provider repeats the request; if it goes on, look into the log of the server."
        }
        (_, Some("invalidFilter")) => {
            "Choose another matching attribute in your identity provider, such as userName."
        }
        (_, Some("invalidValue" | "invalidSyntax" | "invalidPath" | "noTarget" | "mutability")) => {
            "Correct the attribute mapping in your identity provider: the sentence above names the attribute."
        }
        _ => "Compare the request below with what your identity provider is set to send.",
    }
}

fn changed(request: &Request) -> Option<AnyView> {
    if request.kind != RequestKind::Change && request.changed.is_empty() {
        return None;
    }
    let content = if request.changed.is_empty() {
        view! { <p class="hint">"Nothing: everything was so already."</p> }.into_any()
    } else {
        facts(
            request
                .changed
                .iter()
                .map(|consequence| Fact::new(consequence.term, consequence.sentence.clone()))
                .collect(),
        )
    };
    Some(view! { <Card title="What this changed">{content}</Card> }.into_any())
}

fn deviations(request: &Request, provider: Provider) -> Option<AnyView> {
    if request.deviations.is_empty() {
        return None;
    }
    let lines = request
        .deviations
        .iter()
        .map(|(sent, standard)| {
            view! {
                <li>
                    {*sent} <span class="sub">{*standard}</span>
                </li>
            }
        })
        .collect_view();
    let lead =
        format!("{} strays from the standard here. It was understood all the same.", provider.short_label());
    Some(
        view! {
            <Card title="Tolerated" lead=lead>
                <ul class="lines" role="list">
                    {lines}
                </ul>
            </Card>
        }
        .into_any(),
    )
}

fn about(request: &Request) -> AnyView {
    let none = || "not given".into_any();
    facts(vec![
        Fact::new("Client", request.user_agent.clone().map_or_else(none, IntoAny::into_any)),
        Fact::new("From", request.address.clone()),
        Fact::new(
            "Token",
            request.token_hint.clone().map_or_else(|| "none that Rollcall knows".into_any(), code),
        ),
    ])
}
