//! The words of mails, one file per language.
//!
//! To add a language: copy `en.rs`, translate the texts between the quotes, and name the file in [`LANGUAGES`].
//! Words in braces, such as `{workspace}`, are filled in; a test holds every language to those that English has.

mod de;
mod en;
mod fr;
mod letters;

pub(super) use letters::*;

use crate::{clock::Timestamp, model::Role};

/// Every language; the first is the one for people whose language is unknown.
const LANGUAGES: &[&Words] = &[&en::WORDS, &fr::WORDS, &de::WORDS];

/// All texts in one language.
#[derive(Debug)]
pub(super) struct Words {
    /// The language's BCP 47 tag, such as `fr`.
    pub(super) tag: &'static str,
    /// The language's own name.
    pub(super) name: &'static str,
    /// The months from January on, as they stand inside a date.
    pub(super) months: [&'static str; 12],
    /// The first day of a month, as it stands inside a date; others are their number.
    pub(super) first_day: &'static str,
    /// A date: `{day}`, `{month}`, `{year}`.
    pub(super) date: &'static str,
    /// A moment: `{day}`, `{month}`, `{year}`, `{time}`.
    pub(super) moment: &'static str,
    /// What stands in every mail.
    pub(super) frame: FrameWords,
    /// The roles, as they stand in the sentences of the invitation.
    pub(super) roles: RoleWords,
    /// The invitation, its reminder and the new link.
    pub(super) invitation: InvitationWords,
    /// A directory's token ends soon.
    pub(super) token_expiring: TokenExpiringWords,
    /// A directory's changes are refused.
    pub(super) directory_failing: DirectoryFailingWords,
    /// The directory calls the last owner inactive.
    pub(super) last_owner: LastOwnerWords,
    /// A directory took away the access of many people.
    pub(super) mass_change: MassChangeWords,
    /// Someone could not come in for want of a seat.
    pub(super) seat_limit_reached: SeatLimitReachedWords,
    /// The reader's access was taken away.
    pub(super) access_suspended: AccessSuspendedWords,
    /// A directory made the reader a member at once.
    pub(super) added: AddedWords,
    /// A link that sets a new password.
    pub(super) password_reset: PasswordResetWords,
    /// A link that confirms a new address.
    pub(super) email_change: EmailChangeWords,
    /// An address was changed.
    pub(super) email_changed: EmailChangedWords,
    /// A directory changed the address of a member.
    pub(super) directory_email_changed: DirectoryEmailChangedWords,
    /// Someone declined an invitation.
    pub(super) declined: DeclinedWords,
    /// A mail that shows that mail arrives.
    pub(super) test: TestWords,
}

/// Each language's tag (BCP 47) and own name.
pub fn languages() -> impl Iterator<Item = (&'static str, &'static str)> {
    LANGUAGES.iter().map(|words| (words.tag, words.name))
}

/// The language's tag as [`languages`] has it, when there are words in it: `fr` for `fr-CA`.
pub fn known_language(tag: &str) -> Option<&'static str> {
    Words::find(tag).map(|words| words.tag)
}

/// The languages (BCP 47) that a value in the format of Accept-Language names, best first (RFC 9110 section 12.5.4);
/// `*` names none.
pub fn languages_by_preference(value: &str) -> Vec<&str> {
    let mut tags: Vec<(&str, f32)> = value
        .split(',')
        .filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let weight = weight.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(1.0));
            let tag = tag.trim();
            (!matches!(tag, "" | "*") && weight > 0.0).then_some((tag, weight))
        })
        .collect();
    tags.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    tags.into_iter().map(|(tag, _)| tag).collect()
}

/// The tag of the language for people whose language is unknown.
pub fn default_language() -> &'static str {
    en::WORDS.tag
}

impl Words {
    /// The words in the person's language: `fr-CA` finds French, what is unknown finds English.
    pub(super) fn of(language: Option<&str>) -> &'static Self {
        language.and_then(Self::find).unwrap_or(&en::WORDS)
    }

    fn find(tag: &str) -> Option<&'static Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default().trim();
        LANGUAGES.iter().find(|words| words.tag.eq_ignore_ascii_case(primary)).copied()
    }

    /// The role, as it stands in a sentence.
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
        self.calendar(self.moment, at)
    }

    /// A day, UTC.
    pub(super) fn date(&self, at: Timestamp) -> String {
        self.calendar(self.date, at)
    }

    fn calendar(&self, text: &str, at: Timestamp) -> String {
        let at = at.to_datetime();
        let day = if at.day() == 1 { self.first_day.to_owned() } else { at.day().to_string() };
        fill(
            text,
            &[
                ("day", &day),
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
    fn several_languages_are_taken_by_weight_and_then_in_their_order() {
        for (value, tags) in [
            ("de", &["de"][..]),
            (" de-AT ", &["de-AT"]),
            ("da, en-gb;q=0.8, en;q=0.7", &["da", "en-gb", "en"]),
            ("en;q=0.5,de;q=0.9 , fr; q=0.9", &["de", "fr", "en"]),
            ("en;q=0, de;q=nonsense, fr;q=NaN", &["de"]),
            ("*, fr;q=0.1", &["fr"]),
            (" , ;q=1", &[]),
            ("", &[]),
        ] {
            assert_eq!(languages_by_preference(value), tags, "{value}");
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
        let first = Timestamp(1_793_527_200_000_000);
        assert_eq!(en::WORDS.date(first), "1 November 2026");
        assert_eq!(fr::WORDS.date(first), "1er novembre 2026");
        assert_eq!(de::WORDS.date(first), "1. November 2026");
    }

    fn texts(words: &Words) -> Vec<&'static str> {
        [
            vec![words.name, words.date, words.moment, words.first_day],
            words.frame.texts(),
            words.roles.texts(),
            words.invitation.texts(),
            words.token_expiring.texts(),
            words.directory_failing.texts(),
            words.last_owner.texts(),
            words.mass_change.texts(),
            words.seat_limit_reached.texts(),
            words.access_suspended.texts(),
            words.added.texts(),
            words.password_reset.texts(),
            words.email_change.texts(),
            words.email_changed.texts(),
            words.directory_email_changed.texts(),
            words.declined.texts(),
            words.test.texts(),
        ]
        .concat()
    }

    fn blanks(text: &str) -> Vec<&str> {
        let mut blanks: Vec<&str> =
            text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect();
        blanks.sort_unstable();
        blanks
    }
}
