//! English.

use super::{InvitationWords, RoleWords, Words};

pub(super) const WORDS: Words = Words {
    tag: "en",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    moment: "{day} {month} {year} at {time} UTC",
    roles: RoleWords { viewer: "a viewer", member: "a member", admin: "an admin", owner: "an owner" },
    invitation: InvitationWords {
        subject: "Join {workspace} on Rollcall",
        reminder_subject: "Reminder: join {workspace} on Rollcall",
        heading: "Join {workspace}",
        by_person: "{inviter} invited you to join {workspace} as {role}.",
        by_directory: "Your IT team, through {provider}, invited you to join {workspace} as {role}.",
        by_it_team: "Your IT team invited you to join {workspace} as {role}.",
        by_nobody: "You are invited to join {workspace} as {role}.",
        reminder: "Your invitation is still open.",
        about: "Rollcall keeps a workspace and its people in step with the company directory.",
        accept: "Accept invitation",
        or_open: "Or open this link in your browser:",
        expires: "The invitation expires on {moment}.",
        meant_for: "This mail was sent to {email}.",
        not_you: "Not you?",
        decline: "Decline",
    },
};
