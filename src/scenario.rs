//! Scenarios that the user names.

use crate::failure::Failure;
use anstream::{AutoStream, ColorChoice}; // knows NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM
use cospike_models::zoo::Zoo;
use cospike_scenarios::{CompileError, Compiled, compile, library};

/// Compiles the scenario `word`, which is a file or the name of a built-in one. A mistake in it is rendered with the line that
/// it stands in.
pub(crate) fn compile_scenario(word: &str, zoo: &Zoo) -> Result<Compiled, Failure> {
    let source = library::find_scenario(word).map_err(Failure::mistake)?;
    match compile(&source, zoo) {
        Err(CompileError::Mistake(mistake)) => {
            let in_colour = AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
            Err(Failure::Input(mistake.render(in_colour)))
        }
        compiled => compiled.map_err(Failure::mistake),
    }
}
