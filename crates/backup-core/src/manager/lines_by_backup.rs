//! Lines by backup: which lines of the schedules are about the same backup.

use std::collections::HashMap;

use crate::model::archive::BackupName;
use crate::operation::admission::Admitted;

/// Lines, grouped by the index of the first line of their backup. A line that doesn't run is a group of its own.
pub(super) struct LinesByBackup<'l, 'b>(Vec<(usize, &'l Admitted<'b>)>);

impl<'l, 'b> LinesByBackup<'l, 'b> {
    pub(super) fn of(lines: &'l [Admitted<'b>]) -> Self {
        let mut first_of_name: HashMap<&BackupName, usize> = HashMap::new();
        let first = |line: &'l Admitted<'b>| {
            let index = line.item.index;
            let name = shared_name(line);
            (name.map_or(index, |name| *first_of_name.entry(name).or_insert(index)), line)
        };
        let mut lines: Vec<_> = lines.iter().map(first).collect();
        lines.sort_by_key(|(first, _)| *first);
        Self(lines)
    }

    /// Returns the lines of the backup whose first line has this index.
    pub(super) fn of_backup(&self, index: usize) -> impl Iterator<Item = &'l Admitted<'b>> {
        let start = self.0.partition_point(|(first, _)| *first < index);
        self.0[start..].iter().take_while(move |(first, _)| *first == index).map(|(_, line)| *line)
    }
}

/// Returns the name under which a line counts with others, if it runs. One that doesn't run says nothing of the backup.
pub(super) fn shared_name<'a>(line: &Admitted<'a>) -> Option<&'a BackupName> {
    line.entry.as_ref().ok().and(line.item.entry.ok()).map(|entry| entry.name())
}
