//! What a run takes over from the archive before, on disks that share blocks.

use backup_core::testing::skipped;
use backup_tests::with_mounts;

use crate::home;

/// Three runs on a disk of its own, a day apart: of the same folder twice, and after one file has changed. Says how many KiB each has
/// taken, and what stock tools make of the archives.
const THREE_RUNS: &str = "
set -e
command -v faketime >/dev/null || exit 77
truncate -s 400M image
mkfs.KIND image >/dev/null 2>&1 || exit 77
mkdir disk
mount -o loop image disk 2>/dev/null || exit 77
here=$PWD
trap 'cd \"$here\"; umount disk' EXIT
mkdir disk/home disk/docs
for number in $(seq 40); do head -c 400000 /dev/urandom >disk/docs/$number; done
cd disk/home
backup_manager create '../docs;16:07;docs;reuse=auto;keep=last:9;OPTION' >/dev/null
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
(cd backups; sha256sum --quiet -c SHA256SUMS)
backup_manager verify docs >/dev/null
ls backups | grep -c '^docs.*ENDING$'
# The newest needs no other.
mv backups/docs.ENDING ../newest.ENDING
rm -r backups
mkdir ../back
tar -xf ../newest.ENDING -C ../back
diff -r ../docs ../back/docs
echo the same
";

#[test]
fn what_has_not_changed_takes_no_room_again() {
    let plain = ["xfs", "btrfs"].map(|kind| (kind, "compress=no", "tar"));
    for (kind, option, ending) in plain.into_iter().chain([("xfs", "compress=zstd", "tar.zst")]) {
        let home = home();
        let script = THREE_RUNS.replace("KIND", kind).replace("OPTION", option).replace("ENDING", ending);
        let Some(played) = with_mounts(&home, &script) else {
            return skipped("no disks can be mounted here");
        };
        if played.code == Some(77) {
            skipped(format!("no {kind} can be made and mounted here, or there is no faketime"));
            continue;
        }
        let told: Vec<_> = played.expect_done().stdout.lines().map(str::to_owned).collect();
        let [first, same, changed, archives, end] = &told[..] else { panic!("{kind}: {told:?}") };
        let kib = |text: &String| text.parse::<i64>().expect("a number");
        assert!(kib(first) > 15_000, "{kind}: the first archive is written: {told:?}");
        assert!(kib(same) < 2_000, "{kind}: nothing has changed: {told:?}");
        assert!(kib(changed) < 3_000, "{kind}: a file of 400 KB has changed: {told:?}");
        assert_eq!([archives, end], ["3", "the same"], "{kind}");
    }
}
