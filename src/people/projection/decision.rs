//! What follows from the directory's word: pure, so that every case stands in a table.

use crate::{
    model::{HeldReason, MembershipStatus, SuspendedBy},
    people::EmailAddress,
    store::memberships::Membership,
};

/// What the directory says of a person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Deleted by the identity provider.
    pub deleted: bool,
    /// SCIM `active`.
    pub active: bool,
    /// Where invitations go.
    pub email: Option<EmailAddress>,
}

/// What the workspace holds for that person.
#[derive(Clone, Debug)]
pub enum Standing<'a> {
    /// Nothing yet.
    Nobody,
    /// A membership that this directory user is linked to.
    Linked {
        /// The membership.
        membership: &'a Membership,
        /// It is the workspace's only active owner.
        last_owner: bool,
        /// Another directory user who is active is linked to it too.
        vouched_elsewhere: bool,
        /// There was an invitation for it before.
        was_invited: bool,
        /// The address that the directory now gives belongs to another membership.
        new_address_taken: bool,
    },
    /// A removed membership of the same person or address, which may come back.
    Former(&'a Membership),
    /// A membership of the same address that this directory does not vouch for. It is never touched.
    Taken,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing beyond keeping name and address up to date.
    Follow,
    /// Grant nothing and say why.
    Hold(HeldReason),
    /// Know the person, grant nothing.
    Provision,
    /// Make the person a member-to-be with an invitation.
    Invite,
    /// Send the open invitation again, to the new address.
    Reinvite,
    /// Give access back to someone who had accepted.
    Reinstate,
    /// Keep the membership under its new address and end the sessions of the old one.
    ChangeAddress,
    /// Take access away, reversibly.
    Suspend,
    /// Take the membership away.
    Remove,
    /// Keep the last owner's membership, but end their sessions (rule: the last owner cannot be lost).
    KeepLastOwner,
}

/// Decides what follows from the directory's word.
pub fn decide(person: &Person, standing: &Standing<'_>) -> Decision {
    match standing {
        Standing::Nobody | Standing::Former(_) if person.deleted => Decision::Follow,
        Standing::Taken if person.deleted => Decision::Follow,
        Standing::Nobody | Standing::Former(_) => match &person.email {
            None => Decision::Hold(HeldReason::EmailMissing),
            Some(_) if person.active => Decision::Invite,
            Some(_) => Decision::Provision,
        },
        Standing::Taken => Decision::Hold(HeldReason::Conflict),
        Standing::Linked { membership, last_owner, vouched_elsewhere, was_invited, new_address_taken } => {
            if !person.active || person.deleted {
                leaving(person, membership, *last_owner, *vouched_elsewhere)
            } else {
                let moved = !new_address_taken
                    && person.email.as_ref().is_some_and(|email| email.key() != membership.email_key);
                staying(membership, moved, *was_invited)
            }
        }
    }
}

fn leaving(person: &Person, membership: &Membership, last_owner: bool, vouched_elsewhere: bool) -> Decision {
    use MembershipStatus::{Active, Invited, Provisioned, Removed, Suspended};
    match membership.status {
        _ if vouched_elsewhere => Decision::Follow,
        Active if last_owner => Decision::KeepLastOwner,
        Removed => Decision::Follow,
        Active | Invited | Provisioned | Suspended if person.deleted => Decision::Remove,
        Active | Invited => Decision::Suspend,
        Provisioned | Suspended => Decision::Follow,
    }
}

