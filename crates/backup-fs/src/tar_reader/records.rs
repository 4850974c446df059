//! The length-prefixed records of an extended header, and those that hold for all members.

use super::damage::Fault;
use super::number::decimal;

/// A record: its key and its value.
pub(super) type Record<'a> = (&'a [u8], &'a [u8]);

/// Parts an extended header into records, by nothing but their lengths: a value may hold newlines, and what looks like
/// another record.
#[derive(Debug)]
pub(super) struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn split(&mut self) -> Option<Record<'a>> {
        let space = self.rest.iter().take(MAX_LENGTH_DIGITS + 1).position(|byte| *byte == b' ')?;
        let length = usize::try_from(decimal(&self.rest[..space])?).ok()?;
        let (record, rest) = self.rest.split_at_checked(length)?;
        let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
        let equals = record.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
        self.rest = rest;
        Some((&record[..equals], &record[equals + 1..]))
    }
}

/// More digits than any length has.
const MAX_LENGTH_DIGITS: usize = 20;

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let record = self.split();
        if record.is_none() {
            self.rest = &[];
        }
        Some(record.ok_or(Fault::Record))
    }
}

/// The records of global headers that say something about members: a few keys, so that no archive makes them grow.
#[derive(Debug, Clone, Default)]
pub(super) struct GlobalRecords {
    values: [Option<Vec<u8>>; GLOBAL_KEYS.len()],
}

/// How long a value may be: it is copied to every member that follows.
const MAX_GLOBAL_BYTES: usize = 1024;

/// What may be said of all members at once.
const GLOBAL_KEYS: [&[u8]; 5] = [b"uid", b"gid", b"uname", b"gname", b"mtime"];

impl GlobalRecords {
    /// Takes in a global header. A key without a value takes back what was said before.
    ///
    /// A name, a size or a map can't be the same for all members. Some tools apply such a record and some don't, so it
    /// could only serve to show different things to different tools.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        for record in Records::new(bytes) {
            let (key, value) = record?;
            if matches!(key, b"path" | b"linkpath" | b"size") || key.starts_with(b"GNU.sparse.") {
                return Err(Fault::Global);
            }
            if let Some(at) = GLOBAL_KEYS.iter().position(|known| *known == key) {
                if value.len() > MAX_GLOBAL_BYTES {
                    return Err(Fault::LargeExtension);
                }
                self.values[at] = Some(value.to_vec()).filter(|value| !value.is_empty());
            }
        }
        Ok(())
    }

    /// Returns what was said.
    pub(super) fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        let pairs = GLOBAL_KEYS.iter().zip(&self.values);
        pairs.filter_map(|(key, value)| Some((*key, value.as_deref()?)))
    }
}

/// Returns an extended header of these records.
#[cfg(test)]
pub(super) fn written(records: &[Record<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in records {
        let rest = [b" ", *key, b"=", value, b"\n"].concat();
        let length = (rest.len()..).find(|length| length.to_string().len() + rest.len() == *length).unwrap();
        bytes.extend_from_slice(length.to_string().as_bytes());
        bytes.extend_from_slice(&rest);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &[Result<Record<'_>, Fault>]) {
        assert_eq!(Records::new(bytes).collect::<Vec<_>>(), expected, "{bytes:?}");
    }

    #[test]
    fn goes_by_the_lengths_alone() {
        check(b"", &[]);
        check(b"5 a=\n", &[Ok((b"a", b""))]);
        check(b"7 a=b=\n6 c=d\n", &[Ok((b"a", b"b=")), Ok((b"c", b"d"))]);
        check(b"16 k=\n9 path=x\n\n", &[Ok((b"k", b"\n9 path=x\n"))]);
        check(b"9 k=\0\xff\n\n\n", &[Ok((b"k", b"\0\xff\n\n"))]);
    }

    #[test]
    fn refuses_what_is_no_whole_record() {
        let cases: [&[u8]; 13] = [
            b"5",
            b"5 a=",
            b"6 a=\n",
            b"4 a=\n",
            b"5 =a\n",
            b"5 ab\n",
            b" 5 a=\n",
            b"-5 a=\n",
            b"0 a=\n",
            b"1 a=\n",
            b"2 a=\n",
            b"99999999999999999999 a=\n",
            b"0000000000000000000000005 a=\n",
        ];
        for bytes in cases {
            check(bytes, &[Err(Fault::Record)]);
        }
        check(b"5 a=\n\0\0", &[Ok((b"a", b"")), Err(Fault::Record)]);
    }

    #[test]
    fn keeps_of_globals_what_concerns_members() {
        let mut globals = GlobalRecords::default();
        globals.take(&written(&[(b"uid", b"700"), (b"uname", b"a"), (b"comment", b"x")])).unwrap();
        assert_eq!(globals.iter().collect::<Vec<_>>(), [(&b"uid"[..], &b"700"[..]), (b"uname", b"a")]);
        globals.take(&written(&[(b"uid", b"")])).unwrap();
        assert_eq!(globals.iter().collect::<Vec<_>>(), [(&b"uname"[..], &b"a"[..])]);
        for key in [&b"path"[..], b"linkpath", b"size", b"GNU.sparse.name"] {
            assert_eq!(globals.take(&written(&[(key, b"1")])), Err(Fault::Global));
        }
        assert_eq!(globals.take(&written(&[(b"uname", &[b'u'; 1025])])), Err(Fault::LargeExtension));
        assert_eq!(globals.take(b"7 uid=1\n"), Err(Fault::Record));
    }
}
