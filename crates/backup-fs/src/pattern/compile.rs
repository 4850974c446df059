//! Compiler of patterns, which are written as in .gitignore files.

use backup_core::model::archive::PatternError;
use backup_core::model::error::{Failure, PortError};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Returns the matcher for one pattern.
pub(crate) fn compile_pattern(pattern: &str) -> Result<Gitignore, PatternError> {
    compile_patterns(&[pattern.to_owned()])
}

/// Returns the matcher for several patterns. The last one that matches a path decides.
///
/// # Errors
/// The first pattern that is malformed, or that could never match anything.
pub(crate) fn compile_patterns(patterns: &[String]) -> Result<Gitignore, PatternError> {
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    for pattern in patterns {
        let fault = |reason: String| PatternError { pattern: pattern.clone(), reason };
        if let Some(reason) = why_it_matches_nothing(pattern) {
            return Err(fault(reason.to_owned()));
        }
        builder.add_line(None, &with_plain_braces(pattern)).map_err(|error| fault(reason(error)))?;
    }
    let all = || PatternError { pattern: patterns.join(" "), reason: String::new() };
    builder.build().map_err(|error| PatternError { reason: reason(error), ..all() })
}

/// Returns the matcher of the patterns that exclude entries.
///
/// # Errors
/// [`Failure::Refused`] if a pattern is invalid.
pub(crate) fn compile_exclude(patterns: &[String]) -> Result<Gitignore, PortError> {
    compile_patterns(patterns).map_err(|fault| {
        PortError::new(Failure::Refused, format!("leave out {}", fault.pattern)).because(fault.reason)
    })
}

/// Returns why a well-formed pattern would never match anything, if so.
fn why_it_matches_nothing(pattern: &str) -> Option<&'static str> {
    if pattern.starts_with('#') {
        return Some("a pattern that begins with # is a comment; write \\# for such a name");
    }
    let body = pattern.strip_prefix('!').unwrap_or(pattern);
    body.trim_end().trim_matches('/').is_empty().then_some("it matches nothing")
}

/// Returns what is wrong with a pattern, without repeating the pattern.
pub(crate) fn reason(error: ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err,
        error => error.to_string(),
    }
}

/// Escapes braces. They are plain characters in a .gitignore file, but the matcher takes them for alternatives.
fn with_plain_braces(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    let (mut is_escaped, mut is_in_class) = (false, false);
    for character in pattern.chars() {
        if matches!(character, '{' | '}') && !is_escaped && !is_in_class {
            plain.push('\\');
        }
        is_in_class = !is_escaped && (character == '[' || is_in_class && character != ']');
        is_escaped = character == '\\' && !is_escaped;
        plain.push(character);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_plain_characters() {
        let cases = [
            ("a", "a"),
            ("{a,b}", r"\{a,b\}"),
            (r"\{a}", r"\{a\}"),
            (r"\\{a", r"\\\{a"),
            ("[{}]", "[{}]"),
            ("[a]{", r"[a]\{"),
            (r"\[{", r"\[\{"),
        ];
        for (pattern, expected) in cases {
            assert_eq!(with_plain_braces(pattern), expected, "{pattern}");
        }
    }
}
