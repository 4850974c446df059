//! Notify fields: the settings of a target of notices, without secrets.

use crate::model::notice::{Address, Channel, EmailSettings, NoticeKind, NotifyTarget, SmtpSecurity};

/// A key and a value, and whether it is what holds if nothing is set.
type Field = (&'static str, String, bool);

/// Returns each setting of a target. Of a URL, only the host is shown.
pub(super) fn notify_fields(target: &NotifyTarget) -> Vec<Field> {
    let words: Vec<_> = NoticeKind::CHOICES.iter().filter(|kind| target.on.contains(kind)).collect();
    let on = words.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
    let is_usual = target.on == target.channel.usual_kinds();
    let backups = target.backups.iter().cloned().collect::<Vec<_>>().join(", ");
    let ca_file = target.ca_file.iter().map(|file| ("ca_file", file.display().to_string(), false));
    let mut fields = vec![("to", target.channel.word().to_owned(), false), ("on", on, is_usual)];
    fields.extend((!backups.is_empty()).then_some(("backups", backups, false)));
    fields.extend(of_channel(&target.channel));
    fields.push(("timeout", target.timeout.to_string(), target.timeout == NotifyTarget::TIMEOUT));
    fields.extend(ca_file);
    fields
}

fn of_channel(channel: &Channel) -> Vec<Field> {
    match channel {
        Channel::Healthchecks { address, urls } => {
            let urls = urls.iter().map(|(name, url)| ("urls", format!("{name} = {url}"), false));
            address.iter().map(of_address).chain(urls).collect()
        }
        Channel::Ntfy { address, token_file, login, priority, tags } => {
            let mut fields = vec![of_address(address)];
            fields.extend(token_file.iter().map(|file| ("token_file", file.display().to_string(), false)));
            fields.extend(login.iter().flat_map(of_login));
            fields.extend(priority.iter().map(|priority| ("priority", priority.to_string(), false)));
            fields.extend((!tags.is_empty()).then(|| ("tags", tags.join(", "), false)));
            fields
        }
        Channel::Webhook { address, token_file } => {
            let token = token_file.iter().map(|file| ("token_file", file.display().to_string(), false));
            [of_address(address)].into_iter().chain(token).collect()
        }
        Channel::Email(email) => of_email(email),
        Channel::Command { command } => vec![("run", command.to_string(), false)],
    }
}

fn of_address(address: &Address) -> Field {
    match address {
        Address::Url(url) => ("url", url.to_string(), false),
        Address::File(file) => ("url_file", file.display().to_string(), false),
    }
}

fn of_login((user, file): &(String, std::path::PathBuf)) -> [Field; 2] {
    [("user", user.clone(), false), ("password_file", file.display().to_string(), false)]
}

fn of_email(email: &EmailSettings) -> Vec<Field> {
    let EmailSettings { host, port, security, from, to, login } = email;
    let word = SmtpSecurity::WORDS.iter().find(|(_, one)| one == security).map_or("", |(word, _)| word);
    let fields = [
        ("from", from.clone(), false),
        ("recipients", to.join(", "), false),
        ("host", host.clone(), false),
        ("port", port.unwrap_or(security.usual_port()).to_string(), port.is_none()),
        ("security", word.to_owned(), *security == SmtpSecurity::StartTls),
    ];
    fields.into_iter().chain(login.iter().flat_map(of_login)).collect()
}
