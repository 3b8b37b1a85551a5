//! Times in words. The server writes them in UTC, the browser again in the viewer's zone, both with these functions.

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `2 min ago`, `in 12 days`.
    Relative,
    /// `3 Nov`, with the year when it is another one.
    Date,
    /// `3 Nov 2026, 14:02`.
    Moment,
    /// `14:02:11`.
    Clock,
}

impl Style {
    /// The word that tells the browser, in `data-time`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relative => "relative",
            Self::Date => "date",
            Self::Moment => "moment",
            Self::Clock => "clock",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Relative, Self::Date, Self::Moment, Self::Clock]
            .into_iter()
            .find(|style| style.as_str() == word)
    }
}

/// A calendar time, in whichever zone it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Such as 2026.
    pub year: i64,
    /// 1 to 12.
    pub month: usize,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 59.
    pub second: u32,
}

impl Civil {
    /// The calendar time in UTC of a number of microseconds since 1970.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "every part is small and positive"
    )]
    pub const fn utc(micros: i64) -> Self {
        let seconds = micros.div_euclid(SECOND);
        let days = seconds.div_euclid(86_400);
        let rest = seconds.rem_euclid(86_400);
        // Days to a date, by 400-year eras that begin on 1 March.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        Self {
            year: year_of_era + era * 400 + (month <= 2) as i64,
            month: month as usize,
            day: (day_of_year - (153 * march_month + 2) / 5 + 1) as u32,
            hour: (rest / 3_600) as u32,
            minute: (rest % 3_600 / 60) as u32,
            second: (rest % 60) as u32,
        }
    }

    fn month_name(&self) -> &'static str {
        MONTHS.get(self.month.wrapping_sub(1)).copied().unwrap_or("")
    }

    /// `3 Nov`, or `3 Nov 2025` when `this_year` is another one.
    pub fn date(&self, this_year: i64) -> String {
        if self.year == this_year {
            format!("{} {}", self.day, self.month_name())
        } else {
            format!("{} {} {}", self.day, self.month_name(), self.year)
        }
    }

    /// `3 Nov 2026, 14:02`.
    pub fn moment(&self) -> String {
        format!("{} {} {}, {:02}:{:02}", self.day, self.month_name(), self.year, self.hour, self.minute)
    }

    /// `14:02:11`.
    pub fn clock(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }
}

/// The time in the form that `<time datetime>` wants: `2026-11-03T14:02:11Z`.
pub fn machine(micros: i64) -> String {
    let at = Civil::utc(micros);
    format!("{:04}-{:02}-{:02}T{}Z", at.year, at.month, at.day, at.clock())
}

/// How long ago, or how long until: `just now`, `2 min ago`, `in 12 days`.
///
/// What is past is rounded down, as ages are; what is to come to the nearest, so that a term of 14 days reads so.
pub fn relative(micros: i64, now: i64) -> String {
    let ahead = micros > now;
    let seconds = (micros - now).abs() / SECOND;
    let whole = |unit: i64| if ahead { (seconds + unit / 2) / unit } else { seconds / unit };
    let (count, unit) = match seconds {
        ..60 => return if ahead { "in a moment".to_owned() } else { "just now".to_owned() },
        60..3_600 => (whole(60), "min"),
        3_600..86_400 => (whole(3_600), "h"),
        86_400..172_800 if !ahead => return "yesterday".to_owned(),
        86_400..5_184_000 => (whole(86_400), "day"),
        5_184_000..63_072_000 => (whole(2_592_000), "month"),
        _ => (whole(31_536_000), "year"),
    };
    let plural = if count == 1 || matches!(unit, "min" | "h") { "" } else { "s" };
    if ahead { format!("in {count} {unit}{plural}") } else { format!("{count} {unit}{plural} ago") }
}

/// Words for the time as the server writes them, in UTC. Where no script will rewrite them, the stylesheet adds "UTC":
/// a word that went away at waking would move what stands beside it.
pub fn in_utc(micros: i64, now: i64, style: Style) -> String {
    let at = Civil::utc(micros);
    match style {
        Style::Relative => relative(micros, now),
        Style::Date => at.date(Civil::utc(now).year),
        Style::Moment => at.moment(),
        Style::Clock => at.clock(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 Nov 2026, 14:02:11 UTC.
    const NOON: i64 = 1_793_714_531 * SECOND;

    #[test]
    fn dates_come_out_of_the_calendar() {
        assert_eq!(machine(NOON), "2026-11-03T14:02:11Z");
        assert_eq!(machine(0), "1970-01-01T00:00:00Z");
        assert_eq!(machine(951_782_400 * SECOND), "2000-02-29T00:00:00Z");
        assert_eq!(machine(-SECOND), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn words_say_how_long() {
        let ago = |seconds: i64| relative(NOON - seconds * SECOND, NOON);
        assert_eq!(ago(5), "just now");
        assert_eq!(ago(120), "2 min ago");
        assert_eq!(ago(3_700), "1 h ago");
        assert_eq!(ago(90_000), "yesterday");
        assert_eq!(ago(3 * 86_400), "3 days ago");
        assert_eq!(ago(70 * 86_400), "2 months ago");
        assert_eq!(ago(800 * 86_400), "2 years ago");
        assert_eq!(relative(NOON + 12 * 86_400 * SECOND, NOON), "in 12 days");
        assert_eq!(relative(NOON + 86_400 * SECOND, NOON), "in 1 day");
        assert_eq!(relative(NOON + (14 * 86_400 - 5) * SECOND, NOON), "in 14 days");
        assert_eq!(relative(NOON + (13 * 86_400 + 5) * SECOND, NOON), "in 13 days");
    }

    #[test]
    fn the_year_is_left_out_when_it_is_this_one() {
        assert_eq!(in_utc(NOON, NOON, Style::Date), "3 Nov");
        assert_eq!(in_utc(NOON - 400 * 86_400 * SECOND, NOON, Style::Date), "29 Sep 2025");
        assert_eq!(in_utc(NOON, NOON, Style::Moment), "3 Nov 2026, 14:02");
    }
}
