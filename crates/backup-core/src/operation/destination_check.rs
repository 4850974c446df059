//! Destination check: tries with a small object what a destination can do, and what its credentials may do.

use crate::model::destination::{DestinationAbilities, DestinationError, DestinationFault, ObjectKey};
use crate::ports::{Destination, SilentProgress};
use crate::time::Moment;

/// What a destination can do, as it showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationCheck {
    /// What the store can do.
    pub abilities: DestinationAbilities,
    /// Why an object can't be deleted, if that is so. The object of the check is still there then.
    pub undeleted: Option<DestinationError>,
    /// How many objects there are, without that of the check.
    pub objects: usize,
    /// How many bytes these have.
    pub bytes: u64,
    /// How many uploads were begun and never finished, if the store tells.
    pub unfinished: Option<usize>,
}

/// Writes a small object, reads it in whole and in part, lists it and deletes it.
///
/// # Errors
/// The first failure of a call without which there are no copies. That an object can't be deleted is none.
pub fn check_destination(
    destination: &dyn Destination,
    now: Moment,
) -> Result<DestinationCheck, DestinationError> {
    let abilities = destination.probe()?;
    let key = key(now);
    let contents = format!("Backup Manager checked this destination at {}.\n", now.to_rfc3339());
    destination.put_new(&key, &mut contents.as_bytes(), contents.len() as u64, &SilentProgress)?;
    let came_back = comes_back(destination, &key, contents.as_bytes());
    let undeleted = destination.delete(&key).err();
    came_back?;
    if let Some(error) = undeleted.clone().filter(|error| !is_refusal(error)) {
        return Err(error);
    }
    let objects = destination.list(None)?.into_iter().filter(|object| object.key != key);
    let (objects, bytes) = objects.fold((0, 0), |(count, bytes), one| (count + 1, bytes + one.size_bytes));
    let unfinished = match destination.unfinished() {
        Ok(uploads) => Some(uploads.len()),
        Err(error) if matches!(error.fault, DestinationFault::Unsupported | DestinationFault::Denied) => None,
        Err(error) => return Err(error),
    };
    Ok(DestinationCheck { abilities, undeleted, objects, bytes, unfinished })
}

/// Returns the key of the object. A second check within the second would find that it exists.
fn key(now: Moment) -> ObjectKey {
    let name = format!("check-{}.txt", now.to_utc().format("%Y-%m-%dT%H-%M-%S%.6fZ"));
    name.parse().expect("a date has no forbidden characters")
}

fn is_refusal(error: &DestinationError) -> bool {
    matches!(
        error.fault,
        DestinationFault::Denied | DestinationFault::DeleteRefused | DestinationFault::Unsupported
    )
}

/// Reads the object in whole and in part, and finds it in the list.
fn comes_back(
    destination: &dyn Destination,
    key: &ObjectKey,
    contents: &[u8],
) -> Result<(), DestinationError> {
    let size = contents.len() as u64;
    let wrong = |what: String| {
        Err(DestinationError::new(
            destination.name(),
            DestinationFault::Damaged,
            format!("rely on it: {what}"),
        ))
    };
    for range in [0..size, 7..size - 7] {
        let mut read = Vec::new();
        destination.get(key, range.clone(), &mut read, &SilentProgress)?;
        let bounds = usize::try_from(range.start).unwrap_or(0)..usize::try_from(range.end).unwrap_or(0);
        if contents.get(bounds) != Some(&read[..]) {
            return wrong(format!("{key} has other bytes than were written"));
        }
    }
    let stat = destination.stat(key)?;
    if stat.size_bytes != size {
        return wrong(format!("{key} has {} bytes instead of {size}", stat.size_bytes));
    }
    if !destination.list(None)?.iter().any(|object| object.key == *key) {
        return wrong(format!("{key} isn't listed"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MemoryDestination, MemoryStore, at};

    const NOW: &str = "2026-03-10T16:07:00.5+01:00";

    #[test]
    fn a_check_leaves_nothing_and_tells_what_there_is() {
        let destination = MemoryDestination::new("offsite");
        destination.spoil(&"docs/a.tar".parse().unwrap(), *b"abc");
        let check = check_destination(&destination, at(NOW)).unwrap();
        let abilities = MemoryStore::ABLE.abilities;
        let expected =
            DestinationCheck { abilities, undeleted: None, objects: 1, bytes: 3, unfinished: Some(0) };
        assert_eq!(check, expected);
        assert_eq!(destination.list(None).unwrap().len(), 1);
    }

    #[test]
    fn a_store_that_deletes_nothing_is_a_supported_one() {
        let store = MemoryStore { deletes: false, ..MemoryStore::ABLE };
        let destination = MemoryDestination::of("offsite", store);
        let check = check_destination(&destination, at(NOW)).unwrap();
        assert_eq!(check.undeleted.map(|error| error.fault), Some(DestinationFault::Denied));
        assert_eq!(check.objects, 0, "what the check left doesn't count");
        let left: Vec<_> =
            destination.list(None).unwrap().into_iter().map(|one| one.key.to_string()).collect();
        assert_eq!(left, ["check-2026-03-10T15-07-00.500000Z.txt"]);
    }

    #[test]
    fn every_call_that_copies_need_must_work() {
        for operation in ["probe", "put", "get", "stat", "list"] {
            let destination = MemoryDestination::new("offsite");
            destination.fail_next(operation, DestinationFault::Denied);
            let error = check_destination(&destination, at(NOW)).unwrap_err();
            assert!(error.to_string().contains(operation), "{operation}: {error}");
            assert_eq!(destination.list(None), Ok(Vec::new()), "{operation}: nothing is left");
        }
        let destination = MemoryDestination::new("offsite");
        destination.fail_next("delete", DestinationFault::Unreachable);
        assert!(check_destination(&destination, at(NOW)).is_err());
    }
}
