//! Provenance of every number, and how to make the page again.

use crate::digest::Digest;
use cospike_results::manifest::{FileUsed, Manifest, ProfileUsed, ValueUsed};
use maud::{Markup, html};
use std::borrow::Cow;

/// The sections on prices and profiles, on the files that were read, and on how to make the page again.
pub(super) fn section(digest: &Digest<'_>) -> Markup {
    let manifest = &digest.results.manifest;
    html! {
        section #provenance {
            h2 { "Prices and profiles" }
            p { "Every value with its source, what it covers and how good it is. Prices per operation and all-in powers never mix." }
            @for profile in &manifest.profiles { (profile_used(profile)) }
        }
        section {
            h2 { "Networks, images and traces" }
            div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
                table {
                    thead { tr { th { "What was read" } th { "Name" } th { "BLAKE3" } } }
                    tbody {
                        (files("weights", &manifest.networks))
                        (files("images", &manifest.datasets))
                        (files("trace", &manifest.traces))
                    }
                }
            }
        }
        section {
            h2 { "Make it again" }
            p {
                "Save the scenario above as " code { "scenario.toml" } " and run it with CoSpike " (manifest.version)
                "; the seed, " (manifest.seed) ", is part of the study, and the same scenario, files and version give the "
                "same bytes on any number of threads."
            }
            pre { code { (command(manifest)) } }
        }
    }
}

/// The command that makes the results again, as a shell takes it.
fn command(manifest: &Manifest) -> String {
    let options =
        |name: &str, values: &[String]| values.iter().map(|value| format!(" {name} {}", quoted(value))).collect();
    let [settings, points]: [String; 2] =
        [options("--set", &manifest.settings), options("--point", &manifest.selected)];
    format!("cospike run scenario.toml{settings}{points}")
}

/// A word of a command, in quotation marks if a shell would not take it as it is.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,".contains(c);
    if word.chars().all(is_plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")).into() }
}

fn files(what: &str, files: &[FileUsed]) -> Markup {
    html! {
        @for file in files {
            tr { td.text { (what) } th scope="row" { (file.name) } td { code.hash { (file.blake3) } } }
        }
    }
}

fn profile_used(profile: &ProfileUsed) -> Markup {
    html! {
        details open[profile.kind == "prices"] {
            summary { (profile.kind) ": " b { (profile.name) } }
            p { (profile.description) }
            div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
                table {
                    thead {
                        tr { th { "Quantity" } th { "Value" } th { "Unit" } th { "Source" } th { "Scope" } th { "Evidence" } }
                    }
                    tbody {
                        @for value in &profile.values {
                            tr {
                                th scope="row" { (value.key) }
                                td { (number(value)) }
                                td { (value.unit) }
                                td.text { (value.source) }
                                td.text { (value.scope) }
                                td { (value.evidence) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The value with all its digits, with an exponent where it is far from one.
fn number(value: &ValueUsed) -> String {
    let size = value.value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) { value.value.to_string() } else { format!("{:e}", value.value) }
}
