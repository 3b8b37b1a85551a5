//! French.

use super::{InvitationWords, RoleWords, Words};

pub(super) const WORDS: Words = Words {
    tag: "fr",
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    moment: "{day} {month} {year} à {time} UTC",
    roles: RoleWords { viewer: "lecteur", member: "membre", admin: "administrateur", owner: "propriétaire" },
    invitation: InvitationWords {
        subject: "Rejoignez {workspace} sur Rollcall",
        reminder_subject: "Rappel : rejoignez {workspace} sur Rollcall",
        heading: "Rejoignez {workspace}",
        by_person: "{inviter} vous invite à rejoindre {workspace} en tant que {role}.",
        by_directory: "Votre équipe informatique, via {provider}, vous invite à rejoindre {workspace} en tant que {role}.",
        by_it_team: "Votre équipe informatique vous invite à rejoindre {workspace} en tant que {role}.",
        by_nobody: "Vous êtes invité à rejoindre {workspace} en tant que {role}.",
        reminder: "Votre invitation est toujours ouverte.",
        about: "Rollcall accorde un espace de travail et ses membres avec l’annuaire de l’entreprise.",
        accept: "Accepter l’invitation",
        or_open: "Ou ouvrez ce lien dans votre navigateur :",
        expires: "L’invitation expire le {moment}.",
        meant_for: "Ce message a été envoyé à {email}.",
        not_you: "Ce n’est pas vous ?",
        decline: "Refuser",
    },
};
