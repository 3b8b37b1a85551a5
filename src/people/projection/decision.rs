//! What follows from the directory's word: pure, so that every case stands in a table.

use crate::{
    model::{HeldReason, InvitationMode, MembershipStatus, SuspendedBy, WhenFull},
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
        /// There was an invitation for it before, and it is not the gate that holds the person back now.
        was_invited: bool,
        /// The address that the directory now gives belongs to another membership.
        new_address_taken: bool,
    },
    /// A removed membership of the same person or address, which may come back.
    Former(&'a Membership),
    /// A membership of the same address that this directory does not vouch for. It is never touched.
    Taken,
}

/// What stands between a person and access.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// What the directory does with new people.
    pub mode: InvitationMode,
    /// The person's address is of a domain that is let in.
    pub domain_allowed: bool,
    /// An admin let this person in, past mode and domains.
    pub approved: bool,
    /// One more person has a seat.
    pub seat_free: bool,
    /// What happens when none is free.
    pub when_full: WhenFull,
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
    /// Make the person a member at once.
    Add,
    /// Tell the identity provider that there is no seat, and record nothing.
    Refuse,
    /// Send the open invitation again, to the new address.
    Reinvite,
    /// Withdraw the open invitation, grant nothing and say why.
    Withdraw(HeldReason),
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

impl Decision {
    /// Why the person is held because of it.
    pub fn held(self) -> Option<HeldReason> {
        match self {
            Self::Hold(reason) | Self::Withdraw(reason) => Some(reason),
            Self::KeepLastOwner => Some(HeldReason::LastOwner),
            _ => None,
        }
    }

    /// Whether a membership begins, or begins again.
    pub fn makes_member(self) -> bool {
        matches!(self, Self::Invite | Self::Add | Self::Provision)
    }
}

/// Decides what follows from the directory's word.
pub fn decide(person: &Person, standing: &Standing<'_>, gate: &Gate) -> Decision {
    match standing {
        Standing::Nobody | Standing::Former(_) if person.deleted => Decision::Follow,
        Standing::Taken if person.deleted => Decision::Follow,
        Standing::Nobody | Standing::Former(_) => match &person.email {
            None => Decision::Hold(HeldReason::EmailMissing),
            Some(_) if person.active => entering(gate),
            Some(_) => Decision::Provision,
        },
        Standing::Taken => Decision::Hold(HeldReason::Conflict),
        Standing::Linked { membership, last_owner, vouched_elsewhere, was_invited, new_address_taken } => {
            if !person.active || person.deleted {
                leaving(person, membership, *last_owner, *vouched_elsewhere)
            } else {
                let moved = !new_address_taken
                    && person.email.as_ref().is_some_and(|email| email.key() != membership.email_key);
                staying(membership, moved, *was_invited, gate)
            }
        }
    }
}

/// Whether a decision about this standing may ask for a seat.
pub fn may_take_seat(person: &Person, standing: &Standing<'_>) -> bool {
    let outside = match standing {
        Standing::Nobody | Standing::Former(_) => person.email.is_some(),
        Standing::Linked { membership, .. } => {
            matches!(membership.status, MembershipStatus::Provisioned | MembershipStatus::Suspended)
        }
        Standing::Taken => false,
    };
    outside && person.active && !person.deleted
}

impl Gate {
    fn turns_domain_away(&self) -> bool {
        !self.approved && !self.domain_allowed
    }
}

/// Someone who never was a member comes in, or waits.
fn entering(gate: &Gate) -> Decision {
    if gate.turns_domain_away() {
        return Decision::Hold(HeldReason::DomainNotAllowed);
    }
    match gate.mode {
        InvitationMode::Hold if !gate.approved => Decision::Hold(HeldReason::NeedsApproval),
        InvitationMode::Send | InvitationMode::Hold => seated(gate, Decision::Invite),
        InvitationMode::AddDirectly => seated(gate, Decision::Add),
    }
}

