//! `rollcall directory`: directories, their tokens, settings and role mappings.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    deviations,
    extensions::{self, ExtensionCommand},
    named::{Target, find_workspace},
    output::{print, table},
};
use crate::{
    clock::Timestamp,
    directory::{
        administration::{self, Choice},
        role_mapping,
        settings::{self, Settings, Wanted},
        token::{self, Others},
    },
    error::Result,
    model::{AllowedDomains, EmailSources, InvitationMode, OnRemoval, Provider, Role, TokenLife, WhenFull},
    people::Caller,
    secret::Secret,
    state::Rollcall,
    store::{self, directories::Directory, workspaces::Workspace},
};

/// Directories.
#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Make a directory; prints its base URL and its token, which is shown this once.
    Create {
        /// The workspace's slug.
        #[arg(long)]
        workspace: String,
        /// okta, entra, google, onelogin, jumpcloud or generic.
        #[arg(long)]
        provider: Provider,
        /// Its name; the provider's when left out.
        #[arg(long)]
        name: Option<String>,
        /// The role of people whom it adds: admin, member or viewer.
        #[arg(long, default_value = "member")]
        default_role: Role,
    },
    /// Change the settings of a directory; prints how they are then. What is left out stays.
    Set(Changes),
    /// List the directories of a workspace.
    List {
        /// The workspace's slug.
        #[arg(long)]
        workspace: String,
    },
    /// Make a second token; the first keeps working until it is revoked.
    RotateToken {
        /// Which directory.
        #[command(flatten)]
        at: Target,
        /// Revoke the earlier tokens at once.
        #[arg(long)]
        revoke_others: bool,
        /// How long it works: forever, 90d or 1y. Owners are mailed 30, 14 and 3 days before its end.
        #[arg(long, default_value = "forever")]
        life: TokenLife,
    },
    /// Give the members of a group a role. The group is known by its name and need not be there yet; of several
    /// mappings that concern a person, the one made first counts.
    MapGroup {
        /// Which directory.
        #[command(flatten)]
        at: Target,
        /// The group's name (SCIM displayName).
        #[arg(long)]
        group: String,
        /// admin, member or viewer.
        #[arg(long)]
        role: Role,
    },
    /// Take a group's role away; people get back the role that they had before.
    UnmapGroup {
        /// Which directory.
        #[command(flatten)]
        at: Target,
        /// The group's name (SCIM displayName).
        #[arg(long)]
        group: String,
    },
    /// Attributes of your own for the people or groups of a directory (RFC 7643 section 3.3).
    #[command(subcommand)]
    Extension(ExtensionCommand),
    /// Report how the identity provider's requests differ from the RFCs, and were accepted all the same.
    Deviations {
        /// Which directory.
        #[command(flatten)]
        at: Target,
    },
    /// Remove a directory; its tokens stop at once.
    Remove {
        /// Which directory.
        #[command(flatten)]
        at: Target,
        /// What happens to its people: keep (as if added by hand), suspend or remove.
        #[arg(long, default_value = "keep")]
        members: OnRemoval,
    },
}

