//! What a run takes over from the archive before, on disks that share blocks.

use backup_core::testing::skipped;
use backup_tests::with_disk;

use crate::home;

/// Three runs on a disk of its own, a day apart: of the same folder twice, and after one file has changed. Says how many KiB each has
/// taken, and what stock tools make of the archives.
const THREE_RUNS: &str = "
for number in $(seq 40); do head -c 400000 /dev/urandom >../docs/$number; done
backup_manager create '../docs;16:07;docs;keep=last:9;OPTION' >/dev/null
used() { sync -f .; df --output=used -k . | tail -1; }
run() {
    before=$(used)
    NO_FAKE_STAT=1 faketime -f \"+$1d\" backup_manager run docs >/dev/null
    echo $(($(used) - before))
}
run 1
run 2
head -c 400000 /dev/urandom >../docs/7
run 3
wc -l <backups/SHA256SUMS
backup_manager verify docs --all >/dev/null
(cd backups; sha256sum --quiet -c SHA256SUMS)
wc -l <backups/SHA256SUMS
# It is read in full.
before=$(used)
backup_manager run docs --full >/dev/null
echo $(($(used) - before))
wc -l <backups/SHA256SUMS
ls backups | grep -c '^docs.*ENDING$'
# The newest needs no other.
mv backups/docs.ENDING ../newest.ENDING
rm -r backups
mkdir ../back
tar -xf ../newest.ENDING -C ../back
diff -r ../docs ../back/docs
echo the same
";

/// Six runs on a disk of its own, a day apart: each after 8 MB of 24 MB have changed, the later ones in other places. Then only two
/// archives are to stay. Says what a prune would free, and what it has freed, as the disk counts.
const SIX_RUNS: &str = "
for number in $(seq 12); do head -c 2000000 /dev/urandom >../docs/$number; done
backup_manager create '../docs;16:07;docs;reuse=auto;keep=last:9' >/dev/null
for day in 1 2 3 4 5 6; do
    NO_FAKE_STAT=1 faketime -f \"+${day}d\" backup_manager run docs >/dev/null
    for number in 1 2 3 $((day + 3)); do head -c 2000000 /dev/urandom >../docs/$number; done
done
backup_manager backups --long | tail -1
backup_manager edit docs --keep last:2 >/dev/null 2>&1
backup_manager prune docs --dry-run | tail -1
field() { sed \"s/.*\\\"$1\\\":\\([0-9]*\\).*/\\1/\"; }
backup_manager prune docs --dry-run --json >../plan
field bytes <../plan
field freed_bytes <../plan
# A disk that is mounted anew has done all it had to do.
used() { umount disk; mount -o loop image disk; df --output=used -B1 disk | tail -1; }
cd \"$here\"
before=$(used)
(cd disk/home; backup_manager prune docs --yes >/dev/null)
echo $((before - $(used)))
(cd disk/home; backup_manager verify docs >/dev/null)
";

/// Of what was said to be free, so many percent are free at least and at most. Btrfs frees what it wrote at once only when nothing of
/// that is used any more, so it frees less at first.
const FREED: [(&str, i64, i64); 2] = [("xfs", 99, 101), ("btrfs", 50, 101)];

#[test]
fn a_prune_frees_what_it_said() {
    for (kind, least, most) in FREED {
        let home = home();
        let Some(played) = with_disk(&home, kind, SIX_RUNS) else {
            skipped(format!("no {kind} can be made and mounted here, or there is no faketime"));
            continue;
        };
        assert_eq!(played.code, Some(0), "{kind}: {played:?}");
        let bytes: Vec<i64> = played.stdout.lines().filter_map(|line| line.parse().ok()).collect();
        let [size, said, freed] = bytes[..] else { panic!("{kind}: {played:?}") };
        assert!(said < size / 2, "{kind}: most is shared: {bytes:?}");
        assert!((said * least..=said * most).contains(&(freed * 100)), "{kind}: {bytes:?}");
        assert!(played.stdout.contains("MB  in all, "), "{kind}: {played:?}");
        assert!(played.stdout.contains("frees about "), "{kind}: {played:?}");
    }
}

#[test]
fn what_has_not_changed_takes_no_room_again() {
    let plain = ["xfs", "btrfs"].map(|kind| (kind, "compress=no", "tar"));
    for (kind, option, ending) in plain.into_iter().chain([("xfs", "compress=zstd", "tar.zst")]) {
        let home = home();
        let script = THREE_RUNS.replace("OPTION", option).replace("ENDING", ending);
        let Some(played) = with_disk(&home, kind, &script) else {
            skipped(format!("no {kind} can be made and mounted here, or there is no faketime"));
            continue;
        };
        let told: Vec<_> = played.expect_done().stdout.lines().map(str::to_owned).collect();
        let [first, same, changed, unread, read, full, all, archives, end] = &told[..] else {
            panic!("{kind}: {told:?}")
        };
        let kib = |text: &String| text.parse::<i64>().expect("a number");
        assert!(kib(first) > 15_000, "{kind}: the first archive is written: {told:?}");
        assert!(kib(same) < 2_000, "{kind}: nothing has changed: {told:?}");
        assert!(kib(changed) < 3_000, "{kind}: a file of 400 KB has changed: {told:?}");
        assert_eq!([unread, read, all], ["1", "3", "4"], "{kind}: what nobody has read has no sum yet");
        let is_shared = option == "compress=no";
        assert_eq!(kib(full) < 2_000, is_shared, "{kind}: what was read is the same: {told:?}");
        assert_eq!([archives, end], ["4", "the same"], "{kind}");
    }
}
