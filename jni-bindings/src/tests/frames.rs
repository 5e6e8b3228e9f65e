use proptest::prelude::*;

use super::*;
use crate::policy::{Asking, read_decision};
use crate::request::Plain;
use crate::resolve::ResolveOptions;
use crate::settings::Settings;
use crate::testing::Given;
use crate::writer::WriterSettings;

/// Reads a frame as each kind that Java sends.
fn read_as_all(frame: &[u8]) {
    let asking = Asking { inbox: Arc::default(), patience: std::time::Duration::ZERO };
    let _ = Settings::read(frame).map(|settings| settings.build().map(drop));
    let _ = WriteOptions::read(frame, &asking);
    let _ = WriteOptions::read_with_rules(frame, &asking);
    let _ = Question::read(frame).map(drop);
    let _ = Plain::read(frame).map(drop);
    let _ = ResolveOptions::read(frame).map(drop);
    let _ = WriterSettings::read(frame).map(drop);
    let _ = read_decision(frame);
    let _ = crate::answer::judge(frame);
}

/// Sound frames of several kinds.
fn sound() -> Vec<Vec<u8>> {
    let urls = vec!["http://user:word@127.0.0.1:1".to_owned()];
    let mut reply = Writer::new();
    reply.i32(400).bytes(br#"{"error":"partial write: x dropped=1"}"#).bool(true).str_or_none(None);
    reply.str_or_none(Some("1.8.10")).str_or_none(None).str_or_none(Some("7")).str_or_none(None).str("one").i32(5);
    reply.bool(true);
    let mut query = Writer::new();
    query.str("SELECT").str_or_none(None).str_or_none(None).u8(0).str_or_none(Some("ns")).i32(-1).i32(2).str("a");
    query.u8(7).str("[1,{}]").str("b").u8(5).f64(1.5).i64(-1).i64(0);
    let given = Given { password: Some("hunter2"), policy: vec![4], ..Given::to(&urls) };
    vec![given.frame(), plain_options().into_bytes().unwrap(), reply.into_bytes().unwrap(), query.into_bytes().unwrap()]
}

proptest! {
    #[test]
    fn arbitrary_frames_do_no_harm(frame in prop::collection::vec(any::<u8>(), 0..200)) {
        read_as_all(&frame);
    }

    #[test]
    fn changed_frames_do_no_harm(kind in 0..4_usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut frame = sound().swap_remove(kind);
        let at = at.index(frame.len());
        if cut {
            frame.truncate(at);
        } else {
            frame[at] = byte;
        }
        read_as_all(&frame);
    }
}

/// Every number that can be set at either end of its range.
#[tokio::test(flavor = "multi_thread")]
async fn extreme_options_do_no_harm() {
    let (_cluster, urls) = cluster(1).await;
    let session = Given::to(&urls).open();
    for (call, number) in (1..).zip([0, 1, i64::MAX]) {
        let small = i32::try_from(number).unwrap_or(i32::MAX);
        let mut frame = Writer::new();
        frame.str("ns").str_or_none(None).str_or_none(None).str_or_none(None).i64(i64::MAX).i64(number).i32(small);
        frame
            .i32(small)
            .bool(true)
            .bool(true)
            .u8(2)
            .u8(small as u8)
            .u8(2)
            .i64(number)
            .i64(number)
            .i32(small)
            .i32(small);
        start_write(&session, call, point(TIME + number % 7), &frame);
        assert_eq!(fetch(&session).await.0, crate::completion::Kind::Ack as u8, "{number}");
    }
    close(session).await;
}
