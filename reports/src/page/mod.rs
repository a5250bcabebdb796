//! The page: one self-contained HTML file without scripts, readable on a phone and on paper.

mod headline;
mod provenance;
mod quoted;
mod service;
mod tables;

use crate::digest::Digest;
use crate::figures::Figure;
use crate::quantity::{count, plural};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Renders the page around `figures`.
pub(crate) fn render(digest: &Digest<'_>, figures: &[Figure]) -> Markup {
    let manifest = &digest.results.manifest;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (manifest.name) " · CoSpike" }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                main {
                    h1 { (manifest.name) }
                    (what_was_run(digest))
                    (headline::section(digest))
                    section {
                        h2 { "Figures" }
                        @for figure in figures {
                            figure id=(figure.name) {
                                // On a phone the figure scrolls sideways and keeps its font size.
                                div.wide { (PreEscaped(&figure.svg)) }
                                figcaption { (figure.caption) }
                            }
                        }
                    }
                    (tables::section(digest))
                    (service::section(digest))
                    (provenance::section(digest))
                }
            }
        }
    }
}

fn what_was_run(digest: &Digest<'_>) -> Markup {
    let manifest = &digest.results.manifest;
    let generated: u64 = digest.designs.iter().map(|design| design.generated()).sum();
    html! {
        p.lead {
            (plural(digest.designs.len(), "design point")) ", " (plural(digest.networks.len(), "distinct network")) ", "
            (plural(manifest.replications as usize, "replication")) " of each, "
            (count(generated)) " requests in all. CoSpike " (manifest.version) ", seed " (manifest.seed) "."
            @if !manifest.axes.is_empty() {
                " Swept: "
                @for (index, axis) in manifest.axes.iter().enumerate() {
                    @if index > 0 { ", " }
                    code { (axis) }
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
