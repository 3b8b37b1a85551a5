//! Roles, the states of a membership, an invitation and a mail, and the kinds of mail.

use super::words::words;

words! {
    /// What a member may do. Ordered from least to most.
    Role ("role": "owner, admin, member, viewer") {
        /// Reads their own profile.
        Viewer = "viewer", "Viewer";
        /// Reads the list of people.
        Member = "member", "Member";
        /// Manages people and settings.
        Admin = "admin", "Admin";
        /// Everything, including ownership.
        Owner = "owner", "Owner";
    }
}

words! {
    /// Where a membership stands.
    MembershipStatus ("membership status": "provisioned, invited, active, suspended, removed") {
        /// Known from a directory, or by an invitation that is over; nothing granted.
        Provisioned = "provisioned", "Not invited";
        /// An invitation is open.
        Invited = "invited", "Invited";
        /// Has access.
        Active = "active", "Active";
        /// Access taken away, reversibly.
        Suspended = "suspended", "Suspended";
        /// No longer a member; kept for history.
        Removed = "removed", "Removed";
    }
}

words! {
    /// Why a provisioned person was granted nothing.
    HeldReason ("reason": "needs_approval, seat_limit, domain_not_allowed, email_missing, conflict, last_owner") {
        /// The directory holds new people until an admin approves them.
        NeedsApproval = "needs_approval", "waits for approval";
        /// The workspace has no free seat.
        SeatLimit = "seat_limit", "no free seat";
        /// The address is of a domain that is not let in.
        DomainNotAllowed = "domain_not_allowed", "domain not allowed";
        /// The directory sent no e-mail address.
        EmailMissing = "email_missing", "no e-mail address";
        /// Another person in this workspace has the same address.
        Conflict = "conflict", "address already in use";
        /// The directory calls the last owner inactive; their membership is kept.
        LastOwner = "last_owner", "last owner";
    }
}

impl HeldReason {
    /// Whether the person waits at the gate: for a setting, an approval or a seat.
    pub const fn is_of_gate(self) -> bool {
        matches!(self, Self::NeedsApproval | Self::SeatLimit | Self::DomainNotAllowed)
    }

    /// Whether a change of settings, or of the members, may end it, so that held people are looked at again then.
    pub const fn may_end_by_settings(self) -> bool {
        matches!(self, Self::NeedsApproval | Self::DomainNotAllowed | Self::EmailMissing | Self::Conflict)
    }
}

words! {
    /// Who vouches for a membership.
    Source ("source": "manual, directory, directory_and_manual") {
        /// Added by hand.
        Manual = "manual", "Manual";
        /// Added by a directory.
        Directory = "directory", "Directory";
        /// Added by hand, then linked to a directory user.
        DirectoryAndManual = "directory_and_manual", "Directory + manual";
    }
}

words! {
    /// Who took access away; decides whether the directory may give it back.
    SuspendedBy ("suspender": "directory, admin") {
        /// The directory said inactive.
        Directory = "directory", "Directory";
        /// An admin did it by hand.
        Admin = "admin", "Admin";
    }
}

words! {
    /// Where an invitation stands.
    InvitationStatus ("invitation status": "pending, accepted, declined, expired, revoked") {
        /// Can be accepted.
        Pending = "pending", "Pending";
        /// Was accepted.
        Accepted = "accepted", "Accepted";
        /// The invited person said no.
        Declined = "declined", "Declined";
        /// Ran out of time.
        Expired = "expired", "Expired";
        /// Withdrawn by an admin or by the directory.
        Revoked = "revoked", "Withdrawn";
    }
}

words! {
    /// What is known of a mail.
    MailStatus ("mail status": "queued, accepted, kept, deferred, refused, gave_up, bounced, cancelled") {
        /// Waits for its time or for the worker.
        Queued = "queued", "Queued";
        /// The relay took it. Nothing more is known.
        Accepted = "accepted", "Accepted by relay";
        /// It lies in the built-in mailbox: no relay is set.
        Kept = "kept", "In the mailbox";
        /// Did not go through; tried again later.
        Deferred = "deferred", "Deferred";
        /// The relay refused it for good.
        Refused = "refused", "Refused";
        /// It cannot be sent, or was tried often enough, and nobody refused it for good.
        GaveUp = "gave_up", "Gave up";
        /// The relay took it, and it came back.
        Bounced = "bounced", "Bounced";
        /// No longer wanted.
        Cancelled = "cancelled", "Cancelled";
    }
}

impl MailTemplate {
    /// Whether it carries a link to an invitation, which is then what it is about.
    pub const fn carries_invitation(self) -> bool {
        matches!(self, Self::Invitation | Self::Reminder | Self::NewLink)
    }

    /// Whether sending it again means a new link, whatever became of the last one.
    pub const fn is_renewed(self) -> bool {
        self.carries_invitation() || matches!(self, Self::Added)
    }

    /// Whether it speaks for a workspace, and so stands in the workspace's log.
    pub const fn is_of_workspace(self) -> bool {
        !matches!(self, Self::PasswordReset | Self::EmailChange | Self::EmailChanged | Self::Test)
    }
}

words! {
    /// How a request of an identity provider is listed.
    RequestKind ("kind of request": "read, change, error, rejected") {
        /// Asked, and was answered.
        Read = "read", "Read";
        /// Wrote, and was obeyed.
        Change = "change", "Change";
        /// Was refused, or failed.
        Error = "error", "Error";
        /// Came without a token that opens the directory.
        Rejected = "rejected", "Rejected sign-in";
    }
}

words! {
    /// Which mail it is: the outbox's word for it.
    MailTemplate ("mail": "invitation, reminder, new_link, token_expiring, directory_failing, last_owner, mass_change, seat_limit_reached, access_suspended, added, password_reset, email_change, email_changed, directory_email_changed, declined, test") {
        /// Someone is invited.
        Invitation = "invitation", "Invitation";
        /// Half of an invitation's time is over.
        Reminder = "reminder", "Reminder";
        /// Someone asked for a new link to their invitation.
        NewLink = "new_link", "New link";
        /// A directory's token ends soon.
        TokenExpiring = "token_expiring", "Token expiring";
        /// A directory's changes are refused.
        DirectoryFailing = "directory_failing", "Directory failing";
        /// The directory calls the last owner inactive.
        LastOwner = "last_owner", "Last owner";
        /// A directory took away the access of many people in a short time.
        MassChange = "mass_change", "Mass change";
        /// Someone could not come in for want of a seat.
        SeatLimitReached = "seat_limit_reached", "No free seat";
        /// Someone's access was taken away.
        AccessSuspended = "access_suspended", "Access suspended";
        /// A directory made someone a member at once: a link that sets their password.
        Added = "added", "Added";
        /// A link that sets a new password.
        PasswordReset = "password_reset", "Password reset";
        /// A link that confirms a new address.
        EmailChange = "email_change", "Confirm address";
        /// An address was changed.
        EmailChanged = "email_changed", "Address changed";
        /// A directory changed the address of a member.
        DirectoryEmailChanged = "directory_email_changed", "Address changed by directory";
        /// Someone declined an invitation.
        Declined = "declined", "Invitation declined";
        /// Shows that mail arrives.
        Test = "test", "Test mail";
    }
}
