//! A wrong byte in the contents of one member.

use std::io;
use std::process::Output;

use crate::part::Scale;
use crate::tool::told;

const BLOCK_BYTES: usize = 512;

/// Members that haven't changed since the base, from its beginning to its end. The small scale tries the first.
const MEMBERS: [&str; 5] = [
    "source/folder5/file45",
    "source/folder0/file0",
    "source/folder4/file54",
    "source/folder9/file59",
    "source/large",
];

/// A byte of a member that is another.
#[derive(Debug)]
pub(super) struct Flip {
    at: usize,
    member: &'static str,
}

/// Returns those of an archive.
pub(super) fn flips(archive: &[u8], scale: Scale) -> io::Result<Vec<Flip>> {
    let count = if scale == Scale::Small { 1 } else { MEMBERS.len() };
    MEMBERS[..count].iter().map(|member| Flip::of(archive, member)).collect()
}

impl Flip {
    fn of(archive: &[u8], member: &'static str) -> io::Result<Self> {
        let name = [member.as_bytes(), b"\0"].concat();
        let header = archive.chunks(BLOCK_BYTES).position(|block| block.starts_with(&name));
        let header = header.ok_or_else(|| io::Error::other(format!("{member} isn't in the archive")))?;
        Ok(Self { at: (header + 1) * BLOCK_BYTES + 1, member })
    }

    /// Returns an archive with that byte.
    pub(super) fn done_to(&self, archive: &[u8]) -> Vec<u8> {
        let mut bytes = archive.to_vec();
        bytes[self.at] ^= 0xFF;
        bytes
    }

    /// Checks that a verify has found it and names the member.
    pub(super) fn is_named_by(&self, verified: &Output) -> Result<(), String> {
        let said = String::from_utf8_lossy(&verified.stdout);
        let path = self.member.trim_start_matches("source/");
        if verified.status.code() == Some(1) && said.contains(path) {
            Ok(())
        } else {
            Err(told("verify doesn't name it", verified))
        }
    }
}