/// The decision, when there is a seat for it.
fn seated(gate: &Gate, decision: Decision) -> Decision {
    match gate.when_full {
        _ if gate.seat_free => decision,
        WhenFull::Hold => Decision::Hold(HeldReason::SeatLimit),
        WhenFull::Refuse => Decision::Refuse,
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

fn staying(membership: &Membership, moved: bool, was_invited: bool, gate: &Gate) -> Decision {
    match membership.status {
        MembershipStatus::Active if moved => Decision::ChangeAddress,
        MembershipStatus::Invited if moved && gate.turns_domain_away() => {
            Decision::Withdraw(HeldReason::DomainNotAllowed)
        }
        MembershipStatus::Invited if moved => Decision::Reinvite,
        // Revoked, declined and expired invitations are remembered: an update does not silently invite again.
        MembershipStatus::Provisioned if !was_invited => entering(gate),
        MembershipStatus::Suspended if membership.suspended_by == Some(SuspendedBy::Directory) => {
            if membership.joined_at.is_some() {
                seated(gate, Decision::Reinstate)
            } else {
                entering(gate)
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

    /// Whoever the directory names is invited.
    const OPEN: Gate = Gate {
        mode: InvitationMode::Send,
        domain_allowed: true,
        approved: false,
        seat_free: true,
        when_full: WhenFull::Hold,
    };

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
            assert_eq!(decide(&person(true), &standing, &OPEN), Decision::Invite);
            assert_eq!(decide(&person(false), &standing, &OPEN), Decision::Provision);
            let nameless = Person { email: None, ..person(true) };
            assert_eq!(decide(&nameless, &standing, &OPEN), Decision::Hold(HeldReason::EmailMissing));
            assert_eq!(decide(&Person { deleted: true, ..person(true) }, &standing, &OPEN), Decision::Follow);
        }
    }

    #[test]
    fn a_manual_member_is_never_touched() {
        for active in [true, false] {
            assert_eq!(
                decide(&person(active), &Standing::Taken, &OPEN),
                Decision::Hold(HeldReason::Conflict)
            );
        }
        assert_eq!(
            decide(&Person { deleted: true, ..person(false) }, &Standing::Taken, &OPEN),
            Decision::Follow
        );
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
            assert_eq!(decide(&person(false), &linked(&membership(status)), &OPEN), decision, "{status}");
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
            assert_eq!(decide(&gone, &linked(&membership(status)), &OPEN), decision, "{status}");
        }
    }

    #[test]
    fn reactivated() {
        let mut m = membership(MembershipStatus::Suspended);
        m.suspended_by = Some(SuspendedBy::Admin);
        assert_eq!(decide(&person(true), &linked(&m), &OPEN), Decision::Follow);
        m.suspended_by = Some(SuspendedBy::Directory);
        assert_eq!(decide(&person(true), &linked(&m), &OPEN), Decision::Invite);
        m.joined_at = Some(Timestamp(1));
        assert_eq!(decide(&person(true), &linked(&m), &OPEN), Decision::Reinstate);
    }

    #[test]
    fn a_revoked_invitation_is_remembered() {
        let m = membership(MembershipStatus::Provisioned);
        assert_eq!(decide(&person(true), &linked(&m), &OPEN), Decision::Follow);
        let never_invited = Standing::Linked {
            membership: &m,
            last_owner: false,
            vouched_elsewhere: false,
            was_invited: false,
            new_address_taken: false,
        };
        assert_eq!(decide(&person(true), &never_invited, &OPEN), Decision::Invite);
    }

    #[test]
    fn a_new_address() {
        let moved = Person { email: Some("ada.king@acme.test".parse().unwrap()), ..person(true) };
        for (status, decision) in [
            (MembershipStatus::Active, Decision::ChangeAddress),
            (MembershipStatus::Invited, Decision::Reinvite),
            (MembershipStatus::Removed, Decision::Follow),
        ] {
            assert_eq!(decide(&moved, &linked(&membership(status)), &OPEN), decision, "{status}");
        }
        let other_case = Person { email: Some("Ada@Acme.test".parse().unwrap()), ..person(true) };
        assert_eq!(
            decide(&other_case, &linked(&membership(MembershipStatus::Active)), &OPEN),
            Decision::Follow
        );
    }

    #[test]
    fn an_invited_person_of_a_new_domain_passes_the_gate_anew() {
        let moved = Person { email: Some("ada@other.test".parse().unwrap()), ..person(true) };
        let foreign = Gate { domain_allowed: false, seat_free: false, ..OPEN };
        let invited = membership(MembershipStatus::Invited);
        let withdrawn = Decision::Withdraw(HeldReason::DomainNotAllowed);
        assert_eq!(decide(&moved, &linked(&invited), &foreign), withdrawn);
        assert_eq!(
            decide(&moved, &linked(&invited), &Gate { approved: true, ..foreign }),
            Decision::Reinvite,
            "an admin let the person in"
        );
        assert_eq!(decide(&person(true), &linked(&invited), &foreign), Decision::Follow, "who stays is left");
        let active = membership(MembershipStatus::Active);
        assert_eq!(decide(&moved, &linked(&active), &foreign), Decision::ChangeAddress);
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
            assert_eq!(
                decide(&Person { deleted, ..person(false) }, &standing, &OPEN),
                Decision::KeepLastOwner
            );
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
        assert_eq!(decide(&person(false), &standing, &OPEN), Decision::Follow);
    }

    #[test]
    fn the_gate_that_new_people_pass() {
        use Decision::{Add, Hold, Invite, Refuse};
        use HeldReason::{DomainNotAllowed, NeedsApproval, SeatLimit};
        use InvitationMode::{AddDirectly, Hold as ForApproval, Send};
        let closed = Gate { seat_free: false, ..OPEN };
        let foreign = Gate { domain_allowed: false, ..OPEN };
        for (gate, decision) in [
            (Gate { mode: Send, ..OPEN }, Invite),
            (Gate { mode: AddDirectly, ..OPEN }, Add),
            (Gate { mode: ForApproval, ..OPEN }, Hold(NeedsApproval)),
            (Gate { mode: ForApproval, approved: true, ..OPEN }, Invite),
            (Gate { mode: Send, ..foreign }, Hold(DomainNotAllowed)),
            (Gate { mode: AddDirectly, ..foreign }, Hold(DomainNotAllowed)),
            (Gate { mode: ForApproval, ..foreign }, Hold(DomainNotAllowed)),
            (Gate { approved: true, ..foreign }, Invite),
            (Gate { mode: Send, ..closed }, Hold(SeatLimit)),
            (Gate { mode: AddDirectly, ..closed }, Hold(SeatLimit)),
            (Gate { mode: ForApproval, ..closed }, Hold(NeedsApproval)),
            (Gate { mode: ForApproval, approved: true, ..closed }, Hold(SeatLimit)),
            (Gate { when_full: WhenFull::Refuse, ..closed }, Refuse),
            (Gate { when_full: WhenFull::Refuse, domain_allowed: false, ..closed }, Hold(DomainNotAllowed)),
        ] {
            let known = membership(MembershipStatus::Provisioned);
            let never_invited = Standing::Linked {
                membership: &known,
                last_owner: false,
                vouched_elsewhere: false,
                was_invited: false,
                new_address_taken: false,
            };
            let former = membership(MembershipStatus::Removed);
            for standing in [Standing::Nobody, Standing::Former(&former), never_invited] {
                assert_eq!(decide(&person(true), &standing, &gate), decision, "{gate:?} {standing:?}");
                assert!(may_take_seat(&person(true), &standing));
                assert!(!may_take_seat(&person(false), &standing));
            }
        }
    }

    #[test]
    fn who_was_a_member_comes_back_past_mode_and_domains_but_needs_a_seat() {
        let mut m = membership(MembershipStatus::Suspended);
        m.suspended_by = Some(SuspendedBy::Directory);
        m.joined_at = Some(Timestamp(1));
        let gate = Gate { mode: InvitationMode::Hold, domain_allowed: false, ..OPEN };
        assert_eq!(decide(&person(true), &linked(&m), &gate), Decision::Reinstate);
        let full = Gate { seat_free: false, ..gate };
        assert_eq!(decide(&person(true), &linked(&m), &full), Decision::Hold(HeldReason::SeatLimit));
        let refusing = Gate { when_full: WhenFull::Refuse, ..full };
        assert_eq!(decide(&person(true), &linked(&m), &refusing), Decision::Refuse);
        assert_eq!(decide(&person(false), &linked(&m), &refusing), Decision::Follow);
    }

    #[test]
    fn nobody_loses_access_by_a_gate_that_closes() {
        let shut = Gate {
            mode: InvitationMode::Hold,
            domain_allowed: false,
            seat_free: false,
            when_full: WhenFull::Refuse,
            ..OPEN
        };
        for status in [MembershipStatus::Active, MembershipStatus::Invited, MembershipStatus::Removed] {
            let m = membership(status);
            assert_eq!(decide(&person(true), &linked(&m), &shut), Decision::Follow, "{status}");
            assert!(!may_take_seat(&person(true), &linked(&m)));
        }
    }
}
