//! What stands around every page of a workspace.

use rollcall::{
    people::instance,
    store::{self, accounts::Account, membership_counts::Counts},
};

use super::{App, failure::Result, guard::Member};
use crate::ui::{Frame, Reader, Viewer, Workspace};

impl App {
    /// The frame for this member.
    pub(super) async fn frame(&self, member: &Member) -> Result<Frame> {
        Ok(self.frame_and_counts(member).await?.0)
    }

    /// The frame, and what was counted for it.
    pub(super) async fn frame_and_counts(&self, member: &Member) -> Result<(Frame, Counts)> {
        let access = &member.access;
        let mut conn = self.rollcall.db.read().await?;
        let counts = store::membership_counts::count_by_status(&mut conn, &access.workspace.id).await?;
        let base_url = self.rollcall.config.base_url.as_str();
        let frame = Frame {
            workspace: Workspace { name: access.workspace.name.clone(), slug: access.workspace.slug.clone() },
            host: base_url.split_once("://").map_or(base_url, |(_, host)| host).to_owned(),
            viewer: Viewer {
                name: access.account.name.clone(),
                email: access.account.email.clone(),
                role: access.membership.role,
            },
            people: count(counts.active + counts.invited),
            instance_admin: instance::is_admin(&mut conn, &access.account).await?,
            mailbox: self.rollcall.config.shows_mailbox(),
            now: self.rollcall.clock.now().0,
        };
        Ok((frame, counts))
    }
}

/// Who looks at a page that belongs to no workspace.
pub(super) fn reader(account: &Account, instance_admin: bool) -> Reader {
    Reader { name: account.name.clone(), email: account.email.clone(), instance_admin }
}

/// A count of rows; never negative.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
