//! The help texts and the version of both programs.

use backup_tests::Finished;
use insta::assert_snapshot;

use crate::home;

fn help(arguments: &[&str]) -> String {
    let home = home();
    let long = home.done(arguments);
    assert_eq!(long.stderr, "");
    assert!(home.names("").is_empty(), "asking for help leaves nothing behind");
    long.stdout
}

#[test]
fn no_line_is_wider_than_a_terminal() {
    let all = help(&["--help"]);
    let (_, commands) = all.split_once("\nCommands:\n").expect("there are commands");
    let names = commands.lines().take_while(|line| !line.is_empty());
    let names: Vec<_> = names.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let names: Vec<_> = names.into_iter().filter(|name| !name.is_empty()).collect();
    assert!(names.len() > 20, "{names:?}");
    let texts = names.iter().map(|name| help(&["help", name])).chain([all.clone()]);
    for text in texts {
        let wide: Vec<_> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a help is worth reading in one piece")]
fn of_the_manager() {
    assert_snapshot!(help(&["-h"]), @r#"
    Scheduled backups in plain tar that can be proven to come back

    Usage: backup_manager [OPTIONS] [COMMAND]

    Commands:
      create       Add a schedule: which folder or file, when, and under which name
      prune        Show which older backups stay and which go, ask, and remove those
      accept       Accept a backup that is held because its folder changed
                   suspiciously: show what that lets go, and ask
      import       Take over what tar in cron did: its commands as schedules, its
                   archives as backups
      list         Show the schedules, each with its index
      check        Show of each schedule when it runs next, or what is wrong with it
                   or most likely not meant; exit code 1 when a line doesn't run as
                   it is written, or the configuration is wrong
      config       Show what all schedules share and how the service works, or write
                   an example of such a configuration
      notify       Show who is told when a backup fails, or try it
      destination  Show the places that keep copies, or try one
      edit         Change the time, the folder, the name or the options of a
                   schedule
      pause        Plan no more runs of a schedule, until it is resumed
      resume       Plan the runs of a paused schedule again
      delete       Remove a schedule; its backups stay
      start        Start the service in the background
      stop         Stop the service, once the backups under way are finished
      status       Show whether the service runs, and how each backup is; exit code
                   1 when it doesn't run
      metrics      Show how all backups are, as metrics for Prometheus
      report       Write a page of HTML that shows how all backups are, and were
                   within a year
      next         Show what will run when, in local time and UTC
      explain      Say in words when a time runs, with its next five moments
      history      Show what ran, when, how it ended, how long it took and how big
                   it is; newest last
      why          Tell why a run did or didn't happen
      backups      Show the archives in the folder backups
      run          Make the backup of a schedule now, in the foreground
      copy         Copy a backup to a destination, with its catalog, and look
                   whether it is there
      restore      Get files back: all of a backup, or only some of it
      verify       Read backups to their end, and tell whether they are whole and
                   what they were when they were made; exit code 1 when one isn't
      drill        Prove that backups come back: restore each with the system's own
                   tar, compare every byte and attribute with what is in the
                   archive, and keep a dated receipt; exit code 1 when one doesn't
                   come back whole
      show         Show what is in a backup, a line an entry
      cat          Write a file that is in a backup to standard output
      find         Find out which backups hold what matches a pattern
      diff         Show what is new, changed or gone between two generations of a
                   backup; exit code 1 when something is
      catalog      Make the catalogs by which what is in an archive is found without
                   reading it
      completions  Print a script that lets a shell complete commands, options and
                   the names of backups
      help         Show all commands, or how one of them is used

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but incomplete.

    Example: backup_manager create "docs;16:07;docs" && backup_manager start
    "#);
}

#[test]
fn of_restore() {
    assert_snapshot!(help(&["restore", "-h"]), @r#"
    Get files back: all of a backup, or only some of it

    Usage: backup_manager restore [OPTIONS] <NAME> [PATH]...

    Arguments:
      <NAME>     The index that `list` shows, or the name of the backup
      [PATH]...  Only these: paths below the source, or lines as in .gitignore
                 [default: everything]

    Options:
          --to <DIR>           Restore to this folder, made when missing [default:
                               NAME.restored, which must not be there yet]
          --in-place           Restore over the source itself, after showing what
                               would change
          --overwrite          Replace what is there and differs; what isn't in the
                               backup always stays
          --heal               Take what is damaged in the backup from other backups
                               that hold the same contents
          --yes                Don't ask before restoring in place
          --keep-setuid        Keep setuid, setgid and the attributes that give
                               programs rights
          --generation <FILE>  Take this archive, as `backups` shows it [default:
                               the newest complete one]
          --at <MOMENT>        Take the newest one at or before this: 2026-01-29,
                               "2026-01-29 14:00", yesterday, "yesterday 14:00"
          --identity <FILE>    Open encrypted backups with the secret key in this
                               file: of age-keygen, or of SSH (may be repeated)
          --dry-run            Only show what would be made
          --json               Write JSON: what was restored, or with --dry-run what
                               would be; --in-place then needs --yes
      -h, --help               Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager restore docs
             Restores the newest backup of docs to the new folder docs.restored.

    Example: backup_manager restore docs letters/may.txt '*.odt' --to found
             Restores that file and all .odt files to the folder found.
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "the whole help, as it is shown")]
fn of_create() {
    assert_snapshot!(help(&["create", "-h"]), @r#"
    Add a schedule: which folder or file, when, and under which name

    Usage: backup_manager create [OPTIONS] "FOLDER;TIME;NAME"
           backup_manager create [OPTIONS] FOLDER TIME NAME [KEY=VALUE]...

    Arguments:
      <SCHEDULE>...  folder;time;name in quotes, with ;key=value behind it for each
                     option; or the folder, the time and the name as three words,
                     with key=value behind them

    Options:
          --exclude <PATTERN>  Leave out what matches: a line as in .gitignore,
                               matched below the source, without a ; (may be
                               repeated)
          --one-file-system    Leave out what lies on other file systems; the
                               folders where they are mounted are kept
          --exclude-caches     Leave out what is in caches: folders with a valid
                               CACHEDIR.TAG, which is kept
          --compress <METHOD>  Store the archive compressed (zstd: as NAME.tar.zst,
                               which stock tar reads) or as it is (no)
          --no-catch-up        Skip runs that were missed (the machine was off, or
                               asleep) instead of making up for them
          --keep <RULES>       Keep older backups too, as in
                               last:7,daily:14,weekly:8; monthly:12, yearly:3 and
                               within:30d are rules, too
          --verify             Read each backup back before it takes the old one's
                               place
          --drill <PERIOD>     Have the service drill the backups: daily, weekly or
                               monthly
          --tz <ZONE>          Read the time in this zone, such as Europe/Paris
                               [default: the machine's]
          --jitter <PERIOD>    Move each run to a later moment, by at most this:
                               10m, 1h
          --nice <N>           Let planned runs give way to other programs: a
                               niceness from 0 to 19
          --ionice <CLASS>     Let their disk work give way: idle, best-effort:0 to
                               best-effort:7
          --max-rate <RATE>    Read at most this much a second: 800K, 50M, 1G
                               (powers of 1024)
          --anomaly <LIMITS>   Hold a backup whose folder lost or changed more than
                               this, as in lost:80%,changed:no; no holds none
          --encrypt <NAME>     Encrypt the backups for the keys in
                               [encryption.NAME]; no doesn't
          --hooks <NAME>       Run the commands of [hooks.NAME] before and after
                               each backup; no runs none
      -h, --help               Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Keys: exclude, one-file-system, exclude-caches, compress, encrypt, catch-up,
    keep, verify, drill, anomaly, tz, jitter, nice, ionice, max-rate, command,
    hooks, reuse, full, paused, and x-... for other programs. A flag writes the key
    of its name, so --tz Europe/Paris is tz=Europe/Paris.

    Example: backup_manager create "docs;16:07;docs"
             Backs up the folder docs every day at 16:07 to backups/docs.tar.

    Example: backup_manager create docs 16:07 docs
             The same.

    Example: backup_manager create docs 'Mon..Fri 16:07' docs keep=daily:7
             On weekdays. The last backups of 7 days are kept.

    Example: backup_manager create "docs;16:07;docs" --exclude '*.tmp'
             The same as "docs;16:07;docs;exclude=*.tmp".
    "#);
}

#[test]
fn of_explain() {
    assert_snapshot!(help(&["explain", "-h"]), @r#"
    Say in words when a time runs, with its next five moments

    Usage: backup_manager explain [OPTIONS] <TIME>...

    Arguments:
      <TIME>...  The time field of a schedule; several words are one time, but a
                 shell needs quotes around *

    Options:
          --tz <ZONE>  The time zone, as in the option tz= of a schedule
      -h, --help       Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager explain "Mon..Fri 16:07"

    Forms: 16:07   08:00,12:30   every 4h   every 4h from 02:00
             Mon..Fri 16:07   Sun *-*-1..7 03:00   *-*-01 04:00   *:0/15
             */15 9-17 * * 1-5   @daily
    "#);
}

#[test]
fn of_import_tars() {
    assert_snapshot!(help(&["import", "tars", "-h"]), @"
    Take over the tar archives in a folder as older backups of a name; the archives
    stay as they are

    Usage: backup_manager import tars [OPTIONS] <FOLDER> <NAME>

    Arguments:
      <FOLDER>  The folder with the archives
      <NAME>    The name of the backup, without .tar

    Options:
          --only <PATTERN>  Only the files whose names match; * stands for any text
          --dry-run         Read the archives and show what would be done; take over
                            nothing
          --yes             Also take over archives that the schedule's keep= would
                            remove after its next run
          --json            Write JSON, an object a line
      -h, --help            Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Each archive is of the date in its name, such as docs-2026-11-01.tar.gz, or else
    of the time at which it was last modified. It is read to its end, copied into
    the folder backups, and read back from there. Archives that are compressed with
    gzip are kept decompressed.

    Example: backup_manager import tars /backup docs --dry-run
             Shows what would be taken over, and why the rest would not.

    Example: backup_manager import tars /backup docs --only 'docs-*'
             Takes over those whose names begin with docs-.
    ");
}

#[test]
fn of_check() {
    assert_snapshot!(help(&["check", "-h"]), @"
    Show of each schedule when it runs next, or what is wrong with it or most likely
    not meant; exit code 1 when a line doesn't run as it is written, or the
    configuration is wrong

    Usage: backup_manager check [OPTIONS]

    Options:
          --json  Write JSON
      -h, --help  Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager check
             Shows each line of backup_schedules.txt, and what to write instead.
             Before it, what is wrong in backup_manager.toml, or most likely not
             meant.
    ");
}

#[test]
fn of_config() {
    assert_snapshot!(help(&["config", "-h"]), @"
    Show what all schedules share and how the service works, or write an example of
    such a configuration

    Usage: backup_manager config [OPTIONS] <COMMAND>

    Commands:
      show  Show what is in force, and where it comes from
      init  Write an example in which everything is commented out, so that nothing
            changes

    Options:
      -h, --help  Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager config init
             Writes backup_manager.toml with every setting commented out.

    Example: backup_manager config show
             What is in force, and which line says so.
    ");
}

#[test]
fn of_edit() {
    assert_snapshot!(help(&["edit", "-h"]), @r"
    Change the time, the folder, the name or the options of a schedule

    Usage: backup_manager edit [OPTIONS] <SCHEDULE>

    Arguments:
      <SCHEDULE>  The index that `list` shows, or the name of the backup

    Options:
          --time <TIME>       The new time
          --keep <RULES>      Keep older backups by these rules, as in
                              last:7,daily:14,weekly:8
          --max-rate <RATE>   Read at most this much a second: 800K, 50M, 1G (powers
                              of 1024)
          --anomaly <LIMITS>  Hold a backup whose folder lost or changed more than
                              this, as in lost:80%,changed:no; no holds none
          --encrypt <NAME>    Encrypt new backups for the keys in [encryption.NAME];
                              no doesn't
          --hooks <NAME>      Run the commands of [hooks.NAME] before and after each
                              backup; no runs none
          --rename <NEW>      The new name; archives that were made stay under the
                              old one
          --folder <DIR>      The new folder
          --set <KEY=VALUE>   Set an option (may be repeated)
          --unset <KEY>       Remove an option: KEY, or KEY=VALUE for one of several
                              (may be repeated)
      -h, --help              Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager edit docs --time 18:30 --keep daily:7,weekly:4
             Runs planned for the new time before now are not made up for.

    Example: backup_manager edit docs --set compress=zstd --unset exclude
    ");
}

#[test]
fn of_metrics() {
    assert_snapshot!(help(&["metrics", "-h"]), @"
    Show how all backups are, as metrics for Prometheus

    Usage: backup_manager metrics [OPTIONS]

    Options:
          --textfile <FILE>  Write them to this file, which is replaced as a whole
      -h, --help             Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager metrics

    Example: backup_manager metrics --textfile
    /var/lib/prometheus/node-exporter/backup_manager.prom
             For the textfile collector of node_exporter. With metrics_file in
             backup_manager.toml, the service writes it.
    ");
}

#[test]
fn of_report() {
    assert_snapshot!(help(&["report", "-h"]), @"
    Write a page of HTML that shows how all backups are, and were within a year

    Usage: backup_manager report [OPTIONS] --html <FILE>

    Options:
          --html <FILE>  The file of the page, which is replaced as a whole; - is
                         standard output
      -h, --help         Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager report --html backups.html
             The page needs no other file and runs no script.

    Example: backup_manager report --html - >backups.html
             Writes it to standard output. With report_file in backup_manager.toml,
             the service writes it.
    ");
}

#[test]
fn of_pause() {
    assert_snapshot!(help(&["pause", "-h"]), @"
    Plan no more runs of a schedule, until it is resumed

    Usage: backup_manager pause [OPTIONS] <SCHEDULE>

    Arguments:
      <SCHEDULE>  The index that `list` shows, or the name of the backup: then all
                  schedules with that name

    Options:
      -h, --help  Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager pause docs
             While it is paused, no run is missed or overdue. `run` still works.
    ");
}

#[test]
fn of_resume() {
    assert_snapshot!(help(&["resume", "-h"]), @"
    Plan the runs of a paused schedule again

    Usage: backup_manager resume [OPTIONS] <SCHEDULE>

    Arguments:
      <SCHEDULE>  The index that `list` shows, or the name of the backup: then all
                  schedules with that name

    Options:
      -h, --help  Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager resume docs
             Runs planned in the meantime are not made up for.
    ");
}

#[test]
fn of_list() {
    assert_snapshot!(help(&["list", "-h"]), @"
    Show the schedules, each with its index

    Usage: backup_manager list [OPTIONS]

    Options:
          --json  Write JSON
      -h, --help  Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager list
    ");
}

#[test]
fn of_delete() {
    assert_snapshot!(help(&["delete", "-h"]), @"
    Remove a schedule; its backups stay

    Usage: backup_manager delete [OPTIONS] <SCHEDULE>

    Arguments:
      <SCHEDULE>  The index that `list` shows, or the name of the backup

    Options:
      -h, --help  Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager delete 1
             Removes the schedule at index 1, and shows how to add it again.
    ");
}

#[test]
fn of_start() {
    assert_snapshot!(help(&["start", "-h"]), @"
    Start the service in the background

    Usage: backup_manager start [OPTIONS]

    Options:
          --poll <SECONDS>  Look at the schedules at least this often [default: 45]
          --workers <N>     Make at most this many backups at once [default: what
                            the configuration says, else 2]
          --ensure          Succeed if it runs already; then it goes on as it is,
                            with the options that it has
      -h, --help            Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager start

    Example: backup_manager start --ensure
             For scripts: starts it if it doesn't run.
    ");
}

#[test]
fn of_stop() {
    assert_snapshot!(help(&["stop", "-h"]), @"
    Stop the service, once the backups under way are finished

    Usage: backup_manager stop [OPTIONS]

    Options:
          --now     Don't wait: end the backups under way cleanly; they are made
                    again at the next start
          --ensure  Succeed if it doesn't run
      -h, --help    Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager stop

    Example: backup_manager stop --ensure
             For scripts: stops it if it runs.
    ");
}

#[test]
fn of_status() {
    assert_snapshot!(help(&["status", "-h"]), @r#"
    Show whether the service runs, and how each backup is; exit code 1 when it
    doesn't run

    Usage: backup_manager status [OPTIONS] [SCHEDULE]

    Arguments:
      [SCHEDULE]  The index that `list` shows, or the name of the backup: shows its
                  details [default: all, a line each]

    Options:
          --check            Begin with a line that says whether all is right, and
                             exit with 1 when a backup is OVERDUE (its last good one
                             or last drill is older than planned), FAILED,
                             INCOMPLETE, UNKNOWN or never runs, or the history can't
                             be read, the configuration is wrong or somebody hasn't
                             been notified for an hour, else with 0, whether or not
                             the service runs
          --format <FORMAT>  How to write the result of a check: nagios is one line
                             with performance data, and exit code 0, 1, 2 or 3 for
                             OK, WARNING, CRITICAL or UNKNOWN [possible values:
                             nagios]
          --json             Write JSON
          --watch            Show it again every 2 seconds, as long as backups run
      -h, --help             Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager status

    Example: backup_manager status docs
             All that is known of one backup.

    Example: backup_manager status --check >/dev/null || echo "look at the backups"
             For monitors and cron: looks at the backups, not at the service.

    Example: backup_manager status --check --format nagios
             For Nagios and Icinga.
    "#);
}

#[test]
fn of_history() {
    assert_snapshot!(help(&["history", "-h"]), @"
    Show what ran, when, how it ended, how long it took and how big it is; newest
    last

    Usage: backup_manager history [OPTIONS] [SCHEDULE]

    Arguments:
      [SCHEDULE]  The index that `list` shows, or the name of the backup [default:
                  all]

    Options:
          --last <N>  Show only the last so many runs
          --json      Write JSON
      -h, --help      Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager history docs --last 7
             All runs of that backup, whatever its times were, also if its schedule
             was deleted since.

    Example: backup_manager history --json
             An array of objects for other programs; the README names their fields.
    ");
}

#[test]
fn of_why() {
    assert_snapshot!(help(&["why", "-h"]), @r#"
    Tell why a run did or didn't happen

    Usage: backup_manager why [OPTIONS] <SCHEDULE> [WHEN]

    Arguments:
      <SCHEDULE>  The index that `list` shows, or the name of the backup
      [WHEN]      2026-11-21, "2026-11-21 16:07", 16:07 (of today), now, today,
                  yesterday, tomorrow, or RFC 3339 [default: today]

    Options:
          --json  Write JSON
      -h, --help  Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager why docs yesterday

    Example: backup_manager why docs "2026-11-21 16:07"
    "#);
}

#[test]
fn of_backups() {
    assert_snapshot!(help(&["backups", "-h"]), @r"
    Show the archives in the folder backups

    Usage: backup_manager backups [OPTIONS] [NAME]

    Arguments:
      [NAME]  The index that `list` shows, or the name of the backup [default: all,
              in the order of their file names]

    Options:
      -l, --long              Show size and age too, and where archives share parts
                              of the disk, what each has alone
          --json              Write JSON, which has size and moment anyway
          --at <DESTINATION>  Show the copies at this destination instead, the
                              oldest first
      -h, --help              Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager backups --long

    Example: backup_manager backups docs
             Shows those of one backup, the newest first.

    Example: backup_manager backups docs --at offsite
             Shows the copies of one backup at a destination.
    ");
}

#[test]
fn of_run() {
    assert_snapshot!(help(&["run", "-h"]), @r"
    Make the backup of a schedule now, in the foreground

    Usage: backup_manager run [OPTIONS] <SCHEDULE>

    Arguments:
      <SCHEDULE>  The index that `list` shows, or the name of the backup

    Options:
          --exclude <PATTERN>  Leave out what matches: a line as in .gitignore,
                               matched below the source, without a ; (may be
                               repeated)
          --one-file-system    Leave out what lies on other file systems; the
                               folders where they are mounted are kept
          --exclude-caches     Leave out what is in caches: folders with a valid
                               CACHEDIR.TAG, which is kept
          --compress <METHOD>  Store the archive compressed (zstd: as NAME.tar.zst,
                               which stock tar reads) or as it is (no)
          --output <FILE>      Write the archive to this new file, compressed if it
                               ends in .zst, and leave the backups and the history
                               alone; needed to leave out more than the schedule
                               does
          --full               Read everything anew, and trust nothing of the
                               archive before
      -v, --verbose            Name everything that is left out or skipped, on
                               stderr
          --dry-run            Make no backup: show what would be packed, what would
                               be left out, and why
          --list               Name every entry that would be packed
          --json               Write JSON: the run as `history --json` has it; with
                               --dry-run, an object an entry
      -h, --help               Print help

    Options of every command:
          --home <DIR>  The folder of the schedules, the backups and the logs
                        [default: that of the variable BACKUP_MANAGER_HOME, else the
                        current one]
          --trust-home  Use the home whoever owns it or may write to it [default: if
                        the variable BACKUP_MANAGER_TRUST_HOME is 1]

    Example: backup_manager run docs --verbose

    Example: backup_manager run docs --dry-run --exclude '*.iso'
             Shows what would be left out, and makes no backup.

    Example: backup_manager run docs --exclude '*.iso' --output /mnt/stick/docs.tar
    ");
}

#[test]
fn of_the_service() {
    let home = home();
    let help = Finished::run(&mut home.service_command(&["-h"])).expect_done();
    assert_snapshot!(help.stdout, @"
    Makes each scheduled backup at its time, until it is asked to stop

    Usage: backup_service [OPTIONS]

    Options:
          --home <DIR>      The folder of the schedules, the backups and the logs
                            [default: that of the variable BACKUP_MANAGER_HOME, else
                            the current one]
          --trust-home      Use the home whoever owns it or may write to it
                            [default: if the variable BACKUP_MANAGER_TRUST_HOME is
                            1]
          --poll <SECONDS>  Look at the schedules at least this often [default: 45]
          --workers <N>     Make at most this many backups at once [default: what
                            the configuration says, else 2]
          --background      Go into the background (what `backup_manager start`
                            does)
      -h, --help            Print help
      -V, --version         Print version

    Signals: SIGTERM, SIGINT and SIGQUIT finish the backups under way, then leave; a
    second one ends them cleanly, at once.
    SIGPWR finishes them too, however often it comes; SIGURG ends them at once.
    `backup_manager stop` sends these two.
    SIGHUP looks at the schedules now. Other signals, such as SIGUSR1 and SIGALRM,
    are ignored.

    Example: backup_service --home /srv/backup
    ");
}

#[test]
fn help_and_version_are_commands_too() {
    assert_eq!(help(&["help"]), help(&["--help"]));
    assert_eq!(help(&["-h"]), help(&["--help"]));
    assert_eq!(help(&["help", "restore"]), help(&["restore", "--help"]));
    assert_eq!(help(&["version"]), help(&["--version"]));
    let unknown = home().manager(&["help", "restor"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(2), ""));
    assert_snapshot!(unknown.stderr, @"
    Error: unknown instruction: restor
    hint: did you mean restore?
    ");
}

#[test]
fn the_version_is_the_package_s() {
    let home = home();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(home.done(&["--version"]).stdout, format!("backup_manager {version}\n"));
    let service = Finished::run(&mut home.service_command(&["--version"])).expect_done();
    assert_eq!(service.stdout, format!("backup_service {version}\n"));
}
