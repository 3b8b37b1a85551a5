//! Rewrites every `<time datetime data-time>` in the viewer's zone, and keeps relative ones true.
//!
//! A relative time is right as the server wrote it, so it is left alone until a minute has gone: "just now" that turns
//! into "1 min ago" while the page wakes would move what stands beside it.

use std::time::Duration;

use leptos::prelude::set_interval;
use leptos::web_sys::Element;
use wasm_bindgen::JsValue;

use super::dom;
use crate::when::{self, Civil, Style};

/// Rewrites into the viewer's zone at once, and the relative ones once a minute.
pub(super) fn wake() {
    to_zone();
    set_interval(keep_true, Duration::from_secs(60));
}

/// Rewrites all but the words of relative times into the viewer's zone.
pub(super) fn to_zone() {
    for (element, micros, style) in times() {
        let at = local(micros);
        match style {
            Style::Relative => {}
            Style::Date => write(&element, &at.date(local(now()).year)),
            Style::Moment => write(&element, &at.moment()),
            Style::Clock => write(&element, &at.clock()),
        }
        if element.has_attribute("title") {
            let _ = element.set_attribute("title", &at.moment());
        }
    }
}

fn keep_true() {
    let now = now();
    for (element, micros, _) in times().filter(|(_, _, style)| *style == Style::Relative) {
        write(&element, &when::relative(micros, now));
    }
}

fn times() -> impl Iterator<Item = (Element, i64, Style)> {
    dom::all("time[data-time]").into_iter().filter_map(|element| {
        let micros = parse(&element.get_attribute("datetime")?)?;
        let style = Style::from_word(&element.get_attribute("data-time")?)?;
        Some((element, micros, style))
    })
}

fn write(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
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
