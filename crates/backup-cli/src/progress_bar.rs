//! How far a backup has come, on a terminal.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use backup_core::model::archive::Finding;
use backup_core::ports::Progress;
use backup_core::text::{grouped, size};
use backup_fs::CancelFlag;
use chrono::TimeDelta;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::output::complain;

/// How often the line is drawn anew while nothing advances.
const TICK: Duration = Duration::from_millis(100);

/// How long the time left isn't shown: the first small files say nothing about it.
const MEASURED: Duration = Duration::from_secs(2);

/// The line where the number of bytes is known, without the word before the total. The bar takes what room is left.
const BAR: &str = "{wide_bar} {msg}{decimal_bytes} of TOTAL, {decimal_bytes_per_sec}{left}";

/// A line on standard error if that is a terminal; otherwise nothing.
pub(crate) struct TerminalProgress {
    bar: ProgressBar,
    /// Whether there is a line that anybody could see. What goes by without one is only counted: the bar asks for the time whenever
    /// something advances.
    is_shown: bool,
    unseen_bytes: AtomicU64,
    files: Mutex<Files>,
    unit: Unit,
    began: Instant,
    ticker: Option<Ticker>,
    cancel: Arc<CancelFlag>,
    verbose: bool,
}

impl TerminalProgress {
    /// Begins the line. With the size of the last archive it is a bar, without it only counts. Ends with `cancel`.
    /// A `verbose` one names all that is found, as it is found, terminal or not.
    pub(crate) fn begin(expected_bytes: Option<u64>, cancel: Arc<CancelFlag>, verbose: bool) -> Self {
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(expected_bytes, target);
        set_template(&bar, "about {decimal_total_bytes}");
        let is_shown = !bar.is_hidden();
        let ticker = if is_shown { Ticker::begin(&bar) } else { None };
        let (unseen_bytes, files, began) = (AtomicU64::new(0), Mutex::default(), Instant::now());
        Self { bar, is_shown, unseen_bytes, files, unit: Unit::Files, began, ticker, cancel, verbose }
    }

    /// Returns the same line for archives that are read, whose size is known exactly.
    pub(crate) fn reading(mut self, unit: Unit) -> Self {
        set_template(&self.bar, "{decimal_total_bytes}");
        self.unit = unit;
        self
    }

    /// Returns how many bytes went by, on a terminal or not.
    pub(crate) fn bytes(&self) -> u64 {
        if self.is_shown { self.bar.position() } else { self.unseen_bytes.load(Ordering::Relaxed) }
    }

    /// Does something that writes to the terminal, with the line out of the way.
    pub(crate) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.bar.suspend(work)
    }
}

fn set_template(bar: &ProgressBar, total: &str) {
    let template = match bar.length() {
        Some(_) => BAR.replace("TOTAL", total),
        None => "{spinner} {msg}{decimal_bytes}, {decimal_bytes_per_sec}, {elapsed}".to_owned(),
    };
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style.with_key("left", write_time_left));
    }
}

/// Writes the time left, as soon as there is something to reckon it from.
fn write_time_left(state: &ProgressState, output: &mut dyn Write) {
    if let Some(left) = time_left(state.elapsed(), state.pos(), state.len().unwrap_or_default()) {
        // Writing into a string can't fail.
        let _ = write!(output, ", about {} left", backup_report::took(time_delta(left.as_secs())));
    }
}

/// Returns how long the rest takes if it goes on as it has gone so far.
fn time_left(elapsed: Duration, done: u64, total: u64) -> Option<Duration> {
    let nanos = elapsed.as_nanos() * u128::from(total.saturating_sub(done));
    let left = nanos.checked_div(done.into()).filter(|_| elapsed >= MEASURED)?;
    u64::try_from(left).ok().map(Duration::from_nanos)
}

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// The files that are packed.
    Files,
    /// All entries of an archive, folders and links too.
    Entries,
    /// Whole archives.
    Archives,
}

impl Unit {
    fn counted(self, count: u64) -> String {
        let (one, many) = match self {
            Self::Files => ("file", "files"),
            Self::Entries => ("entry", "entries"),
            Self::Archives => ("archive", "archives"),
        };
        format!("{} {}", grouped(count), if count == 1 { one } else { many })
    }
}

/// The files that went by.
#[derive(Default)]
struct Files {
    count: u64,
    last: Option<PathBuf>,
}

