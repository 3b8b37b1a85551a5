//! The words of mails, one file per language.
//!
//! To add a language: copy `en.rs`, translate the texts between the quotes, and name the file in [`LANGUAGES`].
//! Words in braces, such as `{workspace}`, are filled in; a test holds every language to those that English has.

mod de;
mod en;
mod fr;

use crate::{clock::Timestamp, model::Role};

/// Every language; the first is the one for people whose language is unknown.
const LANGUAGES: &[&Words] = &[&en::WORDS, &fr::WORDS, &de::WORDS];

/// All texts in one language.
#[derive(Debug)]
pub(super) struct Words {
    /// The language's BCP 47 tag, such as `fr`.
    pub(super) tag: &'static str,
    /// The months from January on, as they stand inside a date.
    pub(super) months: [&'static str; 12],
    /// A moment: `{day}`, `{month}`, `{year}`, `{time}`.
    pub(super) moment: &'static str,
    /// The roles, as they stand behind “as” in the sentences below.
    pub(super) roles: RoleWords,
    /// The invitation and its reminder.
    pub(super) invitation: InvitationWords,
}

/// What a person becomes.
#[derive(Debug)]
pub(super) struct RoleWords {
    pub(super) viewer: &'static str,
    pub(super) member: &'static str,
    pub(super) admin: &'static str,
    pub(super) owner: &'static str,
}

/// The texts of the invitation and of its reminder.
#[derive(Debug)]
pub(super) struct InvitationWords {
    /// Subject: `{workspace}`.
    pub(super) subject: &'static str,
    /// Subject of the reminder: `{workspace}`.
    pub(super) reminder_subject: &'static str,
    /// Heading: `{workspace}`.
    pub(super) heading: &'static str,
    /// A person invited: `{inviter}`, `{workspace}`, `{role}`.
    pub(super) by_person: &'static str,
    /// A directory invited: `{provider}`, `{workspace}`, `{role}`.
    pub(super) by_directory: &'static str,
    /// A directory without a well-known name invited: `{workspace}`, `{role}`.
    pub(super) by_it_team: &'static str,
    /// Nobody in particular invited: `{workspace}`, `{role}`.
    pub(super) by_nobody: &'static str,
    /// What a reminder begins with.
    pub(super) reminder: &'static str,
    /// What the product is, in one line.
    pub(super) about: &'static str,
    /// The button.
    pub(super) accept: &'static str,
    /// Before the bare link.
    pub(super) or_open: &'static str,
    /// When it ends: `{moment}`.
    pub(super) expires: &'static str,
    /// Whom it is for: `{email}`.
    pub(super) meant_for: &'static str,
    /// Before the link that declines.
    pub(super) not_you: &'static str,
    /// The link that declines.
    pub(super) decline: &'static str,
}

impl Words {
    /// The words in the person's language: `fr-CA` finds French, what is unknown finds English.
    pub(super) fn of(language: Option<&str>) -> &'static Self {
        let primary = language.unwrap_or_default().split(['-', '_']).next().unwrap_or_default();
        LANGUAGES
            .iter()
            .find(|words| words.tag.eq_ignore_ascii_case(primary.trim()))
            .copied()
            .unwrap_or(&en::WORDS)
    }

    /// The role behind “as”.
    pub(super) fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Viewer => self.roles.viewer,
            Role::Member => self.roles.member,
            Role::Admin => self.roles.admin,
            Role::Owner => self.roles.owner,
        }
    }

    /// A moment to the minute, UTC.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        let at = at.to_datetime();
        fill(
            self.moment,
            &[
                ("day", &at.day().to_string()),
                ("month", self.months[usize::from(u8::from(at.month())) - 1]),
                ("year", &at.year().to_string()),
                ("time", &format!("{:02}:{:02}", at.hour(), at.minute())),
            ],
        )
    }
}

/// Puts values in place of the words in braces, in one pass: a value that looks like such a word stays as it is.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, opened)) = rest.split_once('{') {
        filled.push_str(before);
        let known = opened.split_once('}').and_then(|(word, after)| {
            values.iter().find(|(name, _)| *name == word).map(|(_, value)| (value, after))
        });
        match known {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = opened;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_decides_and_english_steps_in() {
        for (language, tag) in [
            (None, "en"),
            (Some("fr"), "fr"),
            (Some("fr-CA"), "fr"),
            (Some("DE_at"), "de"),
            (Some("de-CH-1996"), "de"),
            (Some("tlh"), "en"),
            (Some(""), "en"),
            (Some("french"), "en"),
        ] {
            assert_eq!(Words::of(language).tag, tag, "{language:?}");
        }
    }

    #[test]
    fn a_value_is_not_filled_again() {
        assert_eq!(fill("{a} and {b}", &[("a", "{b}"), ("b", "x")]), "{b} and x");
        assert_eq!(fill("{unknown} {", &[]), "{unknown} {");
    }

    #[test]
    fn every_language_fills_in_what_english_does() {
        for words in LANGUAGES {
            for (english, translated) in texts(&en::WORDS).into_iter().zip(texts(words)) {
                assert!(!translated.is_empty(), "{}: “{english}” has no translation", words.tag);
                assert_eq!(blanks(english), blanks(translated), "{}: {translated}", words.tag);
            }
            assert!(words.months.iter().all(|month| !month.is_empty()));
        }
    }

    #[test]
    fn moments_are_absolute() {
        let at = Timestamp(1_796_468_640_000_000);
        assert_eq!(en::WORDS.moment(at), "5 December 2026 at 11:04 UTC");
        assert_eq!(fr::WORDS.moment(at), "5 décembre 2026 à 11:04 UTC");
        assert_eq!(de::WORDS.moment(at), "5. Dezember 2026 um 11:04 Uhr UTC");
    }

    fn texts(words: &Words) -> Vec<&'static str> {
        let invitation = &words.invitation;
        vec![
            words.moment,
            words.roles.viewer,
            words.roles.member,
            words.roles.admin,
            words.roles.owner,
            invitation.subject,
            invitation.reminder_subject,
            invitation.heading,
            invitation.by_person,
            invitation.by_directory,
            invitation.by_it_team,
            invitation.by_nobody,
            invitation.reminder,
            invitation.about,
            invitation.accept,
            invitation.or_open,
            invitation.expires,
            invitation.meant_for,
            invitation.not_you,
            invitation.decline,
        ]
    }

    fn blanks(text: &str) -> Vec<&str> {
        let mut blanks: Vec<&str> =
            text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect();
        blanks.sort_unstable();
        blanks
    }
}
