//! The header of a member, made of what its catalog says.

use std::io::Write;

use crate::catalog::CatalogMember;
use crate::tar_reader::MemberKind;

const BLOCK_BYTES: usize = 512;

/// Returns the header of a member, with an extended header before it. Only what no catalog has is missing: attributes, and
/// the map of a sparse file.
pub(super) fn made_header(member: &CatalogMember) -> Vec<u8> {
    let mut records = Vec::new();
    let number = |number: u64| number.to_string().into_bytes();
    let modified = &member.modified;
    let mtime = mtime(modified.seconds, modified.nanos);
    record(&mut records, b"path", &member.path);
    for (key, value) in
        [(&b"linkpath"[..], &member.link), (b"uname", &member.user), (b"gname", &member.group)]
    {
        if !value.is_empty() {
            record(&mut records, key, value);
        }
    }
    record(&mut records, b"uid", &number(member.uid));
    record(&mut records, b"gid", &number(member.gid));
    record(&mut records, b"mtime", mtime.as_bytes());
    let size = if member.kind == MemberKind::File { member.stored_bytes } else { 0 };
    if size > 0 {
        record(&mut records, b"size", &number(size));
    }
    let mut made = block(b'x', records.len() as u64, 0o644, (0, 0));
    made.extend_from_slice(&records);
    made.resize(made.len().next_multiple_of(BLOCK_BYTES), 0);
    // The record has the size of a large file.
    let short_size = if size < 1 << 33 { size } else { 0 };
    made.extend(block(type_flag(member.kind), short_size, member.mode, member.device));
    made
}

/// Times before 1970 count back from the second after.
fn mtime(seconds: i64, nanos: u32) -> String {
    match (seconds < 0 && nanos > 0, nanos) {
        (_, 0) => seconds.to_string(),
        (false, _) => format!("{seconds}.{nanos:09}"),
        (true, _) => {
            let whole = (seconds + 1).unsigned_abs();
            format!("-{whole}.{:09}", 1_000_000_000 - nanos)
        }
    }
}

fn type_flag(kind: MemberKind) -> u8 {
    match kind {
        MemberKind::File => b'0',
        MemberKind::HardLink => b'1',
        MemberKind::Symlink => b'2',
        MemberKind::CharDevice => b'3',
        MemberKind::BlockDevice => b'4',
        MemberKind::Folder => b'5',
        MemberKind::Fifo => b'6',
        MemberKind::Other(flag) => flag,
    }
}

/// Appends a record, which begins with its own length.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = 1 + key.len() + 1 + value.len() + 1;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    let parts = [length.to_string().as_bytes(), b" ", key, b"=", value, b"\n"].concat();
    records.extend_from_slice(&parts);
}

/// Returns a block with a name that the records replace.
fn block(type_flag: u8, size: u64, mode: u32, device: (u32, u32)) -> Vec<u8> {
    let mut block = vec![0; BLOCK_BYTES];
    let mut put = |at: usize, text: &str| {
        let _ = (&mut block[at..]).write_all(text.as_bytes());
    };
    put(0, "healed");
    put(100, &format!("{:07o}", mode & 0o7777));
    [108, 116].into_iter().for_each(|at| put(at, "0000000"));
    put(124, &format!("{size:011o}"));
    put(136, "00000000000");
    put(157, "-");
    put(257, "ustar\0\u{30}\u{30}");
    put(329, &format!("{:07o}", device.0));
    put(337, &format!("{:07o}", device.1));
    put(148, "        ");
    block[156] = type_flag;
    block[157] = if type_flag == b'1' || type_flag == b'2' { b'-' } else { 0 };
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ");
    block[148..156].copy_from_slice(sum.as_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tar_reader::{TarReader, Timestamp};

    #[test]
    fn a_made_header_says_what_the_catalog_says() {
        let kinds = [
            MemberKind::File,
            MemberKind::HardLink,
            MemberKind::Symlink,
            MemberKind::CharDevice,
            MemberKind::BlockDevice,
            MemberKind::Folder,
            MemberKind::Fifo,
        ];
        for kind in kinds {
            for (seconds, nanos) in [(0, 0), (1_769_702_820, 5), (-7, 0), (-7, 250_000_000), (-1, 1)] {
                let is_link = matches!(kind, MemberKind::HardLink | MemberKind::Symlink);
                let is_device = matches!(kind, MemberKind::CharDevice | MemberKind::BlockDevice);
                let member = CatalogMember {
                    path: [&b"docs/"[..], &b"long\xff".repeat(50)].concat(),
                    kind,
                    size_bytes: if kind == MemberKind::File { 9 << 30 } else { 0 },
                    stored_bytes: if kind == MemberKind::File { 9 << 30 } else { 0 },
                    mode: 0o4751,
                    uid: 4_000_000_000,
                    gid: 7,
                    user: b"ann".to_vec(),
                    link: if is_link { b"docs/a".repeat(40) } else { Vec::new() },
                    device: if is_device { (8, 1) } else { (0, 0) },
                    modified: Timestamp { seconds, nanos },
                    ..CatalogMember::default()
                };
                let made = made_header(&member);
                let read = TarReader::new(&made[..]).next_member().unwrap().unwrap();
                assert!(member.has_header_of(&read), "{member:?}\n{read:?}");
                assert_eq!(read.contents_offset, made.len() as u64);
            }
        }
    }
}
