//! The `rollcall` program.

use std::process::ExitCode;

use clap::Parser;
use rollcall::cli::{self, Cli, Command};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter =
        EnvFilter::try_from_env("ROLLCALL_LOG").unwrap_or_else(|_| EnvFilter::new("info,tower_http=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match &cli.command {
        Command::Serve => match app::serve::run(&cli).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                cli::report(cli.json, &message, None);
                ExitCode::FAILURE
            }
        },
        _ => ExitCode::from(cli::run(&cli).await),
    }
}
