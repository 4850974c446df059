//! What is in several archives: two are read at once, and their lines are written in the order of the archives.

use std::io::Write;
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

/// How many archives are read at once.
const READERS: usize = 2;

/// How many bytes of lines a reader hands over at once, and how often before it waits.
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

/// The archives that nobody reads yet, each with the place where its lines go. The readers alone hold it. So if they break off, whoever
/// waits for lines learns of it.
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
            let Some((count, listed)) = pour(|out| write_lines(out, &found)) else { return false };
            let written = listed.map(|report| Written { count, code: tell_missing(&report, archive) });
            ended(archive, written);
        }
        true
    })
}

/// Reads archives until there are none left. It passes over those of which nobody wants lines any more.
fn read(desk: &View<'_>, queue: &Queue<'_>, (chosen, line): (&[Vec<u8>], EntryForm)) {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    while let Some((archive, lines)) = next() {
        let (mut text, mut count) = (String::new(), 0);
        if !send(&lines, &mut text, &mut count) {
            continue;
        }
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
        if send(&lines, &mut text, &mut count) {
            // Whoever has gone away meanwhile needs no end.
            let _ = lines.send(Found::End(listed));
        }
    }
}

/// Returns whether somebody takes the lines.
fn send(lines: &SyncSender<Found>, text: &mut String, count: &mut u64) -> bool {
    lines.send(Found::Lines { text: mem::take(text), count: mem::take(count) }).is_ok()
}

/// Writes the lines of an archive. Returns how many, and what came of the archive.
fn write_lines(out: &mut dyn Write, found: &Receiver<Found>) -> (u64, Result<ViewReport, Error>) {
    let mut written = 0;
    loop {
        match found.recv().expect("a reader ends with what came of the archive") {
            Found::Lines { text, count } => {
                written += count;
                if let Err(error) = out.write_all(text.as_bytes()) {
                    return (written, Err(not_written(error)));
                }
            }
            Found::End(listed) => {
                let flushed = out.flush().map_err(not_written);
                return (written, listed.and_then(|report| flushed.map(|()| report)));
            }
        }
    }
}
