//! The texts of each mail. What stands in braces behind a text is filled in.

/// Declares the texts of one mail. All are listed by `texts`, so that no language can miss one.
macro_rules! letter_words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(in crate::mail) struct $name {
            $($(#[$fdoc])* pub(in crate::mail) $field: &'static str,)+
        }

        impl $name {
            #[cfg(test)]
            pub(super) fn texts(&self) -> Vec<&'static str> {
                vec![$(self.$field),+]
            }
        }
    )+};
}

letter_words! {
    /// What stands in every mail.
    FrameWords {
        /// Before the bare link.
        or_open,
        /// Whom it was sent to: `{email}`.
        meant_for,
        /// Until when a link works that works once: `{moment}`.
        works_once,
    }

    /// What a person becomes, as it stands in “with the role …”.
    RoleWords {
        /// Reads their own profile.
        viewer,
        /// Reads the list of people.
        member,
        /// Manages people and settings.
        admin,
        /// Everything.
        owner,
    }

    /// The invitation, its reminder and the new link.
    InvitationWords {
        /// Subject: `{workspace}`.
        subject,
        /// Subject of the reminder: `{workspace}`.
        reminder_subject,
        /// Subject of the new link: `{workspace}`.
        new_link_subject,
        /// Heading: `{workspace}`.
        heading,
        /// A person invited: `{inviter}`, `{workspace}`, `{role}`.
        by_person,
        /// A directory invited: `{provider}`, `{workspace}`, `{role}`.
        by_directory,
        /// A directory without a well-known name invited: `{workspace}`, `{role}`.
        by_it_team,
        /// Nobody in particular invited: `{workspace}`, `{role}`.
        by_nobody,
        /// What a reminder begins with.
        reminder,
        /// What a new link begins with.
        new_link,
        /// What the product is, in one line.
        about,
        /// The button.
        accept,
        /// When it ends: `{moment}`.
        expires,
        /// Before the link that declines.
        not_you,
        /// The link that declines.
        decline,
    }

    /// A directory's token ends soon.
    TokenExpiringWords {
        /// Subject: `{directory}`, `{date}`.
        subject,
        /// Heading: `{directory}`.
        heading,
        /// What ends and when: `{hint}`, `{directory}`, `{workspace}`, `{moment}`.
        what,
        /// What happens then: `{directory}`.
        then,
        /// What to do now: `{directory}`.
        now,
        /// The button.
        action,
    }

    /// A directory's changes are refused.
    DirectoryFailingWords {
        /// Subject: `{directory}`, `{workspace}`.
        subject,
        /// Heading: `{directory}`, `{workspace}`.
        heading,
        /// Changes are refused: `{refused}`, `{of}`, `{directory}`, `{workspace}`, `{moment}`.
        refused,
        /// No request has a token that works: `{directory}`, `{workspace}`, `{moment}`.
        bad_token,
        /// What it was told last: `{answer}`.
        answer,
        /// What follows until it is solved.
        then,
        /// The button.
        action,
    }

    /// The directory calls the last owner inactive.
    LastOwnerWords {
        /// Subject: `{workspace}`, `{directory}`.
        subject,
        /// Heading: `{directory}`.
        heading,
        /// What the directory says: `{directory}`, `{person}`, `{email}`.
        what,
        /// What was kept: `{workspace}`.
        kept,
        /// What to do now: `{directory}`, `{person}`.
        now,
        /// The button.
        action,
    }

    /// A directory took away the access of many people.
    MassChangeWords {
        /// Subject: `{suspended}`, `{workspace}`.
        subject,
        /// Heading: `{workspace}`.
        heading,
        /// What happened: `{directory}`, `{suspended}`, `{of}`, `{workspace}`, `{moment}`.
        what,
        /// When it was meant.
        expected,
        /// When it was not: `{directory}`.
        otherwise,
        /// The button.
        action,
    }

    /// Someone could not come in for want of a seat.
    SeatLimitReachedWords {
        /// Subject: `{workspace}`.
        subject,
        /// Heading: `{workspace}`.
        heading,
        /// What happened: `{moment}`, `{workspace}`, `{limit}`.
        what,
        /// The same, where there is one seat: `{moment}`, `{workspace}`.
        what_of_one,
        /// Who waits, and until when.
        then,
        /// What to do now.
        now,
        /// The button.
        action,
    }
    /// The reader's access was taken away.
    AccessSuspendedWords {
        /// Subject: `{workspace}`.
        subject,
        /// Heading: `{workspace}`.
        heading,
        /// The directory did it: `{workspace}`.
        by_directory,
        /// An admin did it: `{workspace}`.
        by_admin,
        /// What is kept and whom to ask.
        kept,
    }

    /// A directory made the reader a member at once.
    AddedWords {
        /// Subject: `{workspace}`.
        subject,
        /// Heading: `{workspace}`.
        heading,
        /// Who did it: `{email}`, `{workspace}`.
        what,
        /// What to do now.
        now,
        /// When the reader knows nothing of it.
        not_you,
        /// The button.
        action,
    }
    /// A link that sets a new password.
    PasswordResetWords {
        /// Subject.
        subject,
        /// Heading.
        heading,
        /// Who asked: `{email}`.
        what,
        /// When the reader did not ask.
        not_you,
        /// The button.
        action,
    }

    /// A link that confirms a new address.
    EmailChangeWords {
        /// Subject.
        subject,
        /// Heading.
        heading,
        /// What was asked for: `{old}`, `{new}`.
        what,
        /// When the reader did not ask.
        not_you,
        /// The button.
        action,
    }

    /// An address was changed.
    EmailChangedWords {
        /// Subject.
        subject,
        /// Heading.
        heading,
        /// What was changed: `{old}`, `{new}`, `{moment}`.
        what,
        /// When the reader did not do it.
        not_you,
    }

    /// A directory changed the address of a member.
    DirectoryEmailChangedWords {
        /// Subject: `{workspace}`.
        subject,
        /// Heading: `{workspace}`.
        heading,
        /// What was changed: `{workspace}`, `{old}`, `{new}`, `{moment}`.
        what,
        /// The person signs in with another address: `{new}`.
        signs_in_as_before,
        /// The person signs in with the new address already: `{new}`.
        signs_in_with_new,
        /// The person has no password yet: `{workspace}`, `{old}`, `{new}`.
        no_password,
        /// When it is a mistake.
        not_you,
        /// The button.
        action,
    }

    /// Someone declined an invitation.
    DeclinedWords {
        /// Subject: `{email}`, `{workspace}`.
        subject,
        /// Heading.
        heading,
        /// What happened: `{email}`, `{workspace}`.
        what,
        /// What follows.
        then,
        /// The button.
        action,
    }

    /// A mail that shows that mail arrives.
    TestWords {
        /// Subject.
        subject,
        /// Heading.
        heading,
        /// Who asked for it: `{person}`, `{address}`, `{moment}`.
        what,
        /// That nothing is asked of the reader.
        nothing_to_do,
    }
}
