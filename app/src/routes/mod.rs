//! Handlers of the pages: each loads what a page needs through `rollcall`, or does what a form asks for, and answers
//! with a page or a redirect. Permission is decided in `rollcall`.

mod account;
mod activity;
mod directory;
mod directory_settings;
mod email;
mod failure;
mod fields;
mod frame;
mod general;
mod guard;
mod held;
mod home;
mod instance;
mod instance_email;
mod invite;
mod login;
mod mailbox;
mod password;
mod people;
mod people_rows;
mod security;
mod setup;

use std::{num::NonZeroU32, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use governor::Quota;
use http::StatusCode;
use rollcall::{
    Rollcall,
    web::{self, Throttle},
};

use crate::{assets, pages::error::ErrorPage, site::Site};

/// Sign-ins with one address before waiting is asked for, and how many are given back each minute.
const SIGN_INS: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// What every handler shares.
#[derive(Clone)]
pub(crate) struct App {
    rollcall: Rollcall,
    site: Site,
    sign_ins: Arc<Throttle>,
}

/// Every page and form, with sessions and protection from other sites.
pub fn router(rollcall: &Rollcall) -> Router {
    let app = App {
        rollcall: rollcall.clone(),
        site: Site::new("Rollcall", rollcall.config.base_url.is_https()),
        sign_ins: Arc::new(Throttle::new(Quota::per_minute(SIGN_INS))),
    };
    let mut pages = Router::new()
        .route("/", get(home::start))
        .route("/setup", get(setup::show).post(setup::claim))
        .route("/login", get(login::show).post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/password", get(password::forgot).post(password::request))
        .route("/password/{token}", get(password::show).post(password::set))
        .route("/invite", get(invite::show).post(invite::accept))
        .route("/invite/decline", post(invite::decline))
        .route("/invite/renew", post(invite::renew))
        .route("/invite/{token}", get(invite::arrive).post(invite::accept_by_link))
        .route("/invite/{token}/decline", get(invite::arrive).post(invite::decline_by_link))
        .route("/w/{slug}", get(home::show))
        .merge(people::router())
        .merge(security::router())
        .merge(directory::router())
        .merge(general::router())
        .merge(account::router())
        .merge(email::router())
        .merge(instance::router())
        .merge(instance_email::router())
        .merge(activity::router());
    if rollcall.config.shows_mailbox() {
        pages = pages.merge(mailbox::router());
    }
    pages
        .fallback(failure::unknown_page)
        .layer(web::session_layer(rollcall))
        .layer(middleware::from_fn_with_state(app.clone(), refuse_nul))
        .layer(middleware::from_fn_with_state(app.clone(), refuse_other_sites))
        .merge(assets::router())
        .with_state(app)
}

/// A NUL can be asked of no database, so nothing has an address with one.
async fn refuse_nul(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|path| path.as_str().contains("%00")) {
        let page = ErrorPage::NotFound { home: Some("/".to_owned()) };
        return app.site.respond(request.headers(), StatusCode::NOT_FOUND, page).await;
    }
    next.run(request).await
}

async fn refuse_other_sites(State(app): State<App>, request: Request, next: Next) -> Response {
    if web::comes_from_this_site(&request) {
        return next.run(request).await;
    }
    let reason = "This form was sent from another site. Open the page here and try again.".to_owned();
    app.site.respond(request.headers(), StatusCode::FORBIDDEN, ErrorPage::BadRequest { reason }).await
}
