//! Where mail goes: to an SMTP relay, or into the built-in mailbox.

use std::sync::Arc;

use super::{
    Answer, Message,
    smtp::{Relay, Timeouts},
};
use crate::{
    config::MailTransport,
    store::{self, Db},
};

/// Where mail goes.
#[derive(Clone)]
pub enum Transport {
    /// To an SMTP relay.
    Smtp(SmtpRelay),
    /// Into the built-in mailbox.
    Mailbox(Db),
}

/// An SMTP relay with its connections.
#[derive(Clone)]
pub struct SmtpRelay(Arc<Relay>);

impl Transport {
    /// The transport that the settings name. Nothing is sent yet.
    ///
    /// # Errors
    /// A sentence when TLS cannot be set up.
    pub fn new(settings: &MailTransport, db: &Db) -> Result<Self, String> {
        Self::with_timeouts(settings, db, Timeouts::default())
    }

    /// The same, for a relay that is given another time to answer.
    ///
    /// # Errors
    /// A sentence when TLS cannot be set up.
    pub fn with_timeouts(settings: &MailTransport, db: &Db, timeouts: Timeouts) -> Result<Self, String> {
        Ok(match settings {
            MailTransport::Smtp(server) => Self::Smtp(SmtpRelay(Arc::new(Relay::new(server, timeouts)?))),
            MailTransport::Mailbox => Self::Mailbox(db.clone()),
        })
    }

    /// Asks the relay for a sign of life: connects, greets, signs in.
    ///
    /// # Errors
    /// A sentence for the start-up log; nothing is lost, mail waits in the outbox.
    pub async fn check(&self) -> Result<(), String> {
        match self {
            Self::Smtp(SmtpRelay(relay)) => relay.check().await.map_err(|why| {
                format!(
                    "The SMTP server {} takes no mail now: {}. Mail waits in the outbox until it does.",
                    relay.name(),
                    super::one_line(&why, 300).trim_end_matches('.')
                )
            }),
            Self::Mailbox(_) => Ok(()),
        }
    }

    /// Hands one mail over.
    pub async fn send(&self, message: &Message) -> Answer {
        match self {
            Self::Smtp(SmtpRelay(relay)) => relay.send(message).await,
            Self::Mailbox(db) => match put_into_mailbox(db, message).await {
                Ok(()) => Answer::Kept,
                Err(cause) => Answer::unavailable(&cause.to_string()),
            },
        }
    }

    /// Says goodbye to the relay.
    pub async fn close(&self) {
        if let Self::Smtp(SmtpRelay(relay)) = self {
            relay.close().await;
        }
    }
}

async fn put_into_mailbox(db: &Db, message: &Message) -> store::Result<()> {
    let mut tx = db.write().await?;
    store::mailbox::insert(&mut tx, &message.to_mailbox()).await?;
    tx.commit().await
}
