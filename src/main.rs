//! The command line of CoSpike: arguments, progress, printing, exit codes.

// They panic when nobody reads what they print; see `output`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod bench;
mod check;
mod cluster;
mod columns;
mod compare;
mod data;
mod ending;
mod energy;
mod estimate;
mod export;
mod failure;
mod figure;
mod given;
mod import;
mod infer;
mod memory;
mod network_file;
mod networks;
mod new;
mod outlook;
mod output;
mod paper;
mod profiles;
mod progress;
mod report;
mod run;
mod scenario;
mod schema;
mod store;
mod stored;
mod training_plan;
mod unit_form;
mod zoo;

use arguments::{Arguments, Verb, ZooVerb};
use clap::Parser;
use cospike_results::store::catches_panics;
use failure::{Failure, USAGE};
use output::{lost, note, print_parsed};
use std::process::ExitCode;

fn main() -> ExitCode {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Of a damaged table the error says enough.
        if !catches_panics() {
            usual(panic);
        }
    }));
    let code = match Arguments::try_parse() {
        Ok(arguments) => execute(arguments.verb).unwrap_or_else(|failure| failure.report()),
        // Help and version come this way too.
        Err(said) => {
            print_parsed(&said);
            if said.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
        }
    };
    if let Some(error) = lost() {
        note!("error: a part of the output is lost, because standard output cannot be written: {error}");
        if code == ExitCode::SUCCESS {
            return ExitCode::FAILURE;
        }
    }
    code
}

fn execute(verb: Verb) -> Result<ExitCode, Failure> {
    match verb {
        Verb::Run(run) => run::run(&run),
        Verb::Work(work) => return cluster::work(&work),
        Verb::Status(status) => cluster::status(&status),
        Verb::Collect(collect) => cluster::collect(&collect),
        Verb::Submit(submit) => cluster::submit(&submit),
        Verb::Store(arguments::Store::Ls(list)) => store::list(&list),
        Verb::Store(arguments::Store::Du(list)) => store::sizes(&list),
        Verb::Store(arguments::Store::Gc(garbage)) => store::collect_garbage(&garbage),
        Verb::Store(arguments::Store::Verify(verify)) => store::verify(&verify),
        Verb::Store(arguments::Store::Export(export)) => store::export(&export),
        Verb::Report(report) => report::report(&report),
        Verb::Figure(figure) => figure::figure(&figure),
        Verb::Compare(compare) => return compare::compare(&compare),
        Verb::Check(check) => check::check(&check),
        Verb::New(new) => new::new(&new),
        Verb::Data(data::Data::Check(folder)) => data::check(&folder),
        Verb::Profiles(list) => profiles::list(list.json),
        Verb::Profile(profile) => profiles::print(&profile.name),
        Verb::Prices(arguments::Prices { name: Some(name), .. }) => profiles::print_prices(&name),
        Verb::Prices(arguments::Prices { name: None, json }) => profiles::list_prices(json),
        Verb::Schema => schema::schema(),
        Verb::Infer(infer) => infer::infer(&infer),
        Verb::Import(import) => import::import(&import),
        Verb::Export(export) => export::export(&export),
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
