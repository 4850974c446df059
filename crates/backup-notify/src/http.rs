//! HTTP: one request to a server that may do anything.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use backup_core::chrono::TimeDelta;
use backup_core::model::notice::{Address, NotifyTarget, Secret, Unsent, UnsentKind};
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Error};

use crate::secret_file::{local, read_secret};

/// How much of an answer is read.
const MAX_ANSWER_BYTES: u64 = 4 * 1024;

/// What is sent.
pub(crate) struct Request<'a> {
    pub(crate) url: &'a Secret,
    pub(crate) content_type: &'a str,
    /// The whole value of the header `Authorization`.
    pub(crate) authorization: Option<Secret>,
    pub(crate) body: &'a str,
}

/// Posts a text, and returns the beginning of the answer.
///
/// Redirects are not followed: the text and its secrets are for the server that was named.
pub(crate) fn post(target: &NotifyTarget, request: &Request<'_>) -> Result<String, Unsent> {
    let host = request.url.host().unwrap_or("the URL").to_owned();
    let agent = agent(target)?;
    let mut builder = agent.post(request.url.reveal()).header(header::CONTENT_TYPE, request.content_type);
    if let Some(secret) = &request.authorization {
        builder = builder.header(header::AUTHORIZATION, secret.reveal());
    }
    match builder.send(request.body) {
        Ok(answer) => taken(answer, &host),
        Err(error) => Err(failed(&error, host, target)),
    }
}

/// Returns the URL of an address.
pub(crate) fn url_of(address: &Address) -> Result<Secret, Unsent> {
    match address {
        Address::Url(url) => Ok(url.clone()),
        Address::File(file) => {
            let url = read_secret(file)?;
            let is_web = url.reveal().starts_with("https://") || url.reveal().starts_with("http://");
            let is_url = is_web && url.host().is_some();
            if is_url { Ok(url) } else { Err(local(format!("what is in {} is no URL", file.display()))) }
        }
    }
}

/// Returns the header of a token.
pub(crate) fn bearer(token_file: Option<&Path>) -> Result<Option<Secret>, Unsent> {
    let token = token_file.map(read_secret).transpose()?;
    Ok(token.map(|token| Secret::new(format!("Bearer {}", token.reveal()))))
}

fn agent(target: &NotifyTarget) -> Result<Agent, Unsent> {
    let total = target.timeout.duration().to_std().unwrap_or(Duration::from_secs(30));
    let mut tls = TlsConfig::builder();
    if let Some(file) = &target.ca_file {
        tls = tls.root_certs(certificates(file)?);
    }
    let config = Agent::config_builder()
        .timeout_global(Some(total))
        .timeout_connect(Some(total.min(Duration::from_secs(10))))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("backup-manager/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls.build());
    Ok(config.build().into())
}

/// Reads the certificates that are trusted in the place of those that are built in.
fn certificates(file: &Path) -> Result<RootCerts, Unsent> {
    let failed =
        |reason: String| local(format!("can't use the certificates in {}: {reason}", file.display()));
    let pem = fs::read(file).map_err(|error| failed(error.to_string()))?;
    let certificates = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let certificates: Vec<_> = certificates.collect();
    match certificates.is_empty() {
        true => Err(failed("there is none in the form of PEM".to_owned())),
        false => Ok(certificates.into()),
    }
}

/// Returns the beginning of an answer that says that all is well.
fn taken(mut answer: Response<Body>, host: &str) -> Result<String, Unsent> {
    let status = answer.status();
    if status.is_success() {
        let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_string();
        return Ok(body.unwrap_or_default());
    }
    let reason = status.canonical_reason().unwrap_or("an unknown status");
    let mut reason = format!("{} {reason}", status.as_u16());
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(place) = header(header::LOCATION).filter(|_| status.is_redirection()) {
        reason += &format!(", to {}; write the URL that it leads to", Secret::new(place));
    }
    let kind = if is_passing(status) { UnsentKind::Unreachable } else { UnsentKind::Refused };
    let retry_after = header(header::RETRY_AFTER).and_then(|value| value.trim().parse().ok());
    let retry_after = retry_after.and_then(|seconds: u32| TimeDelta::try_seconds(seconds.into()));
    Err(Unsent { retry_after, ..Unsent::new(kind, host, reason + &hint(status)) })
}

/// Returns whether the same request may succeed later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

fn hint(status: StatusCode) -> String {
    match status.as_u16() {
        401 | 403 => "; check the token or the password, and the URL".to_owned(),
        404 | 405 | 410 => "; check the URL".to_owned(),
        _ => String::new(),
    }
}

fn failed(error: &Error, host: String, target: &NotifyTarget) -> Unsent {
    let reason = match error {
        Error::Timeout(_) => format!("no answer within {}", target.timeout),
        Error::HostNotFound => "there is no such host; check the URL and the name service".to_owned(),
        Error::BadUri(_) => return Unsent::new(UnsentKind::Refused, host, "the URL is malformed"),
        Error::Io(error) if is_about_certificate(&error.to_string()) => untrusted(&error.to_string()),
        Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "it closed the connection before it answered".to_owned()
        }
        Error::Io(error) => error.to_string(),
        Error::Rustls(error) => untrusted(&error.to_string()),
        other => other.to_string(),
    };
    Unsent::new(UnsentKind::Unreachable, host, reason)
}

/// Returns whether an error is about a certificate.
pub(crate) fn is_about_certificate(error: &str) -> bool {
    error.contains("certificate")
}

/// Returns the reason of a TLS error, and the way out.
pub(crate) fn untrusted(error: &str) -> String {
    let way_out = if is_about_certificate(error) {
        "; to trust a certificate of your own, write ca_file = \"/path/to/ca.pem\""
    } else {
        ""
    };
    format!("no encrypted connection: {error}{way_out}")
}
