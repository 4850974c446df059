//! Failure: what an error of `OpenDAL` means.

use std::error::Error as StdError;
use std::net::ToSocketAddrs;

use backup_core::model::destination::DestinationFault;
use opendal::ErrorKind;

use crate::problem::Problem;

/// The server of a store, as far as its failures are concerned.
pub(crate) struct Server {
    /// The host and the port.
    pub(crate) address: Option<(String, u16)>,
}

impl Server {
    /// Returns what an error means, in few words and without the answer's headers.
    pub(crate) fn problem(&self, error: &opendal::Error) -> Problem {
        if let Some(answer) = Answer::of(error.message()) {
            let fault = answer.fault().unwrap_or_else(|| by_kind(error));
            return Problem::new(fault, format!("{}: {}", answer.code, answer.message));
        }
        let fault = by_kind(error);
        match root_cause(error) {
            Some(cause) => Problem::new(self.cut(fault, error), cause),
            None if error.message().is_empty() => Problem::new(fault, status(error)),
            None => Problem::new(fault, error.message().to_owned()),
        }
    }

    /// A connection that can't be made may lack the address of its host.
    fn cut(&self, fault: DestinationFault, error: &opendal::Error) -> DestinationFault {
        let is_connecting = transport(error).is_some_and(reqwest::Error::is_connect);
        let resolves = |address: &(String, u16)| (address.0.as_str(), address.1).to_socket_addrs().is_ok();
        if is_connecting && !self.address.as_ref().is_none_or(resolves) {
            return DestinationFault::NameResolution;
        }
        fault
    }
}

fn by_kind(error: &opendal::Error) -> DestinationFault {
    match error.kind() {
        ErrorKind::NotFound => DestinationFault::NotFound,
        ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists => DestinationFault::AlreadyExists,
        ErrorKind::PermissionDenied => DestinationFault::Denied,
        ErrorKind::RateLimited | ErrorKind::Conflict => DestinationFault::Busy,
        ErrorKind::RangeNotSatisfied => DestinationFault::Damaged,
        ErrorKind::Unsupported => DestinationFault::Unsupported,
        ErrorKind::ConfigInvalid => DestinationFault::BadSettings,
        ErrorKind::Unexpected if is_of_credentials(error) => DestinationFault::BadCredentials,
        ErrorKind::Unexpected if transport(error).is_some() => DestinationFault::Unreachable,
        ErrorKind::Unexpected if status(error).starts_with("the server answers 5") => DestinationFault::Busy,
        // What may pass and comes from no answer: a time-out.
        ErrorKind::Unexpected if !error.is_permanent() => DestinationFault::Unreachable,
        _ => DestinationFault::Other,
    }
}

/// Loading credentials and signing fail before a request is sent. `OpenDAL` says so in the name of the operation alone.
fn is_of_credentials(error: &opendal::Error) -> bool {
    let shown = error.to_string();
    ["reqsign::", "credential"].iter().any(|word| shown.contains(word)) && transport(error).is_none()
}

fn transport(error: &opendal::Error) -> Option<&reqwest::Error> {
    chain(error).find_map(|cause| cause.downcast_ref::<reqwest::Error>())
}

fn chain(error: &opendal::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

fn root_cause(error: &opendal::Error) -> Option<String> {
    chain(error).last().map(ToString::to_string)
}

/// Returns the status of an answer without a text. `OpenDAL` keeps it in the context of the error, which is text.
fn status(error: &opendal::Error) -> String {
    let shown = error.to_string();
    let status = shown.split("status: ").nth(1).map(|rest| rest.split([',', ' ']).next().unwrap_or_default());
    status.map_or_else(|| "it says nothing".to_owned(), |status| format!("the server answers {status}"))
}

/// The error that a store of the kind S3 answers. `OpenDAL` hands it on as text.
struct Answer<'e> {
    code: &'e str,
    message: &'e str,
}

impl<'e> Answer<'e> {
    fn of(text: &'e str) -> Option<Self> {
        let fields = text.strip_prefix("S3Error { code: \"")?;
        let (code, rest) = fields.split_once("\", message: \"")?;
        let (message, _) = rest.split_once("\", resource: ")?;
        (!code.is_empty()).then_some(Self { code, message })
    }

    fn fault(&self) -> Option<DestinationFault> {
        Some(match self.code {
            "NoSuchBucket" => DestinationFault::NoPlace,
            "RequestTimeTooSkewed" => DestinationFault::ClockSkew,
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "InvalidToken"
            | "TokenRefreshRequired"
            | "InvalidSecurity" => DestinationFault::BadCredentials,
            "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => DestinationFault::Denied,
            "ObjectLocked" | "ObjectLockConfigurationConflict" => DestinationFault::DeleteRefused,
            "QuotaExceeded"
            | "InsufficientStorage"
            | "XMinioStorageFull"
            | "EntityTooLarge"
            | "XMinioAdminBucketQuotaExceeded" => DestinationFault::Full,
            "NotImplemented" => DestinationFault::Unsupported,
            "InternalError" | "SlowDown" | "ServiceUnavailable" => DestinationFault::Busy,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, kind: ErrorKind, expected: DestinationFault) {
        let message =
            format!("S3Error {{ code: \"{code}\", message: \"why\", resource: \"/b\", request_id: \"\" }}");
        let problem = Server { address: None }.problem(&opendal::Error::new(kind, message));
        assert_eq!(problem.fault, expected, "{code}");
        assert_eq!(problem.cause.map(|cause| cause.to_string()), Some(format!("{code}: why")));
    }

    #[test]
    fn answers_of_a_store_are_told_apart_by_their_codes() {
        check("NoSuchBucket", ErrorKind::ConfigInvalid, DestinationFault::NoPlace);
        check("RequestTimeTooSkewed", ErrorKind::PermissionDenied, DestinationFault::ClockSkew);
        check("ExpiredToken", ErrorKind::Unexpected, DestinationFault::BadCredentials);
        check("AccessDenied", ErrorKind::PermissionDenied, DestinationFault::Denied);
        check("QuotaExceeded", ErrorKind::PermissionDenied, DestinationFault::Full);
        check("NoSuchKey", ErrorKind::NotFound, DestinationFault::NotFound);
        check("PreconditionFailed", ErrorKind::ConditionNotMatch, DestinationFault::AlreadyExists);
        check("Strange", ErrorKind::Unexpected, DestinationFault::Other);
    }

    #[test]
    fn an_answer_without_a_text_is_told_by_its_status() {
        let error = opendal::Error::new(ErrorKind::PermissionDenied, "")
            .with_context("response", "Parts { status: 403, version: HTTP/1.1, headers: {} }");
        let problem = Server { address: None }.problem(&error);
        assert_eq!(problem.fault, DestinationFault::Denied);
        assert_eq!(problem.cause.map(|cause| cause.to_string()).as_deref(), Some("the server answers 403"));
    }
}
