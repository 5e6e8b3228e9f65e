//! `explain` knows every class, by code and by name, and nothing else.

use influx_client::Class;

use crate::harness::run;

#[test]
fn every_class_is_explained_by_code_and_by_name() {
    for &class in Class::ALL {
        let by_code = run(&["explain", &class.exit_code().to_string()], "");
        let by_name = run(&["explain", class.id()], "");
        assert_eq!((by_code.code, by_name.code), (0, 0), "{class}");
        assert_eq!(by_code.out, by_name.out, "{class}");
        for part in [class.id(), class.meaning(), class.stored(), class.advice().text()] {
            assert!(by_code.out.contains(part), "{class}: {part} is missing in {}", by_code.out);
        }
        let json = run(&["explain", "--json", class.id()], "");
        let event = &json.events()[0];
        assert_eq!(event["exit"], class.exit_code());
        assert_eq!(event["advice"], class.advice().id());
    }
}

#[test]
fn the_list_has_every_class_once() {
    let ran = run(&["explain"], "");
    for &class in Class::ALL {
        let line = format!("{:>4}  {} ", class.exit_code(), class.id());
        assert_eq!(ran.out.matches(&line).count(), 1, "{line:?} in {}", ran.out);
    }
    let events = run(&["explain", "--json"], "").events();
    let classes = events.iter().filter(|event| !event["advice"].is_null()).count();
    assert_eq!(classes, Class::ALL.len());
    for event in events {
        for part in ["meaning", "stored", "resend", "advice_text"] {
            assert!(event[part].as_str().is_some_and(|text| !text.is_empty()), "{part} is missing: {event}");
        }
        assert!(ran.out.contains(event["class"].as_str().unwrap()), "{event}");
    }
}

#[test]
fn codes_of_signals_are_explained_too_and_others_are_not() {
    assert!(run(&["explain", "130"], "").out.contains("interrupted"));
    let killed = run(&["explain", "137"], "");
    assert!(killed.out.contains("signal") && killed.out.contains("send again?"), "{}", killed.out);
    assert!(run(&["explain", "11"], "").out.contains("by verify"));
    for unknown in ["17", "256", "Class", ""] {
        let ran = run(&["explain", unknown], "");
        assert_eq!(ran.code, 2, "{unknown}");
        assert!(ran.err.contains("error[2]"), "{}", ran.err);
    }
}
