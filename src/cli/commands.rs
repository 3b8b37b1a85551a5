//! The commands for automation. Each opens the store, does one thing and prints what came of it.

use std::io::Read;

use serde_json::{Value, json};

use super::{
    Cli, Command, DirectoryCommand, MailCommand, MemberCommand, Members, Opening, Switch, WorkspaceCommand,
    deviations, extensions,
    named::{find_directory, find_workspace, the_workspace},
    open,
    output::{print, report, table, told},
};
use crate::{
    audit::Actor,
    directory::{
        administration::{self, Choice, Farewell},
        role_mapping,
        settings::{self, Settings, Wanted},
        token,
    },
    error::{Error, Result},
    jobs::{self, Taken},
    mail::bounce::dsn,
    model::{MembershipStatus, Role},
    people::{Caller, account, workspace},
    secret::Secret,
    state::Rollcall,
    store::{self, directories::Directory, workspaces::Workspace},
};

/// Runs any command but `serve`; gives the exit code.
pub async fn run(cli: &Cli) -> u8 {
    let opening =
        if matches!(cli.command, Command::Migrate) { Opening::MayCreate } else { Opening::MustExist };
    let rollcall = match open(&cli.settings, opening).await {
        Ok(rollcall) => rollcall,
        Err(message) => {
            report(cli.json, &message, None);
            return 1;
        }
    };
    match perform(&rollcall, cli).await {
        Ok(()) => 0,
        Err(refusal) => {
            let (message, field) = told(&refusal);
            report(cli.json, &message, field);
            // A mail server that is told EX_TEMPFAIL (sysexits.h) brings the message again.
            let may_succeed_later = refusal.is_ours() || matches!(refusal, Error::Conflict { .. });
            if matches!(cli.command, Command::Mail(_)) && may_succeed_later { 75 } else { 1 }
        }
    }
}

async fn perform(rollcall: &Rollcall, cli: &Cli) -> Result<()> {
    match &cli.command {
        Command::Serve | Command::Migrate => {
            let database = rollcall.config.database.to_string();
            print(
                cli.json,
                &json!({ "database": database, "engine": rollcall.db.engine_name() }),
                &format!("The tables of {database} are up to date."),
            );
            Ok(())
        }
        Command::Workspace(command) => workspaces(rollcall, cli.json, command).await,
        Command::Directory(command) => directories(rollcall, cli.json, command).await,
        Command::Member(MemberCommand::List { workspace }) => members(rollcall, cli.json, workspace).await,
        Command::Mail(MailCommand::Bounce) => bounce(rollcall, cli.json).await,
        Command::RecoverOwner { workspace, email } => {
            recover_owner(rollcall, cli.json, workspace.as_deref(), email.as_deref()).await
        }
    }
}

async fn workspaces(rollcall: &Rollcall, as_json: bool, command: &WorkspaceCommand) -> Result<()> {
    match command {
        WorkspaceCommand::Create { name, owner, password_stdin } => {
            let password = if *password_stdin { Some(read_password()?) } else { None };
            let (workspace, account, link) =
                workspace::create(rollcall, name, owner, password.as_deref()).await?;
            let setup_url = link.map(|link| password_url(rollcall, &link));
            let text = match &setup_url {
                Some(url) => format!(
                    "Workspace {} ({}).\nOwner {}: open this link once to set a password:\n{url}",
                    workspace.name, workspace.slug, account.email
                ),
                None => {
                    format!("Workspace {} ({}). Owner {}.", workspace.name, workspace.slug, account.email)
                }
            };
            let json = json!({
                "workspace": { "id": workspace.id, "slug": workspace.slug, "name": workspace.name },
                "owner": { "email": account.email, "setup_url": setup_url },
            });
            print(as_json, &json, &text);
        }
        WorkspaceCommand::Set { workspace, name, seat_limit, language } => {
            let before = the_workspace(rollcall, workspace.as_deref()).await?;
            let name = name.clone().unwrap_or_else(|| before.name.clone());
            let seats = seat_limit.map_or(before.seat_limit, |limit| limit.0);
            let language = language.as_ref().unwrap_or(&before.language);
            workspace::update(rollcall, &Caller::CommandLine(&before), &name, seats, language).await?;
            let after = the_workspace(rollcall, Some(&before.slug)).await?;
            let limit = match seats {
                None => "no seat limit".to_owned(),
                Some(1) => "one seat".to_owned(),
                Some(seats) => format!("{seats} seats"),
            };
            let text =
                format!("Workspace {} ({}): {limit}, mails in {}.", after.name, after.slug, after.language);
            print(as_json, &as_listed(&after), &text);
        }
        WorkspaceCommand::List => {
            let mut conn = rollcall.db.read().await?;
            let all = store::workspaces::list(&mut conn).await?;
            let json: Vec<Value> = all.iter().map(as_listed).collect();
            let rows: Vec<Vec<String>> = all.iter().map(|w| vec![w.slug.clone(), w.name.clone()]).collect();
            print(as_json, &Value::Array(json), &table(&["SLUG", "NAME"], &rows));
        }
    }
    Ok(())
}

