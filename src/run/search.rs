//! `run` of a scenario with `[find]`.

use super::record::RecordOfParts;
use crate::arguments::Run;
use crate::failure::Failure;
use crate::given::GivenScenario;
use crate::output::{printable, say, table};
use crate::progress::Bar;
use anyhow::Context;
use cospike_models::zoo::Zoo;
use cospike_results::manifest::SearchUsed;
use cospike_results::rows::Results;
use cospike_results::store::entries::Entries;
use cospike_results::summary::{Answer, ProbedLimit};
use cospike_sim_core::kernel::Number;
use cospike_studies::Study;
use cospike_studies::search::Searches;

const NO_STORE: &str = "[find] needs a store, in which each step finds what the ones before it have computed: name one with \
     `--store DIR`, and leave `--no-store` out";

/// Refuses what a search cannot do.
pub(super) fn check(arguments: &Run) -> Result<(), Failure> {
    let message = if arguments.verify || arguments.trace.file.is_some() || arguments.requests.file.is_some() {
        "a search is neither verified nor traced, and writes no requests: take [find] out of the scenario, and give a value with `--set`"
    } else if arguments.store.location(None).is_none() {
        NO_STORE
    } else {
        return Ok(());
    };
    Err(Failure::mistake(message))
}

/// Searches, and returns the results of everything that was probed. `ends` is the study of both ends.
pub(super) fn search(
    (scenario, zoo): (&GivenScenario, &Zoo),
    (searches, ends): (&Searches, &Study),
    entries: Option<&Entries>,
    bar: &Bar,
) -> anyhow::Result<Results> {
    let entries = entries.context(NO_STORE)?;
    let record = RecordOfParts::new(ends, entries);
    let make = |probes: &_| {
        let study = scenario.study_of(probes, zoo)?;
        record.add(&study);
        Ok(study)
    };
    searches.run(&make, entries, &|progress| bar.show(progress)).map_err(Failure::into_error)
}

/// Prints the path of each search and its answer.
pub(super) fn print_answers(answers: &[Answer], search: &SearchUsed) {
    for Answer { search: of, text, probes, .. } in answers {
        let mut rows = table(&[&search.key, "step", "replications", "mean [interval], limit", "verdict"]);
        for probe in probes {
            let limits: Vec<String> = probe.limits.iter().map(ProbedLimit::to_string).collect();
            let numbers = [Number(probe.value).to_string(), probe.step.to_string(), probe.replications.to_string()];
            rows.add_row(numbers.into_iter().chain([limits.join("\n"), probe.verdict.clone()]));
        }
        say!("\n{}:\n{rows}\n{}", printable(of), printable(text));
    }
    let percent = Number(100.0 * search.confidence);
    say!(
        "\nby bisection, which takes it that there is one border; each answer with {percent} % confidence, over all verdicts of its search \
         and all looks at the replications together"
    );
}
