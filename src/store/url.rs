//! The database URL: what is accepted, and what to say when it is not.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where the store is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite:PATH`.
    Sqlite(PathBuf),
    /// `postgres://USER:PASSWORD@HOST/DATABASE`.
    Postgres(String),
}

/// The password is not shown.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn without_password(url: &str) -> String {
    let Ok(mut url) = url::Url::parse(url) else { return "postgres://…".to_owned() };
    if url.password().is_some() {
        // Fails only for URLs without a host, which have no password either.
        let _ = url.set_password(Some("***"));
    }
    url.to_string()
}

/// A database URL that cannot be used, with the likely slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDatabaseUrl(String);

impl fmt::Display for BadDatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadDatabaseUrl {}

impl FromStr for DatabaseUrl {
    type Err = BadDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        match text.split_once(':') {
            Some(("sqlite", path)) => sqlite(text, path),
            Some(("postgres" | "postgresql", rest)) => postgres(text, rest),
            _ => Err(BadDatabaseUrl(format!(
                "The database URL “{}” cannot be used. Accepted: sqlite:PATH, such as sqlite:rollcall.db, or postgres://USER:PASSWORD@HOST/DATABASE. {}",
                shown(text),
                likely_slip(text)
            ))),
        }
    }
}

fn sqlite(text: &str, path: &str) -> Result<DatabaseUrl, BadDatabaseUrl> {
    // sqlite:///var/lib/x.db, sqlite:/var/lib/x.db and sqlite:x.db all name the file that a reader expects.
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.contains(":memory:") {
        return Err(BadDatabaseUrl(
            "The database URL asks for SQLite in memory, which would lose everything at the next stop. Name a file: sqlite:rollcall.db.".to_owned(),
        ));
    }
    if let Some((file, _)) = path.split_once('?') {
        return Err(BadDatabaseUrl(format!(
            "The database URL “{text}” has settings after “?”, which are not read. Rollcall makes the file and sets its modes itself: use sqlite:{file}."
        )));
    }
    if path.is_empty() || path.ends_with('/') {
        return Err(BadDatabaseUrl(format!(
            "The database URL “{text}” names no file. Use sqlite:PATH, such as sqlite:rollcall.db."
        )));
    }
    Ok(DatabaseUrl::Sqlite(PathBuf::from(path)))
}

fn postgres(text: &str, rest: &str) -> Result<DatabaseUrl, BadDatabaseUrl> {
    let complain = |why: &str| {
        Err(BadDatabaseUrl(format!(
            "The database URL “{}” cannot be used: {why}. Use postgres://USER:PASSWORD@HOST:5432/DATABASE.",
            shown(text)
        )))
    };
    if !rest.starts_with("//") {
        return complain("after “postgres:” two slashes are missing");
    }
    let url = match url::Url::parse(text) {
        Ok(url) => url,
        Err(cause) => {
            return complain(&format!("{cause} (a password with @, :, / or # must be percent-encoded)"));
        }
    };
    if url.path().trim_matches('/').is_empty() {
        return complain("it names no database after the host");
    }
    Ok(DatabaseUrl::Postgres(text.to_owned()))
}

/// The text without what may be a password.
fn shown(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}…{}", &text[..scheme + 3], &text[at..]),
        _ => text.to_owned(),
    }
}

fn likely_slip(text: &str) -> String {
    let scheme = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
    if !text.contains(':') {
        format!("A path alone is not enough: did you mean sqlite:{text}?")
    } else if scheme.starts_with("post") || scheme.starts_with("pg") {
        "The scheme is spelled postgres.".to_owned()
    } else if scheme.starts_with("sql") {
        "The scheme is spelled sqlite.".to_owned()
    } else if scheme.starts_with("mysql") || scheme.starts_with("maria") {
        "MySQL and MariaDB are not supported.".to_owned()
    } else {
        "The part before the first colon is the kind of database.".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted() {
        for (text, shown) in [
            ("sqlite:rollcall.db", "sqlite:rollcall.db"),
            ("sqlite://rollcall.db", "sqlite:rollcall.db"),
            ("sqlite:///var/lib/rollcall.db", "sqlite:/var/lib/rollcall.db"),
            ("postgres://u:secret@db/rollcall", "postgres://u:***@db/rollcall"),
            ("postgresql://db:5433/rollcall", "postgresql://db:5433/rollcall"),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn refused_with_the_likely_slip() {
        for (text, hint) in [
            ("rollcall.db", "did you mean sqlite:rollcall.db?"),
            ("postgre://u:secret@db/x", "spelled postgres"),
            ("sqlite3:x.db", "spelled sqlite"),
            ("mysql://db/x", "not supported"),
            ("sqlite:", "names no file"),
            ("sqlite::memory:", "would lose everything"),
            ("sqlite:x.db?mode=rwc", "use sqlite:x.db."),
            ("postgres:db/x", "two slashes"),
            ("postgres://db", "names no database"),
            ("postgres://u:se/cret@db/x", "percent-encoded"),
        ] {
            let message = text.parse::<DatabaseUrl>().unwrap_err().to_string();
            assert!(message.contains(hint), "{text}: {message}");
            assert!(!message.contains("secret@"), "{message}");
        }
    }
}
