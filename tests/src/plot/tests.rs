//! What the pictures show, for histories of every kind.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use super::sample::{Story, sample};
use super::*;
use crate::history::{Completion, Function, Interval, Operation};

type Draw = fn(&[Operation], &[Interval], &Caption) -> Picture;
const PLOTS: [Draw; 3] = [latency_raw, latency_quantiles, rate];

fn caption() -> Caption {
    Caption { title: "register-partition-all".into(), detail: "profile 0.10, 3 nodes, seed 1".into() }
}

fn operation(invoked: u64, completed: Option<u64>, completion: Completion) -> Operation {
    let (mut operations, _) = sample(Story::All, 1, 1);
    Operation { f: Function::Write, invoked, completed, completion, ..operations.remove(0) }
}

/// Middles of the marks of a picture that are on its panel, where the legend is not.
fn marks(picture: &Picture) -> Vec<(f64, f64)> {
    let middle = |shape: &Shape| match shape {
        Shape::Mark { at, .. } if at.0 <= frame::RIGHT => Some(*at),
        _ => None,
    };
    picture.shapes.iter().filter_map(middle).collect()
}

fn points(shape: &Shape) -> Vec<(f64, f64)> {
    match shape {
        Shape::Rectangle { from, to, .. } => vec![*from, *to],
        Shape::Line { points, .. } => points.clone(),
        Shape::Mark { at, .. } | Shape::Text { at, .. } => vec![*at],
    }
}

fn texts(picture: &Picture) -> Vec<(&str, f64, f64, f64, f64)> {
    let placed = |shape: &'_ Shape| match shape {
        Shape::Text { at: (x, y), align, text, size, bold, .. } => {
            let width = text_width(text, *size, *bold);
            let left = match align {
                Align::Start => *x,
                Align::Middle => x - width / 2.0,
                Align::End => x - width,
            };
            Some((left, y - size * 0.75, left + width, y + size * 0.2))
        }
        _ => None,
    };
    fn text(shape: &Shape) -> &str {
        match shape {
            Shape::Text { text, .. } => text,
            _ => "",
        }
    }
    picture.shapes.iter().filter_map(|shape| placed(shape).map(|(a, b, c, d)| (text(shape), a, b, c, d))).collect()
}

/// More kinds of faults than a legend has lines.
fn all_kinds() -> Vec<Interval> {
    let fault =
        |number: u64| Interval { from: number, to: number + 3, fault: format!("kind-{number}"), whom: "node1".into() };
    (0..40).map(fault).collect()
}

fn histories() -> Vec<(&'static str, Vec<Operation>, Vec<Interval>)> {
    let fault = |from, to| Interval { from, to, fault: "kill".into(), whom: "node2".into() };
    let failed = (0..50).map(|n| operation(n * 100, Some(n * 100 + 2_000_000), Completion::Fail)).collect();
    let with = |name, story, time| {
        let (operations, faults) = sample(story, time, 7);
        (name, operations, faults)
    };
    vec![
        ("empty", Vec::new(), Vec::new()),
        ("faults only", Vec::new(), vec![fault(0, 5)]),
        ("one", vec![operation(5, Some(9), Completion::Ok)], Vec::new()),
        ("one at nought", vec![operation(0, Some(0), Completion::Ok)], vec![fault(0, 0)]),
        ("one open", vec![operation(5, None, Completion::Info)], Vec::new()),
        ("all failed", failed, Vec::new()),
        ("all kinds of faults", vec![operation(5, Some(9), Completion::Ok)], all_kinds()),
        with("all", Story::All, 30),
        with("any", Story::Any, 30),
        with("shards", Story::Shards, 30),
        with("an hour", Story::Shards, 3600),
    ]
}

