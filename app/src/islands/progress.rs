//! The steps that fill by themselves while an identity provider makes its first calls.
#![expect(missing_docs, reason = "the island macro makes a struct that takes no doc comment")]

use leptos::prelude::*;
use rollcall::model::{Progress, ProgressStep};

use crate::when;

/// Shows how far a directory has come, and follows it through an `EventSource` whose events carry the whole state.
#[island]
pub fn ProgressTicks(
    /// Sends the event `progress` with a [`Progress`] as JSON each time anything changes.
    url: String,
    /// The state as the server knew it.
    first: Progress,
) -> impl IntoView {
    let state = RwSignal::new(first);
    // False on the server and for the first moment in the browser, so that both write the same text.
    let awake = RwSignal::new(false);
    let news = RwSignal::new(String::new());
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        awake.set(true);
        browser::follow(&url, state, news);
    });
    #[cfg(not(feature = "hydrate"))]
    drop(url);

    let tested = move || state.with(|p| p.connection_tested.clone());
    let person = move || state.with(|p| p.first_person.clone());
    let group = move || state.with(|p| p.first_group.clone());
    let rejected = move || state.with(|p| p.rejected.clone());
    let told = move || {
        let rejected = rejected();
        rejected.detail.as_ref().map(|detail| format!("{detail} at {}.", at(&rejected, awake.get())))
    };
    view! {
        <ul class="ticks" role="list">
            <li class="tick" class:done=move || tested().at.is_some()>
                <span class="tick-mark" aria-hidden="true"></span>
                <span class="tick-word">"Connection tested"</span>
                <span class="tick-detail num">{move || at(&tested(), awake.get())}</span>
            </li>
            <li class="tick" class:done=move || person().at.is_some()>
                <span class="tick-mark" aria-hidden="true"></span>
                <span class="tick-word">"First person received"</span>
                <span class="tick-detail">{move || detail(&person(), "waiting")}</span>
            </li>
            <li class="tick" class:done=move || group().at.is_some()>
                <span class="tick-mark" aria-hidden="true"></span>
                <span class="tick-word">"First group received"</span>
                <span class="tick-detail">{move || detail(&group(), "optional")}</span>
            </li>
        </ul>
        <p class="notice bad ticks-rejected" role="alert" hidden=move || told().is_none()>
            {move || told().unwrap_or_default()}
        </p>
        <span class="sr-only" role="status">{move || news.get()}</span>
    }
}

fn at(step: &ProgressStep, awake: bool) -> String {
    let Some(micros) = step.at else { return "waiting".to_owned() };
    #[cfg(feature = "hydrate")]
    if awake {
        return super::times::local(micros).clock();
    }
    let _ = awake;
    when::in_utc(micros, micros, when::Style::Clock)
}

fn detail(step: &ProgressStep, waiting: &str) -> String {
    match (&step.detail, step.at) {
        (Some(detail), _) => detail.clone(),
        (None, Some(_)) => "received".to_owned(),
        (None, None) => waiting.to_owned(),
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos::web_sys::{EventSource, MessageEvent};
    use rollcall::model::Progress;
    use wasm_bindgen::{JsCast, closure::Closure};

    pub(super) fn follow(url: &str, state: RwSignal<Progress>, news: RwSignal<String>) {
        // Without a stream the page stays as it was rendered; the browser reconnects by itself after a gap.
        let Ok(source) = EventSource::new(url) else { return };
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(text) = event.data().as_string() else { return };
            let Ok(fresh) = serde_json::from_str::<Progress>(&text) else { return };
            let before = state.get_untracked();
            if before != fresh {
                news.set(told(&before, &fresh).to_owned());
                state.set(fresh);
            }
        });
        let _ = source.add_event_listener_with_callback("progress", listener.as_ref().unchecked_ref());
        listener.forget();
    }

    fn told(before: &Progress, after: &Progress) -> &'static str {
        if before.first_group.at != after.first_group.at {
            "First group received"
        } else if before.first_person.at != after.first_person.at {
            "First person received"
        } else if before.connection_tested.at.is_none() && after.connection_tested.at.is_some() {
            "Connection tested"
        } else {
            ""
        }
    }
}
