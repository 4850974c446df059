//! The floors of the shipped crates, from the ground up.

use super::floors::{Barred, Floor, Plan};

/// Every plan, also those of crates that don't follow theirs yet.
pub(crate) const PLANS: &[Plan] = &[
    Plan {
        of: "backup-core",
        floors: &[
            Floor { name: "1", rooms: &["time", "text"] },
            Floor { name: "2", rooms: &["model"] },
            Floor { name: "3", rooms: &["ports"] },
            // Procedures ask decisions, never the other way round.
            Floor { name: "4a", rooms: &["policy"] },
            Floor { name: "4b", rooms: &["operation"] },
            Floor { name: "5", rooms: &["manager", "service"] },
            Floor { name: "6", rooms: &["testing"] },
        ],
        barred: &[],
    },
    Plan {
        of: "backup-fs",
        floors: &[
            Floor { name: "1", rooms: &["error"] },
            Floor { name: "2", rooms: &["buffer", "zstd"] },
            Floor { name: "3", rooms: &["tar_reader"] },
            Floor { name: "4", rooms: &["posix"] },
            Floor { name: "5", rooms: &["file", "pattern", "clock"] },
            Floor { name: "6", rooms: &["home"] },
            Floor { name: "7", rooms: &["store", "tar_archiver"] },
            Floor { name: "8", rooms: &["tar_restorer", "process"] },
            Floor { name: "9", rooms: &["tar_viewer", "tar_driller"] },
            Floor { name: "10", rooms: &["adapters"] },
        ],
        barred: &[],
    },
    Plan {
        of: "backup-cli",
        floors: &[
            Floor { name: "1", rooms: &["args", "render", "exit"] },
            Floor { name: "2", rooms: &["output"] },
            Floor {
                name: "3",
                rooms: &["context", "chosen_archive", "entry_lines", "progress_bar", "interrupt"],
            },
            Floor { name: "4", rooms: &["commands"] },
            Floor { name: "5", rooms: &["start"] },
        ],
        // What is rendered is the core's model: no disk, no process.
        barred: &[Barred { room: "render", from: "backup_fs" }],
    },
];
