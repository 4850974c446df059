//! A disk that gives back other bytes than it took: a schedule that reads each archive back finds out.

use std::io;
use std::sync::Mutex;

use crate::lane::Lane;
use crate::strace::{View, calls};
use crate::tally::{Tally, locked};

use super::judge::{End, judge};
use super::note;

const ROW: &str = "generations: read back, a byte is another";

/// Changes the first byte of each piece that is read back.
pub(super) fn lie(lane: &Lane<'_>, tally: &Mutex<Tally>) -> io::Result<()> {
    let name = format!(".{}.partial", crate::scene::Form::Plain.archive());
    let draft = View::Files(vec![lane.home().join("backups").join(name)]);
    let (_, log) = lane.trace(&draft, &["-e", "trace=pread64"])?;
    // Those at the end find nothing.
    let pieces = calls(&log).iter().filter(|call| !call.text.ends_with("= 0")).count();
    if pieces == 0 {
        locked(tally).wrong.push(format!("{ROW}: nothing is read back"));
    }
    for number in 1..=pieces {
        let injection = format!("inject=pread64:poke_exit=@arg2=ff:when={number}");
        let (finished, log) = lane.trace(&draft, &["-e", "trace=pread64", "-e", &injection])?;
        let judged = judge(lane, &finished, "").and_then(|end| match end {
            End::FailedOld if finished.stderr.contains("the disk returned other bytes") => Ok(end),
            _ => Err(format!("it wasn't found: {}", finished.told())),
        });
        note(tally, ROW, &format!("{ROW}, piece {number}"), log.contains("(INJECTED)"), judged);
    }
    Ok(())
}
