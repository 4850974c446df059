//! Topics of ntfy servers.

use std::path::{Path, PathBuf};

use backup_core::model::notice::{Address, Notice, NoticeKind, NotifyTarget, Secret, Unsent};
use serde_json::json;

use crate::http::{Request, bearer, post, url_of};
use crate::message::{details, title};
use crate::secret_file::{local, read_secret};

/// How a topic is reached, and how its messages look.
pub(crate) struct Topic<'a> {
    pub(crate) address: &'a Address,
    pub(crate) token_file: Option<&'a Path>,
    pub(crate) login: Option<&'a (String, PathBuf)>,
    pub(crate) priority: Option<u8>,
    pub(crate) tags: &'a [String],
}

/// Publishes a notice.
pub(crate) fn publish(
    target: &NotifyTarget,
    topic: &Topic<'_>,
    notice: &Notice,
    host: &str,
) -> Result<(), Unsent> {
    let url = url_of(topic.address)?;
    let (server, name) = parts(&url).ok_or_else(|| {
        local(format!(
            "the URL of an ntfy topic ends in the topic, as in https://ntfy.sh/topic, and {url} doesn't"
        ))
    })?;
    let tags: Vec<&str> = tag(notice.kind).into_iter().chain(topic.tags.iter().map(String::as_str)).collect();
    let body = json!({
        "topic": name,
        "title": title(notice, host),
        "message": details(notice),
        "priority": priority(notice.kind, topic.priority),
        "tags": tags,
    });
    let authorization = match topic.login {
        Some((user, file)) => Some(basic(user, &read_secret(file)?)),
        None => bearer(topic.token_file)?,
    };
    let (url, body) = (Secret::new(server), body.to_string());
    let request = Request { url: &url, content_type: "application/json", authorization, body: &body };
    post(target, &request).map(drop)
}

/// Returns the URL of the server and the topic.
fn parts(url: &Secret) -> Option<(&str, &str)> {
    let text = url.reveal().split(['?', '#']).next()?.trim_end_matches('/');
    let (server, topic) = text.rsplit_once('/')?;
    let is_topic = !topic.is_empty() && !server.ends_with('/');
    is_topic.then_some((server, topic))
}

/// Returns the priority of a notice from 1 to 5, which is the highest.
fn priority(kind: NoticeKind, of_problems: Option<u8>) -> u8 {
    match kind {
        NoticeKind::Failure | NoticeKind::Overdue => of_problems.unwrap_or(4),
        NoticeKind::Incomplete => of_problems.unwrap_or(3),
        NoticeKind::Success => 2,
        _ => 3,
    }
}

/// Returns the tag that apps show as a picture.
fn tag(kind: NoticeKind) -> Option<&'static str> {
    match kind {
        NoticeKind::Failure => Some("rotating_light"),
        NoticeKind::Overdue | NoticeKind::Incomplete => Some("warning"),
        NoticeKind::Recovered | NoticeKind::Success => Some("white_check_mark"),
        _ => None,
    }
}

/// Returns the header of a user and a password.
fn basic(user: &str, password: &Secret) -> Secret {
    Secret::new(format!("Basic {}", base64(format!("{user}:{}", password.reveal()).as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let letter = |place: usize| match place > chunk.len() {
            true => '=',
            false => char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]),
        };
        [0, 1, 2, 3].map(letter)
    };
    bytes.chunks(3).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topic_is_the_end_of_the_path() {
        let parts =
            |url: &str| parts(&Secret::new(url)).map(|(server, topic)| (server.to_owned(), topic.to_owned()));
        let some = |server: &str, topic: &str| Some((server.to_owned(), topic.to_owned()));
        assert_eq!(parts("https://ntfy.sh/backups"), some("https://ntfy.sh", "backups"));
        assert_eq!(parts("https://example.com/ntfy/backups/"), some("https://example.com/ntfy", "backups"));
        assert_eq!(parts("https://ntfy.sh"), None);
        assert_eq!(parts("https://ntfy.sh/"), None);
    }

    #[test]
    fn base64_is_padded() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (text, expected) in cases {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
