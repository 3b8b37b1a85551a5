//! The held people of a directory, and letting them in.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, Uri, header};
use rollcall::{
    model::{DirectoryId, DirectoryUserId, HeldReason},
    people::{Caller, held},
    store::{self, Conn, directories::Directory},
};

use super::{
    App,
    directory::{Place, address, find},
    failure::Result,
    fields::Fields,
    frame::count,
    guard::Member,
};
use crate::{
    pages::{
        Paging,
        held::{Held, HeldPerson},
    },
    site::Flash,
};

/// Held people on one page.
const PER_PAGE: u64 = 50;

/// The held people on a page, counted from 1; the last page when there are not so many.
pub(super) async fn people(conn: &mut Conn, directory: &Directory, page: u64) -> Result<Held> {
    let counts = store::held::count(conn, &directory.id).await?;
    let of = |wanted: &dyn Fn(HeldReason) -> bool| {
        counts.iter().filter(|(reason, _)| wanted(*reason)).map(|(_, number)| count(*number)).sum()
    };
    let total: u64 = of(&|_| true);
    let page = page.clamp(1, total.div_ceil(PER_PAGE).max(1));
    let people = store::held::list(conn, &directory.id, (page - 1) * PER_PAGE, PER_PAGE).await?;
    Ok(Held {
        paging: Paging { page, per_page: PER_PAGE, total },
        for_approval: of(&|reason| reason == HeldReason::NeedsApproval),
        sources: directory
            .settings
            .email_sources
            .as_slice()
            .iter()
            .map(|source| source.attribute())
            .collect(),
        people: people
            .into_iter()
            .filter_map(|user| {
                Some(HeldPerson {
                    reason: user.held_reason?,
                    since: user.held_since.unwrap_or(user.updated_at).0,
                    name: user.display_name.unwrap_or_default(),
                    address: user.email.unwrap_or(user.user_name),
                    id: user.id,
                })
            })
            .collect(),
    })
}

pub(super) async fn approve(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let person = DirectoryUserId(place.user.clone().unwrap_or_default());
    let directory = DirectoryId(place.id.clone());
    let caller = Caller::Member(&member.access);
    let name = match name_of(&app, &member, &directory, &person).await {
        Ok(name) => name,
        Err(failure) => return app.failed(&member.headers, member.home(), failure).await,
    };
    let done = held::approve(&app.rollcall, &caller, &directory, &person).await;
    let flash = done.map(|has_seat| {
        let without = if has_seat { "" } else { ". They come in when a seat is free" };
        Flash::done(format!("{name} is approved{without}"))
    });
    back(&app, &member, &place, flash).await
}

/// Approves those who are selected: each `person` of the form.
pub(super) async fn approve_selected(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
    Fields(fields): Fields<Vec<(String, String)>>,
) -> Response {
    let selected = fields.into_iter().filter(|(name, _)| name == "person");
    let people: Vec<DirectoryUserId> = selected.map(|(_, id)| DirectoryUserId(id)).collect();
    let directory = DirectoryId(place.id.clone());
    let caller = Caller::Member(&member.access);
    let done = held::approve_selected(&app.rollcall, &caller, &directory, &people).await;
    let flash = done.map(|approved| {
        let people = match approved.people {
            1 => "1 person approved".to_owned(),
            people => format!("{people} people approved"),
        };
        Flash::done(match approved.without_seat {
            0 => people,
            waiting => format!("{people}; {waiting} of them when a seat is free"),
        })
    });
    back(&app, &member, &place, flash).await
}

pub(super) async fn approve_all(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
) -> Response {
    let directory = DirectoryId(place.id.clone());
    let done = held::approve_all(&app.rollcall, &Caller::Member(&member.access), &directory).await;
    let flash = done.map(|people| match people {
        1 => Flash::done("1 person approved; they come in within a moment"),
        people => Flash::done(format!("{people} people approved; they come in within a moment")),
    });
    back(&app, &member, &place, flash).await
}

pub(super) async fn link(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let person = DirectoryUserId(place.user.clone().unwrap_or_default());
    let directory = DirectoryId(place.id.clone());
    let name = match name_of(&app, &member, &directory, &person).await {
        Ok(name) => name,
        Err(failure) => return app.failed(&member.headers, member.home(), failure).await,
    };
    let done = held::link(&app.rollcall, &Caller::Member(&member.access), &directory, &person).await;
    let flash = done.map(|()| Flash::done(format!("{name} is linked to the member with this address")));
    back(&app, &member, &place, flash).await
}

/// Whom an action is about; nothing for someone whom the directory of this workspace does not have.
async fn name_of(
    app: &App,
    member: &Member,
    directory: &DirectoryId,
    person: &DirectoryUserId,
) -> Result<String> {
    let mut conn = app.rollcall.db.read().await?;
    let directory = find(&mut conn, member, directory).await?;
    let user = store::directory_users::get(&mut conn, &directory.id, person).await?;
    Ok(user.map_or_else(String::new, |user| {
        user.display_name.or(user.email).filter(|name| !name.is_empty()).unwrap_or(user.user_name)
    }))
}

/// The page of the list that the form stood on.
fn page_of_list(headers: &HeaderMap, page: &str) -> Option<String> {
    let referer: Uri = headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let number: u64 = referer.query()?.strip_prefix("held=")?.parse().ok()?;
    (referer.path() == page).then(|| format!("{page}?held={number}"))
}

/// Back to the directory's page, with what was done or why it was not.
async fn back(app: &App, member: &Member, place: &Place, done: rollcall::Result<Flash>) -> Response {
    let page = address(member, &place.id);
    let to = page_of_list(&member.headers, &page).unwrap_or(page);
    match done {
        Ok(flash) => app.site.redirect(&to, flash),
        Err(refusal) if refusal.field().is_some() => {
            app.site.redirect(&to, Flash::refused(refusal.to_string()))
        }
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
}
