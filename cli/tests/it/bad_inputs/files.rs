//! Files that a run writes to: on a full disk, in a directory that cannot be written, or not what they seem.

use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::in_order;
use crate::harness::{Ran, points, program, run, run_command, sink};

/// A small file system of its own, taken away with the value; `None`, with a word why, where it cannot be had.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn new(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "tmpfs"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(dir));
        }
        eprintln!("skipped: no file system can be mounted here");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Leaves so many bytes of room.
    fn fill_but(&self, room: u64) {
        let status = rustix::fs::statvfs(self.0.path()).unwrap();
        let free = status.f_bavail * status.f_frsize;
        fs::write(self.path("filler"), vec![0; usize::try_from(free.saturating_sub(room)).unwrap()]).unwrap();
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).stderr(Stdio::null()).status();
    }
}

/// A run with a good line after each bad one, checked here; and the path of each file that it writes.
fn with_files(url: &str, lines: usize, arguments: &[&str]) -> Ran {
    let lines: String = (0..lines).map(|n| format!("bad v= {n}\nm v={n} {n}\n")).collect();
    let all = [&["write", "--json", "-d", "db", "-H", url, "--batch-lines", "100"][..], arguments].concat();
    run(&all, lines)
}

#[test]
fn a_disk_that_fills_up_under_the_rejects() {
    let Some(disk) = Tmpfs::new("64k") else { return };
    let url = sink();
    disk.fill_but(8_192);
    let rejects = disk.path("bad.lp");
    let ran = with_files(&url, 5_000, &["--rejects", rejects.to_str().unwrap()]);
    in_order(&ran);
    // Refused lines that are kept nowhere would be lost, so it stops there, and the counts add up.
    assert_eq!(ran.code, 23, "{}", ran.err);
    assert!(ran.err.contains("cannot write to the rejects file"), "{}", ran.err);
    let summary = ran.summary();
    assert_eq!(summary["input_complete"], false, "{summary}");
    let kept = fs::read_to_string(&rejects).unwrap();
    assert!(kept.lines().count() > 50, "{} lines", kept.lines().count());
}

#[test]
fn a_disk_without_room_for_the_summary() {
    let Some(disk) = Tmpfs::new("64k") else { return };
    let url = sink();
    let file = disk.path("s.json");
    fs::write(&file, "before\n").unwrap();
    disk.fill_but(0);
    let ran = run(&["write", "-d", "db", "-H", &url, "--summary-file", file.to_str().unwrap()], points("m", 3));
    in_order(&ran);
    assert_eq!(ran.code, 23, "{ran:?}");
    assert!(ran.err.contains("3 accepted") || ran.err.contains("3 read"), "the counts are told all the same: {ran:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "before\n", "the one before is whole");
    let left: Vec<_> = fs::read_dir(disk.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn directories_that_cannot_be_written() {
    let url = sink();
    // Root writes wherever permissions forbid it, but not where the file system does.
    let (_disk, dir) = match Tmpfs::new("64k") {
        Some(disk) => {
            let mounted = Command::new("mount").args(["-o", "remount,ro"]).arg(disk.0.path()).status().unwrap();
            assert!(mounted.success());
            let path = disk.0.path().to_owned();
            (Ok(disk), path)
        }
        None if !rustix::process::geteuid().is_root() => {
            let dir = tempfile::tempdir().unwrap();
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
            let path = dir.path().to_owned();
            (Err(dir), path)
        }
        None => return,
    };
    for option in ["--rejects", "--summary-file"] {
        for file in [dir.join("f"), dir.join("no/such/dir/f"), dir.clone(), PathBuf::from("/proc/nothing")] {
            let ran = run(&["write", "-d", "db", "-H", &url, option, file.to_str().unwrap()], points("m", 3));
            in_order(&ran);
            assert_eq!(ran.code, 23, "{option} {}: {ran:?}", file.display());
            assert!(!ran.err.contains("accepted"), "it is found before anything is sent: {ran:?}");
        }
    }
}

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[test]
fn files_that_are_not_what_they_seem() {
    let url = sink();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let refused = |option: &str, file: &Path, why: &str| {
        let ran = with_files(&url, 2, &[option, file.to_str().unwrap()]);
        in_order(&ran);
        assert_eq!(ran.code, 23, "{option} {}: {ran:?}", file.display());
        assert!(ran.err.contains(why), "{option}: {why}: {}", ran.err);
        assert!(ran.out.is_empty(), "nothing was sent: {ran:?}");
    };
    let secret = path("secret");
    for option in ["--rejects", "--summary-file"] {
        fs::write(&secret, "mine\n").unwrap();
        let (link, hard, pipe) =
            (path(&format!("link{option}")), path(&format!("hard{option}")), path(&format!("pipe{option}")));
        symlink(&secret, &link).unwrap();
        if lchown(&link, Some(65_534), Some(65_534)).is_ok() {
            refused(option, &link, "somebody else");
        }
        fs::hard_link(&secret, &hard).unwrap();
        refused(option, &hard, "hard link");
        fs::remove_file(&hard).unwrap();
        // Nobody reads: waiting for a reader would be for ever.
        fifo(&pipe);
        refused(option, &pipe, "nobody reads");
        assert_eq!(fs::read_to_string(&secret).unwrap(), "mine\n");

        // A link of one's own is followed.
        let own = path(&format!("own{option}"));
        symlink(&secret, &own).unwrap();
        let ran = with_files(&url, 2, &[option, own.to_str().unwrap()]);
        assert_eq!(ran.code, 31, "{ran:?}");
        assert!(fs::symlink_metadata(&own).unwrap().is_symlink(), "it is still a link");
        assert_ne!(fs::read_to_string(&secret).unwrap(), "mine\n");
    }
}

#[test]
fn a_pipe_with_a_reader_and_standard_error_are_fine() {
    let url = sink();
    let dir = tempfile::tempdir().unwrap();
    for option in ["--rejects", "--summary-file"] {
        let pipe = dir.path().join(format!("pipe{option}"));
        fifo(&pipe);
        let reader = pipe.clone();
        let reading = std::thread::spawn(move || fs::read_to_string(reader).unwrap());
        let mut ran = with_files(&url, 2_000, &[option, pipe.to_str().unwrap()]);
        // Until the thread has opened its end nobody reads.
        while ran.code == 23 {
            ran = with_files(&url, 2_000, &[option, pipe.to_str().unwrap()]);
        }
        assert_eq!(ran.code, 31, "{ran:?}");
        let read = reading.join().unwrap();
        assert!(read.contains("bad v= 1") || read.contains("\"summary\""), "{} bytes", read.len());
        if Path::new("/dev/stderr").exists() {
            let ran = with_files(&url, 2, &[option, "/dev/stderr"]);
            assert_eq!(ran.code, 31, "{ran:?}");
            assert!(ran.err.contains("bad v= 1") || ran.err.contains("\"summary\""), "{ran:?}");
        }
    }
}

/// What a run in the middle of it all left behind is whole lines.
#[test]
fn rejects_of_several_runs_at_once_stay_apart() {
    let url = sink();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bad.lp");
    let lines: String = (0..300).map(|n| format!("bad v= {n}\nm v={n} {n}\n")).collect();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut command = program();
                command.args(["write", "-qq", "-d", "db", "-H", &url, "--rejects"]).arg(&file);
                assert_eq!(run_command(command, lines.as_bytes()).code, 31);
            });
        }
    });
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 3 * 2 * 300);
    for pair in text.lines().collect::<Vec<_>>().chunks(2) {
        assert!(pair[0].starts_with("# stdin:") && pair[1].starts_with("bad v= "), "{pair:?}");
    }
}

