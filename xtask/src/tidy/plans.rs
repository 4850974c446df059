//! The floors of the shipped crates, from the ground up.

use super::floors::{Barred, Floor, Plan};

/// The floors of each crate that has rooms.
pub(crate) const PLANS: &[Plan] = &[
    Plan {
        of: "backup-core",
        floors: &[
            Floor { name: "1a", rooms: &["text"] },
            Floor { name: "1b", rooms: &["time"] },
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
            Floor { name: "2", rooms: &["buffer", "posix", "clock"] },
            Floor { name: "3", rooms: &["file"] },
            Floor { name: "4", rooms: &["age", "pattern", "zstd"] },
            Floor { name: "5", rooms: &["tar_reader"] },
            Floor { name: "6", rooms: &["home", "catalog"] },
            Floor { name: "7", rooms: &["store", "process"] },
            Floor { name: "8", rooms: &["tar_archiver", "tar_restorer", "tar_viewer", "tar_driller"] },
            Floor { name: "9", rooms: &["adapters"] },
        ],
        barred: &[],
    },
    Plan {
        of: "backup-report",
        floors: &[
            Floor { name: "1", rooms: &["words", "fixture"] },
            Floor { name: "2", rooms: &["metrics", "nagios", "html"] },
        ],
        barred: &[],
    },
    Plan {
        of: "backup-notify",
        floors: &[
            Floor { name: "1", rooms: &["machine", "message", "secret_file"] },
            Floor { name: "2", rooms: &["http"] },
            Floor { name: "3", rooms: &["healthchecks", "ntfy", "webhook", "email"] },
            Floor { name: "4", rooms: &["command"] },
            Floor { name: "5", rooms: &["sender"] },
        ],
        barred: &[],
    },
    Plan {
        of: "backup-remote",
        floors: &[
            Floor { name: "1", rooms: &["partial_name", "patience", "problem"] },
            Floor { name: "2", rooms: &["location", "transfer"] },
            Floor { name: "3", rooms: &["tree"] },
            Floor { name: "4", rooms: &["folder", "object_store", "sftp", "tree_destination", "webdav"] },
            Floor { name: "5", rooms: &["connect"] },
        ],
        barred: &[],
    },
    Plan {
        of: "backup-cli",
        floors: &[
            Floor {
                name: "1",
                rooms: &[
                    "args",
                    "exit",
                    "error_message",
                    "schedule_hint",
                    "hold_hint",
                    "destination_hint",
                    "colours",
                ],
            },
            Floor { name: "2", rooms: &["hint"] },
            Floor { name: "3", rooms: &["command_error", "render"] },
            Floor { name: "4", rooms: &["output"] },
            Floor {
                name: "5",
                rooms: &["context", "chosen_archive", "dry_run", "entry_lines", "progress_bar", "interrupt"],
            },
            Floor { name: "5b", rooms: &["destinations"] },
            Floor { name: "6", rooms: &["commands"] },
            Floor { name: "7", rooms: &["arguments", "usage_error"] },
            Floor { name: "8", rooms: &["completion"] },
            Floor { name: "9", rooms: &["start"] },
        ],
        // What is rendered is the core's model: no disk, no process.
        barred: &[Barred { room: "render", from: "backup_fs" }],
    },
];
