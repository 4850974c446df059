//! The pinging interface of healthchecks.io, which other monitors speak, too.

use backup_core::model::notice::{Address, Notice, NoticeKind, NotifyTarget, Secret, Unsent, UnsentKind};
use std::collections::BTreeMap;

use crate::http::{Request, post, url_of};
use crate::message::{details, title};

/// Tells a monitor that a run begins, has ended well or has not.
pub(crate) fn ping(
    target: &NotifyTarget,
    (address, urls): (Option<&Address>, &BTreeMap<String, Secret>),
    notice: &Notice,
    host: &str,
) -> Result<(), Unsent> {
    let base = match (urls.get(&notice.name), address) {
        (Some(url), _) => url.clone(),
        (None, Some(address)) => url_of(address)?,
        (None, None) => {
            let reason = format!("there is no URL for {}; add it to urls, or write url", notice.name);
            return Err(Unsent::new(UnsentKind::Local, "this machine", reason));
        }
    };
    let url = url_for(base.reveal(), notice);
    let body = format!("{}\n{}", title(notice, host), details(notice));
    let request =
        Request { url: &url, content_type: "text/plain; charset=utf-8", authorization: None, body: &body };
    let answer = post(target, &request)?;
    // The service answers so, and with 200, where it has no such check.
    match answer.trim() {
        "OK (not found)" => Err(refused(&url, "it knows no such check; check the URL")),
        "OK (rate limited)" => {
            Err(Unsent { kind: UnsentKind::Unreachable, ..refused(&url, "it takes no more pings for now") })
        }
        _ => Ok(()),
    }
}

fn refused(url: &Secret, reason: &str) -> Unsent {
    Unsent::new(UnsentKind::Refused, url.host().unwrap_or_default(), reason)
}

/// Returns the URL of a ping: the suffix goes behind the path, and the run's identity into the query.
fn url_for(base: &str, notice: &Notice) -> Secret {
    let base = base.replace("{name}", &encoded(&notice.name));
    let (path, query) =
        base.split_once('?').map_or((base.as_str(), None), |(path, query)| (path, Some(query)));
    let suffix = match notice.kind {
        NoticeKind::Start => "/start",
        NoticeKind::Success | NoticeKind::Recovered => "",
        NoticeKind::Test => "/log",
        _ => "/fail",
    };
    let run = notice.run_id().map(|id| format!("rid={id}"));
    let query: Vec<&str> = query.into_iter().chain(run.as_deref()).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    Secret::new(format!("{}{suffix}{mark}{}", path.trim_end_matches('/'), query.join("&")))
}

/// Returns a text as it goes into the path of a URL.
fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use backup_core::testing::at;

    #[track_caller]
    fn check(base: &str, kind: NoticeKind, expected: &str) {
        let notice = Notice::new(kind, "my docs", at("2026-03-10 16:07"));
        assert_eq!(url_for(base, &notice).reveal(), expected);
    }

    #[test]
    fn a_ping_says_by_its_url_what_happened() {
        check("https://hc-ping.com/uuid", NoticeKind::Start, "https://hc-ping.com/uuid/start");
        check("https://hc-ping.com/uuid/", NoticeKind::Success, "https://hc-ping.com/uuid");
        check("https://hc-ping.com/uuid", NoticeKind::Failure, "https://hc-ping.com/uuid/fail");
        check("https://hc-ping.com/uuid", NoticeKind::Incomplete, "https://hc-ping.com/uuid/fail");
        check("https://hc-ping.com/uuid", NoticeKind::Overdue, "https://hc-ping.com/uuid/fail");
        check("https://hc-ping.com/uuid", NoticeKind::Test, "https://hc-ping.com/uuid/log");
        check(
            "https://hc-ping.com/key/{name}?create=1",
            NoticeKind::Failure,
            "https://hc-ping.com/key/my%20docs/fail?create=1",
        );
    }

    #[test]
    fn start_and_end_have_the_same_identity() {
        let of = |kind| {
            let mut notice = Notice::new(kind, "docs", at("2026-03-10 16:08"));
            notice.began = Some(at("2026-03-10 16:07"));
            url_for("https://hc-ping.com/uuid?create=1", &notice).reveal().to_owned()
        };
        let id = backup_core::model::notice::run_id("docs", at("2026-03-10 16:07"));
        assert_eq!(of(NoticeKind::Start), format!("https://hc-ping.com/uuid/start?create=1&rid={id}"));
        assert_eq!(of(NoticeKind::Success), format!("https://hc-ping.com/uuid?create=1&rid={id}"));
    }
}
