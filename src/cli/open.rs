//! Opening the store with words for a tired person, and never a new empty one where one was expected.

use std::path::Path;

use super::Settings;
use crate::{
    clock::Clock,
    state::Rollcall,
    store::{self, Create, DatabaseUrl, Db},
};

/// What the command expects of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It may be new.
    MayCreate,
    /// It must be there.
    MustExist,
}

/// Opens the store and reads the settings. Says on standard error when it made a new file.
///
/// # Errors
/// One sentence that says what was read and what to do.
pub async fn open(settings: &Settings, opening: Opening) -> Result<Rollcall, String> {
    let url = settings.database_url()?;
    // A setting that cannot be used is refused before anything is made.
    settings.config(None)?;
    if let DatabaseUrl::Sqlite(path) = &url {
        prepare_file(path, opening, settings.names_database())?;
    }
    let create = if opening == Opening::MayCreate { Create::IfMissing } else { Create::Never };
    let is_new = matches!(&url, DatabaseUrl::Sqlite(path) if !path.exists());
    let db = Db::open(&url, create).await.map_err(|cause| cannot_open(&url, &cause))?;
    if is_new {
        eprintln!("Made a new database at {url}.");
    }
    let known_base_url = async {
        let mut conn = db.read().await?;
        store::instance::get(&mut conn, store::instance::BASE_URL).await
    };
    let known_base_url = known_base_url.await.map_err(|cause| cannot_open(&url, &cause))?;
    let config = settings.config(known_base_url.as_deref())?;
    Ok(Rollcall::new(db, Clock::System, config))
}

/// A new file is made only in a folder that is there (or the default one), so that a slip in a path is not answered
/// with an empty database.
fn prepare_file(path: &Path, opening: Opening, named: bool) -> Result<(), String> {
    let shown = path.display();
    if path.is_dir() {
        return Err(format!(
            "The database path {shown} is a folder. Name a file in it, such as {shown}/rollcall.db."
        ));
    }
    if path.exists() {
        return Ok(());
    }
    if opening == Opening::MustExist {
        return Err(format!(
            "There is no database at {shown}. Check ROLLCALL_DATABASE_URL, or make a new one with: rollcall migrate."
        ));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !named {
        return std::fs::create_dir_all(folder).map_err(|cause| {
            format!("The folder {} for the database cannot be made: {cause}.", folder.display())
        });
    }
    if folder.is_dir() {
        return Ok(());
    }
    Err(format!(
        "There is no folder {} for the database {shown}. Check ROLLCALL_DATABASE_URL for a slip, or make the folder first.",
        folder.display()
    ))
}

fn cannot_open(url: &DatabaseUrl, cause: &store::Error) -> String {
    let cause = innermost(cause);
    match url {
        DatabaseUrl::Sqlite(path) if cause.contains("unable to open") => format!(
            "The database {} cannot be opened. Check that this user may read and write the file and its folder.",
            path.display()
        ),
        DatabaseUrl::Sqlite(path) if cause.contains("readonly") => format!(
            "The database {} cannot be written: this user may only read the file or its folder.",
            path.display()
        ),
        DatabaseUrl::Sqlite(path) if cause.contains("not a database") => {
            format!("The file {} is not an SQLite database. Check ROLLCALL_DATABASE_URL.", path.display())
        }
        DatabaseUrl::Sqlite(path) => format!("The database {} cannot be used: {cause}.", path.display()),
        DatabaseUrl::Postgres(_) => format!(
            "PostgreSQL at {url} cannot be used: {cause}. Check that it runs, and the host, port, user, password and database in ROLLCALL_DATABASE_URL."
        ),
    }
}

fn innermost(error: &store::Error) -> String {
    match error {
        store::Error::Driver(sqlx::Error::Database(cause)) => {
            cause.message().trim_end_matches('.').to_owned()
        }
        store::Error::Driver(sqlx::Error::Io(cause)) => cause.to_string(),
        store::Error::Unavailable(why) => why.trim_end_matches('.').to_owned(),
        other => other.to_string().trim_end_matches('.').to_owned(),
    }
}
