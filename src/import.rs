//! `import`: weights of PyTorch, made a weight file.

use crate::arguments::{Import, Map};
use crate::failure::Failure;
use crate::networks::unknown;
use crate::output::{CellAlignment, printable, say, table};
use cospike_models::file::{self, DATA_LIMIT, TEXT_LIMIT};
use cospike_models::import::pytorch::{Names, PytorchError, Recipe};
use cospike_models::zoo::{Format, neuron_text};
use cospike_results::store::whole_file::WholeFile;
use cospike_scenarios::diagnostic::did_you_mean;
use std::io::Write;
use std::path::PathBuf;

/// Makes a weight file of the tensors in a file of PyTorch's.
pub(crate) fn import(arguments: &Import) -> Result<(), Failure> {
    let (path, out) = (&arguments.file, out(arguments)?);
    let shown = path.display();
    let spiking = match (arguments.neuron, arguments.time_steps) {
        (Some(neuron), Some(steps)) => Some((neuron, steps)),
        (None, None) => None,
        (Some(_), None) => {
            return Err(Failure::mistake("a spiking network has a number of time steps\nhelp: give `--time-steps`"));
        }
        (None, Some(_)) => {
            return Err(Failure::mistake(
                "without `--neuron` it is a float network, which has no time steps\nhelp: give `--neuron`, or leave `--time-steps` out",
            ));
        }
    };
    let recipe = Recipe {
        network: arguments.network.parse().map_err(|error| unknown(&error))?,
        spiking,
        normalisation: arguments.normalise.0.clone(),
        task: arguments.task.clone(),
        names: names(&arguments.map)?,
    };
    let name = out.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let refused = |error: PytorchError| match &error {
        PytorchError::Pickle => {
            Failure::mistake(format_args!("{shown}: {error}\nhelp: {}", recipe_for_pickles(&shown)))
        }
        PytorchError::Tensors(_) => Failure::mistake(format_args!(
            "{shown}: {error}\nhelp: `--map FILE` says which module is which layer, in JSON: {{\"conv1\": \"stem.conv\", \"bn1\": \
             \"stem.conv.norm\"}}; `cospike networks {}` lists the layers",
            recipe.network
        )),
        _ => Failure::mistake(format_args!("{shown}: {error}")),
    };
    let bytes = file::read(path, DATA_LIMIT).map_err(Failure::mistake)?;
    let converted = recipe.convert(&name, &bytes).map_err(refused)?;
    // Weights that somebody has trained have the same kind of file.
    let file = WholeFile::create_new(&out).map_err(Failure::mistake)?;
    file.file().write_all(&converted.bytes)?;
    file.finish()?;
    let mut modules = table(&["module", "is now"]);
    modules.column_iter_mut().for_each(|column| {
        column.set_cell_alignment(CellAlignment::Left);
    });
    for (module, layer) in &converted.modules {
        modules.add_row([printable(module), layer.clone()]);
    }
    say!("{modules}\n");
    let normalisation = recipe.normalisation.as_ref().map_or("none".into(), ToString::to_string);
    say!("{}: {} tensors of {}, {}", out.display(), converted.tensors, recipe.network, described(&recipe));
    say!("normalisation of the samples, pixels as 0 to 1: {normalisation}");
    Ok(())
}

/// Neuron and time steps in words.
fn described(recipe: &Recipe) -> String {
    match &recipe.spiking {
        Some((neuron, steps)) => format!("T = {steps}, neuron {}", neuron_text(neuron)),
        None => "a float network".into(),
    }
}

/// Path of the weight file to write.
fn out(arguments: &Import) -> Result<PathBuf, Failure> {
    let Some(out) = &arguments.out else {
        let stem = arguments.file.file_stem().unwrap_or_default().to_string_lossy();
        return Ok(PathBuf::from(format!("{stem}-cospike.safetensors")));
    };
    match Format::recognise(&out.to_string_lossy()) {
        Some(Format::Weights) => Ok(out.clone()),
        _ => Err(Failure::mistake(format_args!(
            "{} is no name of a weight file\nhelp: name it NAME.safetensors",
            out.display()
        ))),
    }
}

fn names(map: &Map) -> Result<Names, Failure> {
    match map {
        Map::Torchvision => Ok(Names::Torchvision),
        Map::SpikingJelly => Ok(Names::SpikingJelly),
        Map::File(path) if !path.exists() => {
            let known = did_you_mean(&path.to_string_lossy(), ["torchvision", "spikingjelly"]);
            Err(Failure::mistake(format_args!(
                "`--map {}` is neither a framework whose names are known nor a file that is there\nhelp: {known}, or give a JSON file",
                path.display()
            )))
        }
        Map::File(path) => {
            let text = file::read_text(path, TEXT_LIMIT).map_err(Failure::mistake)?;
            Names::from_json(&text).map_err(|error| Failure::mistake(format_args!("{}: {error}", path.display())))
        }
    }
}

/// How a pickle becomes a safetensors file.
fn recipe_for_pickles(path: &impl std::fmt::Display) -> String {
    format!(
        "in Python,\n  weights = torch.load(\"{path}\", map_location=\"cpu\", weights_only=True)\n  \
         safetensors.torch.save_file({{k: v.contiguous() for k, v in weights.items()}}, \"weights.safetensors\")"
    )
}
