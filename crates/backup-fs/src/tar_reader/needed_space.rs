//! Whether there is room for what is in an archive.

use std::io::SeekFrom;
use std::path::Path;

use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{ArchiveBytes, Progress};
use backup_core::text::too_little_room;

use super::MemberKind;
use super::progress_reader::{interrupted, open, rewind};

/// Most file systems give out their room in pieces of this size.
const CLUSTER_BYTES: u64 = 4096;

/// Refuses to restore what doesn't fit into the room that is free, as far as that is known. What entries take is looked
/// up where the whole tar has more bytes than are free, or doesn't tell how many. Holes take no room where the file system
/// has them.
pub(crate) fn refuse_crowded(
    plain: &mut dyn ArchiveBytes,
    target: &Path,
    (free_bytes, holds_holes): (Option<u64>, bool),
    progress: &dyn Progress,
) -> Result<(), PortError> {
    let Some(free_bytes) = free_bytes else { return Ok(()) };
    let whole_bytes = plain.seek(SeekFrom::End(0));
    rewind(plain)?;
    // The clusters of small files take more than they have.
    if holds_holes && whole_bytes.is_ok_and(|bytes| bytes <= free_bytes / 8) {
        return Ok(());
    }
    let needed_bytes = needed_bytes(plain, holds_holes, progress)?;
    rewind(plain)?;
    if needed_bytes <= free_bytes {
        return Ok(());
    }
    let action = format!("restore it to {}", target.display());
    Err(PortError::new(Failure::Full, action)
        .because(format!("it takes {}", too_little_room(needed_bytes, free_bytes))))
}

/// Returns how much room the entries take, going by their headers. Of a damaged archive only those count that come before
/// the damage: what it is worth, the drill finds out.
fn needed_bytes(
    plain: &mut dyn ArchiveBytes,
    holds_holes: bool,
    progress: &dyn Progress,
) -> Result<u64, PortError> {
    let Ok(mut reader) = open(plain) else { return Ok(0) };
    let (mut needed_bytes, mut last_bytes) = (0_u64, 0);
    while let Ok(member) = reader.next_member() {
        if progress.is_cancelled() {
            return Err(interrupted());
        }
        // The one before is there to its end.
        needed_bytes = needed_bytes.saturating_add(last_bytes);
        let Some(member) = member else { break };
        last_bytes = match member.kind {
            MemberKind::HardLink => 0,
            MemberKind::File if !holds_holes => member.size_bytes.next_multiple_of(CLUSTER_BYTES),
            MemberKind::File => member.stored_bytes.next_multiple_of(CLUSTER_BYTES),
            _ => CLUSTER_BYTES,
        };
    }
    Ok(needed_bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::process::cancel::CancelFlag;

    #[test]
    fn holes_take_room_where_the_disk_has_none() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::GNUSparse);
        header.set_size(0);
        let gnu = header.as_gnu_mut().unwrap();
        gnu.set_real_size(1 << 40);
        header.set_path("docs/huge").unwrap();
        header.set_cksum();
        builder.append(&header, std::io::empty()).unwrap();
        let mut tar = Cursor::new(builder.into_inner().unwrap());
        let cancel = CancelFlag::default();
        let mut check =
            |holds_holes| refuse_crowded(&mut tar, Path::new("/b"), (Some(1 << 30), holds_holes), &cancel);
        assert!(check(true).is_ok());
        assert_eq!(check(false).unwrap_err().failure, Failure::Full);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_both_sizes() {
        let mut builder = tar::Builder::new(Vec::new());
        for name in ["docs/a", "docs/b"] {
            let mut header = tar::Header::new_gnu();
            header.set_size(10_000);
            header.set_cksum();
            builder.append_data(&mut header, name, &[7_u8; 10_000][..]).unwrap();
        }
        let mut tar = Cursor::new(builder.into_inner().unwrap());
        let cancel = CancelFlag::default();
        let mut check = |free| refuse_crowded(&mut tar, Path::new("/b/.docs.drill"), (free, true), &cancel);
        assert!(check(None).is_ok());
        assert!(check(Some(24_576)).is_ok());
        assert!(check(Some(24_575)).is_err());
        let error = check(Some(10_000)).unwrap_err();
        assert_eq!(error.failure, Failure::Full);
        let said =
            "can't restore it to /b/.docs.drill: it takes 24.5 kB, and 10.0 kB are free, 14.5 kB too little";
        assert_eq!(error.to_string(), said);
        let by_a_byte = check(Some(24_575)).unwrap_err().to_string();
        assert!(by_a_byte.contains("it takes 24,576 bytes, and 24,575 bytes are free"), "{by_a_byte}");
        cancel.cancel();
        assert!(check(Some(u64::MAX)).is_ok(), "where there is plenty, nothing is looked up");
        assert_eq!(check(Some(24_576)).unwrap_err().failure, Failure::Interrupted);
    }
}
