//! E-mail by SMTP.

use std::error::Error as _;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use backup_core::model::notice::{EmailSettings, Notice, NotifyTarget, SmtpSecurity, Unsent, UnsentKind};
use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};

use crate::http::{is_about_certificate, untrusted};
use crate::message::{details, title};
use crate::secret_file::{local, read_secret};

/// Sends a notice to all recipients.
pub(crate) fn send(
    target: &NotifyTarget,
    email: &EmailSettings,
    notice: &Notice,
    host: &str,
) -> Result<(), Unsent> {
    let message = message(email, notice, host)?;
    let transport = transport(target, email)?;
    let limit = target.timeout.duration().to_std().unwrap_or(Duration::from_secs(30));
    let place = format!("{}:{}", email.host, port(email));
    let (done, ended) = channel();
    // A server that answers a letter at a time would keep this thread for ever, and no time limit of a single read helps.
    let sending = thread::Builder::new().name("send e-mail".to_owned()).spawn(move || {
        // The receiver is gone if this took too long.
        let _ = done.send(transport.send(&message));
    });
    sending.map_err(|error| local(format!("can't start a thread: {error}")))?;
    match ended.recv_timeout(limit) {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(failed(&error, place, target)),
        Err(_) => Err(Unsent::new(UnsentKind::Unreachable, place, late(target))),
    }
}

fn late(target: &NotifyTarget) -> String {
    format!("no answer within {}", target.timeout)
}

fn port(email: &EmailSettings) -> u16 {
    email.port.unwrap_or(email.security.usual_port())
}

fn message(email: &EmailSettings, notice: &Notice, host: &str) -> Result<Message, Unsent> {
    let mailbox = |text: &String| {
        text.parse::<Mailbox>().map_err(|error| local(format!("{text} is no mail address: {error}")))
    };
    let mut builder =
        Message::builder().from(mailbox(&email.from)?).subject(title(notice, host)).message_id(None);
    for recipient in &email.to {
        builder = builder.to(mailbox(recipient)?);
    }
    let message = builder.header(ContentType::TEXT_PLAIN).body(details(notice));
    message.map_err(|error| local(format!("can't write the message: {error}")))
}

fn transport(target: &NotifyTarget, email: &EmailSettings) -> Result<SmtpTransport, Unsent> {
    let parameters = || parameters(target, &email.host);
    let tls = match email.security {
        SmtpSecurity::StartTls => Tls::Required(parameters()?),
        SmtpSecurity::Tls => Tls::Wrapper(parameters()?),
        SmtpSecurity::None => Tls::None,
    };
    let limit = target.timeout.duration().to_std().ok();
    let builder = SmtpTransport::builder_dangerous(&email.host).port(port(email)).tls(tls).timeout(limit);
    let Some((user, file)) = &email.login else { return Ok(builder.build()) };
    if email.security == SmtpSecurity::None && !is_this_machine(&email.host) {
        let reason = format!(
            "the password isn't sent to {} without encryption; write security = \"starttls\" or \"tls\"",
            email.host
        );
        return Err(local(reason));
    }
    let password = read_secret(file)?.reveal().to_owned();
    Ok(builder.credentials(Credentials::new(user.clone(), password)).build())
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn parameters(target: &NotifyTarget, host: &str) -> Result<TlsParameters, Unsent> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = &target.ca_file {
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate(file)?);
    }
    builder.build_rustls().map_err(|error| local(format!("can't encrypt: {error}")))
}

fn certificate(file: &Path) -> Result<Certificate, Unsent> {
    let failed =
        |reason: String| local(format!("can't use the certificates in {}: {reason}", file.display()));
    let pem = fs::read(file).map_err(|error| failed(error.to_string()))?;
    Certificate::from_pem(&pem).map_err(|error| failed(error.to_string()))
}

/// Returns whether the system says that nothing came in time. It does so in two ways, and lettre knows one of them.
fn is_late(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut)) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn failed(error: &Error, place: String, target: &NotifyTarget) -> Unsent {
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    if error.is_timeout() || is_late(error) {
        return Unsent::new(UnsentKind::Unreachable, place, late(target));
    }
    if error.is_tls() || is_about_certificate(&cause) {
        return Unsent::new(UnsentKind::Unreachable, place, untrusted(&cause));
    }
    let Some(code) = error.status() else {
        // It offers none of what is needed, such as a way to log in.
        let kind = if error.is_client() { UnsentKind::Refused } else { UnsentKind::Unreachable };
        return Unsent::new(kind, place, cause);
    };
    let hint = match code.to_string().as_str() {
        "530" | "534" | "535" => "; check the user and the password",
        _ => "",
    };
    let kind = if error.is_permanent() { UnsentKind::Refused } else { UnsentKind::Unreachable };
    Unsent::new(kind, place, format!("{code} {cause}{hint}"))
}
