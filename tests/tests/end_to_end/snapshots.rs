//! Snapshots as the source: a hook makes and removes them.

use backup_core::testing::skipped;
use backup_tests::with_mounts;

use crate::home;

/// Mounts a disk of Btrfs and backs up a snapshot of a subvolume, with the commands of `docs/snapshots.md`. An archive is made
/// twice, and the second time a snapshot is left over.
const SCRIPT: &str = r#"
set -e
truncate -s 200M disk.img && mkfs.btrfs -q disk.img >/dev/null 2>&1 && mkdir srv && mount -o loop disk.img srv || exit 77
top=$PWD/srv
btrfs subvolume create "$top/shop" >/dev/null
echo first >"$top/shop/orders"
cat >backup_manager.toml <<END
[hooks.shop]
before = "test ! -d $top/.shop || btrfs subvolume delete $top/.shop; btrfs subvolume snapshot -r $top/shop $top/.shop && echo later >>$top/shop/orders"
finally = ["btrfs", "subvolume", "delete", "$top/.shop"]
END
echo "$top/.shop;03:30;shop;hooks=shop" >backup_schedules.txt
backup_manager run shop
tar -xOf backups/shop.tar .shop/orders
test ! -e "$top/.shop" && echo removed
btrfs subvolume snapshot -r "$top/shop" "$top/.shop" >/dev/null
backup_manager run shop
tar -xOf backups/shop.tar .shop/orders
test ! -e "$top/.shop" && echo removed
"#;

#[test]
fn a_snapshot_of_btrfs_is_made_backed_up_and_removed() {
    let home = home();
    let Some(ended) = with_mounts(&home, SCRIPT).filter(|ended| ended.code != Some(77)) else {
        return skipped("no Btrfs can be mounted (Debian package btrfs-progs)");
    };
    let told = ended.expect_done().stdout;
    let lines: Vec<_> = told.lines().filter(|line| !line.starts_with("Backup done")).collect();
    assert_eq!(lines, ["first", "removed", "first", "later", "removed"], "{told}");
}
