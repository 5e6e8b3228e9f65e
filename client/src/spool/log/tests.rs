#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;

const LIMIT: u64 = 1 << 20;

fn place() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn open(path: &Path) -> Result<(Log, Vec<String>), SpoolError> {
    open_with(path, LIMIT).map(|(log, records, _)| (log, records))
}

fn open_with(path: &Path, limit: u64) -> Result<(Log, Vec<String>, SpoolRecovery), SpoolError> {
    let mut records = Vec::new();
    let (log, recovery) = Log::open(path, limit, |lines| {
        records.push(String::from_utf8(lines.to_vec()).unwrap());
        crate::line::lines(lines).count() as u64
    })?;
    Ok((log, records, recovery))
}

fn append(log: &mut Log, lines: &[&str]) -> Result<u64, SpoolError> {
    let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
    log.append(&lines)
}

#[test]
fn what_was_added_is_there_again_until_it_is_settled() {
    let place = place();
    let path = place.path().join("spool");
    let (mut log, records) = open(&path).unwrap();
    assert!(records.is_empty());
    log.bind("db").unwrap();
    assert_eq!(append(&mut log, &["a\n", "b\n"]).unwrap(), 0);
    assert_eq!(append(&mut log, &["c\nd\n"]).unwrap(), 2);
    assert_eq!(log.read(0).unwrap(), b"a\n");
    assert_eq!(log.read(2).unwrap(), b"c\nd\n");
    assert_eq!(log.read(1).unwrap(), b"b\n", "backwards too");
    log.settle(1).unwrap();
    log.write_note().unwrap();
    drop(log);
    let (mut log, records, recovery) = open_with(&path, LIMIT).unwrap();
    assert_eq!(records, ["b\n", "c\nd\n"]);
    assert_eq!((recovery.records, recovery.points, recovery.cut), (2, 3, 0));
    assert_eq!((log.settled(), log.next()), (1, 3));
    assert!(matches!(log.bind("other"), Err(SpoolError::OtherTarget { .. })));
    log.bind("db").unwrap();
    assert_eq!(append(&mut log, &["e\n"]).unwrap(), 3);
    log.settle(4).unwrap();
    log.write_note().unwrap();
    log.bind("other").expect("nothing is left for the first");
    assert_eq!(append(&mut log, &["f\n"]).unwrap(), 4);
    drop(log);
    assert_eq!(open(&path).unwrap().1, ["f\n"]);
}

#[test]
fn segments_come_and_go() {
    let place = place();
    let limit = 8_000;
    let (mut log, _, _) = open_with(place.path(), limit).unwrap();
    let line = format!("{}\n", "x".repeat(99));
    let mut added = 0;
    while log.has_room(Log::record_bytes(line.len())) {
        append(&mut log, &[&line]).unwrap();
        added += 1;
    }
    assert!(added > 50 && log.segments.len() > 3 && log.bytes() <= limit);
    for number in 0..added {
        assert_eq!(log.read(number).unwrap(), line.as_bytes(), "{number}");
    }
    log.settle(added - 1).unwrap();
    assert_eq!(log.segments.len(), 1, "only the last one has a record that is not settled");
    drop(log);
    let (mut log, records, _) = open_with(place.path(), limit).unwrap();
    assert_eq!(records.len(), 1, "the note was durable before the others went");
    for _ in 0..1_000 {
        let number = append(&mut log, &[&line]).unwrap();
        assert_eq!(log.read(number).unwrap(), line.as_bytes());
        log.settle(number + 1).unwrap();
        assert!(log.bytes() <= limit / 2);
    }
    drop(log);
    assert!(
        open_with(place.path(), limit).unwrap().1.len() <= 20,
        "what was settled since the last note may come again"
    );
}

/// The files of a spool with records in three groups.
fn written(place: &Path) -> Vec<u8> {
    let (mut log, _) = open(place).unwrap();
    log.bind("db").unwrap();
    append(&mut log, &["one\n"]).unwrap();
    append(&mut log, &["two\n", "three\n"]).unwrap();
    append(&mut log, &["four\n"]).unwrap();
    fs::read(log.directory.segment_path(0)).unwrap()
}

