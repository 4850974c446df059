//! How far a backup has come, on a terminal.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use backup_core::model::archive::Finding;
use backup_core::ports::Progress;
use backup_core::text::{grouped, size};
use backup_fs::CancelFlag;
use chrono::TimeDelta;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::complain;
use crate::render;

/// How often the line is drawn anew while nothing advances.
const TICK: Duration = Duration::from_millis(100);

/// A line on standard error if that is a terminal; otherwise nothing.
pub(crate) struct TerminalProgress {
    bar: ProgressBar,
    files: Mutex<Files>,
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
        let template = match expected_bytes {
            Some(_) => {
                "{bar:24} {msg}{decimal_bytes} of about {decimal_total_bytes}, {decimal_bytes_per_sec}, about {eta} left"
            }
            None => "{spinner} {msg}{decimal_bytes}, {decimal_bytes_per_sec}, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let ticker = if bar.is_hidden() { None } else { Ticker::begin(&bar) };
        Self { bar, files: Mutex::default(), began: Instant::now(), ticker, cancel, verbose }
    }

    /// Returns the same line where the number of bytes is known exactly.
    pub(crate) fn exact(self) -> Self {
        let template =
            "{bar:24} {msg}{decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
        if let (Some(_), Ok(style)) = (self.bar.length(), ProgressStyle::with_template(template)) {
            self.bar.set_style(style);
        }
        self
    }

    /// Does something that writes to the terminal, with the line out of the way.
    pub(crate) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.bar.suspend(work)
    }
}

/// The files that went by.
#[derive(Default)]
struct Files {
    count: u64,
    last: PathBuf,
}

impl Files {
    /// Takes in what went by, and returns whether that is another file than before.
    fn pass(&mut self, path: &Path) -> bool {
        let is_another = !path.as_os_str().is_empty() && self.last != path;
        if is_another {
            self.count += 1;
            path.clone_into(&mut self.last);
        }
        is_another
    }
}

fn file_count(count: u64) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{} files", grouped(count)) }
}

/// Returns what is said at the end: how much it was, and how long it took.
fn summary(bytes: u64, files: u64, seconds: u64) -> String {
    let files = if files > 0 { format!(" of {}", file_count(files)) } else { String::new() };
    let took = TimeDelta::try_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)).unwrap_or_default();
    format!("{}{files} in {}", size(bytes), render::took(took))
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
        self.bar.inc(content_bytes);
        if !self.bar.is_hidden()
            && let Ok(mut files) = self.files.lock()
            && files.pass(path)
        {
            self.bar.set_message(format!("{}, ", file_count(files.count)));
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
        let (is_shown, bytes) = (!self.bar.is_hidden(), self.bar.position());
        self.bar.finish_and_clear();
        if is_shown && bytes > 0 && !self.cancel.is_cancelled() {
            let files = self.files.get_mut().map_or(0, |files| files.count);
            complain(summary(bytes, files, self.began.elapsed().as_secs()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_file_are_one_file() {
        let mut files = Files::default();
        let passed = ["a", "a", "", "b", "b", "a"].map(|path| files.pass(Path::new(path)));
        assert_eq!((passed, files.count), ([true, false, false, true, false, true], 3));
    }

    #[test]
    fn the_end_is_summed_up() {
        let cases = [
            ((10_240, 1, 0), "10.2 kB of 1 file in 0 s"),
            ((34_100_000, 1_203, 65), "34.1 MB of 1,203 files in 1 min 05 s"),
            ((5, 0, 7_380), "5 B in 2 h 03 min"),
        ];
        for ((bytes, files, seconds), expected) in cases {
            assert_eq!(summary(bytes, files, seconds), expected);
        }
    }
}
