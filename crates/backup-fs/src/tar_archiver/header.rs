//! The header blocks of a member, with its PAX and GNU extensions.

use std::mem::take;

use rustix::fs::FileType;
use tar::{EntryType, Header};

use super::pax::{BLOCK_BYTES, Digits, Records};
use super::ustar::{
    DEVICE_MAJOR, DEVICE_MINOR, GID, GROUP, LINK, MODE, MTIME, NAME, SIZE, UID, USER, UstarBlock,
};
use crate::posix::acl;
use crate::posix::stat::Meta;
use crate::posix::xattrs::Attribute;

/// One member of the archive, without its contents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) entry_type: EntryType,
    /// The full path, with a trailing slash for a folder.
    pub(super) path: &'a [u8],
    /// The target of a link. Empty for anything else.
    pub(super) link: &'a [u8],
    /// The number of bytes that follow the headers.
    pub(super) size_bytes: u64,
    /// The full size of a sparse file. Its holes aren't in the contents.
    pub(super) sparse_size: Option<u64>,
    /// The real path of a sparse file. `path` is then the one for tools that don't know sparse files.
    pub(super) sparse_name: Option<&'a [u8]>,
    pub(super) meta: &'a Meta,
    pub(super) user: &'a str,
    pub(super) group: &'a str,
    pub(super) attributes: &'a [Attribute],
}

impl Member<'_> {
    /// Appends the member's headers to `out`, in whole blocks.
    pub(super) fn write_to(&self, out: &mut Vec<u8>) {
        self.write_padded((0, 1), out);
    }

    /// Appends the headers, and so many bytes more, as [`Records::lengthen`] adds them.
    pub(super) fn write_padded(&self, padding: (usize, usize), out: &mut Vec<u8>) {
        if self.sparse_size.is_some() && self.path.is_ascii() {
            let path = &sparse_path(self.path);
            return Member { path, sparse_name: Some(self.path), ..*self }.write_as_it_is(padding, out);
        }
        self.write_as_it_is(padding, out);
    }

    fn write_as_it_is(&self, (more, phase): (usize, usize), out: &mut Vec<u8>) {
        self.write_gnu_name(EntryType::GNULongName, self.path, out);
        self.write_gnu_name(EntryType::GNULongLink, self.link, out);
        let begin = out.len();
        out.resize(begin + BLOCK_BYTES, 0);
        let mut records = Records::behind(take(out));
        self.add_records(&mut records);
        if more > 0 {
            records.lengthen(more, phase);
        }
        *out = records.into_bytes();
        match out.len() - begin - BLOCK_BYTES {
            0 => out.truncate(begin),
            _ => end_extension(EntryType::XHeader, &[b"PaxHeaders/", self.path], begin, out),
        }
        self.append_header(out);
    }

    /// Writes a GNU header for a long name that isn't ASCII.
    ///
    /// PAX defines names as UTF-8. bsdtar warns and exits with 1 if they aren't, or if its locale isn't UTF-8. GNU
    /// tar warns about the record `hdrcharset=BINARY`, which would declare it. All three, and Python, accept these
    /// bytes as they are in a GNU header.
    fn write_gnu_name(&self, entry_type: EntryType, name: &[u8], out: &mut Vec<u8>) {
        if name.len() > NAME_BYTES && !name.is_ascii() {
            write_extension(entry_type, b"././@LongLink", &[name, b"\0"], out);
        }
    }

    fn add_records(&self, records: &mut Records) {
        for (key, name) in [(&b"path"[..], self.path), (b"linkpath", self.link)] {
            if name.len() > NAME_BYTES && name.is_ascii() {
                records.add(key, name);
            }
        }
        self.add_sparse(records);
        let numbers = [
            // Python takes this record for the full size of the sparse file and then reads from a wrong place. The
            // base 256 field is enough.
            (&b"size"[..], if self.sparse_size.is_none() { self.size_bytes } else { 0 }, SIZE),
            (b"uid", self.meta.uid.into(), UID),
            (b"gid", self.meta.gid.into(), GID),
        ];
        for (key, number, field) in numbers {
            if number > field.max_octal() {
                records.add_number(key, number);
            }
        }
        for (key, name) in [(&b"uname"[..], self.user), (b"gname", self.group)] {
            if name.len() > USER.bytes() {
                records.add(key, name.as_bytes());
            }
        }
        self.add_mtime(records);
        self.add_attributes(records);
    }

    /// Adds the records of the sparse format 1.0 of GNU tar, in which the contents begin with a map of the data.
    fn add_sparse(&self, records: &mut Records) {
        if let Some(size) = self.sparse_size {
            records.add(b"GNU.sparse.major", b"1");
            records.add(b"GNU.sparse.minor", b"0");
            records.add_number(b"GNU.sparse.realsize", size);
        }
        if let Some(name) = self.sparse_name {
            records.add(b"GNU.sparse.name", name);
        }
    }

    fn add_attributes(&self, records: &mut Records) {
        for attribute in self.attributes {
            let name = &attribute.name[..];
            // An ACL is stored twice: as text for tools with an ACL option, and as an attribute for tools with an
            // xattr option.
            if let (Some(key), Some(text)) = (acl::text_key(name), acl::to_text(&attribute.value)) {
                records.add(key, text.as_bytes());
            }
            records.add(&attribute_key(name), &attribute.value);
        }
    }

    fn add_mtime(&self, records: &mut Records) {
        let modified = self.meta.modified;
        let fits = u64::try_from(modified.seconds).is_ok_and(|seconds| seconds <= MTIME.max_octal());
        if modified.nanos == 0 && fits {
            return;
        }
        // Seconds are rounded down. Before 1970, the fraction counts backwards.
        let (sign, seconds, fraction) = match (modified.seconds < 0, modified.nanos) {
            (false, nanos) => (&b""[..], modified.seconds.unsigned_abs(), nanos),
            (true, 0) => (&b"-"[..], modified.seconds.unsigned_abs(), 0),
            (true, nanos) => (&b"-"[..], modified.seconds.unsigned_abs() - 1, 1_000_000_000 - nanos),
        };
        let (seconds, fraction_digits) = (Digits::of(seconds), Digits::padded(fraction.into(), 9));
        match fraction {
            0 => records.add_parts(&[b"mtime"], &[sign, seconds.as_bytes()]),
            _ => {
                records.add_parts(&[b"mtime"], &[sign, seconds.as_bytes(), b".", fraction_digits.as_bytes()]);
            }
        }
    }

    fn append_header(&self, out: &mut Vec<u8>) {
        let mut header = UstarBlock::new(self.entry_type);
        header.put(NAME, self.path);
        header.put(LINK, self.link);
        // A size over 8 GiB is stored in base 256 and in its record, so that tools without PAX read it, too.
        header.put_number(SIZE, self.size_bytes);
        header.put_octal(MODE, self.meta.mode.into());
        header.put_number(UID, self.meta.uid.into());
        header.put_number(GID, self.meta.gid.into());
        header.put_number(MTIME, u64::try_from(self.meta.modified.seconds).unwrap_or_default());
        header.put(USER, self.user.as_bytes());
        header.put(GROUP, self.group.as_bytes());
        header.put_octal(DEVICE_MAJOR, self.meta.device.0.into());
        header.put_octal(DEVICE_MINOR, self.meta.device.1.into());
        header.append_to(out);
    }
}

