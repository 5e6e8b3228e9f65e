//! The journals of imports: looking at them, removing them, and those that are not what they should be.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::harness::points;
use crate::place::Place;
use crate::sink::{Answer, Sink};

/// An import of which five points are settled and fifteen are not.
fn unfinished(place: &Place) -> Sink {
    let sink =
        Sink::answering(|request| if request.number == 0 { Answer::Stored } else { Answer::Error(500, "timeout") });
    let file = place.file("a.lp", points("m", 20));
    let ran =
        place.import(&sink.url, &["--batch-lines", "5", "--in-flight", "1", "--fail-fast", "--retries", "0", &file]);
    assert_eq!(ran.code, 11, "{ran:?}");
    sink
}

#[test]
fn what_is_left_can_be_seen() {
    let place = Place::new();
    let none = place.run(&["journal", "list"]);
    assert_eq!((none.code, none.out.as_str()), (0, ""), "{none:?}");
    let sink = unfinished(&place);
    let list = place.run(&["journal", "list"]);
    assert_eq!(list.code, 0);
    let line = list.out.lines().last().unwrap();
    assert!(line.contains("unfinished") && line.contains("db") && line.ends_with("a.lp"), "{}", list.out);
    let name = line.split(' ').next().unwrap();

    let file = place.path("a.lp");
    let path = place.journals().remove(0);
    for word in [name, file.to_str().unwrap(), path.to_str().unwrap(), "a.lp"] {
        let shown = place.run(&["journal", "show", word, "--json"]);
        assert_eq!(shown.code, 0, "{word}: {shown:?}");
        let object = &shown.events()[0];
        assert_eq!((object["state"].as_str(), object["points"]["accepted"].as_u64()), (Some("unfinished"), Some(5)));
        let text = fs::read_to_string(&file).unwrap();
        let settled: usize = text.lines().take(5).map(|line| line.len() + 1).sum();
        let input = &object["inputs"][0];
        assert_eq!((input["acked_to"].as_u64(), input["line"].as_u64()), (Some(settled as u64), Some(6)), "{object}");
        assert_eq!(object["hosts"][0], sink.url.as_str());
    }
    let shown = place.run(&["journal", "show", "a.lp"]);
    assert!(shown.out.contains("5 accepted") && shown.out.contains("next line"), "{}", shown.out);
    let all: Vec<_> = place.run(&["journal", "list", "--json"]).events();
    assert_eq!((all.len(), all[0]["settings"]["database"].as_str()), (1, Some("db")));
    let unknown = place.run(&["journal", "show", "nothing"]);
    assert_eq!(unknown.code, 24, "{unknown:?}");
}

#[test]
fn journals_are_removed_by_name_or_when_they_are_of_no_use() {
    let place = Place::new();
    unfinished(&place);
    let sink = Sink::new();
    let done = place.file("done.lp", points("m", 3));
    assert_eq!(place.import(&sink.url, &[&done]).code, 0);
    assert_eq!(place.journals().len(), 2);
    let ran = place.run(&["journal", "rm", "--finished"]);
    assert_eq!((ran.code, place.journals().len()), (0, 1), "{ran:?}");
    // A file that is none stays.
    let ran = place.run(&["journal", "rm", "a.lp"]);
    assert_eq!((ran.code, place.journals().len(), place.path("a.lp").exists()), (0, 0, true), "{ran:?}");
    let ran = place.run(&["journal", "rm", "a.lp"]);
    assert_eq!((ran.code, place.path("a.lp").exists()), (24, true), "{ran:?}");
    assert_eq!(place.run(&["journal", "rm"]).code, 2);
}

#[test]
fn only_a_file_of_ones_own_is_a_journal() {
    let (sink, place) = (Sink::new(), Place::new());
    let file = place.file("a.lp", points("m", 3));
    let victim = place.file("victim", "precious\n");
    symlink(&victim, place.path("link")).unwrap();
    symlink(place.path("nothing"), place.path("dangling")).unwrap();
    fs::write(place.path("one"), "").unwrap();
    fs::hard_link(place.path("one"), place.path("two")).unwrap();
    fs::write(place.path("open"), "").unwrap();
    fs::set_permissions(place.path("open"), fs::Permissions::from_mode(0o666)).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(place.path("pipe")).status().unwrap().success());
    for (journal, why) in [
        ("link", "symbolic link"),
        ("dangling", "symbolic link"),
        ("two", "other names"),
        ("open", "others may write"),
        ("pipe", "not a plain file"),
        ("/dev/null", "not a plain file"),
        (".", "not a plain file"),
        ("victim", "no journal"),
    ] {
        let ran = place.import(&sink.url, &[&file, "--restart", "--journal", journal]);
        assert_eq!(ran.code, 24, "{journal}: {ran:?}");
        assert!(ran.err.contains(why) && ran.err.contains("hint: "), "{journal}: {}", ran.err);
    }
    assert_eq!((sink.seen(), fs::read_to_string(&victim).unwrap().as_str()), (0, "precious\n"));
    assert!(!place.path("nothing").exists());
    // The directory of journals as well.
    fs::create_dir_all(place.path("state/influx-cli")).unwrap();
    symlink(place.dir(), place.path("state/influx-cli/journal")).unwrap();
    let ran = place.import(&sink.url, &[&file]);
    assert_eq!((ran.code, sink.seen()), (24, 0), "{ran:?}");
}

#[test]
fn a_journal_that_was_changed_or_is_of_a_later_version_is_not_believed() {
    let place = Place::new();
    unfinished(&place);
    let sink = Sink::new();
    let path = place.journals().remove(0);
    let whole = fs::read(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // Another cluster would get nothing of what is settled; another node beside the first may be the same one.
    let ran = place.import(&sink.url, &["--batch-lines", "5", "--in-flight", "1", "a.lp", "--resume"]);
    assert!(ran.code == 24 && ran.err.contains("--host") && sink.seen() == 0, "{ran:?}");
    let shown = place.run(&["journal", "show", "--json", "a.lp"]);
    let hosts = format!("{},{}", shown.events()[0]["hosts"][0].as_str().unwrap(), sink.url);
    let resume = || place.import(&hosts, &["--batch-lines", "5", "--in-flight", "1", "a.lp", "--resume"]);
    let mut flipped = whole.clone();
    let at = flipped.windows(8).position(|bytes| bytes == b"accepted").unwrap();
    flipped[at + 10] ^= 1;
    let object = br#"{"t":"journal","v":2}"#;
    let later = format!("{{\"crc\":\"{:08x}\",\"r\":{}}}\n", crc32fast::hash(object), String::from_utf8_lossy(object));
    for (bytes, why) in [(flipped, "damaged in line 2"), (later.into_bytes(), "format 2")] {
        fs::write(&path, bytes).unwrap();
        let ran = resume();
        assert_eq!((ran.code, sink.seen()), (24, 0), "{ran:?}");
        assert!(ran.err.contains(why) && ran.err.contains("--restart"), "{}", ran.err);
        assert_eq!(
            place.run(&["journal", "show", "--json", path.to_str().unwrap()]).events()[0]["state"],
            "unreadable"
        );
    }
    // A record that was torn off is no damage; what it says is not claimed.
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    fs::write(&path, &whole[..first + 20]).unwrap();
    let ran = resume();
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(20)), "{ran:?}");
}
