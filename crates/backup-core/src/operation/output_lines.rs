//! The lines of a command's output that the log gets.

use crate::model::command::{KeptOutput, OutputLimit};
use crate::text::grouped;

/// How much of the output of a command is kept.
pub(crate) const LIMIT: OutputLimit = OutputLimit { first_bytes: 2048, last_bytes: 2048 };

/// The most lines of the beginning, and of the end.
const MOST_LINES: usize = 10;

/// Returns the first and the last lines of an output, and between them one that says how much was left out.
///
/// Blank lines are left out and don't count. Bytes that aren't UTF-8 stay visible when they are printed.
pub(crate) fn lines(output: &KeptOutput) -> Vec<String> {
    let (first, last) = (output.first(), output.last());
    if output.left_out_bytes() == 0 {
        let whole = [first, &last].concat();
        let mut lines = split(&whole);
        if lines.len() > 2 * MOST_LINES {
            let middle = MOST_LINES..lines.len() - MOST_LINES;
            let bytes = lines[middle.clone()].iter().map(|line| line.len() as u64 + 1).sum();
            lines.splice(middle, [left_out(bytes)]);
        }
        return lines;
    }
    let (mut beginning, mut end) = (split(first), split(&last));
    let dropped = beginning.drain(beginning.len().min(MOST_LINES)..).map(|line| line.len() as u64 + 1);
    let mut bytes = output.left_out_bytes() + dropped.sum::<u64>();
    let dropped = end.drain(..end.len().saturating_sub(MOST_LINES)).map(|line| line.len() as u64 + 1);
    bytes += dropped.sum::<u64>();
    beginning.push(left_out(bytes));
    beginning.extend(end);
    beginning
}

fn left_out(bytes: u64) -> String {
    format!("... {} bytes of its output are left out ...", grouped(bytes))
}

fn split(bytes: &[u8]) -> Vec<String> {
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    lines.filter(|line| !line.is_empty()).map(|line| String::from_utf8_lossy(line).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(text: &str) -> Vec<String> {
        let mut output = KeptOutput::new(LIMIT);
        output.push(text.as_bytes());
        lines(&output)
    }

    #[test]
    fn a_short_output_is_whole_without_blank_lines() {
        assert_eq!(lines_of(""), [""; 0]);
        assert_eq!(lines_of("\n one\r\n\ntwo"), [" one", "two"]);
        let twenty: String = (0..20).map(|number| format!("{number}\n")).collect();
        assert_eq!(lines_of(&twenty).len(), 20);
    }

    #[test]
    fn of_many_lines_the_first_and_the_last_stay() {
        let many: String = (10..90).map(|number| format!("{number}\n")).collect();
        let lines = lines_of(&many);
        assert_eq!(lines.len(), 21);
        assert_eq!((lines[9].as_str(), lines[11].as_str()), ("19", "80"));
        assert_eq!(lines[10], "... 180 bytes of its output are left out ...");
    }

    #[test]
    fn of_a_long_output_the_first_and_the_last_lines_stay() {
        let long: String = (100..900).map(|number| format!("line {number}\n")).collect();
        let lines = lines_of(&long);
        assert_eq!(lines.len(), 21);
        assert_eq!((lines[0].as_str(), lines[20].as_str()), ("line 100", "line 899"));
        let shown: usize = 20 * "line 100\n".len();
        assert_eq!(
            lines[10],
            format!("... {} bytes of its output are left out ...", grouped((long.len() - shown) as u64))
        );
        let one = lines_of(&"x".repeat(1_000_000));
        assert_eq!(one.len(), 3, "one long line has its beginning and its end");
    }
}
