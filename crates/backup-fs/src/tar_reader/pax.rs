//! What the records before a member say of it.

use std::collections::BTreeMap;

use super::damage::Fault;
use super::number::decimal;
use super::pax_sparse::PaxSparse;
use super::records::{GlobalRecords, Records};
use super::{base64, xattr_key};
use crate::posix::stat::Timestamp;
use crate::posix::xattrs::Attribute;

/// The fields that records gave; where they gave none, the header's count.
#[derive(Debug, Default)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size_bytes: Option<u64>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) group: Option<Vec<u8>>,
    pub(super) modified: Option<Timestamp>,
    pub(super) device_major: Option<u32>,
    pub(super) device_minor: Option<u32>,
    pub(super) acl_access: Option<Vec<u8>>,
    pub(super) acl_default: Option<Vec<u8>>,
    pub(super) sparse: PaxSparse,
    /// Under their names as the keys have them, escaped in one way or another.
    attributes: BTreeMap<Vec<u8>, RawAttribute>,
}

/// What the records of one attribute say.
#[derive(Debug, Default)]
struct RawAttribute {
    plain: Option<Vec<u8>>,
    /// bsdtar's own form.
    coded: Option<Vec<u8>>,
}

impl Pax {
    /// Returns the records that apply to all members.
    pub(super) fn of_all(globals: &GlobalRecords) -> Result<Self, Fault> {
        let mut pax = Self::default();
        for (key, value) in globals.iter() {
            pax.apply(key, value)?;
        }
        Ok(pax)
    }

    /// Adds the records of one member. If a key occurs twice, the later record counts.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        for record in Records::new(bytes) {
            let (key, value) = record?;
            self.apply(key, value)?;
        }
        Ok(())
    }

    /// Returns the attributes. bsdtar writes each one in both forms, the plain one under its own escaped name, too (and
    /// since 3.7 under the name as it is).
    pub(super) fn take_attributes(&mut self) -> Result<Vec<Attribute>, Fault> {
        let mut attributes = BTreeMap::new();
        for (key, raw) in std::mem::take(&mut self.attributes) {
            let is_coded = raw.coded.is_some();
            let name = if is_coded { xattr_key::libarchive(&key) } else { xattr_key::schily(&key) };
            if name.is_empty() || name.contains(&0) {
                return Err(ATTRIBUTE);
            }
            attributes.insert(name, raw.plain.or(raw.coded).unwrap_or_default());
        }
        Ok(attributes.into_iter().map(|(name, value)| Attribute { name, value }).collect())
    }

    /// An empty value takes back what was said before. Keys that nothing here needs are passed over, `hdrcharset` among
    /// them: names are bytes, whichever character set they were in.
    fn apply(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        match key {
            b"path" => self.path = text(value),
            b"linkpath" => self.link = text(value),
            b"uname" => self.user = text(value),
            b"gname" => self.group = text(value),
            b"size" => self.size_bytes = number(value, "size")?,
            b"uid" => self.uid = number(value, "user id")?,
            b"gid" => self.gid = number(value, "group id")?,
            b"mtime" => self.modified = time(value)?,
            b"SCHILY.devmajor" => self.device_major = number(value, "device number")?,
            b"SCHILY.devminor" => self.device_minor = number(value, "device number")?,
            b"SCHILY.acl.access" => self.acl_access = text(value),
            b"SCHILY.acl.default" => self.acl_default = text(value),
            _ => return self.apply_prefixed(key, value),
        }
        Ok(())
    }

    /// An attribute with an empty value is an attribute.
    fn apply_prefixed(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        if let Some(field) = key.strip_prefix(b"GNU.sparse.") {
            return self.sparse.apply(field, value);
        }
        if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
            self.attributes.entry(name.to_vec()).or_default().plain = Some(value.to_vec());
        } else if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
            let value = base64::decode(value).ok_or(ATTRIBUTE)?;
            self.attributes.entry(name.to_vec()).or_default().coded = Some(value);
        }
        self.bound_attributes()
    }

    fn bound_attributes(&self) -> Result<(), Fault> {
        if self.attributes.len() > MAX_ATTRIBUTES { Err(Fault::ManyAttributes) } else { Ok(()) }
    }
}

/// Linux lists at most 64 KiB of names, and with their namespace none is shorter than this allows for.
const MAX_ATTRIBUTES: usize = 64 * 1024 / 4;

const ATTRIBUTE: Fault = Fault::Value("extended attribute");

fn text(value: &[u8]) -> Option<Vec<u8>> {
    Some(value.to_vec()).filter(|value| !value.is_empty())
}

