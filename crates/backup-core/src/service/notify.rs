//! Tells people how their backups are: looks at each backup that has news, and sends what is to be told.

use chrono::TimeDelta;

use crate::model::event::{Ability, Event};
use crate::model::history::DrillReceipt;
use crate::model::job::RunJob;
use crate::model::notice::{Notice, NoticeKind, NotifyTarget, Told, Unsent};
use crate::operation::last_good::last_good;
use crate::policy::drilled_archive::is_drilled_archive_gone;
use crate::policy::notices::{BackupFacts, Tell, reminder_at, tell};
use crate::ports::JobRunner;
use crate::service::Service;
use crate::service::backup_look::Look;
use crate::service::docket::Docket;
use crate::service::notices::Sent;
use crate::time::Moment;

/// After how long a wake counts as late: the machine was asleep, or the process was stopped.
const LATE: TimeDelta = TimeDelta::minutes(1);

/// When to look again at a backup that can't be told about now: too much waits, or a run is under way.
const LATER: TimeDelta = TimeDelta::minutes(10);

impl Service<'_> {
    /// Looks at the backups with news, and sends what is to be told.
    pub(super) fn tell(&mut self, runner: &dyn JobRunner) {
        let news = self.history.take_ended();
        let config = self.config.config();
        let targets = &config.notify;
        if targets.is_empty() {
            return self.tell_nobody();
        }
        let now = self.ports.clock.now();
        self.notices.watched_since.get_or_insert(now);
        self.load_notices(now);
        if let Some(docket) = self.docket.take() {
            self.look(&docket, news.iter().map(String::as_str), targets, now);
            self.docket = Some(docket);
        }
        for (target, notice) in self.notices.give_up(now) {
            self.journal(&Event::NoticeGivenUp { target, kind: notice.kind, name: notice.name });
        }
        self.save_notices();
        self.send(targets, now, runner);
    }

    /// Forgets what was told, so that a target that is added later is notified of everything.
    fn tell_nobody(&mut self) {
        if self.config.is_in_force() && self.notices.is_loaded {
            self.notices.is_changed |= self.notices.book.forget(|_| false, |_| false);
            self.save_notices();
        }
    }

    fn load_notices(&mut self, now: Moment) {
        if self.notices.is_loaded {
            return;
        }
        let book = self.ports.notices.load();
        // What can't be read is written anew. Then a problem is reported twice, which does no harm.
        let book = book.unwrap_or_else(|error| {
            self.journal(&Event::Failed(error.into()));
            Default::default()
        });
        self.notices.start_with(book, now);
    }

    fn save_notices(&mut self) {
        if self.notices.is_changed {
            let saved = self.ports.notices.save(&self.notices.book);
            self.notices.is_changed = self.follow(Ability::KeepNotices, saved).is_none();
        }
    }

    /// Looks at the backups with news, at those whose moment has come, or at all after a change.
    fn look<'n>(
        &mut self,
        docket: &Docket,
        news: impl Iterator<Item = &'n str>,
        targets: &[NotifyTarget],
        now: Moment,
    ) {
        let mut places = self.notices.take_due(now);
        if std::mem::take(&mut self.notices.is_all_new) {
            places = docket.first_places().collect();
            let is_target = |name: &str| targets.iter().any(|target| target.name == name);
            let is_backup = |name: &str| docket.first_place(name).is_some();
            self.notices.is_changed |= self.notices.book.forget(is_target, is_backup);
        } else {
            places.extend(news.filter_map(|name| docket.first_place(name)));
        }
        for place in places {
            let again = self.look_at(docket, place, targets, now);
            self.notices.look_again(place, again);
        }
    }

    /// Looks at the backup whose first schedule is at this place. Returns when to look again.
    fn look_at(
        &mut self,
        docket: &Docket,
        place: usize,
        targets: &[NotifyTarget],
        now: Moment,
    ) -> Option<Moment> {
        let name = docket.entry(place).name().as_str();
        let mut targets = targets.iter().filter(|target| target.concerns(name)).peekable();
        targets.peek()?;
        let (overdue, next_overdue) = self.overdue_of(docket, name, now);
        let ledger = self.history.ledger();
        let entry = docket.entry(place);
        let last_run = ledger.last_run(entry);
        let has_news = last_run.is_some_and(|run| self.notices.is_news(name, run));
        // A schedule that drills drills the next backup again. Until that passes, nothing is over.
        let is_over = |drill: &DrillReceipt| {
            entry.options().drills().is_none() && is_drilled_archive_gone(ledger, drill, None)
        };
        let failed_drill = ledger.last_drill(entry).filter(|drill| !drill.passed() && !is_over(drill));
        let hold = ledger.hold(entry.name());
        let is_under_way = self.under_way.values().any(|job| job.entry.name() == entry.name());
        let facts = BackupFacts {
            last_run,
            is_overdue: overdue.is_some(),
            has_failed_drill: failed_drill.is_some(),
            is_held: hold.is_some(),
            is_under_way,
        };
        if !has_news && facts.is_untroubled() && self.notices.book.told.is_empty() {
            return next_overdue;
        }
        let last_good = last_good(entry, ledger, self.ports.home).map(|run| run.ended);
        let (last_run, failed_drill, hold) = (last_run.cloned(), failed_drill.cloned(), hold.cloned());
        let look = Look { entry, last_run, failed_drill, hold, overdue, last_good, has_news, is_under_way };
        let again = targets.filter_map(|target| self.tell_target(target, &look, now)).min();
        [again, next_overdue].into_iter().flatten().min()
    }

    /// Tells one target about a backup, as far as there is something to tell. Returns when to look again.
    fn tell_target(&mut self, target: &NotifyTarget, look: &Look<'_>, now: Moment) -> Option<Moment> {
        let name = look.entry.name().as_str();
        let has_room = self.notices.book.has_room(&target.name);
        let run_kind = look.facts().ended_kind().filter(|kind| look.has_news && target.on.contains(kind));
        if target.follows_runs() {
            run_kind.filter(|_| has_room).iter().for_each(|kind| self.post(target, look.notice(*kind, now)));
        }
        let told = self.notices.book.told(&target.name, name).copied();
        let decision = tell(&look.facts(), &target.problems(), told.as_ref(), now);
        if decision != Tell::Nothing && !has_room {
            return Some(now + LATER);
        }
        let is_recovery = self.carry_out(decision, target, look, told, now);
        if run_kind == Some(NoticeKind::Success) && !target.follows_runs() && !is_recovery && has_room {
            self.post(target, look.notice(NoticeKind::Success, now));
        }
        let reminder = self.notices.book.told(&target.name, name).map(|told| reminder_at(told, now));
        // The end of a run that is under way is news, and brings the next look.
        reminder.map(|at| if look.is_under_way { at.max(now + LATER) } else { at })
    }

    /// Carries out a decision. Returns whether the end of a problem was told.
    fn carry_out(
        &mut self,
        decision: Tell,
        target: &NotifyTarget,
        look: &Look<'_>,
        told: Option<Told>,
        now: Moment,
    ) -> bool {
        let key = (target.name.clone(), look.entry.name().to_string());
        let kind = match decision {
            Tell::Nothing => return false,
            Tell::Problem(kind) | Tell::Reminder(kind) => kind,
            Tell::Recovered => NoticeKind::Recovered,
        };
        let notice = look.notice(kind, now);
        let since = told.map(|told| told.since).or(notice.since);
        let notice = Notice { since, is_reminder: matches!(decision, Tell::Reminder(_)), ..notice };
        self.notices.is_changed = true;
        if decision == Tell::Recovered {
            self.notices.book.told.remove(&key);
            let is_wanted = target.on.contains(&NoticeKind::Recovered) && !target.follows_runs();
            if is_wanted {
                self.post(target, notice);
            }
            return is_wanted;
        }
        let worst = told.map_or(kind, |told| told.kind.max(kind));
        let since = since.unwrap_or(now);
        self.notices.book.told.insert(key, Told { kind: worst, since, at: now });
        self.post(target, notice);
        false
    }

    fn post(&mut self, target: &NotifyTarget, notice: Notice) {
        self.notices.post(&target.name, notice);
    }

    /// Tells monitors of runs that a run begins.
    pub(super) fn tell_start(&mut self, job: &RunJob) {
        let config = self.config.config();
        let name = job.entry.name().as_str();
        let targets = config.notify.iter().filter(|target| target.follows_runs() && target.concerns(name));
        let targets: Vec<_> = targets.collect();
        if targets.is_empty() {
            return;
        }
        // The first run of a service begins before it has looked at anything else.
        self.load_notices(job.began);
        let notice = Notice {
            source: job.entry.source().to_owned(),
            planned: job.key.planned,
            began: Some(job.began),
            ..Notice::new(NoticeKind::Start, name, job.began)
        };
        for target in targets {
            if self.notices.book.has_room(&target.name) {
                self.post(target, notice.clone());
            }
        }
    }

    /// Begins to send what waits, one notice a target at once.
    fn send(&mut self, targets: &[NotifyTarget], now: Moment, runner: &dyn JobRunner) {
        for target in targets {
            let Some(notice) = self.notices.next_for(&target.name, now).cloned() else { continue };
            if runner.notify(target, &notice) {
                self.notices.begin(&target.name, notice);
            } else {
                self.notices.put_off(&target.name, now);
            }
        }
    }

    /// Takes in what became of a notice.
    pub(super) fn finish_notice(&mut self, target: String, result: Result<(), Unsent>) {
        let now = self.ports.clock.now();
        let told = |target: &str, notice: Notice| {
            let is_worth_a_line = !matches!(notice.kind, NoticeKind::Start | NoticeKind::Success);
            is_worth_a_line.then(|| Event::Notified {
                target: target.to_owned(),
                kind: notice.kind,
                name: notice.name,
            })
        };
        let events = match self.notices.finish(&target, result, now) {
            None | Some(Sent::StillDelayed) => vec![],
            Some(Sent::Arrived(notice)) => told(&target, notice).into_iter().collect(),
            Some(Sent::ArrivedAgain(notice)) => {
                let told = told(&target, notice);
                [Event::NoticesArrive(target)].into_iter().chain(told).collect()
            }
            Some(Sent::Delayed(cause)) => vec![Event::NoticeDelayed { target, cause }],
        };
        events.iter().for_each(|event| self.journal(event));
        self.save_notices();
    }

    /// Returns when there is something to tell, as far as that is known now.
    pub(super) fn next_notice(&self) -> Option<Moment> {
        let config = self.config.config();
        if config.notify.is_empty() {
            return None;
        }
        let look = self.docket.as_ref().and_then(|_| self.notices.next_look());
        let send = self.notices.next_send(&config.notify, self.ports.clock.now());
        [look, send].into_iter().flatten().min()
    }

    /// Notes that the service is awake, given when it wanted to wake.
    pub(super) fn note_wake(&mut self, wanted: Option<Moment>) {
        let now = self.ports.clock.now();
        if wanted.is_some_and(|wanted| now > wanted + LATE) {
            self.notices.watched_since = Some(now);
        }
    }
}
