//! Lists that no index answers: how many are made at a time, and for how long.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::model::DirectoryId;

/// Scans at a time in this process. Fewer than there are connections: who scans never keeps the last one from others.
const AT_ONCE: usize = 3;
/// How long one scan may take, waiting for its turn included.
const LONGEST: Duration = Duration::from_secs(30);

/// The turns of scans: one of each directory at a time, so that the others of a busy directory wait for each other
/// before they wait for the rest.
#[derive(Debug)]
pub struct Scans {
    /// How long one may take, waiting included.
    pub longest: Duration,
    all: Semaphore,
    of_directories: Mutex<HashMap<DirectoryId, Weak<Semaphore>>>,
}

/// A scan's turn, until it is dropped.
#[derive(Debug)]
pub struct Permit<'a> {
    _of_directory: Option<OwnedSemaphorePermit>,
    _of_all: Option<SemaphorePermit<'a>>,
}

impl Default for Scans {
    fn default() -> Self {
        Self::within(LONGEST)
    }
}

impl Scans {
    /// Turns of scans that may take this long.
    pub fn within(longest: Duration) -> Self {
        Self { longest, all: Semaphore::new(AT_ONCE), of_directories: Mutex::default() }
    }

    /// Waits until this directory may scan.
    pub async fn permit(&self, directory: &DirectoryId) -> Permit<'_> {
        let own = self.of_directory(directory);
        // No semaphore is ever closed.
        let of_directory = own.acquire_owned().await.ok();
        Permit { _of_directory: of_directory, _of_all: self.all.acquire().await.ok() }
    }

    /// The semaphore of a directory, forgotten when nobody holds it or waits for it.
    fn of_directory(&self, directory: &DirectoryId) -> Arc<Semaphore> {
        let mut known = self.of_directories.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = known.get(directory).and_then(Weak::upgrade) {
            return own;
        }
        known.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(1));
        known.insert(directory.clone(), Arc::downgrade(&own));
        own
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_directory_scans_once_at_a_time_and_all_of_them_three_times() {
        let scans = Scans::default();
        let ids: Vec<DirectoryId> = ["a", "b", "c", "d"].map(|id| DirectoryId(id.to_owned())).into();
        let now = |id: &DirectoryId| scans.permit(id).now_or_never();
        let first = now(&ids[0]).unwrap();
        assert!(now(&ids[0]).is_none(), "its own is taken");
        let (second, third) = (now(&ids[1]).unwrap(), now(&ids[2]).unwrap());
        assert!(now(&ids[3]).is_none(), "all are taken");
        drop(first);
        assert!(now(&ids[0]).is_some() && now(&ids[3]).is_some());
        drop((second, third));
        assert!(now(&ids[3]).is_some());
        assert_eq!(scans.of_directories.lock().unwrap().len(), 1, "nobody else is remembered");
    }
}
