//! Scenarios that the user names.

use crate::failure::Failure;
use crate::output::is_coloured;
use cospike_models::zoo::Zoo;
use cospike_scenarios::given::Given;
use cospike_scenarios::{CompileError, Compiled, compile_given, library};

/// Compiles the scenario `word`, which is a file or the name of a built-in one, with what is `given` beside it. A mistake is
/// rendered with the line that it stands in.
pub(crate) fn compile_scenario(word: &str, given: &Given, zoo: &Zoo) -> Result<Compiled, Failure> {
    let source = library::find_scenario(word).map_err(Failure::mistake)?;
    match compile_given(&source, given, zoo) {
        Err(CompileError::Mistake(mistake)) => Err(Failure::Input(mistake.render(is_coloured(&std::io::stderr())))),
        compiled => compiled.map_err(Failure::mistake),
    }
}
