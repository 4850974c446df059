//! Whitespace that nobody sees makes differences that nobody meant.

use super::Problem;
use super::house::{House, TextFile};

/// No tabs for indentation, nothing at the end of a line, one newline at the end of a file.
pub(crate) fn none_stray(house: &House) -> Vec<Problem> {
    house.files.iter().flat_map(|file| stray_lines(file).into_iter().chain(stray_end(file))).collect()
}

fn stray_lines(file: &TextFile) -> Vec<Problem> {
    file.lines().filter_map(|(number, line)| Some(Problem::new(&file.path, number, fault(line)?))).collect()
}

fn fault(line: &str) -> Option<&'static str> {
    let indentation = &line[..line.len() - line.trim_start().len()];
    if line.trim_end() != line {
        return Some("whitespace at the end of the line (a string that needs it can say \\x20)");
    }
    indentation.contains('\t').then_some("a tab for indentation")
}

fn stray_end(file: &TextFile) -> Option<Problem> {
    let whole = file.text.ends_with('\n') && !file.text.ends_with("\n\n");
    let last = file.text.lines().count().max(1);
    (!whole).then(|| Problem::new(&file.path, last, "end the file with one newline"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected_lines: &[usize]) {
        for path in ["a.md", "a.toml", "tests/src/a.rs"] {
            let problems = none_stray(&House::sound().with_file(path, text));
            let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
            assert_eq!(lines, expected_lines, "{text:?}: {problems:?}");
        }
    }

    #[test]
    fn whitespace_is_where_one_sees_it() {
        check("a\n    b\n\nc\td\n", &[]);
        check("a \nb\n", &[1]);
        check("a\n\tb\n", &[2]);
        check("a\n   \nb\n", &[2]);
        check("a\r\nb\n", &[]);
        check("a", &[1]);
        check("a\n\n", &[2]);
        check("", &[1]);
    }
}
