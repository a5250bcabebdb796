//! The command line of CoSpike: arguments, progress, printing, exit codes.

// They panic when nobody reads what they print; see `output`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod bench;
mod check;
mod energy;
mod estimate;
mod failure;
mod given;
mod infer;
mod memory;
mod networks;
mod output;
mod paper;
mod progress;
mod report;
mod run;
mod scenario;
mod schema;
mod zoo;

use arguments::{Arguments, Verb, ZooVerb};
use clap::Parser;
use failure::{Failure, printable_lines};
use output::{lost, note};
use std::process::ExitCode;

/// Exit code for a mistake in what the user gave; clap uses the same for its own errors.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let code = match execute(Arguments::parse().verb) {
        Ok(code) => code,
        Err(Failure::Input(message)) => {
            note!("{message}");
            ExitCode::from(USAGE)
        }
        Err(Failure::Other(error)) => {
            note!("error: {}", printable_lines(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    };
    match lost() {
        Some(error) if code == ExitCode::SUCCESS => {
            note!("error: a part of the output is lost, because standard output cannot be written: {error}");
            ExitCode::FAILURE
        }
        _ => code,
    }
}

fn execute(verb: Verb) -> Result<ExitCode, Failure> {
    match verb {
        Verb::Run(run) => run::run(&run),
        Verb::Report { directory } => report::report(&directory),
        Verb::Check(check) => check::check(&check),
        Verb::Schema => schema::schema(),
        Verb::Infer(infer) => infer::infer(&infer),
        Verb::Energy(energy) => energy::energy(&energy),
        Verb::Bench(arguments::Bench::Inference(inference)) => bench::inference(&inference),
        Verb::Networks(networks) => networks::networks(&networks),
        Verb::Paper(arguments::Paper::Page(page)) => paper::page(&page),
        Verb::Zoo(arguments::Zoo { verb: None, zoo, json }) => zoo::list(&zoo, json),
        Verb::Zoo(arguments::Zoo { verb: Some(ZooVerb::Verify(verify)), .. }) => match zoo::verify(&verify)? {
            true => Ok(()),
            false => return Ok(ExitCode::FAILURE),
        },
        Verb::Zoo(arguments::Zoo { verb: Some(ZooVerb::Page(page)), .. }) => zoo::page(&page),
    }?;
    Ok(ExitCode::SUCCESS)
}
