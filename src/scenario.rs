//! Scenarios that the user names.

use crate::failure::Failure;
use cospike_models::zoo::Zoo;
use cospike_scenarios::given::Given;
use cospike_scenarios::{CompileError, Compiled, compile_given, compile_probes, library};
use cospike_studies::search::Probe;

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
    compiled.map_err(refused)
}

/// The failure of a scenario that cannot be compiled: a mistake in its file is shown there.
pub(crate) fn refused(error: CompileError) -> Failure {
    match error {
        CompileError::Mistake(mistake) => Failure::InFile(mistake),
        error => Failure::mistake(error),
    }
}
