//! `run` of a scenario with `[find]`.

use super::record::leave_record;
use crate::failure::Failure;
use crate::given::GivenScenario;
use crate::output::{printable, say, table};
use crate::progress::Bar;
use cospike_models::zoo::Zoo;
use cospike_results::manifest::SearchUsed;
use cospike_results::rows::Results;
use cospike_results::searches::{Answer, ProbedLimit};
use cospike_results::store::entries::Entries;
use cospike_sim_core::kernel::Number;
use cospike_studies::search::Searches;

/// Searches, and returns the results of everything that was probed. A search without a store is refused.
pub(super) fn search(
    (scenario, zoo): (&GivenScenario, &Zoo),
    searches: &Searches,
    entries: Option<&Entries>,
    bar: &Bar,
) -> Result<Results, Failure> {
    let needed =
        "[find] needs a store, in which each step finds what the ones before it have computed: leave `--no-store` out";
    let entries = entries.ok_or_else(|| Failure::mistake(needed))?;
    let make = |probes: &_| {
        let study = scenario.study_of(probes, zoo)?;
        leave_record(&study, entries);
        Ok(study)
    };
    searches.run(&make, entries, &|progress| bar.show(progress))
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
        "\nby bisection, which takes it that there is one border; each verdict with {percent} % confidence, over all looks at the \
         replications and all limits together"
    );
}
