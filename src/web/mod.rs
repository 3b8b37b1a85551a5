//! HTTP for people, below the pages: sessions, protection from other sites, health, and what relays report.

mod bounces;
mod finish;
mod health;
mod origin;
mod session;
mod throttle;

pub use bounces::router as bounces_router;
pub use finish::finish;
pub use health::router as health_router;
pub use origin::comes_from_this_site;
pub use session::{agent_of, current_account, layer as session_layer, sign_in, sign_out, stored_id};
pub use throttle::Throttle;