/// The size of the name field. The prefix field would add more, but not every tool reads it alike, so it stays empty.
const NAME_BYTES: usize = NAME.bytes();

/// Returns the path for tools that don't know sparse files, in the form of GNU tar. Nobody mistakes what they extract
/// there for the file itself.
fn sparse_path(path: &[u8]) -> Vec<u8> {
    let name_start = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let (folder, name) = path.split_at(name_start);
    [folder, b"GNUSparseFile.0/", name].concat()
}

/// Appends an extension for the next member. It doesn't depend on the time or the user.
fn write_extension(entry_type: EntryType, name: &[u8], contents: &[&[u8]], out: &mut Vec<u8>) {
    let begin = out.len();
    out.resize(begin + BLOCK_BYTES, 0);
    contents.iter().for_each(|part| out.extend_from_slice(part));
    end_extension(entry_type, &[name], begin, out);
}

/// Ends an extension that begins at an offset of `out`, where there is room for its header. Its contents follow already.
fn end_extension(entry_type: EntryType, name: &[&[u8]], begin: usize, out: &mut Vec<u8>) {
    let contents = begin + BLOCK_BYTES;
    let mut header = UstarBlock::new(entry_type);
    let mut field = [0; NAME_BYTES];
    let mut filled = 0;
    for part in name {
        let fitting = part.len().min(NAME_BYTES - filled);
        field[filled..filled + fitting].copy_from_slice(&part[..fitting]);
        filled += fitting;
    }
    header.put(NAME, &field);
    header.put_number(SIZE, (out.len() - contents) as u64);
    header.put_octal(MODE, 0o644);
    header.put_number(UID, 0);
    header.put_number(GID, 0);
    header.put_number(MTIME, 0);
    out[begin..contents].copy_from_slice(header.sealed());
    out.resize(out.len().next_multiple_of(BLOCK_BYTES), 0);
}

