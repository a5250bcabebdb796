//! The page: one self-contained HTML file complete without scripts, readable on a phone and on paper. Its script
//! sorts and filters tables, saves them and the figures, and draws what the reader chooses; it asks no host for anything.

mod explore;
mod headline;
mod limits;
mod provenance;
mod quoted;
mod search;
mod service;
mod tables;

use crate::digest::Digest;
use crate::figures::Figure;
use crate::quantity::{count, plural};
use limits::{MOST_LISTED, and_more};
pub(crate) use limits::{MOST_ROWS, beyond};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use quoted::with_code;

/// End of the title of every page.
const TITLE_END: &str = " · CoSpike";
/// The same as it stands in the page, by which a page is told.
pub(crate) const MARK: &str = " · CoSpike</title>";

/// A page with this `main` part, whose tables and figures [`SCRIPT`] makes answer, and further `scripts`.
pub(crate) fn document(title: &str, main: &Markup, scripts: &[&str]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) (TITLE_END) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                main { (main) }
                script { (PreEscaped(SCRIPT)) @for script in scripts { (PreEscaped(script)) } }
            }
        }
    }
}

/// Sorts, filters and saves tables, and saves figures.
const SCRIPT: &str = include_str!("page.js");

/// A figure with its caption: as it is on a page, and as it is `narrow`, on a phone.
pub(crate) fn figure_of(figure: &Figure, narrow: Option<&Figure>) -> Markup {
    html! {
        figure id=(figure.name) {
            div.wide.page tabindex="0" role="region" aria-label="Figure, scrolls sideways" { (PreEscaped(&figure.svg)) }
            @if let Some(narrow) = narrow { div.phone { (PreEscaped(&narrow.svg)) } }
            figcaption { (with_code(&figure.caption)) }
        }
    }
}

/// Renders the page around `figures`, of which `narrow` are those for a phone.
pub(crate) fn render(digest: &Digest<'_>, figures: &[Figure], narrow: &[Figure]) -> Markup {
    let manifest = &digest.results.manifest;
    let main = html! {
        h1 { (manifest.name) }
        (answer(digest))
        (contents(digest, figures))
        (what_was_run(digest))
        (warnings(digest))
        (what_failed(digest))
        (search::section(digest))
        (cautions(digest))
        section #figures {
            h2 { "Figures" }
            @for figure in figures { (figure_of(figure, narrow.iter().find(|other| other.name == figure.name))) }
        }
        (explore::section(digest))
        (headline::section(digest))
        (tables::section(digest))
        (service::section(digest))
        (provenance::section(digest))
    };
    document(&manifest.name, &main, &[include_str!("explore.js")])
}

/// The question of the study, and the answer that its tests give.
fn answer(digest: &Digest<'_>) -> Markup {
    let sentences = crate::answer::sentences(digest);
    html! {
        @if let Some(question) = &digest.results.manifest.question { p.question { (question) } }
        @if !sentences.is_empty() {
            section.answer #answer aria-label="Answer" {
                ul { @for sentence in &sentences { li { (with_code(sentence)) } } }
                p {
                    "Leads and ties are decided by paired t tests over replications, at 5 % for all together (Holm), and of different "
                    "networks also by the finite number of samples; differences below 1 %, or half a point, count as none. "
                    a href="#provenance" { "What is assumed" } "."
                }
            }
        }
    }
}

/// Links to the sections and the figures.
fn contents(digest: &Digest<'_>, figures: &[Figure]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                @for figure in figures { li { a href={ "#" (figure.name) } { (figure.title) } } }
                li { a href="#in-short" { "In short" } }
                li { a href="#points" { "Design points" } }
                @if !digest.pairs.is_empty() { li { a href="#pairs" { "Spiking against other families" } } }
                li { a href="#provenance" { "Provenance" } }
            }
        }
    }
}

fn what_was_run(digest: &Digest<'_>) -> Markup {
    let manifest = &digest.results.manifest;
    let generated = digest.designs.iter().map(|design| design.generated()).fold(0, u64::saturating_add);
    html! {
        p.lead {
            (plural(digest.designs.len(), "design point")) ", " (plural(digest.networks.len(), "distinct network")) ", "
            (replications(digest)) " of each, "
            (count(generated)) " requests in all. "
            @if let Some(shown) = digest.shown() {
                b { "This page is of the " (shown) ": the Parquet files in the folder hold all." } " "
            }
            "CoSpike " (manifest.version) ", seed " (manifest.seed) "."
            @if !manifest.axes.is_empty() {
                " Swept: "
                @for (index, axis) in manifest.axes.iter().enumerate() {
                    @if index > 0 { ", " }
                    code { (axis.key) }
                }
                "."
            }
        }
        details {
            summary { "The scenario" }
            pre { code { (manifest.scenario) } }
        }
    }
}

/// Number of replications of a design point, failed ones included: `10`, or `10 to 14` where they differ.
fn replications(digest: &Digest<'_>) -> String {
    let numbers = || digest.designs.iter().map(|design| design.summary.energy_j.of);
    let (least, most) = (numbers().min().unwrap_or(0), numbers().max().unwrap_or(0));
    if least < most { format!("{least} to {}", plural(most, "replication")) } else { plural(most, "replication") }
}

/// The section "Warnings"; empty if there are none.
fn warnings(digest: &Digest<'_>) -> Markup {
    let warnings = &digest.results.manifest.warnings;
    html! {
        @if !warnings.is_empty() {
            section {
                h2 { "Warnings" }
                ul { @for warning in warnings { li { (with_code(warning)) "." } } }
            }
        }
    }
}

/// The section "Means of this run only", about overloaded places and runs that are not steady; empty if there are none (invariant 16).
fn cautions(digest: &Digest<'_>) -> Markup {
    let doubtful: Vec<_> = digest.designs.iter().filter(|design| !design.summary.cautions.is_empty()).collect();
    html! {
        @if !doubtful.is_empty() {
            section #cautions {
                h2 { "Means of this run only" }
                p {
                    (count(doubtful.len() as u64)) " of " (plural(digest.designs.len(), "design point"))
                    " have means that a longer run would change. Do not compare them with others."
                }
                ul {
                    @for design in doubtful.iter().take(MOST_LISTED) {
                        @for caution in &design.summary.cautions { li { b { (design.row.label) } ": " (caution) "." } }
                    }
                    (and_more(doubtful.len()))
                }
            }
        }
    }
}

/// The section "What failed"; empty if nothing did.
fn what_failed(digest: &Digest<'_>) -> Markup {
    let failed: Vec<_> = digest.designs.iter().filter(|design| design.summary.failure.is_some()).collect();
    html! {
        @if !failed.is_empty() {
            section {
                h2 { "What failed" }
                p {
                    (count(failed.len() as u64)) " of " (plural(digest.designs.len(), "design point"))
                    " could not be simulated, not in all replications, or without an answer. Everything else is what it would be without them."
                }
                ul {
                    @for design in failed.iter().take(MOST_LISTED) {
                        li {
                            b { (design.row.label) }
                            @if design.summary.failed_replications > 0 {
                                ", " (count(design.summary.failed_replications as u64)) " of "
                                (plural(design.summary.energy_j.of, "replication"))
                            }
                            ": "
                            @if let Some(reason) = &design.summary.failure { (reason) }
                        }
                    }
                    (and_more(failed.len()))
                }
            }
        }
    }
}
