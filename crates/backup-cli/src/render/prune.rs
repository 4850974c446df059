//! The generations of a backup, and what is to become of each.

use backup_core::manager::{PrunePlan, Pruned};
use backup_core::operation::prune::PruneDecision;
use backup_core::policy::retention::{ClockJump, Retention};
use backup_core::text::{printable, shell_word, size};
use backup_core::time::wall_clock;

use super::accept;
use crate::hold_hint::hold_ends_by;

/// Returns a line for each generation that exists or existed, oldest first, one for each that was gone, and one if
/// automatic pruning goes on.
pub(crate) fn pruned(pruned: &Pruned) -> Vec<String> {
    let forgotten = pruned
        .forgotten
        .iter()
        .map(|file_name| format!("{}  is forgotten: it was gone already", printable(file_name.as_bytes())));
    let resumed = pruned.plan.paused.map(|_| "automatic pruning was paused, and resumes now".to_owned());
    // What some of them have in common with one that is left isn't free.
    let freed = freed(&pruned.plan, "freed").filter(|_| pruned.left.is_empty());
    let lines = lines(&pruned.plan.generations, Some(&pruned.left)).into_iter();
    lines.chain(freed).chain(forgotten).chain(resumed).collect()
}

/// Returns a line for each generation, oldest first, one if automatic pruning is paused, and one if the backup is held.
pub(crate) fn prune_plan(plan: &PrunePlan, schedule: &str) -> Vec<String> {
    let paused = plan.paused.map(|jump| {
        let prune = format!("backup_manager prune {}", shell_word(schedule.as_bytes()));
        format!("automatic pruning is {}; `{prune}` removes what goes and resumes", paused(jump))
    });
    let held = plan.hold.as_ref().map(|hold| {
        let reasons: Vec<_> = accept::reasons(hold).collect();
        let (since, accept) = (wall_clock(hold.since), hold_ends_by(schedule));
        format!("nothing is removed since {since}: {}; {accept}", reasons.join("; "))
    });
    let nothing = || (!plan.generations.is_empty()).then(|| "frees nothing: nothing goes".to_owned());
    let freed = freed(plan, "frees").or_else(nothing);
    lines(&plan.generations, None).into_iter().chain(freed).chain(paused).chain(held).collect()
}

/// Says how much of the disk is free then, if anything goes. Where that can't be told, it is the size of what goes.
fn freed(plan: &PrunePlan, frees: &str) -> Option<String> {
    let going = size(plan.going_bytes);
    match plan.freed_bytes {
        _ if plan.going_bytes == 0 => None,
        Some(bytes) if bytes < plan.going_bytes => Some(format!(
            "{frees} about {} of the disk: what goes has {going}, and shares the rest with what stays",
            size(bytes)
        )),
        Some(_) => Some(format!("{frees} {going} of the disk")),
        None => Some(format!("{frees} at most {going} of the disk")),
    }
}

/// Returns why automatic pruning is paused: the clock jumped, or nothing was backed up, and nobody can tell which.
pub(crate) fn paused(jump: ClockJump) -> String {
    let (from, to) = (wall_clock(jump.from), wall_clock(jump.to));
    if jump.from < jump.to {
        format!("paused: there are {} days without a backup before {to}", (jump.to - jump.from).num_days())
    } else {
        format!("paused: the backup of {to} was made after the one of {from}")
    }
}

/// Returns what resumes automatic pruning.
pub(crate) fn resumed_by(schedule: &str) -> String {
    let prune = format!("backup_manager prune {}", shell_word(schedule.as_bytes()));
    format!("`{prune} --dry-run` shows what the rules would remove, and `{prune}` removes it and resumes")
}

/// Returns a line for each. After a prune, `left` are those that could not be removed.
fn lines(planned: &[PruneDecision], left: Option<&[String]>) -> Vec<String> {
    if planned.is_empty() {
        return vec!["no backups yet".to_owned()];
    }
    let width = planned.iter().map(|one| one.file_name.chars().count()).max().unwrap_or(0);
    planned
        .iter()
        .map(|one| {
            let why = match left {
                Some(left) if left.contains(&one.file_name) => LEFT.to_owned(),
                Some(_) if one.verdict == Retention::Goes => "removed: no rule keeps it".to_owned(),
                _ => why(&one.verdict),
            };
            format!("{:width$}  {why}", printable(one.file_name.as_bytes()))
        })
        .collect()
}

const LEFT: &str = "could not be removed, and is still there: no rule keeps it";

fn why(verdict: &Retention) -> String {
    match verdict {
        Retention::Kept(rules) => format!("stays: {}", rules.join(", ")),
        Retention::Newest => "stays: it is the newest good one".to_owned(),
        Retention::Doubtful => "stays: it is not known to be good, and counts for no rule".to_owned(),
        Retention::DrillFailed => "stays: its drill failed, and it counts for no rule".to_owned(),
        Retention::VerifyFailed => {
            "stays: its last verification failed, and it counts for no rule".to_owned()
        }
        Retention::Goes => "goes: no rule keeps it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backup_core::testing::at;

    #[test]
    fn the_reason_for_paused_pruning_is_one_line() {
        let [early, late] = ["2026-11-21 16:07", "2031-02-03 16:07"].map(at);
        let said = |from, to| paused(ClockJump { from, to });
        assert_eq!(said(early, late), "paused: there are 1535 days without a backup before 2031-02-03 16:07");
        let back = "paused: the backup of 2026-11-21 16:07 was made after the one of 2031-02-03 16:07";
        assert_eq!(said(late, early), back);
        assert_eq!(
            resumed_by("my docs"),
            "`backup_manager prune 'my docs' --dry-run` shows what the rules would remove, and `backup_manager prune 'my docs'` \
             removes it and resumes"
        );
    }

    #[test]
    fn what_is_shared_is_not_free() {
        let plan = |freed_bytes| PrunePlan { going_bytes: 32_000_000, freed_bytes, ..PrunePlan::default() };
        for (told, expected) in [
            (None, "frees at most 32.0 MB of the disk"),
            (Some(32_000_000), "frees 32.0 MB of the disk"),
            (Some(32_004_096), "frees 32.0 MB of the disk"),
        ] {
            assert_eq!(prune_plan(&plan(told), "docs")[1..], [expected], "{told:?}");
        }
        assert_eq!(prune_plan(&PrunePlan::default(), "docs"), ["no backups yet"]);
        let told = " about 840.2 kB of the disk: what goes has 32.0 MB, and shares the rest with what stays";
        assert_eq!(prune_plan(&plan(Some(840_200)), "docs")[1..], [format!("frees{told}")]);
        let done = Pruned { plan: plan(Some(840_200)), ..Pruned::default() };
        assert_eq!(pruned(&done)[1..], [format!("freed{told}")]);
        let left = Pruned { left: vec!["docs.tar".to_owned()], ..done };
        assert_eq!(pruned(&left).len(), 1, "nobody knows what is free then");
    }

    #[test]
    fn a_plan_tells_that_automatic_pruning_is_paused_and_a_prune_that_it_resumes() {
        let jump = ClockJump { from: at("2026-11-21 16:07"), to: at("2031-02-03 16:07") };
        let plan = PrunePlan { paused: Some(jump), ..PrunePlan::default() };
        let expected = format!(
            "automatic pruning is {}; `backup_manager prune docs` removes what goes and resumes",
            paused(jump)
        );
        assert_eq!(prune_plan(&plan, "docs"), ["no backups yet", &expected]);
        let done = Pruned { plan, ..Pruned::default() };
        assert_eq!(pruned(&done)[1..], ["automatic pruning was paused, and resumes now"]);
    }
}
