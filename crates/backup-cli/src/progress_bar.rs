//! How far a backup has come, on a terminal.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use backup_core::model::archive::Finding;
use backup_core::ports::Progress;
use backup_fs::CancelFlag;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::complain;

/// How often the line is drawn anew while nothing advances.
const TICK: Duration = Duration::from_millis(100);

/// A line on standard error if that is a terminal; otherwise nothing.
pub(crate) struct TerminalProgress {
    bar: ProgressBar,
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
                "{bar:30} {decimal_bytes} of about {decimal_total_bytes}, {decimal_bytes_per_sec}, {elapsed}"
            }
            None => "{spinner} {decimal_bytes}, {decimal_bytes_per_sec}, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let ticker = if bar.is_hidden() { None } else { Ticker::begin(&bar) };
        Self { bar, ticker, cancel, verbose }
    }

    /// Returns the same line, with how long it will take where that can be told.
    pub(crate) fn with_time_left(self) -> Self {
        let template =
            "{bar:30} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
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
    fn advanced(&self, _path: &Path, content_bytes: u64) {
        self.bar.inc(content_bytes);
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
        self.bar.finish_and_clear();
    }
}