fn staying(membership: &Membership, moved: bool, was_invited: bool) -> Decision {
    match membership.status {
        MembershipStatus::Active if moved => Decision::ChangeAddress,
        MembershipStatus::Invited if moved => Decision::Reinvite,
        // Revoked, declined and expired invitations are remembered: an update does not silently invite again.
        MembershipStatus::Provisioned if !was_invited => Decision::Invite,
        MembershipStatus::Suspended if membership.suspended_by == Some(SuspendedBy::Directory) => {
            if membership.joined_at.is_some() {
                Decision::Reinstate
            } else {
                Decision::Invite
            }
        }
        // Removed or suspended by an admin: the admin decides.
        _ => Decision::Follow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Timestamp,
        model::{Role, Source},
    };

    fn membership(status: MembershipStatus) -> Membership {
        Membership {
            id: "m".to_owned().into(),
            workspace_id: "w".to_owned().into(),
            account_id: None,
            email: "ada@acme.test".into(),
            email_key: "ada@acme.test".into(),
            name: "Ada".into(),
            language: None,
            role: Role::Member,
            status,
            source: Source::Directory,
            directory_id: None,
            suspended_by: None,
            status_changed_at: Timestamp::ZERO,
            joined_at: None,
            last_active_at: None,
            created_at: Timestamp::ZERO,
            updated_at: Timestamp::ZERO,
        }
    }

    fn person(active: bool) -> Person {
        Person { deleted: false, active, email: Some("ada@acme.test".parse().unwrap()) }
    }

    fn linked(membership: &Membership) -> Standing<'_> {
        Standing::Linked {
            membership,
            last_owner: false,
            vouched_elsewhere: false,
            was_invited: true,
            new_address_taken: false,
        }
    }

    #[test]
    fn a_new_person() {
        let former = membership(MembershipStatus::Removed);
        for standing in [Standing::Nobody, Standing::Former(&former)] {
            assert_eq!(decide(&person(true), &standing), Decision::Invite);
            assert_eq!(decide(&person(false), &standing), Decision::Provision);
            let nameless = Person { email: None, ..person(true) };
            assert_eq!(decide(&nameless, &standing), Decision::Hold(HeldReason::EmailMissing));
            assert_eq!(decide(&Person { deleted: true, ..person(true) }, &standing), Decision::Follow);
        }
    }

    #[test]
    fn a_manual_member_is_never_touched() {
        for active in [true, false] {
            assert_eq!(decide(&person(active), &Standing::Taken), Decision::Hold(HeldReason::Conflict));
        }
        assert_eq!(decide(&Person { deleted: true, ..person(false) }, &Standing::Taken), Decision::Follow);
    }

    #[test]
    fn deactivated() {
        for (status, decision) in [
            (MembershipStatus::Active, Decision::Suspend),
            (MembershipStatus::Invited, Decision::Suspend),
            (MembershipStatus::Provisioned, Decision::Follow),
            (MembershipStatus::Suspended, Decision::Follow),
            (MembershipStatus::Removed, Decision::Follow),
        ] {
            assert_eq!(decide(&person(false), &linked(&membership(status))), decision, "{status}");
        }
    }

    #[test]
    fn deleted() {
        for (status, decision) in [
            (MembershipStatus::Active, Decision::Remove),
            (MembershipStatus::Invited, Decision::Remove),
            (MembershipStatus::Provisioned, Decision::Remove),
            (MembershipStatus::Suspended, Decision::Remove),
            (MembershipStatus::Removed, Decision::Follow),
        ] {
            let gone = Person { deleted: true, ..person(false) };
            assert_eq!(decide(&gone, &linked(&membership(status))), decision, "{status}");
        }
    }

    #[test]
    fn reactivated() {
        let mut m = membership(MembershipStatus::Suspended);
        m.suspended_by = Some(SuspendedBy::Admin);
        assert_eq!(decide(&person(true), &linked(&m)), Decision::Follow);
        m.suspended_by = Some(SuspendedBy::Directory);
        assert_eq!(decide(&person(true), &linked(&m)), Decision::Invite);
        m.joined_at = Some(Timestamp(1));
        assert_eq!(decide(&person(true), &linked(&m)), Decision::Reinstate);
    }

    #[test]
    fn a_revoked_invitation_is_remembered() {
        let m = membership(MembershipStatus::Provisioned);
        assert_eq!(decide(&person(true), &linked(&m)), Decision::Follow);
        let never_invited = Standing::Linked {
            membership: &m,
            last_owner: false,
            vouched_elsewhere: false,
            was_invited: false,
            new_address_taken: false,
        };
        assert_eq!(decide(&person(true), &never_invited), Decision::Invite);
    }

    #[test]
    fn a_new_address() {
        let moved = Person { email: Some("ada.king@acme.test".parse().unwrap()), ..person(true) };
        for (status, decision) in [
            (MembershipStatus::Active, Decision::ChangeAddress),
            (MembershipStatus::Invited, Decision::Reinvite),
            (MembershipStatus::Removed, Decision::Follow),
        ] {
            assert_eq!(decide(&moved, &linked(&membership(status))), decision, "{status}");
        }
        let other_case = Person { email: Some("Ada@Acme.test".parse().unwrap()), ..person(true) };
        assert_eq!(decide(&other_case, &linked(&membership(MembershipStatus::Active))), Decision::Follow);
    }

    #[test]
    fn the_last_owner_is_kept() {
        let m = membership(MembershipStatus::Active);
        for deleted in [true, false] {
            let standing = Standing::Linked {
                membership: &m,
                last_owner: true,
                vouched_elsewhere: false,
                was_invited: true,
                new_address_taken: false,
            };
            assert_eq!(decide(&Person { deleted, ..person(false) }, &standing), Decision::KeepLastOwner);
        }
    }

    #[test]
    fn vouched_for_by_another_directory() {
        let m = membership(MembershipStatus::Active);
        let standing = Standing::Linked {
            membership: &m,
            last_owner: false,
            vouched_elsewhere: true,
            was_invited: true,
            new_address_taken: false,
        };
        assert_eq!(decide(&person(false), &standing), Decision::Follow);
    }
}
