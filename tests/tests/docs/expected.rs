//! Whether an output is what a page says.

use crate::mask::masked;

/// Any lines, or none.
const ANY_LINES: &str = "...";

/// Anything within a line.
const ANYTHING: &str = "[..]";

/// Returns whether the lines of an output are those that a page says. Empty lines at the end don't count: a page may
/// part its commands by them.
pub(crate) fn agrees(wanted: &[&str], output: &[&str]) -> bool {
    lines_agree(&comparable(wanted), &comparable(output))
}

fn comparable(lines: &[&str]) -> Vec<String> {
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines[..end].iter().map(|line| masked(line)).collect()
}

fn lines_agree(wanted: &[String], output: &[String]) -> bool {
    match (wanted.split_first(), output.split_first()) {
        (None, None) => true,
        (Some((line, more)), _) if line == ANY_LINES => {
            lines_agree(more, output)
                || output.split_first().is_some_and(|(_, rest)| lines_agree(wanted, rest))
        }
        (Some((line, more)), Some((printed, rest))) => line_agrees(line, printed) && lines_agree(more, rest),
        _ => false,
    }
}

fn line_agrees(wanted: &str, printed: &str) -> bool {
    let Some((head, tail)) = wanted.split_once(ANYTHING) else { return wanted == printed };
    let Some(rest) = printed.strip_prefix(head) else { return false };
    let mut starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    starts.any(|at| line_agrees(tail, &rest[at..]))
}

#[test]
fn what_the_page_says_agrees_with_what_is_printed() {
    let check = |wanted: &str, output: &str, is_so: bool| {
        let (wanted, output): (Vec<_>, Vec<_>) = (wanted.lines().collect(), output.lines().collect());
        assert_eq!(agrees(&wanted, &output), is_so, "{wanted:?} {output:?}");
    };
    check("", "", true);
    check("a\nb", "a\nb", true);
    check("a\n\n", "a", true);
    check("a\n\nb", "a\nb", false);
    check("a", "a\nb", false);
    check("a\nb", "a", false);
    check("a [..] d[..]", "a b c d", true);
    check("a [..] d", "a b c", false);
    check("a [..] d[..]e", "a b c d", false);
    check("...", "", true);
    check("a\n...\nd", "a\nb\nc\nd", true);
    check("a\n...\nd", "a\nb", false);
    check("running, pid 4711, since 21/11/2026 15:58", "running, pid 8, since 22/11/2026 15:59", true);
    check("docs.tar  10.2 kB", "docs.tar 9 bytes", true);
    check("docs.tar  10.2 kB", "mail.tar  10.2 kB", false);
}
