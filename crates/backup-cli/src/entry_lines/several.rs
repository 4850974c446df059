//! What is in several archives: read side by side, written in their order.

use std::io::{self, Write};
use std::mem;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use backup_core::manager::View;
use backup_core::model::archive::{BackupRecord, ViewReport};
use backup_core::model::error::Error;
use backup_core::ports::SilentProgress;

use super::{EntryForm, Written, not_written, tell_missing};
use crate::output::pour;

/// So many archives are read at once.
const READERS: usize = 2;

/// So many bytes of lines are handed over at once, and so often before a reader waits.
const BATCH_BYTES: usize = 64 << 10;
const BATCHES: usize = 8;

/// What a reader has found in an archive.
enum Found {
    Lines {
        text: String,
        count: u64,
    },
    /// That was all.
    End(Result<ViewReport, Error>),
}

/// The archives that nobody reads yet, each with the place where its lines go.
type Queue<'a> = Arc<Mutex<std::vec::IntoIter<(&'a BackupRecord, SyncSender<Found>)>>>;

/// Writes a line for each entry that is chosen in one of the archives. After each archive, `ended` gets what came of it. Returns whether
/// that was all: it ends early when nobody reads the lines any more.
pub(crate) fn write_entries_of_each(
    desk: &View<'_>,
    archives: &[BackupRecord],
    (chosen, line): (&[Vec<u8>], EntryForm),
    mut ended: impl FnMut(&BackupRecord, Result<Written, Error>),
) -> bool {
    let channels = archives.iter().map(|archive| (archive, mpsc::sync_channel(BATCHES)));
    let (queued, waiting): (Vec<_>, Vec<_>) =
        channels.map(|(archive, (lines, found))| ((archive, lines), (archive, found))).unzip();
    let queue: Queue<'_> = Arc::new(Mutex::new(queued.into_iter()));
    thread::scope(|scope| {
        for _ in 0..READERS {
            let queue = Arc::clone(&queue);
            scope.spawn(move || read(desk, &queue, (chosen, line)));
        }
        drop(queue);
        for (archive, found) in waiting {
            let Some((count, listed)) = pour(|out| write_all(out, &found)) else { return false };
            let written = listed.map(|report| Written { count, code: tell_missing(&report, archive) });
            ended(archive, written);
        }
        true
    })
}

/// Reads archives until there are none left, or nobody wants to know any more.
fn read(desk: &View<'_>, queue: &Queue<'_>, (chosen, line): (&[Vec<u8>], EntryForm)) {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    while let Some((archive, lines)) = next() {
        let (mut text, mut count) = (String::new(), 0);
        let listed = desk.show(
            archive,
            chosen,
            &mut |viewed| {
                text.push_str(&line(viewed));
                text.push('\n');
                count += 1;
                text.len() < BATCH_BYTES || send(&lines, &mut text, &mut count)
            },
            &SilentProgress,
        );
        if !send(&lines, &mut text, &mut count) || lines.send(Found::End(listed)).is_err() {
            return;
        }
    }
}

/// Returns whether somebody takes the lines.
fn send(lines: &SyncSender<Found>, text: &mut String, count: &mut u64) -> bool {
    lines.send(Found::Lines { text: mem::take(text), count: mem::take(count) }).is_ok()
}

/// Writes all lines of an archive. Returns how many, and what came of the archive.
fn write_all(out: &mut dyn Write, found: &Receiver<Found>) -> (u64, Result<ViewReport, Error>) {
    let mut all = 0;
    loop {
        match found.recv().expect("a reader ends with what came of the archive") {
            Found::Lines { text, count } => {
                all += count;
                if let Err(error) = out.write_all(text.as_bytes()) {
                    return (all, Err(not_written(error)));
                }
            }
            Found::End(listed) => return (all, listed.and_then(|report| flushed(out).map(|()| report))),
        }
    }
}

fn flushed(out: &mut dyn Write) -> Result<(), Error> {
    out.flush().map_err(|error: io::Error| not_written(error))
}
