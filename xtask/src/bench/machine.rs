//! The machine that the figures come from.

use std::fs;
use std::path::Path;
use std::thread;

use crate::bench::measure;
use crate::bench::rounds::mega;
use crate::bench::tools::Toolbox;
use crate::command::Call;

const UNKNOWN: &str = "unknown";

/// Returns what describes this machine, as pairs of a word and its value.
pub(crate) fn describe(trees: &Path, toolbox: &Toolbox) -> Vec<(&'static str, String)> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    vec![
        ("Processor", processor(&read("/proc/cpuinfo"))),
        ("Cores", thread::available_parallelism().map_or_else(|_| UNKNOWN.into(), |cores| cores.to_string())),
        ("Memory", memory(&read("/proc/meminfo")).unwrap_or_else(|| UNKNOWN.into())),
        ("Kernel", read("/proc/sys/kernel/osrelease").trim().to_owned()),
        ("File system", file_system(&read("/proc/self/mountinfo"), trees)),
        ("Load before", read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ")),
        ("Programs", toolbox.versions().join("; ")),
        ("Least memory that can be told", least_memory()),
    ]
}

/// Not every processor tells its name. The SHA instructions decide how fast an archive is digested.
fn processor(cpuinfo: &str) -> String {
    let value = |key: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(key))?;
        line.split_once(':').map(|(_, value)| value.trim())
    };
    let model = value("model name").unwrap_or(UNKNOWN);
    let features = value("flags").or_else(|| value("Features")).unwrap_or_default();
    let digests = features.split(' ').any(|feature| ["sha_ni", "sha2"].contains(&feature));
    format!("{model}, {} SHA instructions", if digests { "with" } else { "without" })
}

fn memory(meminfo: &str) -> Option<String> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(format!("{:.1} GiB", mega(kibibytes, 1 << 20)))
}

/// Returns the type of the file system that is mounted nearest above the folder.
fn file_system(mountinfo: &str, folder: &Path) -> String {
    let mount = |line: &str| {
        let (head, tail) = line.split_once(" - ")?;
        let point = head.split(' ').nth(4)?.to_owned();
        folder.starts_with(&point).then_some((point.len(), tail.split(' ').next()?.to_owned()))
    };
    let nearest = mountinfo.lines().filter_map(mount).max_by_key(|(length, _)| *length);
    nearest.map_or_else(|| UNKNOWN.into(), |(_, kind)| kind)
}

/// A new process starts in the memory of the one that starts it, and the kernel counts that.
fn least_memory() -> String {
    let cost = measure::measured(&Call::new("true"), None);
    cost.map_or_else(|_| UNKNOWN.into(), |cost| format!("{:.1} MiB", mega(cost.peak_bytes, 1 << 20)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_is_shown_with_what_matters_to_digests() {
        let intel = "processor\t: 0\nmodel name\t: A CPU @ 2 GHz\nflags\t\t: fpu sha_ni avx2\n";
        assert_eq!(processor(intel), "A CPU @ 2 GHz, with SHA instructions");
        assert_eq!(processor("Features : fp sha2\n"), "unknown, with SHA instructions");
        assert_eq!(processor("flags : fpu sha_nix\n"), "unknown, without SHA instructions");
    }

    #[test]
    fn memory_is_shown_for_people() {
        assert_eq!(memory("MemTotal:       24683640 kB\nMemFree: 1 kB\n").as_deref(), Some("23.5 GiB"));
        assert_eq!(memory("MemFree: 1 kB\n"), None);
    }

    fn check_file_system(folder: &str, expected: &str) {
        let mountinfo = "21 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n\
                         22 21 0:5 / /tmp rw - tmpfs tmpfs rw\n\
                         23 22 0:6 / /tmp/big rw shared:2 master:1 - xfs /dev/vdb rw\n";
        assert_eq!(file_system(mountinfo, Path::new(folder)), expected, "{folder}");
    }

    #[test]
    fn the_nearest_mount_counts() {
        check_file_system("/home/me", "ext4");
        check_file_system("/tmp/x", "tmpfs");
        check_file_system("/tmp/big/x", "xfs");
        check_file_system("/tmp/bigger", "tmpfs");
        assert_eq!(file_system("", Path::new("/")), "unknown");
    }
}
