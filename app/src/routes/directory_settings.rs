//! The settings form of a directory's page.

use std::{fmt::Display, str::FromStr};

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use rollcall::{
    Error,
    directory::settings::{self, Settings, Wanted},
    error::both,
    model::DirectoryId,
    people::{Caller, Permission, account::checked_name},
    store::directories::Directory,
};
use serde::Deserialize;

use super::{
    App,
    directory::{Asked, Place, address, find, load},
    failure::Failure,
    fields::Fields,
    guard::Member,
};
use crate::{pages::directory::DirectorySettings, site::Flash};

/// What is left out stays as it is.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SettingsFields {
    name: Option<String>,
    provider: Option<String>,
    default_role: Option<String>,
    invitation_mode: Option<String>,
    allowed_domains: Option<String>,
    email_sources: Option<String>,
    when_full: Option<String>,
    strict: Option<String>,
}

/// A field as its type, or as it was when the form has none.
fn read<T: FromStr<Err: Display>>(
    field: &'static str,
    text: Option<&String>,
    before: T,
) -> rollcall::Result<T> {
    text.map_or(Ok(before), |text| text.parse().map_err(|cause| Error::invalid(field, format!("{cause}"))))
}

/// What the form asks for, or all that is wrong with it in the order of the page.
fn wanted(fields: &SettingsFields, before: Directory) -> rollcall::Result<Wanted> {
    let old = before.settings;
    let itself = both(
        checked_name("name", fields.name.as_ref().unwrap_or(&before.name)),
        read("provider", fields.provider.as_ref(), before.provider),
    );
    let newcomers = both(
        read("invitation_mode", fields.invitation_mode.as_ref(), old.invitation_mode),
        read("default_role", fields.default_role.as_ref(), old.default_role),
    );
    let addresses = both(
        read("allowed_domains", fields.allowed_domains.as_ref(), old.allowed_domains),
        read("email_sources", fields.email_sources.as_ref(), old.email_sources),
    );
    let when_full = read("when_full", fields.when_full.as_ref(), old.when_full);
    let ((itself, newcomers), (addresses, when_full)) =
        both(both(itself, newcomers), both(addresses, when_full))?;
    let (name, provider) = itself;
    let (invitation_mode, default_role) = newcomers;
    let (allowed_domains, email_sources) = addresses;
    let strict = fields.strict.as_ref().map_or(old.strict, |strict| strict == "on");
    let settings =
        Settings { default_role, invitation_mode, allowed_domains, email_sources, when_full, strict };
    Ok(Wanted { provider, name, settings })
}

pub(super) async fn update(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
    Fields(fields): Fields<SettingsFields>,
) -> Response {
    let done = async {
        member.access.require(Permission::ManageDirectories)?;
        let before = {
            let mut conn = app.rollcall.db.read().await?;
            find(&mut conn, &member, &DirectoryId(place.id.clone())).await?
        };
        let (id, caller) = (before.id.clone(), Caller::Member(&member.access));
        settings::update(&app.rollcall, &caller, &id, &wanted(&fields, before)?).await?;
        Ok(())
    };
    match done.await {
        Ok(()) => app.site.redirect(&address(&member, &place.id), Flash::done("Changes saved")),
        Err(Failure::Error(refusal)) if refusal.field().is_some() => {
            let mut page = match load(&app, &member, &place, &Asked::default()).await {
                Ok(page) => page,
                Err(failure) => return app.failed(&member.headers, member.home(), failure).await,
            };
            refill(&mut page.settings, &fields, &refusal);
            app.site.respond(&member.headers, StatusCode::UNPROCESSABLE_ENTITY, page).await
        }
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

/// Puts back what was typed, and says what is wrong with it.
fn refill(form: &mut DirectorySettings, fields: &SettingsFields, refusal: &Error) {
    let texts = [
        ("name", &mut form.name, &fields.name),
        ("allowed_domains", &mut form.allowed_domains, &fields.allowed_domains),
        ("email_sources", &mut form.email_sources, &fields.email_sources),
    ];
    for (name, field, typed) in texts {
        if let Some(typed) = typed {
            field.value.clone_from(typed);
        }
        field.error = refusal.at(name);
    }
    let parsed = |text: &Option<String>| text.clone().unwrap_or_default();
    form.provider = parsed(&fields.provider).parse().unwrap_or(form.provider);
    form.default_role = parsed(&fields.default_role).parse().unwrap_or(form.default_role);
    form.invitation_mode = parsed(&fields.invitation_mode).parse().unwrap_or(form.invitation_mode);
    form.when_full = parsed(&fields.when_full).parse().unwrap_or(form.when_full);
    form.strict = fields.strict.as_ref().map_or(form.strict, |strict| strict == "on");
    form.error = refusal.beside(&["name", "allowed_domains", "email_sources"]);
}
