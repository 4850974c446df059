//! What was measured, and what is to be reached.

use std::time::Duration;

use crate::bench::rounds::mega;
use crate::bench::table;
use crate::out;

const HEAD: [&str; 4] = ["what", "measured", "to reach", "reached"];

#[derive(Debug, Default)]
pub(super) struct Rows(Vec<Vec<String>>);

impl Rows {
    /// Adds a figure that is to be at most so much.
    pub(super) fn at_most(&mut self, what: &str, measured: f64, most: f64, unit: &str) {
        let reached = if measured <= most { "yes" } else { "NO" };
        let cell = |number: f64| format!("{} {unit}", figure(number)).trim_end().to_owned();
        self.add(vec![
            what.to_owned(),
            cell(measured),
            format!("at most {}", cell(most)),
            reached.to_owned(),
        ]);
    }

    /// Adds something that is so or isn't.
    pub(super) fn holds(&mut self, what: &str, told: &str, holds: bool) {
        let reached = if holds { "yes" } else { "NO" };
        self.add([what, told, "", reached].map(str::to_owned).to_vec());
    }

    /// Adds something that is there to be seen.
    pub(super) fn note(&mut self, what: &str, told: String) {
        self.add(vec![what.to_owned(), told, String::new(), String::new()]);
    }

    fn add(&mut self, row: Vec<String>) {
        out::complain(&row.join(" | "));
        self.0.push(row);
    }

    pub(super) fn table(&self) -> String {
        table::markdown(&HEAD, &self.0)
    }
}

fn figure(number: f64) -> String {
    if number >= 100.0 { format!("{number:.0}") } else { format!("{number:.3}") }
}

/// Returns a time for people.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// Returns a size for people.
pub(super) fn megabytes(bytes: u64) -> f64 {
    mega(bytes, 1_000_000)
}

/// Returns a size of memory for people.
pub(super) fn mebibytes(bytes: u64) -> f64 {
    mega(bytes, 1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_judged() {
        let mut rows = Rows::default();
        rows.at_most("a", 0.25, 0.25, "");
        rows.at_most("b", 123.4, 20.0, "MB");
        rows.holds("c", "30 trees", true);
        insta::assert_snapshot!(rows.table(), @r"
        | what | measured | to reach          | reached |
        | ---- | -------- | ----------------- | ------- |
        | a    | 0.250    | at most 0.250     | yes     |
        | b    | 123 MB   | at most 20.000 MB | NO      |
        | c    | 30 trees |                   | yes     |
        ");
    }
}
