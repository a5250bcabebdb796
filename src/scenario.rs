//! Scenarios that the user names.

use crate::failure::Failure;
use cospike_models::zoo::Zoo;
use cospike_scenarios::diagnostic::Source;
use cospike_scenarios::given::Given;
use cospike_scenarios::{CompileError, Compiled, Points, compile_given, compile_probes, library};
use cospike_studies::Bundle;
use cospike_studies::search::Probe;

/// A scenario that was read, and what it is compiled with.
pub(crate) struct ReadScenario {
    source: Source,
    given: Given,
    pub(crate) zoo: Zoo,
}

impl ReadScenario {
    /// Reads the scenario `word`, which is a file or the name of a built-in one.
    pub(crate) fn new(word: &str, given: Given, zoo: Zoo) -> Result<Self, Failure> {
        Ok(Self { source: library::find_scenario(word).map_err(Failure::mistake)?, given, zoo })
    }

    /// Compiles all design points, and keeps none but a few: the study without them, and its points.
    pub(crate) fn checked(&self) -> Result<(Compiled, Points<'_>), Failure> {
        Points::checked(&self.source, &self.given, &self.zoo).map_err(failure)
    }

    /// The same, of a scenario without `[find]`, whose design points depend on results.
    pub(crate) fn checked_without_search(&self) -> Result<(Compiled, Points<'_>), Failure> {
        let (compiled, points) = self.checked()?;
        refuse_search(&compiled)?;
        Ok((compiled, points))
    }

    /// Compiles no more design points than it takes to divide the study.
    pub(crate) fn sampled(&self) -> Result<(Compiled, Vec<Bundle>, Points<'_>), Failure> {
        let sampled = Points::sampled(&self.source, &self.given, &self.zoo).map_err(failure)?;
        refuse_search(&sampled.0)?;
        Ok(sampled)
    }
}

fn refuse_search(compiled: &Compiled) -> Result<(), Failure> {
    match compiled.searches {
        None => Ok(()),
        Some(_) => Err(Failure::mistake(
            "the design points of a scenario with [find] depend on results: it takes `cospike run`",
        )),
    }
}

/// Compiles the scenario `word`, which is a file or the name of a built-in one, with what is `given` beside it; of searches, the
/// `probes`, or both ends where there are none. A mistake is rendered with the line that it stands in.
pub(crate) fn compile_scenario(
    word: &str,
    given: &Given,
    probes: Option<&[Probe]>,
    zoo: &Zoo,
) -> Result<Compiled, Failure> {
    let source = library::find_scenario(word).map_err(Failure::mistake)?;
    let compiled = match probes {
        None => compile_given(&source, given, zoo),
        Some(probes) => compile_probes(&source, given, probes, zoo),
    };
    compiled.map_err(failure)
}

/// The failure of a scenario that cannot be compiled: a mistake in its file is shown there.
pub(crate) fn failure(error: CompileError) -> Failure {
    match error {
        CompileError::Mistake(mistake) => Failure::InFile(mistake),
        error => Failure::mistake(error),
    }
}