const ALL: [&str; 4] = ["one\n", "two\n", "three\n", "four\n"];

/// Cut at any byte, the spool opens with the records before the cut, and takes more.
#[test]
fn it_survives_a_crash_at_every_byte() {
    let place = place();
    let bytes = written(place.path());
    let file = place.path().join("00000000000000000000.points");
    let mut most = 0;
    for cut in 0..=bytes.len() {
        fs::write(&file, &bytes[..cut]).unwrap();
        let (mut log, records) = open(place.path()).unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        assert_eq!(records, ALL[..records.len()], "cut at {cut}");
        assert!(records.len() >= most);
        most = records.len();
        log.bind("db").unwrap();
        append(&mut log, &["more\n"]).unwrap();
        let kept = records.len();
        drop(log);
        let (log, records) = open(place.path()).unwrap();
        assert_eq!(records.len(), kept + 1);
        assert_eq!(records.last().unwrap(), "more\n");
        drop(log);
        for first in 0..=1 {
            let _ = fs::remove_file(place.path().join(format!("{first:020}.points")));
        }
    }
    assert_eq!(most, 4);
}

/// Whichever bit flips: a record that was not written is never read, and what is lost is told.
#[test]
fn a_flipped_bit_is_never_overlooked() {
    let place = place();
    let bytes = written(place.path());
    let file = place.path().join("00000000000000000000.points");
    let (mut damaged, mut cut) = (0, 0);
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&file, &flipped).unwrap();
        match open_with(place.path(), LIMIT) {
            Err(SpoolError::Damaged { .. } | SpoolError::Version { .. }) => damaged += 1,
            Err(error) => panic!("byte {at}: {error}"),
            // Nothing durable came behind it that would tell it from a torn write: but it was told.
            Ok((_, records, recovery)) => {
                assert!(recovery.cut > 0, "byte {at}");
                assert_eq!(records, ALL[..records.len()], "byte {at}");
                assert!(records.len() < 4);
                cut += 1;
            }
        }
    }
    assert!(damaged > 2 * cut && cut > 0, "{damaged} {cut}");
}

#[test]
fn a_missing_file_is_told() {
    let place = place();
    let (mut log, _, _) = open_with(place.path(), 8_000).unwrap();
    (0..70).for_each(|_| drop(append(&mut log, &[&"x".repeat(60)])));
    let firsts: Vec<u64> = log.segments.iter().map(|segment| segment.first).collect();
    assert!(firsts.len() > 2);
    drop(log);
    let kept = fs::read(place.path().join(format!("{:020}.points", firsts[1]))).unwrap();
    fs::remove_file(place.path().join(format!("{:020}.points", firsts[1]))).unwrap();
    assert!(matches!(open_with(place.path(), 8_000), Err(SpoolError::Damaged { .. })));
    fs::write(place.path().join(format!("{:020}.points", firsts[1])), kept).unwrap();
    fs::remove_file(place.path().join(format!("{:020}.points", firsts[0]))).unwrap();
    assert!(matches!(open_with(place.path(), 8_000), Err(SpoolError::Damaged { .. })));
}

/// A record that changes while the spool is open is told when it is read.
#[test]
fn what_changed_since_is_told_when_read() {
    let place = place();
    let bytes = written(place.path());
    let (mut log, _) = open(place.path()).unwrap();
    let file = place.path().join("00000000000000000000.points");
    let mut flipped = bytes.clone();
    let at = bytes.windows(5).position(|window| window == b"three").unwrap();
    flipped[at] ^= 1;
    fs::write(&file, flipped).unwrap();
    assert_eq!(log.read(1).unwrap(), b"two\n");
    assert!(matches!(log.read(2), Err(SpoolError::Damaged { .. })));
    assert!(log.read(3).is_err(), "nothing is taken from behind it");
    fs::write(&file, &bytes[..at]).unwrap();
    assert!(log.read(3).is_err());
}

#[test]
fn one_writer_at_a_time() {
    let place = place();
    let log = open(place.path()).unwrap();
    assert!(matches!(open(place.path()), Err(SpoolError::Locked { .. })));
    drop(log);
    open(place.path()).unwrap();
}