/// Appends padding of so many bytes: a global header with a comment, which every tool passes over. The number is a multiple of 512.
/// A single block is too little for that, so `phase` bytes more are added instead of one.
pub(super) fn write_padding(bytes: usize, phase: usize, out: &mut Vec<u8>) {
    let mut records = Records::default();
    records.lengthen(bytes, phase);
    write_extension(EntryType::XGlobalHeader, b"pax_global_header", &[records.as_bytes()], out);
}

/// Returns the headers of a member with so many bytes more, a multiple of 512, in its extended header; `None` if it doesn't begin
/// with one.
pub(super) fn lengthened(headers: &[u8], more: usize) -> Option<Vec<u8>> {
    let (first, rest) = headers.split_at_checked(BLOCK_BYTES)?;
    let mut header = Header::from_byte_slice(first).clone();
    let length = usize::try_from(header.entry_size().ok()?).ok()?;
    let (stored, rest) = rest.split_at_checked(length.next_multiple_of(BLOCK_BYTES))?;
    if header.entry_type() != EntryType::XHeader || length == 0 {
        return None;
    }
    let mut records = Records::from_bytes(&stored[..length]);
    records.lengthen(more, BLOCK_BYTES);
    header.set_size(records.as_bytes().len() as u64);
    header.set_cksum();
    Some([header.as_bytes(), records.as_bytes(), rest].concat())
}

/// Returns how tar calls an entry of that kind.
pub(super) fn entry_type_of(kind: FileType) -> EntryType {
    match kind {
        FileType::RegularFile | FileType::Socket | FileType::Unknown => EntryType::Regular,
        FileType::Directory => EntryType::Directory,
        FileType::Symlink => EntryType::Symlink,
        FileType::Fifo => EntryType::Fifo,
        FileType::CharacterDevice => EntryType::Char,
        FileType::BlockDevice => EntryType::Block,
    }
}

