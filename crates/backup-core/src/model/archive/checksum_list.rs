//! Checksum list: the file format of `sha256sum` from GNU coreutils.

use std::collections::HashMap;

use crate::text::hex;

/// Returns the line for a checksum.
///
/// If the name contains a backslash, it is escaped, and the line begins with a backslash.
pub(crate) fn checksum_line(sum: &[u8; 32], file_name: &str) -> String {
    let hex = hex(sum);
    if file_name.contains('\\') {
        format!("\\{hex}  {}\n", file_name.replace('\\', "\\\\"))
    } else {
        format!("{hex}  {file_name}\n")
    }
}

/// Returns the checksums of a list by file name. Lines that can't be parsed are skipped.
pub(crate) fn parse_checksum_list(list: &str) -> HashMap<String, [u8; 32]> {
    list.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(String, [u8; 32])> {
    let (line, is_escaped) = line.strip_prefix('\\').map_or((line, false), |line| (line, true));
    let (digits, name) = line.split_once("  ").or_else(|| line.split_once(" *"))?;
    let name = if is_escaped { name.replace("\\\\", "\\") } else { name.to_owned() };
    Some((name, parse_sum(digits)?))
}

fn parse_sum(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut sum = [0; 32];
    for (index, byte) in sum.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_written_and_read_as_the_coreutils_do() {
        let hex = "ab".repeat(32);
        assert_eq!(checksum_line(&[0xab; 32], "docs.tar"), format!("{hex}  docs.tar\n"));
        assert_eq!(checksum_line(&[0xab; 32], "a\\b.tar"), format!("\\{hex}  a\\\\b.tar\n"));
        let list = ["docs.tar", "a\\b.tar", "a  b.tar"].map(|name| checksum_line(&[0xab; 32], name)).concat();
        let read = parse_checksum_list(&format!("{list}nonsense\nabc  short.tar\n"));
        assert_eq!(read.len(), 3, "{read:?}");
        assert!(["docs.tar", "a\\b.tar", "a  b.tar"].iter().all(|name| read[*name] == [0xab; 32]));
    }
}
