//! German.

use super::{InvitationWords, RoleWords, Words};

pub(super) const WORDS: Words = Words {
    tag: "de",
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    moment: "{day}. {month} {year} um {time} Uhr UTC",
    roles: RoleWords {
        viewer: "„Betrachter“", member: "„Mitglied“", admin: "„Admin“", owner: "„Inhaber“"
    },
    invitation: InvitationWords {
        subject: "{workspace} auf Rollcall beitreten",
        reminder_subject: "Erinnerung: {workspace} auf Rollcall beitreten",
        heading: "{workspace} beitreten",
        by_person: "{inviter} lädt Sie ein, {workspace} mit der Rolle {role} beizutreten.",
        by_directory: "Ihre IT-Abteilung lädt Sie über {provider} ein, {workspace} mit der Rolle {role} beizutreten.",
        by_it_team: "Ihre IT-Abteilung lädt Sie ein, {workspace} mit der Rolle {role} beizutreten.",
        by_nobody: "Sie sind eingeladen, {workspace} mit der Rolle {role} beizutreten.",
        reminder: "Ihre Einladung ist noch offen.",
        about: "Rollcall hält einen Arbeitsbereich und seine Mitglieder im Gleichschritt mit dem Verzeichnis der Firma.",
        accept: "Einladung annehmen",
        or_open: "Oder öffnen Sie diesen Link im Browser:",
        expires: "Die Einladung gilt bis {moment}.",
        meant_for: "Diese Nachricht ging an {email}.",
        not_you: "Nicht Sie?",
        decline: "Ablehnen",
    },
};
