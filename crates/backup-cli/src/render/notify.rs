//! Who is notified about backups, and whether that works.

use backup_core::manager::TargetState;
use backup_core::model::notice::{NoticeKind, Trouble};
use backup_core::text::printable;
use backup_core::time::wall_clock;

/// Returns the lines about one target, without secrets.
pub(crate) fn notify_target(state: &TargetState) -> Vec<String> {
    let target = &state.target;
    let on = NoticeKind::CHOICES.into_iter().filter(|kind| target.on.contains(kind));
    let on = on.map(NoticeKind::word).collect::<Vec<_>>().join(", ");
    let backups = target.backups.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let backups = if backups.is_empty() { "all".to_owned() } else { backups };
    let works = state.trouble.as_ref().map(trouble);
    let lines = [
        format!("{}: {} ({})", target.name, target.channel.word(), target.channel.destination()),
        format!("  on       {on}"),
        format!("  backups  {backups}"),
        format!("  waiting  {}", state.waiting),
    ];
    let lines = lines.into_iter().chain(works.map(|works| format!("  FAILING  {works}")));
    lines.map(|line| printable(line.as_bytes())).collect()
}

/// Returns what `status` says of a target that can't be told anything.
pub(crate) fn notice_trouble(state: &TargetState) -> Option<String> {
    let (name, of) = (&state.target.name, state.trouble.as_ref()?);
    Some(printable(format!("notifications: {name} has failed {}", trouble(of)).as_bytes()))
}

fn trouble(trouble: &Trouble) -> String {
    let lost = match trouble.given_up {
        0 => String::new(),
        1 => "; 1 was given up".to_owned(),
        lost => format!("; {lost} were given up"),
    };
    format!("since {}: {}{lost}", wall_clock(trouble.since), trouble.reason)
}

#[cfg(test)]
pub(crate) mod tests {
    use backup_core::model::notice::{Address, Channel, NotifyTarget, Secret};
    use backup_core::testing::at;

    use super::*;

    pub(crate) fn state() -> TargetState {
        let address = Address::Url(Secret::new("https://hooks.example.com/hunter2"));
        let channel = Channel::Webhook { address, token_file: None };
        let target = NotifyTarget {
            name: "office".to_owned(),
            on: channel.usual_kinds(),
            backups: ["docs".to_owned(), "photos".to_owned()].into(),
            timeout: NotifyTarget::TIMEOUT,
            ca_file: None,
            channel,
        };
        TargetState { target, waiting: 2, trouble: None }
    }

    #[test]
    fn a_target_is_shown_without_secrets() {
        insta::assert_snapshot!(notify_target(&state()).join("\n"), @r"
        office: webhook (https://hooks.example.com/...)
          on       failure, incomplete, overdue, recovered
          backups  docs, photos
          waiting  2
        ");
    }

    #[test]
    fn one_that_fails_is_shown_with_the_reason() {
        let reason = "hooks.example.com: 401 Unauthorized\u{1b}".to_owned();
        let trouble = Trouble { since: at("2026-03-10 16:07"), reason, attempts: 4, given_up: 1 };
        assert_eq!(notice_trouble(&state()), None);
        let failing = TargetState { trouble: Some(trouble.clone()), ..state() };
        insta::assert_snapshot!(notice_trouble(&failing).unwrap(), @r"notifications: office has failed since 2026-03-10 16:07: hooks.example.com: 401 Unauthorized\u{1b}; 1 was given up");
        let lines = notify_target(&TargetState { trouble: Some(trouble), ..state() });
        assert!(lines[4].starts_with("  FAILING  since 2026-03-10 16:07: "), "{lines:?}");
    }
}
