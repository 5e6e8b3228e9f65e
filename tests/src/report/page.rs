//! What all pages have in common.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("page.css");

/// A page with this title. Everything it needs is in it.
pub(super) fn page(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
    .into_string()
}

/// A part of a page, under a heading that can be linked to.
pub(super) fn section(id: &str, heading: &str, content: &Markup) -> Markup {
    html! {
        section id=(id) {
            h2 { (heading) }
            (content)
        }
    }
}

/// Whether something held, in a form that is read without colours too.
pub(super) fn held(held: bool) -> Markup {
    html! {
        @if held { span class="mark good" { "held" } } @else { span class="mark bad" { "not held" } }
    }
}

/// Nanoseconds since the run began, in seconds.
pub(super) fn seconds(nanos: u64) -> String {
    format!("{:.3}", nanos as f64 / 1e9)
}

/// A duration of so many nanoseconds.
pub(super) fn duration(nanos: u64) -> String {
    if nanos >= 1_000_000_000 {
        format!("{:.2} s", nanos as f64 / 1e9)
    } else {
        format!("{:.2} ms", nanos as f64 / 1e6)
    }
}
