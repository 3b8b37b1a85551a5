//! The kinds of resources that a directory has: User and Group of the RFCs, with the directory's own extensions.
//!
//! Most directories have none and use the constants of the protocol. For the others the schemas are parsed once in each
//! process: the look-up of the token gives the number of changes so far, and by it what was read before is known to
//! hold still, whichever process made the change.

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use scim::schema::{self, Attribute, ResourceType, Schema};

use crate::{
    error::{Error, Result},
    model::DirectoryId,
    state::Rollcall,
    store::{self, directory_extensions::DirectoryExtension},
};

/// Directories whose kinds are kept in memory.
const MOST_KNOWN: usize = 500;

/// The resource type that an extension is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extended {
    /// People.
    User,
    /// Groups.
    Group,
}

impl Extended {
    /// That of a stored extension.
    ///
    /// # Errors
    /// When the row names none.
    pub fn of(row: &DirectoryExtension) -> Result<Self> {
        row.resource_type.parse().map_err(inconsistent)
    }

    /// Its name in SCIM.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }
}

impl fmt::Display for Extended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Extended {
    type Err = String;

    /// The name in any case.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        [Self::User, Self::Group]
            .into_iter()
            .find(|one| one.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("“{text}” is neither user nor group."))
    }
}

/// User and Group as one directory has them.
#[derive(Clone, Debug, Default)]
pub struct Kinds(Option<Arc<Own>>);

/// Those of a directory with extensions.
#[derive(Debug)]
struct Own {
    user: ResourceType,
    group: ResourceType,
    secret_names: Arc<[String]>,
}

impl Kinds {
    /// The directory's User.
    pub fn user(&self) -> &ResourceType {
        self.0.as_ref().map_or_else(|| schema::user(), |own| &own.user)
    }

    /// The directory's Group.
    pub fn group(&self) -> &ResourceType {
        self.0.as_ref().map_or_else(|| schema::group(), |own| &own.group)
    }

    /// The names, in lower case, of attributes of its extensions that are never returned.
    pub fn secret_names(&self) -> Arc<[String]> {
        self.0.as_ref().map(|own| own.secret_names.clone()).unwrap_or_default()
    }

    /// The kinds with these extensions.
    ///
    /// # Errors
    /// `Scim` 400 when a schema cannot be an extension beside the others.
    pub(super) fn with(extensions: &[DirectoryExtension]) -> Result<Self> {
        if extensions.is_empty() {
            return Ok(Self::default());
        }
        let (mut user, mut group) = (schema::user().clone(), schema::group().clone());
        let mut secret_names = Vec::new();
        for row in extensions {
            let schema = stored_schema(row)?;
            secret_names.extend(names_of_secrets(&schema.attributes));
            let extended =
                |kind: ResourceType| kind.with_extension(schema, row.required).map_err(Error::Scim);
            match Extended::of(row)? {
                Extended::User => user = extended(user)?,
                Extended::Group => group = extended(group)?,
            }
        }
        Ok(Self(Some(Arc::new(Own { user, group, secret_names: secret_names.into() }))))
    }
}

/// The schema of a stored extension.
///
/// # Errors
/// When the row holds none.
pub fn stored_schema(row: &DirectoryExtension) -> Result<Schema> {
    serde_json::from_str(&row.schema_json).map_err(|cause| inconsistent(cause.to_string()))
}

fn inconsistent(detail: String) -> Error {
    Error::Store(store::Error::Inconsistent { table: "directory_extensions", detail })
}

fn names_of_secrets(attributes: &[Attribute]) -> impl Iterator<Item = String> {
    attributes
        .iter()
        .flat_map(|attribute| std::iter::once(attribute).chain(&attribute.sub_attributes))
        .filter(|attribute| !attribute.is_kept())
        .map(|attribute| attribute.name.to_ascii_lowercase())
}

/// What was read of directories with extensions, with the number of changes until then.
#[derive(Debug, Default)]
pub struct KnownKinds(Mutex<HashMap<DirectoryId, (i64, Kinds)>>);

impl KnownKinds {
    fn find(&self, directory: &DirectoryId, version: i64) -> Option<Kinds> {
        let known = self.locked();
        known.get(directory).filter(|(known, _)| *known == version).map(|(_, kinds)| kinds.clone())
    }

    fn keep(&self, directory: &DirectoryId, version: i64, kinds: &Kinds) {
        let mut known = self.locked();
        if known.len() >= MOST_KNOWN && !known.contains_key(directory) {
            known.clear();
        }
        known.insert(directory.clone(), (version, kinds.clone()));
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<DirectoryId, (i64, Kinds)>> {
        // Nothing panics while it is held, and the map is whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kinds of a directory whose extensions were changed so many times. Those of a directory that never had any, and
/// those that were read before, cost no statement.
///
/// # Errors
/// When the store fails, or holds what is no schema.
pub async fn of(rollcall: &Rollcall, directory: &DirectoryId, version: i64) -> Result<Kinds> {
    if version == 0 {
        return Ok(Kinds::default());
    }
    if let Some(kinds) = rollcall.kinds.find(directory, version) {
        return Ok(kinds);
    }
    let rows = {
        let mut conn = rollcall.db.read().await?;
        store::directory_extensions::list(&mut conn, directory).await?
    };
    let kinds = Kinds::with(&rows).map_err(|refusal| match refusal {
        // They fitted when they were added: it is no fault of whoever asks now.
        Error::Scim(refusal) => inconsistent(refusal.detail),
        other => other,
    })?;
    rollcall.kinds.keep(directory, version, &kinds);
    Ok(kinds)
}
