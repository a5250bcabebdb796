//! How searches came to their answers.

use super::quoted::with_code;
use crate::digest::Digest;
use crate::quantity::count;
use cospike_results::manifest::SearchUsed;
use cospike_results::summary::Answer;
use cospike_sim_core::kernel::Number;
use maud::{Markup, html};

/// The section "What was searched"; empty without a search.
pub(super) fn section(digest: &Digest<'_>) -> Markup {
    html! {
        @if let Some(search) = &digest.results.manifest.search {
            section {
                h2 { "What was searched" }
                p { (about(search)) }
                @for answer in &digest.searches { (path(answer, search)) }
            }
        }
    }
}

fn about(search: &SearchUsed) -> Markup {
    let SearchUsed { key, goal, from, to, candidates, condition, confidence, max_replications } = search;
    html! {
        "The " (goal) " " code { (key) } " for which " code { (condition) } ", of " (count(u64::from(*candidates))) " from "
        (Number(*from)) " to " (Number(*to)) ". Bisection takes it that there is one border, and probes the neighbours of the "
        "answer. A candidate gets replications, at most " (count(u64::from(*max_replications))) ", until each interval that "
        "matters lies on one side of its limit. The intervals are so wide that all verdicts of a search, over all looks at the "
        "replications, are right with " (Number(100.0 * confidence)) " % confidence together. All candidates see the same arrivals, "
        "samples and losses."
    }
}

/// The answer of one search, with what was probed.
fn path(answer: &Answer, search: &SearchUsed) -> Markup {
    html! {
        h3 { (with_code(&answer.search)) }
        p { (with_code(&answer.text)) "." }
        div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
            table {
                thead { tr { th { (search.key) } th { "Step" } th { "Replications" } th { "Mean [interval], limit" } th { "Verdict" } } }
                tbody {
                    @for probe in &answer.probes {
                        tr {
                            th scope="row" { (Number(probe.value)) }
                            td { (probe.step) }
                            td { (probe.replications) }
                            td.text { @for limit in &probe.limits { div { (with_code(&limit.to_string())) } } }
                            td.text { (with_code(&probe.verdict)) }
                        }
                    }
                }
            }
        }
    }
}