/// A workspace as `list` and `set` print it.
fn as_listed(workspace: &Workspace) -> Value {
    json!({
        "id": workspace.id,
        "slug": workspace.slug,
        "name": workspace.name,
        "seat_limit": workspace.seat_limit,
        "language": workspace.language,
    })
}

async fn bounce(rollcall: &Rollcall, as_json: bool) -> Result<()> {
    let mut message = Vec::new();
    let longest = u64::try_from(dsn::LONGEST).unwrap_or(u64::MAX);
    std::io::stdin()
        .take(longest)
        .read_to_end(&mut message)
        .map_err(|cause| Error::invalid("message", format!("The message could not be read: {cause}.")))?;
    let return_path = rollcall.config.return_path.as_ref().ok_or_else(|| {
        Error::invalid(
            "return_path",
            "No return path is set, so no message can tell which mail it is about. Set ROLLCALL_RETURN_PATH, such as bounces+{id}@example.com.",
        )
    })?;
    let bounce = dsn::read(&message, return_path).map_err(|refusal| Error::invalid("message", refusal))?;
    let Some(bounce) = bounce else {
        print(
            as_json,
            &json!({ "taken": "no_failure" }),
            "The message tells of no failure. Nothing was changed.",
        );
        return Ok(());
    };
    let (word, text) = match jobs::take_bounce(rollcall, &bounce).await? {
        Taken::Bounced => ("bounced", "The mail is marked as bounced."),
        Taken::TriedAgain => ("tried_again", "The mailbox may follow: the mail is sent again tomorrow."),
        Taken::Unchanged => ("unchanged", "This was known already. Nothing was changed."),
        Taken::TooEarly => {
            return Err(Error::conflict(
                "mail",
                "The mail is being sent at this moment. Bring the message again in a minute.",
            ));
        }
        Taken::Unknown => return Err(Error::NotFound { what: "mail that this message tells of" }),
    };
    print(as_json, &json!({ "taken": word, "mail": bounce.mail }), text);
    Ok(())
}

fn read_password() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|cause| Error::invalid("password", format!("The password could not be read: {cause}.")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn password_url(rollcall: &Rollcall, link: &Secret) -> String {
    rollcall.config.base_url.join(&format!("/password/{}", link.reveal()))
}

fn scim_url(rollcall: &Rollcall, directory: &Directory) -> String {
    rollcall.config.base_url.join(&format!("/scim/v2/{}", directory.id))
}

async fn directories(rollcall: &Rollcall, as_json: bool, command: &DirectoryCommand) -> Result<()> {
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
        DirectoryCommand::Set { .. } => set_directory(rollcall, as_json, command).await?,
        DirectoryCommand::List { workspace } => {
            let workspace = find_workspace(rollcall, workspace).await?;
            list_directories(rollcall, as_json, &workspace).await?;
        }
        DirectoryCommand::RotateToken { workspace, directory, revoke_others, life } => {
            let workspace = find_workspace(rollcall, workspace).await?;
            let directory = find_directory(rollcall, &workspace, directory.as_deref()).await?;
            let caller = Caller::CommandLine(&workspace);
            if *revoke_others {
                revoke_live_tokens(rollcall, &caller, &directory).await?;
            }
            let secret = token::rotate(rollcall, &caller, &directory.id, *life).await?;
            print_token(rollcall, as_json, &directory, Some(&secret));
        }
        DirectoryCommand::MapGroup { workspace, directory, group, role } => {
            let workspace = find_workspace(rollcall, workspace).await?;
            let directory = find_directory(rollcall, &workspace, directory.as_deref()).await?;
            let caller = Caller::CommandLine(&workspace);
            let people = role_mapping::map(rollcall, &caller, &directory.id, group, *role).await?;
            print(
                as_json,
                &json!({ "directory": directory.id, "group": group, "role": role, "people": people }),
                &format!("Members of {group} are {role} from now on. Roles changed: {people}."),
            );
        }
        DirectoryCommand::UnmapGroup { workspace, directory, group } => {
            let workspace = find_workspace(rollcall, workspace).await?;
            let directory = find_directory(rollcall, &workspace, directory.as_deref()).await?;
            let caller = Caller::CommandLine(&workspace);
            let people = role_mapping::unmap(rollcall, &caller, &directory.id, group).await?;
            print(
                as_json,
                &json!({ "directory": directory.id, "group": group, "people": people }),
                &format!("{group} gives no role any more. Roles changed: {people}."),
            );
        }
        DirectoryCommand::Extension(command) => extensions::run(rollcall, as_json, command).await?,
        DirectoryCommand::Deviations { workspace, directory } => {
            let workspace = find_workspace(rollcall, workspace).await?;
            let directory = find_directory(rollcall, &workspace, directory.as_deref()).await?;
            deviations::report(rollcall, as_json, &workspace, &directory).await?;
        }
        DirectoryCommand::Remove { workspace, directory, members } => {
            let workspace = find_workspace(rollcall, workspace).await?;
            let directory = find_directory(rollcall, &workspace, directory.as_deref()).await?;
            let (farewell, done) = match members {
                Members::Keep => (Farewell::Keep, "kept"),
                Members::Suspend => (Farewell::Suspend, "suspended"),
                Members::Remove => (Farewell::Remove, "removed"),
            };
            let caller = Caller::CommandLine(&workspace);
            let people = administration::remove(rollcall, &caller, &directory.id, farewell).await?;
            print(
                as_json,
                &json!({ "id": directory.id, "removed": true, "people": people }),
                &format!("Removed the directory {}. People {done}: {people}.", directory.name),
            );
        }
    }
    Ok(())
}