/// An import into a sink, with its journal at a path.
fn import(url: &str, lines: &str, journal: &Path) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("p.lp");
    fs::write(&file, lines).unwrap();
    let all =
        ["import", "--json", "-d", "db", "-H", url, "--batch-lines", "100", "--journal", journal.to_str().unwrap()];
    run(&[&all[..], &[file.to_str().unwrap()]].concat(), "")
}

#[test]
fn journals_that_are_not_what_they_seem() {
    let url = sink();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let mine = path("mine");
    fs::write(&mine, "mine\n").unwrap();
    let (link, hard, pipe, nested) = (path("link"), path("hard"), path("pipe"), path("no/such/dir/j"));
    symlink(&mine, &link).unwrap();
    fs::hard_link(&mine, &hard).unwrap();
    fifo(&pipe);
    for journal in [&link, &hard, &pipe, &nested, &dir.path().to_owned(), &PathBuf::from("/dev/null"), &mine] {
        let ran = import(&url, &points("m", 5), journal);
        in_order(&ran);
        assert!(ran.code == 24 || ran.code == 23, "{}: {ran:?}", journal.display());
        assert!(!ran.out.contains("\"accepted\":5"), "it is found before anything is sent: {ran:?}");
        assert_eq!(fs::read_to_string(&mine).unwrap(), "mine\n", "{}", journal.display());
    }
}

/// What was sent is counted as what it is, and the run ends: without its journal a resume would send all of it again.
#[test]
fn a_disk_that_fills_up_under_the_journal() {
    let Some(disk) = Tmpfs::new("64k") else { return };
    let url = sink();
    disk.fill_but(0);
    let ran = import(&url, &points("m", 50_000), &disk.path("journal"));
    in_order(&ran);
    assert_eq!(ran.code, 24, "{ran:?}");
    // With room for its beginning alone.
    fs::remove_file(disk.path("filler")).unwrap();
    disk.fill_but(8_192);
    let ran = import(&url, &points("m", 50_000), &disk.path("journal"));
    in_order(&ran);
    // A journal is small: it may have found room enough.
    assert!(ran.code == 24 || ran.code == 0, "{ran:?}");
    ran.summary();
}
