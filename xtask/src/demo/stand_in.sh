#!/bin/sh
# Plays backup_manager for the tests of the demonstration: just enough commands for its story, and ways to fail.
set -eu
home=$2
shift 2
schedules=$home/backup_schedules.txt
archive=$home/backups/crates.tar

start() {
    if [ -e "$home/start_fails" ]; then exit 1; fi
    : >"$home/running"
    source=$(cut -d ';' -f 1 "$schedules")
    mkdir "$home/backups" "$home/logs"
    echo "[01/02/2026 03:04] Backup done for $source in backups/crates.tar" >"$home/logs/backup_service.log"
    if [ -e "$home/never_archives" ]; then return; fi
    tar -cf "$archive" -C "${source%/*}" crates
    if [ -e "$home/archive_broken" ]; then echo rubbish >"$archive"; fi
    if [ -e "$home/source_changes" ]; then echo more >>"$source/a.rs"; fi
}

case $1 in
create) echo "$2" >"$schedules" && echo "New schedule added: $2" ;;
list) echo "0: $(cat "$schedules")" ;;
start) start && echo "backup_service started" ;;
status) [ ! -e "$home/status_fails" ] && echo "running" ;;
backups) ls "$home/backups" ;;
stop) rm "$home/running" && echo "backup_service stopped" ;;
*) exit 2 ;;
esac
