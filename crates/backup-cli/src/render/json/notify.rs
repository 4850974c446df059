//! Who is notified about backups, and whether that works.

use backup_core::manager::TargetState;
use backup_core::model::notice::{NoticeKind, Trouble};
use backup_core::text::printable;
use backup_core::time::{Moment, rfc3339};
use serde_json::{Value, json};

/// Returns a target, without secrets, as it is now.
pub(crate) fn notify_target(state: &TargetState, now: Moment) -> Value {
    let target = &state.target;
    let on = NoticeKind::CHOICES.into_iter().filter(|kind| target.on.contains(kind)).map(NoticeKind::word);
    json!({
        "name": target.name,
        "to": target.channel.word(),
        "destination": printable(target.channel.destination().as_bytes()),
        "on": on.collect::<Vec<_>>(),
        "backups": target.backups,
        "waiting": state.waiting,
        "is_failing": state.is_failing(now),
        "trouble": state.trouble.as_ref().map(trouble),
    })
}

fn trouble(trouble: &Trouble) -> Value {
    json!({
        "since": rfc3339(trouble.since),
        "reason": printable(trouble.reason.as_bytes()),
        "attempts": trouble.attempts,
        "given_up": trouble.given_up,
    })
}

#[cfg(test)]
mod tests {
    use backup_core::testing::at;

    use super::*;
    use crate::render::notify::tests::state;

    #[test]
    fn a_target_has_its_trouble_and_no_secret() {
        let now = at("2026-03-10 17:00");
        insta::assert_snapshot!(notify_target(&state(), now), @r#"{"backups":["docs","photos"],"destination":"https://hooks.example.com/...","is_failing":false,"name":"office","on":["failure","incomplete","overdue","recovered"],"to":"webhook","trouble":null,"waiting":2}"#);
        let since = at("2026-03-10 16:00");
        let trouble = Trouble { since, reason: "401\u{1b}".to_owned(), attempts: 4, given_up: 1 };
        let failing = notify_target(&TargetState { trouble: Some(trouble), ..state() }, now);
        insta::assert_snapshot!(failing["trouble"], @r#"{"attempts":4,"given_up":1,"reason":"401\\u{1b}","since":"2026-03-10T16:00:00+00:00"}"#);
        assert_eq!(failing["is_failing"], true);
    }
}
