//! What the DNS says of the sender's domain: whether receivers can tell our mail from a forgery.
//!
//! Receivers check SPF against the domain of the envelope sender (RFC 7208 section 2.4) and DMARC against the domain of
//! the `From` header (RFC 9989). DKIM cannot be looked up: its key has a name that only the relay knows. What the DNS
//! answered is kept in a row, so that pages need not wait for it and every process tells the same.

mod dmarc;
mod domain;
mod lookup;
mod spf;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    config::{Config, MailTransport},
    state::Rollcall,
    store::{self, Conn, instance},
};

pub use domain::shown as shown_domain;

/// The domains that receivers look at: ASCII, lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderDomain {
    /// Of the `From` header.
    pub from: String,
    /// Of the envelope sender: the return path's, where there is one.
    pub envelope: String,
}

/// What the DNS answered to the question for one name's TXT records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Answer {
    /// Those that were asked for; what is not printable ASCII is written as `\DDD` (RFC 1035 section 5.1).
    Records(Vec<String>),
    /// There is none.
    None,
    /// Nobody knows, because of this.
    Failed(String),
}

/// So many letters of a record are quoted in a sentence.
const MOST_QUOTED: usize = 80;

/// Answers by name, such as `_dmarc.example.com`.
type Answers = BTreeMap<String, Answer>;

/// What was looked up last.
#[derive(Serialize, Deserialize)]
struct LookedUp {
    at: Timestamp,
    sender: SenderDomain,
    answers: Answers,
}

/// How a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// As it should be, as far as the DNS can tell.
    Fine,
    /// There is none.
    Missing,
    /// There is one, but it does less than it could.
    Weak,
    /// Receivers cannot use it, or it is against us.
    Broken,
    /// It could not be looked up, or never can be.
    Unknown,
}

/// What is so, what it means for mail, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it is.
    pub mark: Mark,
    /// What is, and what it means.
    pub says: String,
    /// The records that were found.
    pub found: Vec<Record>,
    /// What to do.
    pub advice: Option<String>,
    /// What to publish.
    pub publish: Option<Record>,
}

/// A TXT record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it stands, such as `_dmarc.example.com`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What is known of the sender's domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No receiver elsewhere could look anything up for it.
    NotPublic,
    /// Nobody has looked yet.
    NotLookedUp,
    /// What was found.
    LookedUp {
        /// When.
        at: Timestamp,
        /// Who may send.
        spf: Box<Finding>,
        /// What happens to mail that is not proven to be of the domain.
        dmarc: Box<Finding>,
    },
}

impl SenderDomain {
    /// The domains of these settings; none while mail stays in the built-in mailbox.
    pub fn of(config: &Config) -> Option<Self> {
        let MailTransport::Smtp(_) = config.mail else { return None };
        let from = domain::normal(config.mail_from.email.domain());
        let envelope = config.return_path.as_ref().map(|path| domain::normal(path.domain()));
        Some(Self { envelope: envelope.unwrap_or_else(|| from.clone()), from })
    }

    /// Whether there is anything to look up.
    pub fn is_public(&self) -> bool {
        domain::is_public(&self.from) || domain::is_public(&self.envelope)
    }

    fn questions(&self) -> Vec<lookup::Question> {
        let mut questions = Vec::new();
        if domain::is_public(&self.envelope) {
            questions.push(lookup::Question { name: self.envelope.clone(), wanted: spf::is_record });
        }
        let mut names: Vec<String> = Vec::new();
        for side in [&self.from, &self.envelope].into_iter().filter(|side| domain::is_public(side)) {
            names.extend(domain::tree(side).into_iter().map(dmarc::name));
        }
        names.sort_unstable();
        names.dedup();
        questions.extend(names.into_iter().map(|name| lookup::Question { name, wanted: dmarc::is_record }));
        questions
    }
}

/// What is known of the sender's domain; none while mail stays in the built-in mailbox.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, config: &Config) -> store::Result<Option<Standing>> {
    let Some(sender) = SenderDomain::of(config) else { return Ok(None) };
    if !sender.is_public() {
        return Ok(Some(Standing::NotPublic));
    }
    let kept = instance::get(conn, instance::SENDER_DOMAIN).await?;
    let kept: Option<LookedUp> = kept.and_then(|text| serde_json::from_str(&text).ok());
    let Some(known) = kept.filter(|kept| kept.sender == sender) else {
        return Ok(Some(Standing::NotLookedUp));
    };
    Ok(Some(Standing::LookedUp {
        at: known.at,
        spf: Box::new(spf::judge(&sender.envelope, &known.answers, relay(config))),
        dmarc: Box::new(dmarc::judge(&sender, &known.answers)),
    }))
}

fn relay(config: &Config) -> Option<&str> {
    match &config.mail {
        MailTransport::Smtp(server) => server.url.host_str(),
        MailTransport::Mailbox => None,
    }
}

/// Asks the DNS, for three seconds at most, and keeps what it answers.
///
/// # Errors
/// When the database fails.
pub async fn look_up(rollcall: &Rollcall) -> store::Result<()> {
    let Some(sender) = SenderDomain::of(&rollcall.config).filter(SenderDomain::is_public) else {
        return Ok(());
    };
    let answers = lookup::ask(rollcall.config.dns_server, sender.questions()).await;
    let looked_up = LookedUp { at: rollcall.clock.now(), sender, answers };
    let text = serde_json::to_string(&looked_up).unwrap_or_default();
    let mut tx = rollcall.db.write().await?;
    instance::set(&mut tx, instance::SENDER_DOMAIN, &text).await?;
    tx.commit().await
}

impl Finding {
    fn new(mark: Mark, says: impl Into<String>) -> Self {
        Self { mark, says: says.into(), found: Vec::new(), advice: None, publish: None }
    }

    fn found(mut self, name: &str, records: &[String]) -> Self {
        self.found =
            records.iter().map(|text| Record { name: name.to_owned(), text: text.clone() }).collect();
        self
    }

    fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    fn publish(mut self, name: &str, text: impl Into<String>) -> Self {
        self.publish = Some(Record { name: name.to_owned(), text: text.into() });
        self
    }

    /// Of a name that no receiver can look up.
    fn not_public(domain: &str) -> Self {
        Self::new(
            Mark::Unknown,
            format!("{} is no public domain: there is nothing to look up.", shown_domain(domain)),
        )
    }

    /// That nothing is known is no finding about the record.
    fn failed(name: &str, why: &str) -> Self {
        Self::new(Mark::Unknown, format!("{name} could not be looked up: {why}."))
            .advice("This says nothing about the record. Check again in a while.")
    }
}
