//! What no compiler checks. Each rule is a pure function of the house and says where it is broken.

mod attributes;
mod circles;
mod edges;
#[cfg(test)]
mod fixture;
mod floors;
mod graph;
mod headers;
mod house;
mod inheritance;
mod links;
mod load;
mod manifest;
mod names;
mod plans;
mod purity;
mod sizes;
mod source;
mod standards;
mod survey;
mod whitespace;

use std::fmt;

use crate::failure::{Failure, Outcome};
use crate::out;
use crate::tidy::house::House;

/// One place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    file: String,
    line: usize,
    message: String,
}

impl Problem {
    fn new(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.into(), line, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

type Rule = fn(&House) -> Vec<Problem>;

/// Every rule there is, by name.
const RULES: &[(&str, Rule)] = &[
    ("allowed edges", edges::allowed),
    ("wiring only", edges::wiring_only),
    ("core's dependencies", purity::dependencies),
    ("core's clock", purity::no_clock),
    ("floors", floors::down_only),
    ("no circles", circles::none),
    ("no names of programs", names::none_of_programs),
    ("versions in one place", inheritance::versions),
    ("one set of lints", inheritance::lints),
    ("module headers", headers::present),
    ("file sizes", sizes::files),
    ("no logic in roots", sizes::roots),
    ("no mod.rs", sizes::no_mod_rs),
    ("no allow", attributes::no_allow),
    ("links", links::whole),
    ("summary", links::summary),
    ("no stray whitespace", whitespace::none_stray),
];

pub(crate) fn run() -> Outcome {
    let house = load::house()?;
    let problems = inspect(&house);
    for problem in &problems {
        out::say(&problem.to_string());
    }
    match problems.len() {
        0 => out::say(&praise(&house)),
        1 => return Err(Failure::new("the house is not tidy: 1 problem")),
        count => return Err(Failure::new(format!("the house is not tidy: {count} problems"))),
    }
    Ok(())
}

/// Prints the circles and the imports that point up, of every crate, whatever rules it is held to.
pub(crate) fn survey() -> Outcome {
    survey::lines(&load::house()?).iter().for_each(|line| out::say(line));
    Ok(())
}

fn inspect(house: &House) -> Vec<Problem> {
    let mut problems: Vec<_> = RULES.iter().flat_map(|(_, rule)| rule(house)).collect();
    problems.sort();
    problems.dedup();
    problems
}

fn praise(house: &House) -> String {
    let spread = sizes::spread(house);
    format!(
        "The house is tidy: {} rules over {} crates and {} files; source files hold {} lines in the median, {} at 90 %.",
        RULES.len(),
        house.members.len(),
        house.files.len(),
        spread.median,
        spread.ninetieth,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_house_has_no_problems() {
        assert_eq!(inspect(&House::sound()), []);
    }

    #[test]
    fn every_rule_can_fail() {
        let house = House::ruined();
        for (name, rule) in RULES {
            assert!(!rule(&house).is_empty(), "nothing in the ruined house breaks the rule \"{name}\"");
        }
    }

    #[test]
    fn problems_are_sorted_and_carry_their_place() {
        let problems = inspect(&House::ruined());
        assert!(problems.is_sorted());
        assert!(problems[0].to_string().starts_with(&format!("{}:{}: ", problems[0].file, problems[0].line)));
    }

    #[test]
    fn a_problem_that_two_rules_find_is_reported_once() {
        let mut house = House::sound().with_file("crates/a/src/lib.rs", "//! A.\nfn (\n");
        house.standards.acyclic = &["a", "a"];
        assert_eq!(inspect(&house).len(), 1);
    }

    #[test]
    fn praise_says_how_much_was_looked_at() {
        let praise = praise(&House::sound());
        assert!(praise.starts_with("The house is tidy: 17 rules over 10 crates and 3 files;"), "{praise}");
    }
}
