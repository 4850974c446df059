//! ACL parser: from the text that tar archives hold to the kernel's binary form.
//!
//! The text is that of IEEE 1003.1e draft 17 as tools write it. Entries such as `user:ann:rw-` are separated by commas
//! (bsdtar, star, this program) or newlines (GNU tar). star and bsdtar append the number: `user:ann:rw-:1000`.

use super::acl::{GROUP, GROUP_OBJ, MASK, OTHER, USER, USER_OBJ, VERSION};
use super::owner_numbers::OwnerNumbers;

/// An ACL of an archive, in the kernel's form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct List {
    /// The value of the extended attribute.
    pub(crate) value: Vec<u8>,
    /// The permission bits of a file that has this ACL. The group's bits are the mask. bsdtar stores other bits as the mode.
    pub(crate) permissions: u32,
    /// Whether it says nothing that a mode can't say.
    pub(crate) is_plain: bool,
}

/// An entry: its tag, its permissions, and the number of its user or group.
type Entry = (u16, u16, u32);

/// The id of entries that are not for a certain user or group.
const NOBODY: u32 = u32::MAX;

/// As many entries fit into an extended attribute, which holds 64 KiB.
const MOST_ENTRIES: usize = 8_191;

/// Reads the text of an ACL.
///
/// Users and groups are looked up by name. If this machine doesn't know the name, the number counts.
///
/// # Errors
/// The reason, for text that is not an ACL and for names that this machine doesn't know.
pub(crate) fn parse(text: &[u8], owners: &mut OwnerNumbers) -> Result<List, String> {
    let pieces = text.split(|byte| matches!(byte, b',' | b'\n'));
    let pieces = pieces.map(without_comment).filter(|piece| !piece.is_empty());
    let mut entries = Vec::new();
    for piece in pieces {
        if entries.len() == MOST_ENTRIES {
            return Err(format!("it has more than {MOST_ENTRIES} entries"));
        }
        entries.push(entry(piece, owners)?);
    }
    entries.sort_unstable_by_key(|(tag, _, id)| (*tag, *id));
    check(&entries)?;
    let (value, permissions) = (to_value(&entries), permissions(&entries));
    Ok(List { value, permissions, is_plain: entries.len() == 3 })
}

fn permissions(entries: &[Entry]) -> u32 {
    let of =
        |searched| entries.iter().find(|(tag, ..)| *tag == searched).map(|(_, bits, _)| u32::from(*bits));
    let group = of(MASK).or_else(|| of(GROUP_OBJ));
    [of(USER_OBJ), group, of(OTHER)].into_iter().fold(0, |mode, bits| mode << 3 | bits.unwrap_or_default())
}

/// Cuts off the comment with which libacl's long form tells the effective rights.
fn without_comment(piece: &[u8]) -> &[u8] {
    piece.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii()
}

fn entry(piece: &[u8], owners: &mut OwnerNumbers) -> Result<Entry, String> {
    let malformed = || format!("{} is not an entry of an ACL", piece.escape_ascii());
    let mut fields: Vec<&[u8]> = piece.split(|byte| *byte == b':').collect();
    if matches!(fields.first(), Some(&(b"default" | b"d"))) {
        fields.remove(0);
    }
    let (who, permissions, appended) = match fields[..] {
        [b"mask" | b"m" | b"other" | b"o", permissions] => (&b""[..], permissions, None),
        [_, who, permissions] => (who, permissions, None),
        [_, who, permissions, appended] if !who.is_empty() => (who, permissions, Some(appended)),
        _ => return Err(malformed()),
    };
    let permissions = bits(permissions).ok_or_else(malformed)?;
    let appended = appended.map(|digits| number(digits).ok_or_else(malformed)).transpose()?;
    let who = unescaped(who).ok_or_else(malformed)?;
    let unknown = || format!("this machine doesn't know {}", who.escape_ascii());
    Ok(match (fields[0], &who[..]) {
        (b"user" | b"u", b"") => (USER_OBJ, permissions, NOBODY),
        (b"group" | b"g", b"") => (GROUP_OBJ, permissions, NOBODY),
        (b"mask" | b"m", b"") => (MASK, permissions, NOBODY),
        (b"other" | b"o", b"") => (OTHER, permissions, NOBODY),
        (b"user" | b"u", name) => {
            let id = owners.user(name).or(appended).or_else(|| number(name));
            (USER, permissions, id.ok_or_else(unknown)?)
        }
        (b"group" | b"g", name) => {
            let id = owners.group(name).or(appended).or_else(|| number(name));
            (GROUP, permissions, id.ok_or_else(unknown)?)
        }
        _ => return Err(malformed()),
    })
}

fn bits(letters: &[u8]) -> Option<u16> {
    let is_short = (1..=3).contains(&letters.len());
    letters
        .iter()
        .filter(|_| is_short)
        .try_fold(0, |bits, letter| {
            let bit = match letter {
                b'r' => 4,
                b'w' => 2,
                b'x' => 1,
                b'-' => return Some(bits),
                _ => return None,
            };
            (bits & bit == 0).then_some(bits | bit)
        })
        .filter(|_| is_short)
}

/// Reads a number. The largest one is refused, because to the kernel it means nobody.
fn number(digits: &[u8]) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = str::from_utf8(digits).ok().filter(|_| is_number)?;
    text.parse().ok().filter(|number| *number != NOBODY)
}

/// Resolves the escapes that libacl writes in names: a backslash and three octal digits.
fn unescaped(name: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = name;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            bytes.push(*byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(3)?;
        bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok()?);
        rest = after;
    }
    Some(bytes)
}