#[test]
fn every_operation_has_its_mark_where_it_belongs() {
    let (operations, faults) = sample(Story::All, 30, 3);
    let picture = latency_raw(&operations, &faults, &caption());
    assert_eq!(marks(&picture).len(), operations.len());
    let scale = frame::seconds(latency::end_of(&operations, &faults));
    for (operation, (x, _)) in operations.iter().zip(marks(&picture)) {
        assert!((x - scale.at(operation.invoked as f64 / 1e9)).abs() < 1e-9);
    }
    let slowest = marks(&picture).into_iter().map(|(_, y)| y).fold(f64::INFINITY, f64::min);
    let fastest = marks(&picture).into_iter().map(|(_, y)| y).fold(0.0, f64::max);
    assert!(slowest < 180.0 && fastest > 250.0, "a second is far above a millisecond: {slowest} {fastest}");
    // Circles are drawn for reads alone, and none of the reads failed.
    let reads = operations.iter().filter(|operation| operation.f == Function::Read).count();
    let circles = picture.svg().unwrap().matches("<circle").count();
    assert_eq!(circles, reads + 1, "one more is in the legend");
}

#[test]
fn faults_are_shaded_where_they_were() {
    let (operations, faults) = sample(Story::Any, 30, 3);
    for draw in PLOTS {
        let picture = draw(&operations, &faults, &caption());
        let scale = frame::seconds(latency::end_of(&operations, &faults));
        let bands: Vec<_> = picture
            .shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Rectangle { from, to, .. } if to.0 <= frame::RIGHT => Some((from.0, to.0)),
                _ => None,
            })
            .collect();
        assert_eq!(bands.len() % faults.len(), 0, "as many in each panel");
        for (band, fault) in bands.iter().zip(&faults) {
            let (from, to) = (scale.at(fault.from as f64 / 1e9), scale.at(fault.to as f64 / 1e9));
            assert!((band.0 - from).abs() < 1e-9 && (band.1 - to).abs() < 1e-9, "{band:?} {fault:?}");
        }
    }
}

#[test]
fn every_history_can_be_drawn_and_nothing_leaves_the_paper() {
    for (name, operations, faults) in histories() {
        for draw in PLOTS {
            let picture = draw(&operations, &faults, &caption());
            let (width, height) = (f64::from(picture.size.0), f64::from(picture.size.1));
            for (x, y) in picture.shapes.iter().flat_map(points) {
                assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "{name}: {x} {y}");
            }
            for (text, left, top, right, bottom) in texts(&picture) {
                assert!(
                    left >= 0.0 && right <= width && top >= 0.0 && bottom <= height,
                    "{name}: {text} leaves the paper"
                );
            }
            let svg = picture.svg().unwrap();
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{name}");
        }
    }
}

#[test]
fn no_text_is_written_over_another() {
    for (name, operations, faults) in histories() {
        for draw in PLOTS {
            let picture = draw(&operations, &faults, &caption());
            let texts = texts(&picture);
            for (number, one) in texts.iter().enumerate() {
                for other in &texts[..number] {
                    let apart = one.1 >= other.3 || other.1 >= one.3 || one.2 >= other.4 || other.2 >= one.4;
                    assert!(apart, "{name}: {:?} and {:?} in {}", one.0, other.0, picture.about);
                }
            }
        }
    }
}

#[test]
fn a_hundred_thousand_operations_make_a_picture_of_bounded_size() {
    let mut operations = Vec::new();
    for seed in 0.. {
        operations.extend(sample(Story::All, 3600, seed).0);
        if operations.len() >= 100_000 {
            break;
        }
    }
    // An outlier that no thinning may lose.
    operations.push(operation(1_800_000_000_000, Some(1_890_000_000_000), Completion::Fail));
    let began = Instant::now();
    for draw in PLOTS {
        let svg = draw(&operations, &[], &caption()).svg().unwrap();
        assert!(svg.len() < 1_500_000, "{}", svg.len());
    }
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    let picture = latency_raw(&operations, &[], &caption());
    let said: Vec<_> = texts(&picture).into_iter().map(|text| text.0).collect();
    assert!(said.contains(&format!("{} operations", operations.len()).as_str()), "{said:?}");
    assert!(said.contains(&"fail: 1"), "{said:?}");
    let highest = marks(&picture).into_iter().map(|(_, y)| y).fold(f64::INFINITY, f64::min);
    let alone = marks(&picture).into_iter().filter(|(_, y)| (*y - highest).abs() < 0.01).count();
    assert_eq!(alone, 1, "the slowest of all is still seen");
}

