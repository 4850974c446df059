//! The extended attributes of what was restored.

use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{getxattr, listxattr};
use rustix::io::Errno;

use super::compare::Comparison;
use crate::tar_restorer::ACCESS_LISTS;

/// Returns the extended attributes of what was restored. The kernel's own link to it leads to exactly that.
pub(super) fn attributes_of(
    with: &mut Comparison<'_>,
    names: &[&[u8]],
) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let (name, above) = names.split_last().ok_or(ErrorKind::NotFound)?;
    with.way.enter(above)?;
    let located: OwnedFd = with.way.locate(name)?;
    let link = format!("/proc/self/fd/{}", located.as_raw_fd());
    let names = grown(|room| listxattr(&link, room))?;
    let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.map(|name| Ok((name.to_vec(), grown(|room| getxattr(&link, name, room))?))).collect()
}

/// Returns whether that attribute is an access control list.
pub(super) fn is_list(name: &[u8]) -> bool {
    ACCESS_LISTS.iter().any(|list| list.to_bytes() == name)
}

/// Returns what a call gives that wants to know how much room there is.
fn grown(mut call: impl FnMut(&mut [u8]) -> Result<usize, Errno>) -> io::Result<Vec<u8>> {
    let mut room = vec![0; 1024];
    loop {
        match call(&mut room) {
            Ok(used) => {
                room.truncate(used);
                return Ok(room);
            }
            Err(Errno::RANGE) if room.len() <= 1 << 20 => room.resize(room.len() * 4, 0),
            Err(errno) => return Err(errno.into()),
        }
    }
}
