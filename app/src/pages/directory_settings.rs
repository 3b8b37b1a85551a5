//! The settings of one directory.

use leptos::prelude::*;
use rollcall::model::{InvitationMode, Provider, Role, WhenFull};

use super::{Field, directory::Directory, people_dialogs::role_hint, security_dialog};
use crate::ui::{Choice, SelectField, TextField, form_error};

/// The settings form.
#[derive(Clone, Debug)]
pub struct DirectorySettings {
    /// Its name.
    pub name: Field,
    /// The kind of identity provider.
    pub provider: Provider,
    /// What new people may do.
    pub default_role: Role,
    /// What happens to new people.
    pub invitation_mode: InvitationMode,
    /// The domains that are let in.
    pub allowed_domains: Field,
    /// Where the address is looked for.
    pub email_sources: Field,
    /// What happens when no seat is free.
    pub when_full: WhenFull,
    /// Whether requests that deviate from the RFC are refused.
    pub strict: bool,
    /// What is wrong with all of it.
    pub error: Option<String>,
}

pub(super) fn form(page: &Directory) -> AnyView {
    let form = page.settings.clone();
    let providers = Provider::ALL
        .iter()
        .copied()
        .map(|provider| Choice {
            value: provider.as_str().to_owned(),
            label: provider.label().to_owned(),
            chosen: provider == form.provider,
        })
        .collect::<Vec<_>>();
    let choice = |value: &str, label: &str, chosen: bool| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen,
    };
    let modes = InvitationMode::ALL
        .iter()
        .map(|mode| choice(mode.as_str(), mode.label(), *mode == form.invitation_mode))
        .collect::<Vec<_>>();
    let when_full = WhenFull::ALL
        .iter()
        .map(|way| choice(way.as_str(), way.label(), *way == form.when_full))
        .collect::<Vec<_>>();
    let strict = vec![
        choice("off", "Understand those we know", !form.strict),
        choice("on", "Refuse them", form.strict),
    ];
    view! {
        <form class="card" method="post" action=page.url("")>
            <div class="card-head">
                <div class="card-words">
                    <h2>"Settings"</h2>
                </div>
            </div>
            <div class="card-body">
                {form_error(form.error)} <div class="pair">
                    <TextField name="name" label="Name" field=form.name />
                    <SelectField
                        name="provider"
                        label="Directory Provider"
                        choices=providers
                        hint="Changes only the labels. Endpoint and tokens stay."
                    />
                </div>
                <div class="pair">
                    <SelectField
                        name="invitation_mode"
                        label="New people"
                        choices=modes
                        hint="“Add directly”: members at once, mailed a link that sets a password."
                    />
                    <SelectField
                        name="default_role"
                        label="Role for new people"
                        choices=security_dialog::role_choices(form.default_role)
                        hint=role_hint()
                    />
                </div>
                <div class="pair">
                    <TextField
                        name="allowed_domains"
                        label="Allowed domains"
                        field=form.allowed_domains
                        optional=true
                        placeholder="acme.com, acme.org"
                        hint="New people with another address are held. Empty lets every address in."
                    />
                    <TextField
                        name="email_sources"
                        label="Where the address is"
                        field=form.email_sources
                        hint="In this order, of: work, primary, any, userName."
                    />
                </div>
                <div class="pair">
                    <SelectField
                        name="when_full"
                        label="When no seat is free"
                        choices=when_full
                        hint="“Refuse”: nobody is recorded, and your identity provider shows the error."
                    />
                    <SelectField
                        name="strict"
                        label="Requests that deviate from the standard"
                        choices=strict
                        hint="Leave this unless you are testing a SCIM client."
                    />
                </div>
            </div>
            <div class="card-foot end">
                <button class="button">"Save changes"</button>
            </div>
        </form>
    }
    .into_any()
}