async fn set_directory(rollcall: &Rollcall, as_json: bool, command: &DirectoryCommand) -> Result<()> {
    let DirectoryCommand::Set {
        workspace,
        directory,
        strict,
        invitation_mode,
        allowed_domains,
        email_sources,
        when_full,
        default_role,
    } = command
    else {
        return Ok(());
    };
    let workspace = the_workspace(rollcall, workspace.as_deref()).await?;
    let before = find_directory(rollcall, &workspace, directory.as_deref()).await?;
    let old = &before.settings;
    let settings = Settings {
        default_role: default_role.unwrap_or(old.default_role),
        invitation_mode: invitation_mode.unwrap_or(old.invitation_mode),
        allowed_domains: allowed_domains.clone().unwrap_or_else(|| old.allowed_domains.clone()),
        email_sources: email_sources.clone().unwrap_or_else(|| old.email_sources.clone()),
        when_full: when_full.unwrap_or(old.when_full),
        strict: strict.map_or(old.strict, |strict| strict == Switch::On),
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
    let url = scim_url(rollcall, directory);
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

async fn revoke_live_tokens(rollcall: &Rollcall, caller: &Caller<'_>, directory: &Directory) -> Result<()> {
    let now = rollcall.clock.now();
    let tokens = {
        let mut conn = rollcall.db.read().await?;
        store::directory_tokens::list(&mut conn, &directory.id).await?
    };
    for live in tokens.iter().filter(|token| token.is_live(now)) {
        token::revoke(rollcall, caller, &directory.id, &live.id).await?;
    }
    Ok(())
}

async fn list_directories(rollcall: &Rollcall, as_json: bool, workspace: &Workspace) -> Result<()> {
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
            "base_url": scim_url(rollcall, &directory),
            "settings": settings::to_json(&directory.settings),
            "role_mappings": role_mappings,
            "tokens": live,
            "last_used_at": last_used.map(crate::clock::Timestamp::to_rfc3339),
        }));
        rows.push(vec![
            directory.id.to_string(),
            directory.name.clone(),
            directory.provider.to_string(),
            live.join(" "),
            last_used.map_or_else(|| "never".to_owned(), crate::clock::Timestamp::to_rfc3339),
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

async fn members(rollcall: &Rollcall, as_json: bool, workspace: &str) -> Result<()> {
    let workspace = find_workspace(rollcall, workspace).await?;
    let mut conn = rollcall.db.read().await?;
    let all = store::memberships::list(&mut conn, &workspace.id).await?;
    let json: Vec<Value> = all
        .iter()
        .map(|m| {
            json!({ "email": m.email, "name": m.name, "role": m.role, "status": m.status, "source": m.source })
        })
        .collect();
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|m| {
            vec![
                m.email.clone(),
                m.name.clone(),
                m.role.to_string(),
                m.status.to_string(),
                m.source.to_string(),
            ]
        })
        .collect();
    print(as_json, &Value::Array(json), &table(&["E-MAIL", "NAME", "ROLE", "STATUS", "SOURCE"], &rows));
    Ok(())
}

async fn recover_owner(
    rollcall: &Rollcall,
    as_json: bool,
    workspace: Option<&str>,
    email: Option<&str>,
) -> Result<()> {
    let workspace = the_workspace(rollcall, workspace).await?;
    let context = rollcall.context(Actor::CommandLine);
    let mut tx = rollcall.db.write().await?;
    let owners: Vec<_> = store::memberships::list(&mut tx, &workspace.id)
        .await?
        .into_iter()
        .filter(|m| m.role == Role::Owner && m.status == MembershipStatus::Active)
        .filter(|m| email.is_none_or(|email| m.email_key == store::key(email.trim())))
        .collect();
    let [owner] = owners.as_slice() else {
        tx.rollback().await?;
        let known: Vec<&str> = owners.iter().map(|owner| owner.email.as_str()).collect();
        return Err(if owners.is_empty() {
            Error::invalid("email", format!("{} has no active owner with this address.", workspace.name))
        } else {
            Error::invalid(
                "email",
                format!("There are several owners: {}. Say which with --email.", known.join(", ")),
            )
        });
    };
    let Some(account) = &owner.account_id else {
        tx.rollback().await?;
        return Err(Error::NotFound { what: "account of this owner" });
    };
    let link = account::new_password_link(&mut tx, &context, account).await?;
    tx.commit().await?;
    let url = password_url(rollcall, &link);
    print(
        as_json,
        &json!({ "email": owner.email, "setup_url": url }),
        &format!("{}: open this link once to set a new password:\n{url}", owner.email),
    );
    Ok(())
}
