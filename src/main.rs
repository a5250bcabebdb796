//! The command line of CoSpike: arguments, progress, printing, exit codes.

mod arguments;
mod bench;
mod check;
mod energy;
mod failure;
mod given;
mod infer;
mod networks;
mod output;
mod progress;
mod report;
mod run;
mod scenario;
mod schema;
mod zoo;

use arguments::{Arguments, Verb, ZooVerb};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

/// Exit code for a mistake in what the user gave; clap uses the same for its own errors.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.verb {
        Verb::Run(run) => run::run(&run),
        Verb::Report { directory } => report::report(&directory),
        Verb::Check(check) => check::check(&check),
        Verb::Schema => schema::schema(),
        Verb::Infer(infer) => infer::infer(&infer),
        Verb::Energy(energy) => energy::energy(&energy),
        Verb::Bench(arguments::Bench::Inference(inference)) => bench::inference(&inference),
        Verb::Networks(networks) => networks::networks(&networks),
        Verb::Zoo(arguments::Zoo { verb: None, zoo, json }) => zoo::list(&zoo, json),
        Verb::Zoo(arguments::Zoo { verb: Some(ZooVerb::Verify(verify)), .. }) => match zoo::verify(&verify) {
            Ok(false) => return ExitCode::FAILURE,
            outcome => outcome.map(drop),
        },
        Verb::Zoo(arguments::Zoo { verb: Some(ZooVerb::Page(page)), .. }) => zoo::page(&page),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Input(message)) => {
            eprintln!("{message}");
            ExitCode::from(USAGE)
        }
        Err(Failure::Other(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
