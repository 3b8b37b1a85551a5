//! Search while one types: the same GET the form would make, and one element of the answer put in place.
//!
//! Rows stay the server's. Late answers are dropped, the focus is not touched, and Enter still submits for real.

use std::{cell::RefCell, time::Duration};

use leptos::prelude::{TimeoutHandle, document, set_timeout_with_handle, window};
use leptos::web_sys::{
    AbortController, DomParser, Event, FormData, HtmlFormElement, InputEvent, RequestInit, Response,
    SupportedType, UrlSearchParams,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::{dom, times};

thread_local! {
    static WAITING: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
    static UNDER_WAY: RefCell<Option<AbortController>> = const { RefCell::new(None) };
}

pub(super) fn wake() {
    dom::listen("input", |event| changed(event, 150));
    dom::listen("change", |event| changed(event, 0));
}

fn changed(event: &Event, delay: u64) {
    if event.dyn_ref::<InputEvent>().is_some_and(InputEvent::is_composing) {
        return;
    }
    // Text is followed while it is typed; its `change` on leaving the field would ask twice.
    let typed = dom::target(event).is_some_and(|element| element.matches("input").unwrap_or(false));
    if typed == (delay == 0) {
        return;
    }
    let Some(form) = dom::closest(event, "form[data-live]").and_then(|form| form.dyn_into().ok()) else {
        return;
    };
    let handle = set_timeout_with_handle(move || ask(&form), Duration::from_millis(delay)).ok();
    let earlier = WAITING.with(|waiting| waiting.replace(handle));
    if let Some(earlier) = earlier {
        earlier.clear();
    }
}

fn ask(form: &HtmlFormElement) {
    let (Some(url), Some(id)) = (address(form), form.get_attribute("data-live")) else { return };
    let Ok(controller) = AbortController::new() else { return };
    let init = RequestInit::new();
    init.set_signal(Some(&controller.signal()));
    if let Some(earlier) = UNDER_WAY.with(|current| current.replace(Some(controller))) {
        earlier.abort();
    }
    let request = window().fetch_with_str_and_init(&url, &init);
    if let Some(results) = document().get_element_by_id(&id) {
        let _ = results.set_attribute("aria-busy", "true");
    }
    spawn_local(async move {
        match answer(request).await {
            Ok(Answer::List(html)) => {
                let _ = place(&html, &id, &url);
            }
            // The session is over: signing in leads back to this search.
            Ok(Answer::Elsewhere) => {
                let _ = window().location().assign(&url);
            }
            // Another search is under way.
            Err(error) if is_abort(&error) => {}
            Err(_) => {
                let _ = failed(&id, &url);
            }
        }
    });
}

fn address(form: &HtmlFormElement) -> Option<String> {
    let data = FormData::new_with_form(form).ok()?;
    let filled = UrlSearchParams::new().ok()?;
    let entries = js_sys::try_iter(&data).ok()??;
    for entry in entries.flatten() {
        let pair = js_sys::Array::from(&entry);
        if let (Some(name), Some(value)) = (pair.get(0).as_string(), pair.get(1).as_string())
            && !value.is_empty()
        {
            filled.append(&name, &value);
        }
    }
    let path = form.get_attribute("action")?;
    let query = String::from(filled.to_string());
    Some(if query.is_empty() { path } else { format!("{path}?{query}") })
}

enum Answer {
    List(String),
    Elsewhere,
}

async fn answer(request: js_sys::Promise) -> Result<Answer, JsValue> {
    let response: Response = JsFuture::from(request).await?.dyn_into()?;
    if response.redirected() {
        return Ok(Answer::Elsewhere);
    }
    if !response.ok() {
        return Err(JsValue::NULL);
    }
    let text = JsFuture::from(response.text()?).await?;
    text.as_string().map(Answer::List).ok_or(JsValue::NULL)
}

/// What was found before is no answer to this search, so it does not stay.
fn failed(id: &str, url: &str) -> Result<(), JsValue> {
    let Some(shown) = document().get_element_by_id(id) else { return Ok(()) };
    let line = document().create_element("p")?;
    line.set_class_name("notice bad");
    line.set_attribute("role", "alert")?;
    let again = document().create_element("a")?;
    again.set_attribute("href", url)?;
    again.set_text_content(Some("Try again"));
    line.append_with_str_1("The search did not come through. ")?;
    line.append_with_node_1(&again)?;
    shown.set_inner_html("");
    shown.append_child(&line)?;
    settle(id);
    Ok(())
}

fn place(html: &str, id: &str, url: &str) -> Result<(), JsValue> {
    let page = DomParser::new()?.parse_from_string(html, SupportedType::TextHtml)?;
    let (Some(fresh), Some(shown)) = (page.get_element_by_id(id), document().get_element_by_id(id)) else {
        return Ok(());
    };
    shown.set_inner_html(&fresh.inner_html());
    settle(id);
    times::to_zone();
    if let Some(summary) = fresh.get_attribute("data-summary") {
        for status in dom::all("[data-live-status]") {
            status.set_text_content(Some(&summary));
        }
    }
    window().history()?.replace_state_with_url(&JsValue::NULL, "", Some(url))
}

fn settle(id: &str) {
    if let Some(results) = document().get_element_by_id(id) {
        let _ = results.remove_attribute("aria-busy");
    }
}

fn is_abort(error: &JsValue) -> bool {
    js_sys::Reflect::get(error, &JsValue::from_str("name"))
        .is_ok_and(|name| name.as_string().as_deref() == Some("AbortError"))
}
