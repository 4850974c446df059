//! Failure: what the answer of a web server means, and what it means that there is none.

use std::error::Error as StdError;

use backup_core::model::destination::DestinationFault;
use reqwest::StatusCode;

use crate::problem::Problem;

/// How much of an answer is told at most.
const TOLD_CHARS: usize = 200;

/// Returns the refusal of a server.
pub(super) fn refused(status: StatusCode, body: &[u8]) -> Problem {
    let fault = match status {
        StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::GONE => DestinationFault::NotFound,
        StatusCode::UNAUTHORIZED => DestinationFault::BadCredentials,
        StatusCode::FORBIDDEN => DestinationFault::Denied,
        StatusCode::INSUFFICIENT_STORAGE | StatusCode::PAYLOAD_TOO_LARGE => DestinationFault::Full,
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => DestinationFault::Unsupported,
        status if status.is_redirection() => DestinationFault::BadSettings,
        status if is_passing(status) => DestinationFault::Busy,
        _ => DestinationFault::Other,
    };
    let answer = format!("the server answers {status}");
    match message(body) {
        Some(message) => Problem::new(fault, format!("{answer}: {message}")),
        None => Problem::new(fault, answer),
    }
}

/// Returns whether the same request may work later.
pub(super) fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        && status != StatusCode::INSUFFICIENT_STORAGE
        && status != StatusCode::NOT_IMPLEMENTED
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::LOCKED)
}

/// Returns the message in an answer of Sabre, on which Nextcloud stands. Pages for people aren't told.
fn message(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let (_, rest) = text.split_once("<s:message>")?;
    let (message, _) = rest.split_once("</s:message>")?;
    Some(message.trim().chars().take(TOLD_CHARS).collect())
}

/// Returns the failure of a connection.
pub(super) fn of_transport(error: &reqwest::Error) -> Problem {
    let mut deepest: &(dyn StdError + 'static) = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    lost(&deepest.to_string())
}

/// Returns the failure of a connection that is of no use any more.
pub(super) fn lost(why: &str) -> Problem {
    Problem::new(DestinationFault::Unreachable, why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_it_means() {
        let sabre = b"<?xml version=\"1.0\"?><d:error xmlns:d=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\"><s:message>\
            Insufficient space in user folder </s:message></d:error>";
        let full = refused(StatusCode::INSUFFICIENT_STORAGE, sabre);
        assert_eq!(full.fault, DestinationFault::Full);
        let told = full.cause.unwrap().to_string();
        assert_eq!(told, "the server answers 507 Insufficient Storage: Insufficient space in user folder");
        for (status, fault) in [
            (StatusCode::UNAUTHORIZED, DestinationFault::BadCredentials),
            (StatusCode::FORBIDDEN, DestinationFault::Denied),
            (StatusCode::SERVICE_UNAVAILABLE, DestinationFault::Busy),
            (StatusCode::TOO_MANY_REQUESTS, DestinationFault::Busy),
            (StatusCode::LOCKED, DestinationFault::Busy),
            (StatusCode::MOVED_PERMANENTLY, DestinationFault::BadSettings),
            (StatusCode::NOT_IMPLEMENTED, DestinationFault::Unsupported),
            (StatusCode::IM_A_TEAPOT, DestinationFault::Other),
        ] {
            assert_eq!(refused(status, b"<html>a page</html>").fault, fault, "{status}");
        }
    }
}