/// What becomes of the settings of a directory. What is left out stays.
#[derive(Debug, Args)]
pub struct Changes {
    /// Which directory.
    #[command(flatten)]
    pub at: Target,
    /// on refuses requests that deviate from the RFC; off understands the deviations that are known.
    #[arg(long, value_enum)]
    pub strict: Option<Switch>,
    /// What happens when it names a new person: send (an invitation), add (a member at once) or hold (for approval).
    #[arg(long)]
    pub invitation_mode: Option<InvitationMode>,
    /// The domains of which addresses are let in, with commas between; empty for any.
    #[arg(long)]
    pub allowed_domains: Option<AllowedDomains>,
    /// Where the address of a person is looked for, in this order: work, primary, any, userName.
    #[arg(long)]
    pub email_sources: Option<EmailSources>,
    /// What happens to new people beyond the workspace's seat limit: hold or refuse.
    #[arg(long)]
    pub when_full: Option<WhenFull>,
    /// The role of people whom it adds: admin, member or viewer.
    #[arg(long)]
    pub default_role: Option<Role>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// Runs the command.
pub(super) async fn run(rollcall: &Rollcall, as_json: bool, command: &DirectoryCommand) -> Result<()> {
    match command {
        DirectoryCommand::Create { workspace, provider, name, default_role } => {
            let workspace = find_workspace(rollcall, workspace).await?;
            let choice = Choice {
                provider: *provider,
                name: name.clone().unwrap_or_default(),
                default_role: *default_role,
            };
            let caller = Caller::CommandLine(&workspace);
            let (directory, secret) = administration::create(rollcall, &caller, &choice, None).await?;
            print_token(rollcall, as_json, &directory, secret.as_ref());
        }
        DirectoryCommand::Set(changes) => set(rollcall, as_json, changes).await?,
        DirectoryCommand::List { workspace } => {
            let workspace = find_workspace(rollcall, workspace).await?;
            list(rollcall, as_json, &workspace).await?;
        }
        DirectoryCommand::RotateToken { at, revoke_others, life } => {
            let (workspace, directory) = at.find(rollcall).await?;
            let caller = Caller::CommandLine(&workspace);
            let others = if *revoke_others { Others::Revoke } else { Others::Keep };
            let secret = token::rotate(rollcall, &caller, &directory.id, *life, others).await?;
            print_token(rollcall, as_json, &directory, Some(&secret));
        }
        DirectoryCommand::MapGroup { at, group, role } => {
            let (workspace, directory) = at.find(rollcall).await?;
            let caller = Caller::CommandLine(&workspace);
            let people = role_mapping::map(rollcall, &caller, &directory.id, group, *role).await?;
            print(
                as_json,
                &json!({ "directory": directory.id, "group": group, "role": role, "people": people }),
                &format!("Members of {group} are {role} from now on. Roles changed: {people}."),
            );
        }
        DirectoryCommand::UnmapGroup { at, group } => {
            let (workspace, directory) = at.find(rollcall).await?;
            let caller = Caller::CommandLine(&workspace);
            let people = role_mapping::unmap(rollcall, &caller, &directory.id, group).await?;
            print(
                as_json,
                &json!({ "directory": directory.id, "group": group, "people": people }),
                &format!("{group} gives no role any more. Roles changed: {people}."),
            );
        }
        DirectoryCommand::Extension(command) => extensions::run(rollcall, as_json, command).await?,
        DirectoryCommand::Deviations { at } => {
            let (workspace, directory) = at.find(rollcall).await?;
            deviations::report(rollcall, as_json, &workspace, &directory).await?;
        }
        DirectoryCommand::Remove { at, members } => {
            let (workspace, directory) = at.find(rollcall).await?;
            let caller = Caller::CommandLine(&workspace);
            let people = administration::remove(rollcall, &caller, &directory.id, *members).await?;
            print(
                as_json,
                &json!({ "id": directory.id, "removed": true, "people": people }),
                &format!("Removed the directory {}. People {}: {people}.", directory.name, members.label()),
            );
        }
    }
    Ok(())
}

async fn set(rollcall: &Rollcall, as_json: bool, changes: &Changes) -> Result<()> {
    let (workspace, before) = changes.at.find(rollcall).await?;
    let old = &before.settings;
    let settings = Settings {
        default_role: changes.default_role.unwrap_or(old.default_role),
        invitation_mode: changes.invitation_mode.unwrap_or(old.invitation_mode),
        allowed_domains: changes.allowed_domains.clone().unwrap_or_else(|| old.allowed_domains.clone()),
        email_sources: changes.email_sources.clone().unwrap_or_else(|| old.email_sources.clone()),
        when_full: changes.when_full.unwrap_or(old.when_full),
        strict: changes.strict.map_or(old.strict, |strict| strict == Switch::On),
    };
    let wanted = Wanted { provider: before.provider, name: before.name.clone(), settings };
    let caller = Caller::CommandLine(&workspace);
    let after = settings::update(rollcall, &caller, &before.id, &wanted).await?;
    let mut json = settings::to_json(&after.settings);
    json["id"] = json!(after.id);
    json["name"] = json!(after.name);
    let lines: Vec<Vec<String>> = [
        ("invitation mode", after.settings.invitation_mode.label().to_owned()),
        ("allowed domains", after.settings.allowed_domains.to_string()),
        ("e-mail sources", after.settings.email_sources.to_string()),
        ("when full", after.settings.when_full.label().to_owned()),
        ("default role", after.settings.default_role.to_string()),
        ("strict", if after.settings.strict { "on" } else { "off" }.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| vec![name.to_owned(), if value.is_empty() { "any".to_owned() } else { value }])
    .collect();
    print(as_json, &json, &table(&["SETTING", "VALUE"], &lines));
    Ok(())
}

fn print_token(rollcall: &Rollcall, as_json: bool, directory: &Directory, secret: Option<&Secret>) {
    let url = rollcall.config.base_url.scim(&directory.id);
    let token = secret.map(Secret::reveal);
    let text = format!(
        "{} ({})\n  {:<20} {url}\n  {:<20} {}\nThe token is shown only this once.",
        directory.name,
        directory.provider.label(),
        directory.provider.endpoint_label(),
        directory.provider.token_label(),
        token.unwrap_or("(none)")
    );
    print(as_json, &json!({ "id": directory.id, "base_url": url, "token": token }), &text);
}

async fn list(rollcall: &Rollcall, as_json: bool, workspace: &Workspace) -> Result<()> {
    let now = rollcall.clock.now();
    let mut conn = rollcall.db.read().await?;
    let (mut json, mut rows) = (Vec::new(), Vec::new());
    for directory in store::directories::list(&mut conn, &workspace.id).await? {
        let tokens = store::directory_tokens::list(&mut conn, &directory.id).await?;
        let last_used = tokens.iter().filter_map(|token| token.last_used_at).max();
        let live: Vec<String> =
            tokens.iter().filter(|token| token.is_live(now)).map(|token| token.hint.clone()).collect();
        let mappings = store::role_mappings::list(&mut conn, &directory.id).await?;
        let roles: Vec<String> = mappings.iter().map(|m| format!("{}={}", m.group_name, m.role)).collect();
        let role_mappings: Vec<Value> =
            mappings.iter().map(|m| json!({ "group": m.group_name, "role": m.role })).collect();
        json.push(json!({
            "id": directory.id,
            "name": directory.name,
            "provider": directory.provider,
            "base_url": rollcall.config.base_url.scim(&directory.id),
            "settings": settings::to_json(&directory.settings),
            "role_mappings": role_mappings,
            "tokens": live,
            "last_used_at": last_used.map(Timestamp::to_rfc3339),
        }));
        rows.push(vec![
            directory.id.to_string(),
            directory.name.clone(),
            directory.provider.to_string(),
            live.join(" "),
            last_used.map_or_else(|| "never".to_owned(), Timestamp::to_rfc3339),
            roles.join(", "),
        ]);
    }
    print(
        as_json,
        &Value::Array(json),
        &table(&["ID", "NAME", "PROVIDER", "TOKENS", "LAST USED", "ROLES"], &rows),
    );
    Ok(())
}
