//! What a proof found, as a table and a verdict.

use std::fmt;

/// How a proof ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All points were right.
    Holds,
    /// Some were not; a sentence for each of the first few.
    Broken(Vec<String>),
    /// It can't be tried on this machine, and why. Never to be taken for a pass.
    CannotRun(String),
}

/// What a proof found.
#[derive(Debug, Clone)]
pub struct Report {
    /// The titles of the columns.
    pub head: Vec<&'static str>,
    /// A row for each kind of point.
    pub rows: Vec<Vec<String>>,
    /// How it ended.
    pub verdict: Verdict,
    /// What happened, a line each, for a part that was asked to tell it.
    pub story: Vec<String>,
    /// What was left out for lack of time: how many points.
    pub left_out: Option<String>,
}

/// The maximum number of broken points that are listed.
const MOST_TOLD: usize = 20;

impl Report {
    /// Returns the report of a proof that can't be tried here.
    #[must_use]
    pub fn cannot_run(reason: impl Into<String>) -> Self {
        Self {
            head: Vec::new(),
            rows: Vec::new(),
            verdict: Verdict::CannotRun(reason.into()),
            story: Vec::new(),
            left_out: None,
        }
    }

    /// Returns the report of a proof that was tried: it holds when nothing was wrong.
    #[must_use]
    pub fn of(head: Vec<&'static str>, rows: Vec<Vec<String>>, wrong: Vec<String>) -> Self {
        let verdict = if wrong.is_empty() { Verdict::Holds } else { Verdict::Broken(wrong) };
        Self { head, rows, verdict, story: Vec::new(), left_out: None }
    }

    /// Returns the same report of a proof that left so many out.
    #[must_use]
    pub fn leaving_out(self, count: usize, unit: &str) -> Self {
        Self { left_out: (count > 0).then(|| format!("{count} {unit}")), ..self }
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, cells: &[String]) -> fmt::Result {
        let width = |column: usize| {
            let title = self.head.get(column).map_or(0, |title| title.chars().count());
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([title, 3]).max().unwrap_or(3)
        };
        let padded = cells.iter().enumerate().map(|(column, cell)| format!("{cell:0$}", width(column)));
        writeln!(f, "| {} |", padded.collect::<Vec<_>>().join(" | "))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.story.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        if !self.head.is_empty() {
            self.line(f, &self.head.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>())?;
            self.line(f, &vec!["---".to_owned(); self.head.len()])?;
        }
        self.rows.iter().try_for_each(|row| self.line(f, row))?;
        if let Some(left_out) = &self.left_out {
            writeln!(f, "LEFT OUT for lack of time: {left_out}")?;
        }
        self.verdict.fmt(f)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => write!(f, "holds"),
            Self::CannotRun(reason) => write!(f, "CAN'T RUN HERE: {reason}"),
            Self::Broken(wrong) => {
                write!(f, "BROKEN at {} points", wrong.len())?;
                wrong.iter().take(MOST_TOLD).try_for_each(|wrong| write!(f, "\n  {wrong}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(wrong: &[&str]) -> String {
        let rows = vec![vec!["write".to_owned(), "12".to_owned()]];
        Report::of(vec!["call", "points tried"], rows, wrong.iter().map(ToString::to_string).collect())
            .to_string()
    }

    #[test]
    fn a_table_and_a_verdict() {
        let table = "| call  | points tried |\n| ---   | ---          |\n| write | 12           |\n";
        assert_eq!(report(&[]), format!("{table}holds"));
        let short = Report::of(vec![], vec![], vec![]).leaving_out(7, "points").to_string();
        assert_eq!(short, "LEFT OUT for lack of time: 7 points\nholds");
        assert_eq!(report(&["write 3: lost"]), format!("{table}BROKEN at 1 points\n  write 3: lost"));
        assert_eq!(Report::cannot_run("no strace").to_string(), "CAN'T RUN HERE: no strace");
    }
}
