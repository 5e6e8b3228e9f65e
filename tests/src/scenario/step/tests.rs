#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

fn request_of(http: Value) -> Request {
    match Step::new(&json!({"http": http, "expect": {"status": 204}})).unwrap() {
        Step::Http(ask) => ask.request,
        other => panic!("{other:?}"),
    }
}

fn http(more: Value) -> Value {
    let mut http = json!({"node": "data1", "method": "POST", "path": "/write"});
    http.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    http
}

#[test]
fn parameters_are_encoded_as_a_form_in_the_order_given() {
    let request = request_of(http(json!({"params": {"db": "a b", "q": "SELECT \"v\" + 1"}})));
    assert_eq!(request.target, "/write?db=a+b&q=SELECT+%22v%22+%2B+1");
    let request = request_of(http(json!({"params": [["db", "a"], ["db", ""]]})));
    assert_eq!(request.target, "/write?db=a&db=");
    assert_eq!(request_of(http(json!({}))).target, "/write");
}

#[test]
fn bodies() {
    assert_eq!(request_of(http(json!({"body": "m v=1\n"}))).body, "m v=1\n");
    assert_eq!(request_of(http(json!({"body_b64": "/wA="}))).body, &[255, 0][..]);
    let repeat = json!({"body_repeat": {"text": "m v={i} {i}", "count": 3, "start": 9, "sep": ";"}});
    assert_eq!(request_of(http(repeat)).body, "m v=9 9;m v=10 10;m v=11 11");
    assert_eq!(request_of(http(json!({"body_repeat": {"text": "{i}", "count": 2}}))).body, "0\n1");
}

#[test]
fn limits() {
    assert_eq!(request_of(http(json!({}))).limit, Duration::from_secs(60));
    assert_eq!(request_of(http(json!({"timeout_s": 0.5}))).limit, Duration::from_millis(500));
}

#[test]
fn faults() {
    let fault = |step: Value| match Step::new(&step).unwrap() {
        Step::Fault(fault) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(fault(json!({"fault": "kill", "nodes": ["data1"]})), Fault::Kill(vec!["data1".into()]));
    let restart = |within| Fault::Restart { nodes: vec!["data1".into()], within };
    let step = json!({"fault": "restart", "nodes": ["data1"]});
    assert_eq!(fault(step), restart(Some(Duration::from_secs(60))));
    assert_eq!(fault(json!({"fault": "restart", "nodes": ["data1"], "wait": false})), restart(None));
    let sides = vec![vec!["data1".to_owned()], vec!["data2".to_owned(), "meta1".to_owned()]];
    assert_eq!(fault(json!({"fault": "partition", "sides": sides})), Fault::Partition(sides));
    assert_eq!(fault(json!({"fault": "heal"})), Fault::Heal);
}

#[test]
fn the_variables_of_a_pick_are_numbered_when_there_are_several() {
    let pick = |count: Value| {
        let mut pick = json!({"rp": "r", "time": 1, "measurement": "m", "tag": "k", "owners": ["data1"], "as": "K"});
        pick.as_object_mut().unwrap().extend(count.as_object().unwrap().clone());
        Step::new(&json!({"pick": pick})).unwrap().sets()
    };
    assert_eq!(pick(json!({})), ["K"]);
    assert_eq!(pick(json!({"count": 1})), ["K"]);
    assert_eq!(pick(json!({"count": 2})), ["K0", "K1"]);
}

#[test]
fn a_mistake_anywhere_in_a_step_is_an_error() {
    let expect = json!({"status": 204});
    for wrong in [
        json!({}),
        json!([]),
        json!({"note": "nothing else"}),
        json!({"htpp": http(json!({})), "expect": expect}),
        json!({"http": http(json!({}))}),
        json!({"http": http(json!({})), "expect": {}}),
        json!({"http": http(json!({})), "expect": expect, "within_s": 3}),
        json!({"http": http(json!({})), "expect": expect, "sleep_s": 3}),
        json!({"http": http(json!({})), "expect": expect, "note": 3}),
        json!({"http": http(json!({"boddy": "x"})), "expect": expect}),
        json!({"http": http(json!({"body": "x", "body_b64": ""})), "expect": expect}),
        json!({"http": http(json!({"body_b64": "?"})), "expect": expect}),
        json!({"http": http(json!({"path": "write"})), "expect": expect}),
        json!({"http": http(json!({"params": {"db": 1}})), "expect": expect}),
        json!({"http": http(json!({"timeout_s": -1})), "expect": expect}),
        json!({"http": http(json!({"headers": {"a b": "c"}})), "expect": expect}),
        json!({"http": http(json!({"body": null})), "expect": expect}),
        json!({"wait_until": {"http": http(json!({})), "expect": expect}}),
        json!({"wait_until": {"http": http(json!({})), "expect": expect, "within_s": 1, "evry_s": 1}}),
        json!({"wait_until": {"http": http(json!({})), "expect": expect, "within_s": 1}, "every_s": 1}),
        json!({"parallel": []}),
        json!({"parallel": [{"sleep_s": 1}]}),
        json!({"parallel": [{"http": http(json!({})), "expect": expect}], "stagger": 1}),
        json!({"fault": "kil", "nodes": ["data1"]}),
        json!({"fault": "kill"}),
        json!({"fault": "kill", "nodes": []}),
        json!({"fault": "kill", "nodes": ["data1"], "wait": false}),
        json!({"fault": "restart", "nodes": ["data1"], "wait": false, "within_s": 1}),
        json!({"fault": "partition", "sides": [["data1"]]}),
        json!({"fault": "heal", "nodes": ["data1"]}),
        json!({"sleep_s": "1"}),
        json!({"sleep_s": -1}),
        json!({"sleep_s": 1, "expect": expect}),
        json!({"set": {"X": 1}}),
        json!({"pick": {"rp": "r", "time": 1, "measurement": "m", "tag": "k", "owners": [], "as": "K"}}),
        json!({"bind": {"rp": "r", "time": 1}}),
        json!({"bind": {"rp": "r", "time": 1, "owner_as": ["X"]}}),
        json!({"check_shards": {"groups": [{"start": "1970-01-05T00:00:00Z", "shard": 1}]}}),
        json!({"check_local_series": {"rp": "r", "time": 1, "series": []}}),
    ] {
        assert!(Step::new(&wrong).is_err(), "{wrong}");
    }
}
