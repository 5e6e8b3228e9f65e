//! `/debug/vars` and `/metrics`: a node's statistics for machines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderValue, Response, StatusCode, header};

use super::reply::{Body, json};
use crate::Profile;
use crate::go::write_json_string;
use crate::query::format_rfc3339;
use crate::runtime::DataServices;
use crate::stats::{Number, ProcessUsage, Statistic};

/// `GET /debug/vars`: one document, a module a key.
pub(super) fn vars(services: &DataServices) -> Response<Body> {
    let monitor = &services.statements.monitor;
    let mut members = Vec::new();
    let usage = ProcessUsage::now();
    match services.profile {
        Profile::V1_8 => members.push(("system".to_owned(), system(monitor.stats.started))),
        Profile::V0_10 => {}
    }
    members.push(("cmdline".to_owned(), "[\"influxd\"]".to_owned()));
    let (resident, reserved) = (usage.resident_bytes, usage.virtual_bytes);
    let memory =
        format!("{{\"Alloc\":{resident},\"Sys\":{reserved},\"HeapAlloc\":{resident},\"HeapInuse\":{resident}}}");
    members.push(("memstats".to_owned(), memory));
    let statistics = monitor.statistics();
    let mut keys = BTreeMap::<String, usize>::new();
    members.extend(statistics.iter().map(|statistic| {
        let mut key = statistic.key();
        // Equal keys are numbered from the second one on.
        let before = keys.entry(key.clone()).or_default();
        if *before > 0 {
            key = format!("{key}:{before}");
        }
        *before += 1;
        (key, object(statistic, services.profile))
    }));
    let mut body = "{\n".to_owned();
    for (at, (key, value)) in members.iter().enumerate() {
        if at > 0 {
            body.push_str(",\n");
        }
        write_json_string(&mut body, key);
        body.push_str(": ");
        body.push_str(value);
    }
    body.push_str("\n}\n");
    let mut response = json(StatusCode::OK, body);
    let form = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, form);
    response
}

fn system(started: SystemTime) -> String {
    let now = SystemTime::now();
    let shown =
        |time: SystemTime| format_rfc3339(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as i128);
    let uptime = now.duration_since(started).unwrap_or_default().as_secs();
    format!("{{\"currentTime\":\"{}\",\"started\":\"{}\",\"uptime\":{uptime}}}", shown(now), shown(started))
}

/// `{"name":…,"tags":…,"values":…}`; no tags are `null` in profile 1.8.
fn object(statistic: &Statistic, profile: Profile) -> String {
    let mut out = "{\"name\":".to_owned();
    write_json_string(&mut out, &statistic.name);
    out.push_str(",\"tags\":");
    if statistic.tags.is_empty() && profile == Profile::V1_8 {
        out.push_str("null");
    } else {
        out.push('{');
        for (at, (key, value)) in statistic.tags.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            write_json_string(&mut out, key);
            out.push(':');
            write_json_string(&mut out, value);
        }
        out.push('}');
    }
    out.push_str(",\"values\":{");
    for (at, (name, number)) in statistic.values.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_json_string(&mut out, name);
        // Writing to a string cannot fail.
        let _ = match number {
            Number::Integer(integer) => write!(out, ":{integer}"),
            Number::Float(float) => write!(out, ":{float}"),
        };
    }
    out.push_str("}}");
    out
}

/// `GET /metrics` in the text form of Prometheus: the process, as the real server has it there, and the node's
/// statistics, which it has not.
pub(super) fn metrics(services: &DataServices) -> Response<Body> {
    let usage = ProcessUsage::now();
    let monitor = &services.statements.monitor;
    let started = monitor.stats.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let mut out = String::new();
    let process: [(&str, &str, &str, f64); 6] = [
        ("process_cpu_seconds_total", "counter", "Time on processors.", usage.processor_time.as_secs_f64()),
        ("process_open_fds", "gauge", "Open files and sockets.", usage.open_files as f64),
        ("process_resident_memory_bytes", "gauge", "Memory in use.", usage.resident_bytes as f64),
        ("process_start_time_seconds", "gauge", "Start of the node, Unix time.", started),
        ("process_virtual_memory_bytes", "gauge", "Memory reserved.", usage.virtual_bytes as f64),
        ("go_threads", "gauge", "Threads.", usage.threads as f64),
    ];
    for (name, kind, help, value) in process {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    }
    let statistics = monitor.statistics();
    let mut named: Vec<(String, &Statistic, Number)> = statistics
        .iter()
        .flat_map(|statistic| {
            let name = move |value: &str| format!("influxdb_{}_{value}", statistic.name);
            statistic.values.iter().map(move |(value, number)| (name(value), statistic, *number))
        })
        .collect();
    // All lines of one name stand together.
    named.sort_by(|a, b| a.0.cmp(&b.0));
    let mut last = String::new();
    for (name, statistic, number) in named {
        if name != last {
            let _ = writeln!(out, "# TYPE {name} untyped");
            last.clone_from(&name);
        }
        out.push_str(&name);
        for (at, (key, value)) in statistic.tags.iter().enumerate() {
            out.push(if at == 0 { '{' } else { ',' });
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(out, "{key}=\"{value}\"");
        }
        if !statistic.tags.is_empty() {
            out.push('}');
        }
        let _ = match number {
            Number::Integer(integer) => writeln!(out, " {integer}"),
            Number::Float(float) => writeln!(out, " {float}"),
        };
    }
    let mut response = json(StatusCode::OK, out);
    let form = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, form);
    response
}
