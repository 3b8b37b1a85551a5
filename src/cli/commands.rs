//! The commands for automation. Each opens the store, does one thing and prints what came of it.

use serde_json::json;

use super::{
    Cli, Command, MailCommand, MemberCommand, Opening, directory, mail, member,
    named::the_workspace,
    open,
    output::{print, report, told},
    workspace,
};
use crate::{
    audit::Actor,
    error::{Error, Result},
    model::{MembershipStatus, Role},
    people::account,
    secret::Secret,
    state::Rollcall,
    store,
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
        Command::Workspace(command) => workspace::run(rollcall, cli.json, command).await,
        Command::Directory(command) => directory::run(rollcall, cli.json, command).await,
        Command::Member(MemberCommand::List { workspace }) => {
            member::list(rollcall, cli.json, workspace).await
        }
        Command::Mail(MailCommand::Bounce) => mail::bounce(rollcall, cli.json).await,
        Command::RecoverOwner { workspace, email } => {
            recover_owner(rollcall, cli.json, workspace.as_deref(), email.as_deref()).await
        }
    }
}

/// Where the secret of a link sets a password.
pub(super) fn password_url(rollcall: &Rollcall, link: &Secret) -> String {
    rollcall.config.base_url.join(&format!("/password/{}", link.reveal()))
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
        .filter(|m| email.is_none_or(|email| m.email_key == store::directory_users::key(email.trim())))
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
