//! The proof of the damage: a wrong byte anywhere and a cut anywhere are found by what `backup_manager verify` does.
//!
//! Two things find: the structure of the archive, and the SHA-256 in the history. No tar has a checksum over contents,
//! so a wrong byte there is for the digest alone; what the structure must find by itself is every cut into what was
//! packed. All points are tried in this process, through the use case of the program and the real adapters; some by the
//! program itself, which must say the same.
//!
//! Catalogs are damaged as well, and bases whose parts are taken over: no command may show, restore or pack what is wrong, and
//! `verify` names what is.

mod catalogs;
mod flip;
mod harm;
mod verify;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use crate::arena::Arena;
use crate::budget::{Budget, spread_order};
use crate::lane::Lane;
use crate::part::Scale;
use crate::programs::Programs;
use crate::report::Report;
use crate::scene::{Form, Scene};
use crate::tally::{Tally, locked, spread, try_all};
use harm::Harm;
use verify::{Found, by_program, in_process};

const HEAD: [&str; 5] =
    ["damage", "points", "found by the structure", "found by the digest alone", "not found"];
const POINTS: usize = 0;

/// With the source and its folders, a dozen entries.
const FILES: usize = 6;

/// What is tried of one archive: each so many bytes, each so many lengths, and so many of all by the program.
struct Measure {
    byte_step: usize,
    length_step: usize,
    by_program: usize,
}

/// Damages small archives in every way of one byte and every cut.
pub(crate) fn run(programs: &Programs, scale: Scale, budget: Budget) -> Result<Report, String> {
    let measure = match scale {
        Scale::Small => Measure { byte_step: 37, length_step: 64, by_program: 10 },
        Scale::Full => Measure { byte_step: 1, length_step: 1, by_program: 1_000 },
    };
    let (tally, catalogs) = (Mutex::new(Tally::default()), Mutex::new(Tally::default()));
    // A disk is waited for while the archives are damaged.
    let tried = thread::scope(|scope| {
        let tried = scope.spawn(|| catalogs::try_catalogs(programs, scale, budget, &catalogs));
        for (form, shares) in [(Form::Plain, 2), (Form::Zstd, 1)] {
            harm_all(programs, form, &measure, budget.share(shares), &tally)
                .map_err(|error| error.to_string())?;
        }
        tried.join().unwrap_or_else(|_| Err("a thread broke off".to_owned()))
    })?;
    let [mut tally, catalogs] =
        [tally, catalogs].map(|tally| tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
    let mut rows = tally.rows(HEAD.len() - 1);
    rows.extend(catalogs.rows_alone(1));
    rows.extend(tried.err().map(|reason| vec![format!("CAN'T RUN HERE, sharing: {reason}")]));
    tally.wrong.extend(catalogs.wrong);
    tally.left_out += catalogs.left_out;
    Ok(Report::of(HEAD.to_vec(), rows, tally.wrong).leaving_out(tally.left_out, "points"))
}

fn harm_all(
    programs: &Programs,
    form: Form,
    measure: &Measure,
    budget: Budget,
    tally: &Mutex<Tally>,
) -> io::Result<()> {
    // The archive that stands in its homes at first.
    let arena = Arena::new(programs, Scene::of(form), FILES * 2, 0)?;
    let clean = Lane::new(&arena, "whole")?;
    arena.renew(&clean.home())?;
    for found in [in_process(&clean.home()), by_program(programs, &clean.home())] {
        if found != Ok(Found::Not) {
            return Err(io::Error::other(format!("the archive itself is refused: {found:?}")));
        }
    }
    let length = arena.old.len();
    let kinds = [
        ("wrong byte", Harm::flips(length, measure.byte_step)),
        ("cut", Harm::cuts(length, measure.length_step)),
    ];
    for (number, (kind, harms)) in kinds.into_iter().enumerate() {
        let row = format!("{form:?}: {kind}");
        let (harms, budget) = (spread_order(harms), budget.share(2 - number));
        try_all(&arena, &row, &harms, budget.share(2), tally, |lane, harm, tally| {
            attempt(lane, *harm, &row, in_process, tally)
        })?;
        let (some, row) = (spread(harms, measure.by_program), row + ", by the program");
        let ask = |home: &Path| by_program(programs, home);
        try_all(&arena, &row, &some, budget, tally, |lane, harm, tally| {
            attempt(lane, *harm, &row, ask, tally)
        })?;
    }
    Ok(())
}

fn attempt(
    lane: &Lane<'_>,
    harm: Harm,
    row: &str,
    verify: impl Fn(&Path) -> Result<Found, String>,
    tally: &Mutex<Tally>,
) -> io::Result<()> {
    let home = lane.home();
    if !home.exists() {
        lane.arena.renew(&home)?;
    }
    fs::write(home.join("backups").join(lane.arena.form.archive()), harm.done_to(&lane.arena.old))?;
    let found = verify(&home);
    let mut tally = locked(tally);
    tally.count(row, POINTS);
    match found {
        Ok(found) => {
            tally.count(row, found.column());
            if found == Found::Not || (found != Found::ByStructure && harm.is_for_structure(&lane.arena.old))
            {
                tally.wrong.push(format!("{row}, {harm:?}: {found:?}"));
            }
        }
        Err(wrong) => tally.wrong.push(format!("{row}, {harm:?}: {wrong}")),
    }
    Ok(())
}
