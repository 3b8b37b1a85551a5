//! What an admin decides for a directory: how people come in, and which addresses count.

use std::{fmt, str::FromStr, time::Duration};

use serde::Serialize;

use super::words::words;

words! {
    /// What happens when a directory names a new person.
    InvitationMode ("invitation mode": "send, add, hold") {
        /// They are invited by mail.
        Send = "send", "Send an invitation";
        /// They are members at once, and set a password by a link.
        AddDirectly = "add", "Add directly";
        /// They wait until an admin approves them.
        Hold = "hold", "Hold for approval";
    }
}

words! {
    /// How long a token opens its directory.
    TokenLife ("life of a token": "forever, 90d, 1y") {
        /// Until it is revoked.
        Forever = "forever", "Never expires";
        /// Ninety days.
        NinetyDays = "90d", "Expires in 90 days";
        /// 365 days.
        Year = "1y", "Expires in a year";
    }
}

impl TokenLife {
    /// Its end, from its beginning; `None` for one without.
    pub const fn lasts(self) -> Option<Duration> {
        const DAY: u64 = 24 * 3600;
        match self {
            Self::Forever => None,
            Self::NinetyDays => Some(Duration::from_secs(90 * DAY)),
            Self::Year => Some(Duration::from_secs(365 * DAY)),
        }
    }
}

words! {
    /// What happens to the people whom a removed directory vouched for.
    OnRemoval ("choice for the people of a directory": "keep, suspend, remove") {
        /// They stay, as if added by hand.
        Keep = "keep", "kept";
        /// Their access is taken away, reversibly.
        Suspend = "suspend", "suspended";
        /// They are removed.
        Remove = "remove", "removed";
    }
}

words! {
    /// What happens to a new person when the workspace has no free seat.
    WhenFull ("way to treat people beyond the seat limit": "hold, refuse") {
        /// The directory's word is taken; the person waits for a seat.
        Hold = "hold", "Hold them until a seat is free";
        /// The identity provider is told 403.
        Refuse = "refuse", "Refuse them";
    }
}

words! {
    /// An attribute of a SCIM User that the address of a person may stand in.
    EmailSource ("source of addresses": "work, primary, any, userName") {
        /// `emails[type eq "work"].value`
        Work = "work", "Work e-mail";
        /// `emails[primary eq true].value`
        Primary = "primary", "Primary e-mail";
        /// The first of `emails`.
        Any = "any", "Any e-mail";
        /// `userName`
        UserName = "userName", "userName";
    }
}

impl EmailSource {
    /// The attribute as identity providers name it where attributes are mapped.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::Work => "emails[type eq \"work\"].value",
            Self::Primary => "emails[primary eq true].value",
            Self::Any => "emails.value",
            Self::UserName => "userName",
        }
    }
}

/// Where the address of a person is looked for: the first source that holds an address counts. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EmailSources(Vec<EmailSource>);

impl EmailSources {
    /// The sources in order.
    pub fn as_slice(&self) -> &[EmailSource] {
        &self.0
    }
}

impl Default for EmailSources {
    fn default() -> Self {
        Self(EmailSource::ALL.to_vec())
    }
}

impl fmt::Display for EmailSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&joined(self.0.iter().map(|source| source.as_str())))
    }
}

impl FromStr for EmailSources {
    type Err = String;

    /// Reads words separated by commas or spaces, each at most once.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut sources = Vec::new();
        for word in listed(text) {
            let known = EmailSource::ALL.iter().find(|source| source.as_str().eq_ignore_ascii_case(word));
            let word = known.map_or(word, |source| source.as_str());
            let source = word.parse::<EmailSource>().map_err(|unknown| unknown.to_string())?;
            if sources.contains(&source) {
                return Err(format!("“{source}” stands twice. Name each source once."));
            }
            sources.push(source);
        }
        if sources.is_empty() {
            return Err("Name at least one source: work, primary, any, userName.".to_owned());
        }
        Ok(Self(sources))
    }
}

impl TryFrom<String> for EmailSources {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// The domains of which addresses are let in; an empty list lets every address in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AllowedDomains(Vec<String>);

/// Most domains in one list.
const MOST_DOMAINS: usize = 200;

impl AllowedDomains {
    /// The domains, lower case.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Whether an address of this domain is let in. A subdomain is another domain.
    pub fn allow(&self, domain: &str) -> bool {
        self.0.is_empty() || self.0.contains(&domain.to_lowercase())
    }
}

impl fmt::Display for AllowedDomains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&joined(self.0.iter().map(String::as_str)))
    }
}

impl FromStr for AllowedDomains {
    type Err = String;

    /// Reads domains separated by commas or spaces, with or without a leading `@`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut domains: Vec<String> = Vec::new();
        for word in listed(text) {
            let domain = word.strip_prefix('@').unwrap_or(word).to_lowercase();
            let letters = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.');
            let labels = domain.split('.').all(|label| {
                !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
            });
            if !domain.chars().all(letters) || !labels || !domain.contains('.') || domain.len() > 253 {
                let shown: String = word.chars().take(80).collect();
                return Err(format!("“{shown}” is not a domain. It should look like example.com."));
            }
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        if domains.len() > MOST_DOMAINS {
            return Err(format!("Name at most {MOST_DOMAINS} domains."));
        }
        Ok(Self(domains))
    }
}

impl TryFrom<String> for AllowedDomains {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|word| !word.is_empty())
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_in_the_order_given() {
        let sources: EmailSources = "userName, WORK".parse().unwrap();
        assert_eq!(sources.as_slice(), [EmailSource::UserName, EmailSource::Work]);
        assert_eq!(sources.to_string(), "userName,work");
        assert_eq!(EmailSources::default().to_string(), "work,primary,any,userName");
        for bad in ["", " , ", "work,fax", "work,work"] {
            assert!(bad.parse::<EmailSources>().is_err(), "{bad}");
        }
    }

    #[test]
    fn domains_are_compared_without_case_and_exactly() {
        let domains: AllowedDomains = "Acme.test, @b.example\nmüller.test acme.test".parse().unwrap();
        assert_eq!(domains.to_string(), "acme.test,b.example,müller.test");
        assert!(domains.allow("ACME.test") && domains.allow("MÜLLER.test"));
        assert!(!domains.allow("eu.acme.test") && !domains.allow("notacme.test"));
        assert!(AllowedDomains::default().allow("anything.test"));
        for bad in ["acme", "a..b", "-a.test", "a_b.test", "ada@acme.test", "a/b.test", "*.acme.test"] {
            assert!(bad.parse::<AllowedDomains>().is_err(), "{bad}");
        }
    }
}
