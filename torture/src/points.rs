//! All points of a run at which something can be done to it.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use crate::lane::Lane;
use crate::strace::{Call, View, calls, counts};

/// The place of the view of the owners' names.
pub(crate) const OWNERS: usize = 3;

/// Where the names of users and groups come from.
const OWNER_FILES: [&str; 3] = ["/etc/nsswitch.conf", "/etc/passwd", "/etc/group"];

/// The N-th call of one kind, as one view counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Point {
    /// Which view, by its place among the [`Points::views`].
    pub(crate) view: usize,
    /// The name of the call.
    pub(crate) call: String,
    /// Which one of its kind, from 1.
    pub(crate) number: usize,
}

/// The points of a run, and how they are reached.
#[derive(Debug)]
pub(crate) struct Points {
    /// The views, with their names.
    pub(crate) views: Vec<(&'static str, View)>,
    /// The points, view by view.
    pub(crate) points: Vec<Point>,
    /// How many calls the run makes, in all threads, before and after it opens its home.
    pub(crate) calls: usize,
}

/// Where the points begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// At the start of the program.
    Start,
    /// At the program's first call that is about its home; what was before is the loader's.
    Home,
}

impl Points {
    /// Traces clean runs and returns the points of one.
    ///
    /// The calls of the main thread are reached by counting them alone. A later thread is reached by counting beyond the
    /// main thread's number; its earlier calls by counting only what is about the source, and about the owners' names.
    /// What remains of other threads is their memory and their signal masks, which leave nothing behind.
    pub(crate) fn of(lane: &Lane<'_>, since: Since) -> io::Result<Self> {
        let owners = OWNER_FILES.map(PathBuf::from).into_iter().filter(|path| path.exists()).collect();
        let views = vec![
            ("main thread", View::Main),
            ("other threads", View::Threads),
            ("the source", View::Files(lane.arena.source_files()?)),
            ("owners' names", View::Files(owners)),
        ];
        let all = traced(lane, &View::Threads)?;
        let first = all.first().map_or(0, |call| call.thread);
        let (main, others): (Vec<Call>, Vec<Call>) =
            all.iter().cloned().partition(|call| call.thread == first);
        let (main_counts, other_counts) = (counts(main.iter()), counts(others.iter()));
        let before = match since {
            Since::Start => BTreeMap::new(),
            Since::Home => before_home(&main, &lane.home().display().to_string()),
        };
        let mut points = numbers(0, &main_counts, |name| before.get(name).copied().unwrap_or(0));
        points.extend(numbers(1, &other_counts, |name| main_counts.get(name).copied().unwrap_or(0)));
        for (view, (_, kind)) in views.iter().enumerate().skip(2) {
            let mut counts = counts(traced(lane, kind)?.iter());
            // What is beyond the main thread's number was reached already.
            counts
                .iter_mut()
                .for_each(|(name, count)| *count = (*count).min(main_counts.get(name).copied().unwrap_or(0)));
            points.extend(numbers(view, &counts, |_| 0));
        }
        points.retain(|point| point.call != "execve");
        Ok(Self { views, points, calls: all.len() })
    }

    /// Returns the arguments that do `what` to the call at that point.
    pub(crate) fn injection(point: &Point, what: &str) -> String {
        format!("inject={}:{what}:when={}", point.call, point.number)
    }

    /// Returns the point in words.
    pub(crate) fn name(&self, point: &Point) -> String {
        format!("{}, {} {}", self.views[point.view].0, point.call, point.number)
    }
}

fn traced(lane: &Lane<'_>, view: &View) -> io::Result<Vec<Call>> {
    let (finished, log) = lane.trace(view, &[])?;
    if finished.is_done() { Ok(calls(&log)) } else { Err(io::Error::other(finished.told())) }
}

fn before_home(main: &[Call], home: &str) -> BTreeMap<String, usize> {
    let is_own = |call: &&Call| call.name != "execve" && call.text.contains(home);
    counts(main.iter().take_while(|call| !is_own(call)))
}

fn numbers(view: usize, counts: &BTreeMap<String, usize>, before: impl Fn(&str) -> usize) -> Vec<Point> {
    let numbers = |(call, count): (&String, &usize)| {
        let call = call.clone();
        (before(&call) + 1..=*count).map(move |number| Point { view, call: call.clone(), number })
    };
    counts.iter().flat_map(|(call, count)| numbers((call, count)).collect::<Vec<_>>()).collect()
}
