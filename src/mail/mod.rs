//! temporary
use lettre::message::Mailbox;
use url::Url;
/// t
pub fn parse_smtp_url(t: &str) -> Result<Url, String> { t.parse().map_err(|_| t.to_owned()) }
/// t
pub fn parse_sender(t: &str) -> Result<Mailbox, String> { t.parse().map_err(|_| t.to_owned()) }