/// Checks what the kernel would refuse without a reason.
fn check(entries: &[Entry]) -> Result<(), String> {
    let count = |searched: u16| entries.iter().filter(|(tag, ..)| *tag == searched).count();
    let is_twice = entries.windows(2).any(|pair| (pair[0].0, pair[0].2) == (pair[1].0, pair[1].2));
    if is_twice {
        return Err("it lists the same user or group twice".to_owned());
    }
    if [USER_OBJ, GROUP_OBJ, OTHER].into_iter().any(|tag| count(tag) == 0) {
        return Err("it lacks the owner, the group or all others".to_owned());
    }
    if count(USER) + count(GROUP) > 0 && count(MASK) == 0 {
        return Err("it has no mask".to_owned());
    }
    Ok(())
}

fn to_value(entries: &[Entry]) -> Vec<u8> {
    let mut value = VERSION.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        value.extend(tag.to_le_bytes());
        value.extend(permissions.to_le_bytes());
        value.extend(id.to_le_bytes());
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<List, String> {
        parse(text.as_bytes(), &mut OwnerNumbers::default())
    }

    /// `u::rw-,u:1:rwx,g::r--,g:70000:--x,m::rwx,o::---`, as Linux has it.
    const ACCESS: &[u8] = b"\x02\0\0\0\
        \x01\0\x06\0\xff\xff\xff\xff\x02\0\x07\0\x01\0\0\0\x04\0\x04\0\xff\xff\xff\xff\
        \x08\0\x01\0\x70\x11\x01\0\x10\0\x07\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";

    #[test]
    fn reads_the_form_of_every_tool() {
        for text in [
            "user::rw-,user:1:rwx,group::r--,group:70000:--x,mask::rwx,other::---",
            "user::rw-\nuser:1:rwx\ngroup::r--\ngroup:70000:--x\nmask::rwx\nother::---\n",
            "other::---,mask::rwx,group:70000:--x,group::r--,user:1:rwx,user::rw-",
            "user::rw-,user:nobody at all:rwx:1,group::r--,group:none:--x:70000,mask::rwx,other::---",
            "u::rw,u:1:rwx,g::r,g:70000:x,m:rwx,o:-",
            "default:user::rw-,default:user:1:rwx,d:g::r--,d:g:70000:--x,default:mask::rwx,default:other::---",
            "user::rw-\nuser:1:rwx\t#effective:rwx\ngroup::r--\n# a comment\n\ngroup:70000:--x\nmask::rwx\nother::---",
            "user::rw-,user:\\061:rwx,group::r--,group:70000:--x,mask::rwx,other::---",
        ] {
            let expected = List { value: ACCESS.to_vec(), permissions: 0o670, is_plain: false };
            assert_eq!(read(text), Ok(expected), "{text:?}");
        }
        let plain = read("user::rw-,group::r--,other::r--").unwrap();
        assert_eq!((plain.is_plain, plain.value.len(), plain.permissions), (true, 28, 0o644));
    }

    #[test]
    fn names_take_precedence_over_numbers() {
        let with = |entry: &str| read(&format!("user::rw-,{entry},group::r--,mask::rwx,other::---"));
        assert_eq!(with("user:root:r--:77"), with("user:0:r--"));
        assert_eq!(with("group:root:r--:77"), with("group:0:r--"));
        assert_eq!(with("user:nobody at all:r--:77"), with("user:77:r--"));
        assert_eq!(with("user:nobody at all:r--"), Err("this machine doesn't know nobody at all".to_owned()));
        assert_eq!(with("user:4294967295:r--"), Err("this machine doesn't know 4294967295".to_owned()));
    }

    #[test]
    fn explains_text_that_is_not_an_acl_and_never_panics() {
        let whole = "user::rw-,group::r--,other::---";
        for (more, expected) in [
            ("user", "user is not an entry of an ACL"),
            (":", ": is not an entry of an ACL"),
            ("default", "default is not an entry of an ACL"),
            ("default:", "default: is not an entry of an ACL"),
            ("owner@:rwxpaARWcCos::allow", "owner@:rwxpaARWcCos::allow is not an entry of an ACL"),
            ("user:1:rwxr", "user:1:rwxr is not an entry of an ACL"),
            ("user:1:", "user:1: is not an entry of an ACL"),
            ("user:1:rr", "user:1:rr is not an entry of an ACL"),
            ("user:1:rwX", "user:1:rwX is not an entry of an ACL"),
            ("user::rwx:1", "user::rwx:1 is not an entry of an ACL"),
            ("user:a:rwx:x", "user:a:rwx:x is not an entry of an ACL"),
            ("user:a:rwx:1:1", "user:a:rwx:1:1 is not an entry of an ACL"),
            ("mask:a:rwx", "mask:a:rwx is not an entry of an ACL"),
            ("user:\\9:rwx", "user:\\\\9:rwx is not an entry of an ACL"),
            ("user:\\777:rwx", "user:\\\\777:rwx is not an entry of an ACL"),
            ("user::r--", "it lists the same user or group twice"),
            ("user:1:r--,user:01:r--", "it lists the same user or group twice"),
            ("user:1:r--", "it has no mask"),
        ] {
            assert_eq!(read(&format!("{whole},{more}")), Err(expected.to_owned()), "{more}");
        }
        for text in ["", ",", "user::rwx", "mask::rwx", "#"] {
            assert!(read(text).unwrap_err().starts_with("it lacks the owner"), "{text}");
        }
        let many: String = (0..9_000).map(|id| format!(",user:{id}:r--")).collect();
        assert_eq!(read(&format!("{whole}{many}")), Err("it has more than 8191 entries".to_owned()));
        // No part of an ACL may cause a panic.
        let text = "default:user:root:rwx:0,group::r--,mask::rwx,other:---\\";
        for start in 0..text.len() {
            for end in start..=text.len() {
                let _ = read(&text[start..end]);
            }
        }
    }
}
