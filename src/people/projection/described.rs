//! The membership of a person as their directory describes them.

use super::{Speaker, decision::Person};
use crate::{
    mail,
    model::{MembershipStatus, Source},
    state::Context,
    store::{directory_users::DirectoryUser, memberships::Membership},
};

/// Longest tag of a language that is kept; BCP 47 asks for no less (RFC 5646 section 4.4.1).
const LONGEST_LANGUAGE: usize = 35;

/// The membership of someone whom the workspace did not know; `None` without an address.
pub(super) fn new_membership(
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
    person: &Person,
) -> Option<Membership> {
    let email = person.email.as_ref()?;
    Some(Membership {
        id: context.clock.new_id(),
        workspace_id: speaker.workspace_id.clone(),
        account_id: None,
        email: email.as_str().to_owned(),
        email_key: email.key(),
        name: display_name(user),
        language: None,
        role: speaker.settings.default_role,
        status: MembershipStatus::Provisioned,
        source: Source::Directory,
        directory_id: Some(speaker.directory_id.clone()),
        suspended_by: None,
        status_changed_at: context.now,
        joined_at: None,
        last_active_at: None,
        created_at: context.now,
        updated_at: context.now,
    })
}

/// A removed membership begins again: this directory vouches for it, with the role of a new person.
pub(super) fn come_back(
    former: &Membership,
    speaker: &Speaker,
    user: &DirectoryUser,
    context: &Context,
) -> Membership {
    Membership {
        name: display_name(user),
        role: speaker.settings.default_role,
        source: Source::Directory,
        directory_id: Some(speaker.directory_id.clone()),
        suspended_by: None,
        joined_at: None,
        updated_at: context.now,
        ..former.clone()
    }
}

/// Takes name and address over as the directory gives them.
pub(super) fn follow(
    membership: &mut Membership,
    user: &DirectoryUser,
    person: &Person,
    address_taken: bool,
) {
    if membership.source == Source::Directory {
        membership.name = display_name(user);
        membership.language = language(user);
    }
    if let Some(email) = person.email.as_ref().filter(|_| !address_taken) {
        membership.email = email.as_str().to_owned();
        membership.email_key = email.key();
    }
}

/// The person's own language, of SCIM `preferredLanguage`, which may name several, and then `locale` (RFC 7643 section
/// 4.1.1): the first with mails in it, else the first.
fn language(user: &DirectoryUser) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(&user.document).ok()?;
    let tags: Vec<&str> = ["preferredLanguage", "locale"]
        .iter()
        .filter_map(|name| document.get(name)?.as_str())
        .flat_map(mail::languages_by_preference)
        .filter(|tag| tag.len() <= LONGEST_LANGUAGE)
        .collect();
    let known = tags.iter().find(|tag| mail::known_language(tag).is_some());
    known.or(tags.first()).map(|tag| (*tag).to_owned())
}

fn display_name(user: &DirectoryUser) -> String {
    user.display_name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| user.user_name.clone())
}
