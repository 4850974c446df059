//! The generations of a backup on a line from the oldest one to now.

use backup_core::manager::{ArchiveTotals, Generation};
use backup_core::text::size;
use backup_core::time::{Moment, wall_clock};

use super::escape::text;
use crate::words::counted;

const WIDTH: i64 = 320;
/// How many generations are drawn: more can't be told apart.
const MOST_DRAWN: usize = 400;

/// Returns the drawing and its caption. Nothing is drawn without generations.
pub(super) fn timeline(generations: &[Generation], totals: Option<&ArchiveTotals>, now: Moment) -> String {
    let Some(oldest) = generations.iter().map(|generation| generation.made_for).min() else {
        return "<p class=\"none\">No complete archive exists.</p>\n".to_owned();
    };
    let caption = caption(generations, totals, oldest);
    let span = (now - oldest).num_seconds().max(1);
    let skipped = generations.len().saturating_sub(MOST_DRAWN);
    let mark = |generation: &Generation| {
        let ahead = (generation.made_for - oldest).num_seconds().clamp(0, span);
        let x = if generations.len() == 1 { WIDTH } else { ahead * WIDTH / span };
        mark(generation, x)
    };
    let marks: String = generations[skipped..].iter().map(mark).collect();
    format!(
        "<figure><svg class=\"line\" viewBox=\"-6 0 {} 20\" role=\"img\" aria-label=\"{caption}\"><path class=\"axis\" d=\"M0 \
         10H{WIDTH}\"/>{marks}</svg><figcaption>{caption}</figcaption></figure>\n",
        WIDTH + 12
    )
}

fn caption(generations: &[Generation], totals: Option<&ArchiveTotals>, oldest: Moment) -> String {
    let bytes: u64 = generations.iter().map(|generation| generation.archive_bytes).sum();
    let bad = generations.iter().filter(|generation| generation.is_bad).count();
    let bad = if bad > 0 { format!(", {bad} found bad") } else { String::new() };
    let all = counted(generations.len(), "generation");
    let disk = totals.and_then(ArchiveTotals::smaller_disk_bytes);
    let disk = disk.map(|bytes| format!(", {} on the disk", size(bytes))).unwrap_or_default();
    format!("{all} since {}, {} in all{disk}{bad}", oldest.format("%Y-%m-%d"), size(bytes))
}

fn mark(generation: &Generation, x: i64) -> String {
    let title = format!(
        "{}: {}, {}{}",
        wall_clock(generation.made_for),
        text(&generation.file_name),
        size(generation.archive_bytes),
        if generation.is_bad { ", found bad" } else { "" }
    );
    let shape = match generation.is_bad {
        true => format!("<path class=\"bad\" d=\"M{} 5l8 10m0 -10l-8 10\"/>", x - 4),
        false => format!("<circle cx=\"{x}\" cy=\"10\" r=\"4\"/>"),
    };
    format!("<g><title>{title}</title>{shape}</g>")
}

#[cfg(test)]
mod tests {
    use backup_core::testing::at;

    use super::*;

    #[test]
    fn what_is_shared_is_in_the_caption() {
        let oldest = at("2026-03-10 16:07");
        let file_name = "docs.tar".to_owned();
        let generation = Generation { file_name, made_for: oldest, archive_bytes: 10_000_000, is_bad: false };
        let said = |archive_bytes| {
            let totals = ArchiveTotals { archives: 2, archive_bytes, disk_bytes: Some(10_400_000) };
            caption(&[generation.clone(), generation.clone()], Some(&totals), oldest)
        };
        let all = "2 generations since 2026-03-10, 20.0 MB in all";
        assert_eq!(said(20_000_000), format!("{all}, 10.4 MB on the disk"));
        assert_eq!(said(10_000_000), all);
    }
}
