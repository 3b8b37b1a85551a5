//! Rewrites every `<time datetime data-time>` in the viewer's zone, and keeps relative ones true.

use std::time::Duration;

use leptos::prelude::set_interval;
use wasm_bindgen::JsValue;

use super::dom;
use crate::when::{self, Civil, Style};

/// Rewrites now and then once a minute.
pub(super) fn wake() {
    rewrite();
    set_interval(rewrite, Duration::from_secs(60));
}

/// Rewrites all of them.
pub(super) fn rewrite() {
    let now = now();
    for element in dom::all("time[data-time]") {
        let (Some(machine), Some(word)) =
            (element.get_attribute("datetime"), element.get_attribute("data-time"))
        else {
            continue;
        };
        let (Some(micros), Some(style)) = (parse(&machine), Style::from_word(&word)) else { continue };
        let at = local(micros);
        let text = match style {
            Style::Relative => when::relative(micros, now),
            Style::Date => at.date(local(now).year),
            Style::Moment => at.moment(),
            Style::Clock => at.clock(),
        };
        if element.text_content().as_deref() != Some(text.as_str()) {
            element.set_text_content(Some(&text));
        }
        if element.has_attribute("title") {
            let _ = element.set_attribute("title", &at.moment());
        }
    }
}

/// The browser's clock, in microseconds.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit by far")]
pub(super) fn now() -> i64 {
    js_sys::Date::now() as i64 * 1_000
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit by far")]
fn parse(machine: &str) -> Option<i64> {
    let millis = js_sys::Date::parse(machine);
    (!millis.is_nan()).then_some(millis as i64 * 1_000)
}

/// The calendar time in the viewer's zone.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit by far")]
pub(super) fn local(micros: i64) -> Civil {
    let date = js_sys::Date::new(&JsValue::from_f64((micros / 1_000) as f64));
    Civil {
        year: i64::from(date.get_full_year()),
        month: date.get_month() as usize + 1,
        day: date.get_date(),
        hour: date.get_hours(),
        minute: date.get_minutes(),
        second: date.get_seconds(),
    }
}