impl Files {
    /// Takes in what went by, and returns whether that is another file than before.
    ///
    /// A source that is a file has an empty path. In an archive, that is what belongs to no entry.
    fn pass(&mut self, path: &Path, unit: Unit) -> bool {
        let is_file = matches!(unit, Unit::Files) || !path.as_os_str().is_empty();
        let is_another = is_file && self.last.as_deref() != Some(path);
        if is_another {
            self.count += 1;
            self.last = Some(path.to_owned());
        }
        is_another
    }
}

/// Returns what is said at the end: how much it was, and how long it took.
fn summary(bytes: u64, count: u64, unit: Unit, seconds: u64) -> String {
    let (bytes, took) = (size(bytes), backup_report::took(time_delta(seconds)));
    match unit {
        _ if count == 0 => format!("{bytes} in {took}"),
        Unit::Files => format!("{bytes} of {} in {took}", unit.counted(count)),
        Unit::Entries | Unit::Archives => format!("{bytes} of {} read in {took}", unit.counted(count)),
    }
}

fn time_delta(seconds: u64) -> TimeDelta {
    TimeDelta::try_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)).unwrap_or_default()
}

/// Draws the line anew while nothing advances. The line's own ticker would panic where no thread can be had.
struct Ticker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    /// Returns `None` where no thread can be had: the line then moves only when something advances.
    fn begin(bar: &ProgressBar) -> Option<Self> {
        let (stop, stopped) = channel();
        let bar = bar.clone();
        let tick = move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                bar.tick();
            }
        };
        let thread = Builder::new().name("progress".to_owned()).spawn(tick).ok()?;
        Some(Self { stop, thread })
    }

    fn end(self) {
        drop(self.stop);
        // It can only have panicked, which was said.
        let _ = self.thread.join();
    }
}

impl Progress for TerminalProgress {
    fn advanced(&self, path: &Path, content_bytes: u64) {
        if !self.is_shown {
            self.unseen_bytes.fetch_add(content_bytes, Ordering::Relaxed);
            return;
        }
        self.bar.inc(content_bytes);
        if let Ok(mut files) = self.files.lock()
            && files.pass(path, self.unit)
        {
            self.bar.set_message(format!("{}, ", self.unit.counted(files.count)));
        }
        if self.bar.length().is_some_and(|length| length < self.bar.position()) {
            self.bar.set_length(self.bar.position());
        }
    }

    fn found(&self, finding: &Finding) {
        if self.verbose {
            self.bar.suspend(|| complain(finding));
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        self.ticker.take().into_iter().for_each(Ticker::end);
        let bytes = self.bytes();
        self.bar.finish_and_clear();
        if self.is_shown && bytes > 0 && !self.cancel.is_cancelled() {
            let files = self.files.get_mut().map_or(0, |files| files.count);
            complain(summary(bytes, files, self.unit, self.began.elapsed().as_secs()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_file_are_one_file() {
        let mut files = Files::default();
        let passed = ["a", "a", "", "b", "b", "a"].map(|path| files.pass(Path::new(path), Unit::Entries));
        assert_eq!((passed, files.count), ([true, false, false, true, false, true], 3));
        let mut only = Files::default();
        let passed = ["", ""].map(|path| only.pass(Path::new(path), Unit::Files));
        assert_eq!((passed, only.count), ([true, false], 1), "the source is a file");
    }

    #[test]
    fn the_end_is_summed_up() {
        let cases = [
            ((10_240, 1, Unit::Files, 0), "10.2 kB of 1 file in 0 s"),
            ((34_100_000, 1_203, Unit::Files, 65), "34.1 MB of 1,203 files in 1 min 05 s"),
            ((34_100_000, 1_203, Unit::Entries, 65), "34.1 MB of 1,203 entries read in 1 min 05 s"),
            ((34_100_000, 1, Unit::Archives, 5), "34.1 MB of 1 archive read in 5 s"),
            ((5, 0, Unit::Files, 7_380), "5 B in 2 h 03 min"),
        ];
        for ((bytes, count, unit, seconds), expected) in cases {
            assert_eq!(summary(bytes, count, unit, seconds), expected);
        }
    }

    #[test]
    fn the_time_left_is_reckoned_from_all_that_went_by() {
        let left = |seconds, done, total| {
            time_left(Duration::from_secs(seconds), done, total).map(|left| left.as_secs())
        };
        assert_eq!(left(1, 50, 100), None, "it is too early to tell");
        assert_eq!(left(10, 0, 100), None);
        assert_eq!(left(10, 25, 100), Some(30));
        assert_eq!(left(10, 100, 100), Some(0));
        assert_eq!(left(10, 110, 100), Some(0));
        assert_eq!(left(86_400, 1, u64::MAX), None, "it isn't in sight");
    }
}
