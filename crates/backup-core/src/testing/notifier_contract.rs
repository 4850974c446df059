//! The promises of [`Notifier`], checked on any adapter.

use super::at;
use super::contract::contract;
use super::promise::{promise, same, works};
use crate::model::notice::{Notice, NoticeKind, NotifyTarget};
use crate::ports::Notifier;

/// A notifier, and somebody who is notified.
pub struct NotifyPlace {
    /// The notifier.
    pub notifier: Box<dyn Notifier>,
    /// A target that takes everything until it is broken. Its timeout is short.
    pub target: NotifyTarget,
    /// A text that no error may show. It is part of the target.
    pub secret: String,
    /// Returns how many notices have arrived.
    pub arrived: Box<dyn Fn() -> usize>,
    /// Makes the target refuse everything.
    pub refuse: Box<dyn Fn()>,
    /// Makes the target take the connection and never answer.
    pub hang: Box<dyn Fn()>,
}

contract! {
    $
    /// Makes one test of each promise of [`Notifier`](crate::ports::Notifier), in a module of that name.
    ///
    /// Each call of `make` gives a fresh target that has received nothing.
    notifier_contract, NOTIFIER_CONTRACT: dyn Fn() -> NotifyPlace;
    |make| {
        what_is_sent_arrives_once(&make());
        a_refusal_is_told_without_secrets(&make());
        sending_ends_whatever_the_other_side_does(&make());
    }
}

fn notice(kind: NoticeKind) -> Notice {
    let notice = Notice::new(kind, "docs", at("2026-03-10 16:07"));
    Notice { error: Some("path /home/ann/docs does not exist".to_owned()), ..notice }
}

fn what_is_sent_arrives_once(place: &NotifyPlace) {
    use NoticeKind::{Failure, Incomplete, Overdue, Recovered, Success, Test};
    for (count, kind) in [Failure, Incomplete, Overdue, Recovered, Success, Test].into_iter().enumerate() {
        works(place.notifier.send(&place.target, &notice(kind)), "a notice of each kind can be sent");
        same(&(place.arrived)(), &(count + 1), "it has arrived when send returns");
    }
}

fn a_refusal_is_told_without_secrets(place: &NotifyPlace) {
    (place.refuse)();
    let unsent = place.notifier.send(&place.target, &notice(NoticeKind::Failure)).err();
    let shown = format!("{unsent:?} {}", unsent.iter().map(ToString::to_string).collect::<String>());
    promise(unsent.is_some(), "send fails if the other side refuses", "it refuses");
    promise(!shown.contains(&place.secret), "no secret is in the error", &shown);
}

fn sending_ends_whatever_the_other_side_does(place: &NotifyPlace) {
    (place.hang)();
    let unsent = place.notifier.send(&place.target, &notice(NoticeKind::Failure)).err();
    promise(unsent.is_some(), "send fails after the timeout of the target", "it never answers");
}
