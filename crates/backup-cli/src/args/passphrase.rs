//! Passphrases, which a person types.

use std::io;

use backup_core::text::printable;

/// Asks for the passphrase of something on the terminal, without an echo. Returns `None` without a terminal or an answer.
pub(crate) fn ask(what: &str) -> io::Result<Option<String>> {
    let prompt = format!("Passphrase of {}: ", printable(what.as_bytes()));
    let answer = rpassword::prompt_password(prompt).unwrap_or_default();
    Ok(Some(answer).filter(|answer| !answer.is_empty()))
}
