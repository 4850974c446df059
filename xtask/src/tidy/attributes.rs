//! A lint is silenced with a reason and for as long as it fires: `#[expect(..., reason = "...")]`.

use super::Problem;
use super::house::House;

/// Nobody silences a lint with `allow`.
pub(crate) fn no_allow(house: &House) -> Vec<Problem> {
    let lines = house.rust().flat_map(|file| file.lines().map(move |(number, line)| (file, number, line)));
    let message = "use `#[expect(lint, reason = \"...\")]` in place of `allow`";
    lines
        .filter(|(.., line)| allows(line))
        .map(|(file, number, _)| Problem::new(&file.path, number, message))
        .collect()
}

/// Looks at the start of the line only, so that a string that quotes the attribute is no offence.
fn allows(line: &str) -> bool {
    let Some(attribute) = line.trim_start().strip_prefix('#') else { return false };
    let Some(inner) = attribute.trim_start_matches('!').strip_prefix('[') else { return false };
    inner.starts_with("allow(") || (inner.starts_with("cfg_attr(") && inner.contains("allow("))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, sound: bool) {
        let problems = no_allow(&House::sound().with_file("tests/src/b.rs", &format!("//! B.\n{line}\n")));
        let expected: &[usize] = if sound { &[] } else { &[2] };
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), expected, "{line}");
    }

    #[test]
    fn lints_are_expected_with_a_reason() {
        check("#[expect(dead_code, reason = \"...\")]", true);
        check("    #[derive(Debug)]", true);
        check("let text = \"#[allow(dead_code)]\";", true);
        check("#[allow(dead_code)]", false);
        check("    #[allow(dead_code, reason = \"...\")]", false);
        check("#![allow(dead_code)]", false);
        check("#[cfg_attr(test, allow(dead_code))]", false);
    }
}
