//! `cargo xtask tidy --graph`: what each crate still lacks, also where no rule is switched on yet.

use super::circles::{self, Circle, Steps};
use super::floors;
use super::graph::Graph;
use super::house::House;
use super::plans::PLANS;

/// Returns the circles and the imports that point up of every shipped crate, as lines of text.
pub(crate) fn lines(house: &House) -> Vec<String> {
    let shipped = house.members.iter().filter(|member| member.path.starts_with("crates/"));
    let mut lines: Vec<_> = shipped.flat_map(|member| of_crate(house, &member.name)).collect();
    let exempt = house.standards.exempt.iter();
    lines.extend(exempt.map(|one| format!("Not looked at for circles: {} ({})", one.path, one.reason)));
    lines
}

fn of_crate(house: &House, name: &str) -> Vec<String> {
    let graph = Graph::of(house, name);
    let steps = circles::steps(&graph, house.standards.exempt);
    let found = circles::circles(&steps);
    let plan = PLANS.iter().find(|plan| plan.of == name);
    let mut problems = plan.map(|plan| floors::problems(&graph, plan)).unwrap_or_default();
    problems.retain(|problem| !graph.unread.contains(problem));
    problems.sort();
    let (files, circles, floors) = (graph.files.len(), found.len(), problems.len());
    let mut lines = vec![format!("{name}: files {files}, circles {circles}, problems of floors {floors}")];
    lines.extend(graph.unread.iter().map(|problem| format!("  {problem}")));
    lines.extend(found.iter().flat_map(|circle| of_circle(&graph, &steps, circle)));
    lines.extend(problems.iter().map(|problem| format!("  {problem}")));
    lines
}

/// Tells a circle and every mention that holds it together.
fn of_circle(graph: &Graph, steps: &Steps<'_>, circle: &Circle) -> Vec<String> {
    let mut lines = vec![format!("  {}", circles::told(graph, circle))];
    for from in &circle.files {
        for (to, step) in steps[from].iter().filter(|(to, _)| circle.files.contains(to)) {
            let (path, line, name) = (&graph.files[*from], step.line, graph.short(*to));
            lines.push(format!("    {path}:{line}: {name} (`{}`)", step.path));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::graph::Use;
    use super::super::load;
    use super::*;

    /// A graph that saw nothing would let every rule pass.
    #[test]
    fn the_graph_of_the_real_house_is_seen() {
        let house = load::house().unwrap();
        for plan in PLANS {
            let graph = Graph::of(&house, plan.of);
            assert_eq!(graph.unread, []);
            assert!(
                graph.uses.iter().filter(|one| !one.to.is_empty()).count() > graph.files.len(),
                "{}",
                plan.of
            );
            assert!(graph.uses.iter().any(|one| one.room.is_some() && one.from > 0), "{}", plan.of);
            let lost = |one: &&Use| {
                one.outside && (one.path.starts_with("crate::") || one.path.starts_with("super::"))
            };
            let lost: Vec<_> = graph.uses.iter().filter(lost).collect();
            assert!(lost.is_empty(), "paths of {} that lead nowhere: {lost:#?}", plan.of);
        }
    }

    #[test]
    fn circles_and_upward_imports_are_listed_before_their_rules_are_switched_on() {
        let mut house = House::sound();
        house.files.retain(|file| !file.path.contains("backup-core"));
        let house = house
            .with_file("crates/backup-core/src/lib.rs", "pub mod model;\nmod policy;\n")
            .with_file("crates/backup-core/src/model.rs", "use crate::policy::P;\npub struct M;\n")
            .with_file("crates/backup-core/src/policy.rs", "use crate::model::M;\npub struct P;\n");
        let told = lines(&house);
        assert_eq!(told[0], "backup-core: files 3, circles 1, problems of floors 1");
        assert_eq!(told[1], "  a circle of files: model.rs -> policy.rs -> model.rs");
        assert_eq!(told[2], "    crates/backup-core/src/model.rs:1: policy.rs (`crate::policy::P`)");
        assert_eq!(told[3], "    crates/backup-core/src/policy.rs:1: model.rs (`crate::model::M`)");
        assert!(
            told[4].starts_with("  crates/backup-core/src/model.rs:1: `crate::policy::P`: room model"),
            "{told:#?}"
        );
    }
}