fn number<T: TryFrom<u64>>(value: &[u8], name: &'static str) -> Result<Option<T>, Fault> {
    if value.is_empty() {
        return Ok(None);
    }
    let number = decimal(value).and_then(|number| T::try_from(number).ok());
    number.map(Some).ok_or(Fault::Value(name))
}

fn time(value: &[u8]) -> Result<Option<Timestamp>, Fault> {
    if value.is_empty() {
        return Ok(None);
    }
    Timestamp::parse(value).map(Some).ok_or(Fault::Value("modification time"))
}

#[cfg(test)]
mod tests {
    use super::super::records::{Record, written};
    use super::*;

    fn pax(records: &[Record<'_>]) -> Result<Pax, Fault> {
        let mut pax = Pax::default();
        pax.take(&written(records))?;
        Ok(pax)
    }

    fn attribute(name: &[u8], value: &[u8]) -> Attribute {
        Attribute { name: name.to_vec(), value: value.to_vec() }
    }

    #[test]
    fn the_later_record_counts_and_an_empty_one_takes_back() {
        assert_eq!(pax(&[(b"path", b"a"), (b"path", b"b")]).unwrap().path.as_deref(), Some(&b"b"[..]));
        assert_eq!(pax(&[(b"path", b"a"), (b"path", b"")]).unwrap().path, None);
        assert_eq!(pax(&[(b"size", b"7"), (b"size", b"")]).unwrap().size_bytes, None);
    }

    #[test]
    fn a_value_forges_no_record() {
        let mut pax = pax(&[(b"path", b"a"), (b"SCHILY.xattr.user.x", b"\n15 path=forged\n")]).unwrap();
        assert_eq!(pax.path.as_deref(), Some(&b"a"[..]));
        assert_eq!(pax.take_attributes().unwrap(), [attribute(b"user.x", b"\n15 path=forged\n")]);
    }

    #[test]
    fn attributes_may_be_empty_and_come_in_two_forms() {
        let schily: fn(&'static [u8]) -> Record<'static> = |value| (b"SCHILY.xattr.user.a", value);
        let libarchive: Record<'_> = (b"LIBARCHIVE.xattr.user.a", b"Zm8");
        let mut empty = pax(&[schily(b"")]).unwrap();
        assert_eq!(empty.take_attributes().unwrap(), [attribute(b"user.a", b"")]);
        let mut coded = pax(&[libarchive]).unwrap();
        assert_eq!(coded.take_attributes().unwrap(), [attribute(b"user.a", b"fo")]);
        for both in [[schily(b"\xff\0"), libarchive], [libarchive, schily(b"\xff\0")]] {
            assert_eq!(pax(&both).unwrap().take_attributes().unwrap(), [attribute(b"user.a", b"\xff\0")]);
        }
    }

    #[test]
    fn refuses_values_that_are_none() {
        let cases: [(&[u8], &[u8], Fault); 6] = [
            (b"size", b"-1", Fault::Value("size")),
            (b"uid", b"1x", Fault::Value("user id")),
            (b"gid", b"18446744073709551616", Fault::Value("group id")),
            (b"mtime", b"x", Fault::Value("modification time")),
            (b"SCHILY.devmajor", b"4294967296", Fault::Value("device number")),
            (b"LIBARCHIVE.xattr.user.a", b"!", ATTRIBUTE),
        ];
        for (key, value, fault) in cases {
            assert_eq!(pax(&[(key, value)]).err(), Some(fault), "{key:?}");
        }
    }

    #[test]
    fn refuses_names_of_attributes_that_are_none() {
        for key in [&b"SCHILY.xattr."[..], b"SCHILY.xattr.a\0b", b"LIBARCHIVE.xattr.a%00b"] {
            assert_eq!(pax(&[(key, b"")]).unwrap().take_attributes(), Err(ATTRIBUTE));
        }
    }

    #[test]
    fn takes_two_forms_of_one_attribute_for_one() {
        let coded: Record<'_> = (b"LIBARCHIVE.xattr.user.a%20b", b"Zm8");
        for name in [&b"SCHILY.xattr.user.a%20b"[..], b"SCHILY.xattr.user.a b"] {
            let mut pax = pax(&[coded, (name, b"fo")]).unwrap();
            assert_eq!(pax.take_attributes().unwrap(), [attribute(b"user.a b", b"fo")]);
        }
    }

    #[test]
    fn bounds_the_attributes() {
        let records = |count: usize| {
            let keys: Vec<_> = (0..count).map(|at| format!("SCHILY.xattr.{at}").into_bytes()).collect();
            let records: Vec<Record<'_>> = keys.iter().map(|key| (&key[..], &b""[..])).collect();
            pax(&records).err()
        };
        assert_eq!(records(MAX_ATTRIBUTES), None);
        assert_eq!(records(MAX_ATTRIBUTES + 1), Some(Fault::ManyAttributes));
    }
}
