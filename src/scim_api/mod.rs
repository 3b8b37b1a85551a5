//! The SCIM 2.0 API for identity providers, at `{base}/scim/v2/{directory_id}`.
//!
//! Each handler: authenticate → read the request (typed) → `directory` decides and stores → render. To add an
//! endpoint: a handler in the file of its resource and a line in [`router`].

mod auth;
mod body;
mod bulk;
mod discovery;
mod failure;
mod group_members;
mod groups;
mod headers;
mod list;
mod recording;
mod render;
mod resources;
mod roles;
mod search;
mod users;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{MethodRouter, get, post},
};

use self::{group_members::GroupMembers, groups::Groups, users::Users};
use crate::state::Rollcall;

/// Largest body of one request in bytes.
pub const LARGEST_BODY: usize = 1024 * 1024;

/// The routes, with their own errors, limits and rate limit.
pub fn router(rollcall: &Rollcall) -> Router {
    let routes = Router::new()
        .route("/Users", with_405(get(resources::query::<Users>).post(users::create)))
        .route("/Users/.search", with_405(post(resources::search::<Users>)))
        .route(
            "/Users/{id}",
            with_405(
                get(resources::get::<Users>).put(users::replace).patch(users::patch).delete(users::delete),
            ),
        )
        .route("/Groups", with_405(get(resources::query::<Groups>).post(groups::create)))
        .route("/Groups/.search", with_405(post(resources::search::<Groups>)))
        .route(
            "/Groups/{id}",
            with_405(
                get(resources::get::<Groups>)
                    .put(groups::replace)
                    .patch(groups::patch)
                    .delete(groups::delete),
            ),
        )
        .route("/GroupMembers", get(resources::query::<GroupMembers>).fallback(group_members::refuse))
        .route("/GroupMembers/.search", with_405(post(resources::search::<GroupMembers>)))
        .route("/GroupMembers/{id}", get(resources::get::<GroupMembers>).fallback(group_members::refuse))
        .merge(catalogue::<roles::Roles>("/Roles"))
        .merge(catalogue::<roles::Entitlements>("/Entitlements"))
        .route("/", with_405(get(search::query)))
        .route("/.search", with_405(post(search::search)))
        .route("/Bulk", with_405(post(bulk::run)))
        .route("/ServiceProviderConfig", with_405(get(discovery::service_provider_config)))
        .route("/ResourceTypes", with_405(get(discovery::resource_types)))
        .route("/ResourceTypes/{id}", with_405(get(discovery::resource_type)))
        .route("/Schemas", with_405(get(discovery::schemas)))
        .route("/Schemas/{id}", with_405(get(discovery::schema)))
        .route("/Me", axum::routing::any(discovery::me))
        .fallback(failure::unknown_route);
    Router::new()
        .nest("/scim/v2/{directory_id}", routes)
        // A nested router does not see its own path with a slash behind it.
        .route("/scim/v2/{directory_id}/", with_405(get(search::query)))
        .layer(middleware::from_fn_with_state(auth::RateLimit::new(rollcall), auth::limit_rate))
        .layer(middleware::from_fn_with_state(recording::Recorder::new(rollcall), recording::record))
        .layer(DefaultBodyLimit::disable())
        .with_state(rollcall.clone())
}

/// The routes of resources that are only read.
fn catalogue<C: roles::Catalogue + 'static>(at: &str) -> Router<Rollcall> {
    Router::new()
        .route(at, get(roles::list::<C>).fallback(roles::refuse::<C>))
        .route(&format!("{at}/.search"), with_405(post(roles::search::<C>)))
        .route(&format!("{at}/{{id}}"), get(roles::get::<C>).fallback(roles::refuse::<C>))
}

fn with_405(routes: MethodRouter<Rollcall>) -> MethodRouter<Rollcall> {
    routes.fallback(failure::method_not_allowed)
}
