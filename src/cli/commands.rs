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
    error::{Error, Result},
    people,
    secret::Secret,
    state::Rollcall,
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
    let (owner, link) = people::owner::recover(rollcall, &workspace, email).await?;
    let url = password_url(rollcall, &link);
    print(
        as_json,
        &json!({ "email": owner.email, "setup_url": url }),
        &format!("{}: open this link once to set a new password:\n{url}", owner.email),
    );
    Ok(())
}
