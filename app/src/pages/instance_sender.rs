//! What the DNS tells receivers of the sender's domain: a card of the instance page.

use leptos::prelude::*;
use rollcall::mail::sender_domain::{Finding, Mark, Record, Standing};

use crate::{
    ui::{Card, Fact, Tone, code, facts, pill, time},
    when::Style,
};

/// What is known of the sender's domain.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The domain of the `From` header, in its own letters.
    pub domain: String,
    /// What is known.
    pub standing: Standing,
}

/// Where looking it up is asked for.
pub const CHECK: &str = "/instance/sender-domain";
/// The card on the page.
pub const PLACE: &str = "/instance#sender-domain";

/// No more records of one name are shown, and no more letters of one.
const MOST_RECORDS: usize = 3;
const MOST_LETTERS: usize = 600;

pub(super) fn sender_card(sender: Sender, now: i64) -> AnyView {
    let (body, button) = match sender.standing {
        Standing::NotPublic => {
            let text = format!("{} is no public domain: there is nothing to look up.", sender.domain);
            (view! { <p>{text}</p> }.into_any(), None)
        }
        Standing::NotLookedUp => {
            let text = "Not looked up yet. The server looks when it starts, and every hour.";
            (view! { <p>{text}</p> }.into_any(), Some("Check now"))
        }
        Standing::LookedUp { at, spf, dmarc } => {
            let lines = vec![
                Fact::new("SPF", finding(*spf)),
                Fact::new("DMARC", finding(*dmarc)),
                Fact::new("DKIM", dkim()),
                Fact::new("Looked up", time(at.0, now, Style::Relative)),
            ];
            (view! { <div class="findings">{facts(lines)}</div> }.into_any(), Some("Check again"))
        }
    };
    let action = button.map(|words| {
        view! {
            <form method="post" action=CHECK>
                <button class="button">{words}</button>
            </form>
        }
        .into_any()
    });
    let lead =
        format!("What the DNS tells receivers, so that they know mail from {} as yours.", sender.domain);
    match action {
        Some(action) => {
            view! { <Card id="sender-domain" title="Sender's domain" lead=lead action=action>{body}</Card> }
                .into_any()
        }
        None => view! { <Card id="sender-domain" title="Sender's domain" lead=lead>{body}</Card> }.into_any(),
    }
}

fn finding(finding: Finding) -> AnyView {
    let (tone, word) = match finding.mark {
        Mark::Fine => (Tone::Ok, "OK"),
        Mark::Missing => (Tone::Warn, "Missing"),
        Mark::Weak => (Tone::Warn, "Weak"),
        Mark::Broken => (Tone::Bad, "Broken"),
        Mark::Unknown => (Tone::Quiet, "Unknown"),
    };
    let beyond = finding.found.len().saturating_sub(MOST_RECORDS);
    let found =
        finding.found.into_iter().take(MOST_RECORDS).map(|found| record("Found at", found)).collect_view();
    view! {
        <div class="finding">
            {pill(tone, word)} <p>{finding.says}</p> {found}
            {(beyond > 0).then(|| view! { <p>{format!("And {beyond} more.")}</p> })}
            {finding.advice.map(|advice| view! { <p>{advice}</p> })}
            {finding.publish.map(|publish| record("Publish as TXT at", publish))}
        </div>
    }
    .into_any()
}

fn record(label: &'static str, record: Record) -> AnyView {
    let letters = record.text.chars().count();
    let text = if letters > MOST_LETTERS {
        let begin: String = record.text.chars().take(MOST_LETTERS).collect();
        format!("{begin}… and {} more letters", letters - MOST_LETTERS)
    } else {
        record.text
    };
    view! {
        <figure class="record">
            <figcaption>{label} " " {code(record.name)}</figcaption>
            <pre>{text}</pre>
        </figure>
    }
    .into_any()
}

fn dkim() -> AnyView {
    view! {
        <p>
            "Your relay signs mail with a key whose name only it knows, so it is not looked up here. In a test mail that arrived, look for "
            <code class="code">"dkim=pass"</code>" in the header "<code class="code">"Authentication-Results"</code>"."
        </p>
    }
    .into_any()
}
