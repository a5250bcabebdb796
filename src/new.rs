//! `new`: a scenario file of the user's own, which begins as a copy of a shipped one.

use crate::arguments::New;
use crate::failure::Failure;
use crate::output::{printable, say};
use cospike_scenarios::library::{self, ShippedFile};
use cospike_studies::plan::is_study_name;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes the scenario and the traces that it reads. No file that is there is changed.
pub(crate) fn new(arguments: &New) -> Result<(), Failure> {
    let file = &arguments.file;
    let shown = printable(&file.to_string_lossy());
    let Some(study) = study_name(file) else {
        return Err(Failure::mistake(format!(
            "{shown} is no name for a scenario file\n\
             help: give a name of letters, digits, `-` and `_` that ends in .toml; the study gets the name before that ending"
        )));
    };
    let (text, traces) = library::scenario_for_copy(&arguments.from, study, &shown).map_err(Failure::mistake)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let traces = missing(&traces, folder)?;
    write(file, &text)?;
    for trace in &traces {
        write(&folder.join(&trace.path), trace.text)?;
    }
    say!("{shown} is a copy of the scenario `{}`; its study is called `{study}`", arguments.from);
    traces
        .iter()
        .for_each(|trace| say!("{} is a trace that it reads", printable(&folder.join(&trace.path).to_string_lossy())));
    say!("next: change it, then `cospike check {shown}` and `cospike run {shown}`; all keys are in docs/scenarios.md");
    Ok(())
}

/// The name of the study in a scenario file; `None` if it cannot have one.
fn study_name(file: &Path) -> Option<&str> {
    let is_scenario = file.extension().is_some_and(|extension| extension == "toml");
    file.file_stem()?.to_str().filter(|name| is_scenario && is_study_name(name))
}

/// The traces that are not in `folder` yet.
fn missing<'t>(traces: &'t [ShippedFile], folder: &Path) -> Result<Vec<&'t ShippedFile>, Failure> {
    let mut missing = vec![];
    for trace in traces {
        let path = folder.join(&trace.path);
        match fs::read(&path) {
            Ok(found) if found == trace.text.as_bytes() => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(trace),
            _ => {
                let path = printable(&path.to_string_lossy());
                let message = format!(
                    "{path} is there already and is not the trace that the scenario reads\nhelp: choose another folder"
                );
                return Err(Failure::mistake(message));
            }
        }
    }
    Ok(missing)
}

/// Writes a file that is not there yet, with the folders above it.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let shown = printable(&path.to_string_lossy());
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{shown} is there already, and is not replaced\nhelp: choose another name")
        }
        _ => format!("cannot write {shown}: {error}"),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let written = fs::create_dir_all(folder)
        .and_then(|()| File::create_new(path))
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::mistake(failed(error)))
}