/// Returns the PAX key of an extended attribute.
///
/// A key can't contain `=`. GNU tar escapes it, and `%`, as in a URL.
fn attribute_key(name: &[u8]) -> Vec<u8> {
    let mut key = b"SCHILY.xattr.".to_vec();
    for byte in name {
        match byte {
            b'=' => key.extend_from_slice(b"%3D"),
            b'%' => key.extend_from_slice(b"%25"),
            _ => key.push(*byte),
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use tar::Archive;

    use super::*;
    use crate::posix::stat::Timestamp;

    fn meta() -> Meta {
        let modified = Timestamp { seconds: 1_700_000_000, nanos: 0 };
        Meta { mode: 0o4755, uid: 1000, gid: 1000, modified, ..Meta::of_nothing(FileType::RegularFile) }
    }

    fn member<'a>(path: &'a [u8], meta: &'a Meta) -> Member<'a> {
        let (link, user, group) = (&b""[..], "ada", "staff");
        Member {
            entry_type: EntryType::Regular,
            path,
            link,
            size_bytes: 0,
            sparse_size: None,
            sparse_name: None,
            meta,
            user,
            group,
            attributes: &[],
        }
    }

    fn written(member: Member<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        member.write_to(&mut bytes);
        assert_eq!(bytes.len() % BLOCK_BYTES, 0);
        bytes
    }

    /// The PAX records as text; empty where there are none.
    fn records(member: Member<'_>) -> String {
        let mut records = Records::default();
        member.add_records(&mut records);
        String::from_utf8_lossy(records.as_bytes()).into_owned()
    }

    #[test]
    fn needs_one_block_for_a_plain_entry() {
        let meta = meta();
        let bytes = written(member(b"docs/a", &meta));
        assert_eq!(bytes.len(), BLOCK_BYTES);
        assert_eq!(&bytes[..7], b"docs/a\0");
        assert_eq!(&bytes[100..108], b"0004755\0");
        assert_eq!(&bytes[257..265], b"ustar\x0000");
        assert_eq!(&bytes[265..269], b"ada\0");
    }

    #[test]
    fn writes_records_for_values_too_large_for_the_header() {
        let plain = meta();
        assert_eq!(records(member(&[b'a'; 100], &plain)), "");
        assert_eq!(records(member(&[b'a'; 101], &plain)), format!("111 path={}\n", "a".repeat(101)));
        let link = &[b'b'; 101];
        let linked = Member { link, ..member(b"a", &plain) };
        assert_eq!(records(linked), format!("115 linkpath={}\n", "b".repeat(101)));
        let large = |size_bytes| Member { size_bytes, ..member(b"a", &plain) };
        assert_eq!(records(large(SIZE.max_octal())), "");
        assert_eq!(records(large(SIZE.max_octal() + 1)), "19 size=8589934592\n");
        let ids = Meta { uid: 2_097_151, gid: 2_097_152, ..meta() };
        assert_eq!(records(member(b"a", &ids)), "15 gid=2097152\n");
        let named = Member {
            user: "a-user-with-a-name-of-31-bytes-",
            group: "a-group-with-a-name-of-32-bytes-",
            ..member(b"a", &plain)
        };
        assert_eq!(records(named), "42 gname=a-group-with-a-name-of-32-bytes-\n");
    }

    #[test]
    fn keeps_long_names_that_are_not_ascii() {
        let meta = meta();
        let (path, link) = ([0xff; 150], [0xfe; 150]);
        let bytes = written(Member { entry_type: EntryType::Symlink, link: &link, ..member(&path, &meta) });
        assert_eq!(bytes.len(), 5 * BLOCK_BYTES);
        let mut archive = Archive::new(&bytes[..]);
        let entry = archive.entries().unwrap().next().unwrap().unwrap();
        assert_eq!(entry.path_bytes()[..], path);
        assert_eq!(entry.link_name_bytes().unwrap()[..], link);
    }

    #[test]
    fn writes_any_time() {
        let cases = [
            (0, 0, ""),
            (1_700_000_000, 1, "30 mtime=1700000000.000000001\n"),
            (-1, 0, "12 mtime=-1\n"),
            (-1, 750_000_000, "22 mtime=-0.250000000\n"),
            (-2, 500_000_000, "22 mtime=-1.500000000\n"),
            (0o77_777_777_777, 0, ""),
            (0o100_000_000_000, 0, "20 mtime=8589934592\n"),
        ];
        for (seconds, nanos, expected) in cases {
            let meta = Meta { modified: Timestamp { seconds, nanos }, ..meta() };
            assert_eq!(records(member(b"a", &meta)), expected, "{seconds} {nanos}");
        }
    }

    #[test]
    fn headers_are_lengthened_as_if_they_had_been_written_so() {
        let modified = Timestamp { seconds: 1_700_000_000, nanos: 5 };
        let meta = Meta { modified, ..meta() };
        let plain = written(member(b"docs/a", &meta));
        for more in [512, 1024, 3584] {
            let mut expected = Vec::new();
            member(b"docs/a", &meta).write_padded((more, 4096), &mut expected);
            assert_eq!(expected.len(), plain.len() + more);
            assert_eq!(lengthened(&plain, more), Some(expected));
        }
        assert_eq!(lengthened(&written(member(b"docs/a", &self::meta())), 512), None);
    }

    #[test]
    fn stores_a_size_over_8_gib_twice() {
        let meta = meta();
        let bytes = written(Member { size_bytes: 1 << 40, ..member(b"a", &meta) });
        let header = Header::from_byte_slice(&bytes[2 * BLOCK_BYTES..]);
        assert_eq!(header.entry_size().unwrap(), 1 << 40);
        let mut archive = Archive::new(bytes.chain(std::io::repeat(0)));
        assert_eq!(archive.entries().unwrap().next().unwrap().unwrap().size(), 1 << 40);
    }

    #[test]
    fn a_sparse_file_has_its_name_in_a_record() {
        let meta = meta();
        let sparse = |path| Member { size_bytes: 1 << 40, sparse_size: Some(1 << 41), ..member(path, &meta) };
        let bytes = written(sparse(b"docs/disk.img"));
        let text = String::from_utf8_lossy(&bytes[BLOCK_BYTES..2 * BLOCK_BYTES]);
        let expected = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n37 GNU.sparse.realsize=2199023255552\n\
            33 GNU.sparse.name=docs/disk.img\n";
        assert_eq!(text.trim_end_matches('\0'), expected);
        let header = Header::from_byte_slice(&bytes[2 * BLOCK_BYTES..]);
        assert_eq!(header.path_bytes()[..], b"docs/GNUSparseFile.0/disk.img"[..]);
        assert_eq!(header.entry_size().unwrap(), 1 << 40);
        // PAX defines names as UTF-8. A name that isn't UTF-8 goes where long names of such bytes go.
        let bytes = written(sparse(b"docs/\xff"));
        assert_eq!(Header::from_byte_slice(&bytes[2 * BLOCK_BYTES..]).path_bytes()[..], b"docs/\xff"[..]);
    }

    #[test]
    fn escapes_attribute_names_but_not_values() {
        let attributes = [Attribute { name: b"user.a=b%c".to_vec(), value: b"=%\n\0".to_vec() }];
        let meta = meta();
        let text = records(Member { attributes: &attributes, ..member(b"a", &meta) });
        assert_eq!(text, "36 SCHILY.xattr.user.a%3Db%25c==%\n\0\n");
    }
}
