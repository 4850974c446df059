//! Archives, as our reader sees them, as trees.

use std::collections::BTreeMap;
use std::io::Read;

use backup_fs::{Contents, Member, MemberKind, ReadError, TarReader};

use crate::tree::{Seen, Tree, settle_names};

/// Reads an archive to its end.
pub(crate) fn try_view(archive: impl Read) -> Result<Tree, ReadError> {
    let (mut tree, mut reader) = (Tree::new(), TarReader::new(archive));
    while let Some(member) = reader.next_member()? {
        let path = member.path.strip_suffix(b"/").unwrap_or(&member.path).to_vec();
        let seen = match member.kind {
            // A volume's label and the like.
            MemberKind::Other(_) => continue,
            MemberKind::HardLink => tree.get(&member.link).expect("a hard link leads back").clone(),
            _ => seen(member, &path, reader.contents()),
        };
        tree.insert(path, seen);
    }
    settle_names(&mut tree);
    Ok(tree)
}

pub(crate) fn view(archive: &[u8]) -> Tree {
    try_view(archive).unwrap()
}

fn seen(member: Member, path: &[u8], contents: Contents<'_, impl Read>) -> Seen {
    let body = match member.kind {
        MemberKind::File => read(contents, member.size_bytes),
        _ => member.link,
    };
    let attributes: BTreeMap<_, _> =
        member.attributes.into_iter().map(|attribute| (attribute.name, attribute.value)).collect();
    Seen {
        kind: member.kind,
        mode: member.mode,
        owner: (member.uid, member.gid),
        modified: Some(member.modified),
        body,
        device: member.device,
        attributes: attributes.into_iter().filter(|(name, _)| name.starts_with(b"user.")).collect(),
        first_name: path.to_vec(),
    }
}

/// Reads in pieces that meet no border, and by turns with and without a look for holes.
fn read(mut contents: Contents<'_, impl Read>, size_bytes: u64) -> Vec<u8> {
    let (mut bytes, mut piece) = (Vec::new(), [0xaa; 4093]);
    loop {
        if bytes.len().is_multiple_of(2) {
            let hole = usize::try_from(contents.pass_hole()).unwrap();
            bytes.resize(bytes.len() + hole, 0);
        }
        match contents.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            // The reader will say it again.
            Err(_) => return bytes,
        }
    }
    assert_eq!(bytes.len() as u64, size_bytes);
    bytes
}