#[cfg(unix)]
#[test]
fn links_and_other_peoples_files_are_refused() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let place = place();
    let real = place.path().join("real");
    drop(open(&real).unwrap());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(real.join("lock")).unwrap().permissions().mode() & 0o777, 0o600);
    let is_unsafe = |path: &Path| matches!(open(path), Err(SpoolError::Unsafe { .. }));

    let link = place.path().join("link");
    symlink(&real, &link).unwrap();
    assert!(is_unsafe(&link), "a link to a directory");
    let file = place.path().join("file");
    fs::write(&file, "mine").unwrap();
    assert!(is_unsafe(&file), "a file");
    let segment = real.join("00000000000000000000.points");
    symlink(&file, &segment).unwrap();
    assert!(is_unsafe(&real), "a link in the place of a file");
    fs::remove_file(&segment).unwrap();
    fs::hard_link(&file, &segment).unwrap();
    assert!(is_unsafe(&real), "a file with another name elsewhere");
    fs::remove_file(&segment).unwrap();
    fs::create_dir(&segment).unwrap();
    assert!(is_unsafe(&real), "a directory in the place of a file");
    fs::remove_dir(&segment).unwrap();
    fs::remove_file(real.join("lock")).unwrap();
    symlink(&file, real.join("lock")).unwrap();
    assert!(is_unsafe(&real), "a link in the place of the lock");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    fs::remove_file(real.join("lock")).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(is_unsafe(&real), "others may write to it");
}

/// A file that fails when told to.
struct Failing {
    file: File,
    append: Option<io::ErrorKind>,
    sync: Option<io::ErrorKind>,
    cut: Option<io::ErrorKind>,
}

impl LogFile for Failing {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.append.take() {
            Some(kind) => {
                // Half of it is there, as on a disk that fills up.
                self.file.append(&bytes[..bytes.len() / 2])?;
                Err(kind.into())
            }
            None => self.file.append(bytes),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync.take().map_or_else(|| LogFile::sync(&mut self.file), |kind| Err(kind.into()))
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.cut.take().map_or_else(|| self.file.cut(length), |kind| Err(kind.into()))
    }
}

fn failing(
    place: &Path,
    append: Option<io::ErrorKind>,
    sync: Option<io::ErrorKind>,
    cut: Option<io::ErrorKind>,
) -> Log {
    let (mut log, _) = open(place).unwrap();
    super::tests::append(&mut log, &["before\n"]).unwrap();
    let mut file = log.directory.open_segment(0, true).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    log.head = Some(Box::new(Failing { file, append, sync, cut }));
    log
}

#[test]
fn a_full_disk_is_told_and_nothing_is_claimed() {
    let place = place();
    let mut log = failing(place.path(), Some(io::ErrorKind::StorageFull), None, None);
    assert!(matches!(append(&mut log, &["lost\n"]), Err(SpoolError::NoSpace)));
    assert_eq!(append(&mut log, &["after\n"]).unwrap(), 1, "it goes on when there is space again");
    drop(log);
    assert_eq!(open(place.path()).unwrap().1, ["before\n", "after\n"]);
}

#[test]
fn a_failed_sync_is_never_tried_again() {
    let place = place();
    let mut log = failing(place.path(), None, Some(io::ErrorKind::Other), None);
    assert!(matches!(append(&mut log, &["perhaps\n"]), Err(SpoolError::Io { action: "sync", .. })));
    assert!(matches!(append(&mut log, &["after\n"]), Err(SpoolError::Broken)));
    drop(log);
    assert_eq!(open(place.path()).unwrap().1[0], "before\n");
}

#[test]
fn what_cannot_be_taken_back_breaks_it() {
    let place = place();
    let mut log = failing(place.path(), Some(io::ErrorKind::Other), None, Some(io::ErrorKind::Other));
    assert!(matches!(append(&mut log, &["torn\n"]), Err(SpoolError::Io { .. })));
    assert!(matches!(append(&mut log, &["after\n"]), Err(SpoolError::Broken)));
    drop(log);
    let (_, records, recovery) = open_with(place.path(), LIMIT).unwrap();
    assert_eq!(records, ["before\n"]);
    assert!(recovery.cut > 0);
}