#[test]
fn what_never_ended_is_said_and_not_given_a_latency() {
    let operations = [operation(0, Some(1_000_000), Completion::Ok), operation(1_000_000_000, None, Completion::Info)];
    let raw = latency_raw(&operations, &[], &caption());
    assert!(texts(&raw).iter().any(|text| text.0 == "1 never ended,"));
    let quantiles = latency_quantiles(&operations, &[], &caption());
    assert_eq!(marks(&quantiles).len(), 4, "one window with four quantiles");
}

#[test]
fn quantiles_and_rates_are_those_of_the_history() {
    // 100 writes of 1 to 100 ms, all begun within the first window.
    let operations: Vec<_> = (1..=100).map(|n| operation(n, Some(n + n * 1_000_000), Completion::Ok)).collect();
    let far = operation(29_999_000_000, Some(30_000_000_000), Completion::Ok);
    let all: Vec<_> = operations.into_iter().chain([far]).collect();
    let picture = latency_quantiles(&all, &[], &caption());
    let first: Vec<f64> = marks(&picture).into_iter().filter(|(x, _)| *x < 100.0).map(|(_, y)| y).collect();
    let [max, p99, p95, p50] = first[..] else { panic!("{first:?}") };
    assert!(max < p99 && p99 < p95 && p95 < p50, "{first:?}");
    // The axis has two powers of ten, 1 to 100 ms; 50 ms is a factor of 2 below its top.
    let decade = (356.0 - 72.0) / 2.0;
    assert!((p50 - max - decade * 2_f64.log10()).abs() < 0.5, "{first:?}");

    let picture = rate(&all, &[], &caption());
    let highest = marks(&picture).into_iter().map(|(_, y)| y).fold(f64::INFINITY, f64::min);
    let labels: Vec<_> = texts(&picture).into_iter().filter(|text| text.3 < 60.0 && text.2 > 80.0).collect();
    let hundred = labels.iter().find(|text| text.0 == "100").unwrap();
    assert!((highest - f64::midpoint(hundred.2, hundred.4)).abs() < 3.0, "{highest} {hundred:?}");
}

#[test]
fn texts_are_escaped_in_an_svg() {
    let caption = Caption { title: "<b> & \"c\"".into(), detail: "</svg>".into() };
    let svg = latency_raw(&[], &[], &caption).svg().unwrap();
    assert!(svg.contains("&lt;b&gt; &amp; &quot;c&quot;") && svg.matches("</svg>").count() == 1);
}

#[test]
fn a_png_has_twice_the_pixels_and_shows_what_the_svg_shows() {
    let faults = [Interval { from: 0, to: 1_000_000_000, fault: "kill".into(), whom: "node2".into() }];
    let operations = [operation(500_000_000, Some(1_000_000_000), Completion::Ok)];
    let picture = latency_raw(&operations, &faults, &caption());
    let file = picture.png().unwrap();
    let mut reader = png::Decoder::new(&file[..]).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((frame.width, frame.height), (1800, 800));
    let at = |x: f64, y: f64| {
        let place = 3 * ((y * 2.0).round() as usize * 1800 + (x * 2.0).round() as usize);
        (pixels[place], pixels[place + 1], pixels[place + 2])
    };
    let (x, y) = marks(&picture)[0];
    assert_eq!(at(x, y), of_completion(Completion::Ok).rgb);
    assert_eq!(at(1.0, 1.0), (255, 255, 255));
    let (red, green, _) = at(x + 40.0, 200.5);
    assert!(red > green, "shaded in the colour of a kill: {:?}", at(x + 40.0, 200.5));
    let title: usize = (30..200).filter(|x| at(f64::from(*x), 20.0).0 < 100).count();
    assert!(title > 10, "the title has letters");
}
