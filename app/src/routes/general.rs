//! Settings → General.

use axum::{Router, extract::State, response::Response, routing::get};
use http::StatusCode;
use rollcall::{
    Error, mail,
    people::{Caller, Permission, workspace},
    store,
};
use serde::Deserialize;

use super::{App, failure::Result, fields::Fields, frame::count, guard::Member};
use crate::{
    pages::general::General,
    site::Flash,
    ui::{Choice, Field},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/w/{slug}/settings/general", get(show).post(update))
}

pub(super) async fn show(State(app): State<App>, member: Member) -> Response {
    match load(&app, &member).await {
        Ok(page) => app.site.respond(&member.headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

async fn load(app: &App, member: &Member) -> Result<General> {
    member.access.require(Permission::ReadPeople)?;
    let workspace = &member.access.workspace;
    let frame = app.frame(member).await?;
    let mut conn = app.rollcall.db.read().await?;
    Ok(General {
        frame,
        name: Field { value: workspace.name.clone(), error: None },
        seat_limit: Field {
            value: workspace.seat_limit.map(|limit| limit.to_string()).unwrap_or_default(),
            error: None,
        },
        languages: languages(&workspace.language),
        language_error: None,
        seats: count(store::seats::count_taken(&mut conn, &workspace.id).await?),
        error: None,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct GeneralFields {
    name: String,
    seat_limit: String,
    language: String,
}

/// The languages of mails; `chosen` is a tag (BCP 47).
pub(super) fn languages(chosen: &str) -> Vec<Choice> {
    mail::languages()
        .map(|(tag, name)| Choice { value: tag.to_owned(), label: name.to_owned(), chosen: tag == chosen })
        .collect()
}

pub(super) async fn update(
    State(app): State<App>,
    member: Member,
    Fields(fields): Fields<GeneralFields>,
) -> Response {
    let done = async {
        let limit = match fields.seat_limit.trim() {
            "" => Ok(None),
            number => number.parse().map(Some).map_err(|_| {
                Error::invalid("seat_limit", "Use a whole number such as 50, or leave it empty for no limit.")
            }),
        };
        let caller = Caller::Member(&member.access);
        let language = match fields.language.trim() {
            "" => &member.access.workspace.language,
            chosen => chosen,
        };
        workspace::update(&app.rollcall, &caller, &fields.name, limit, language).await
    };
    match done.await {
        Ok(()) => {
            let to = format!("/w/{}/settings/general", member.access.workspace.slug);
            match over_limit(&app, &member).await {
                Ok(0) => app.site.redirect(&to, Flash::done("Changes saved")),
                Ok(over) => {
                    let told = format!(
                        "Changes saved. {over} over the limit: nobody new comes in, nobody is removed."
                    );
                    app.site.redirect(&to, Flash::done(told))
                }
                Err(failure) => app.failed(&member.headers, member.home(), failure).await,
            }
        }
        Err(refusal) if refusal.field().is_some() => {
            let mut page = match load(&app, &member).await {
                Ok(page) => page,
                Err(failure) => return app.failed(&member.headers, member.home(), failure).await,
            };
            page.name = Field { value: fields.name, error: refusal.at("name") };
            page.seat_limit = Field { value: fields.seat_limit, error: refusal.at("seat_limit") };
            page.language_error = refusal.at("language");
            if page.language_error.is_none() {
                page.languages = languages(&fields.language);
            }
            app.site.respond(&member.headers, StatusCode::UNPROCESSABLE_ENTITY, page).await
        }
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
}

/// How many more seats are taken than the limit has.
async fn over_limit(app: &App, member: &Member) -> Result<i64> {
    let mut conn = app.rollcall.db.read().await?;
    let workspace = store::workspaces::find_by_slug(&mut conn, &member.access.workspace.slug).await?;
    let Some(limit) = workspace.and_then(|workspace| workspace.seat_limit) else { return Ok(0) };
    let taken = store::seats::count_taken(&mut conn, &member.access.workspace.id).await?;
    Ok(taken.saturating_sub(limit).max(0))
}
