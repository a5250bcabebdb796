//! `export`: a network in a format of other frameworks.

use crate::arguments::Export;
use crate::failure::Failure;
use crate::given::unknown_name;
use crate::network_file::with_weights;
use crate::output::{plural, say};
use cospike_models::import::nir::{TIME_STEP, write};
use cospike_models::zoo::{Format, WeightFile};
use cospike_results::store::whole_file::WholeFile;
use std::io::Write;
use std::path::Path;

/// Writes a network of the zoo to a `.nir` file.
pub(crate) fn export(arguments: &Export) -> Result<(), Failure> {
    let path = &arguments.file;
    let shown = path.display();
    if Format::recognise(&shown.to_string()) != Some(Format::Nir) {
        return Err(Failure::mistake(format_args!("{shown} is in no format that is written\nhelp: name it NAME.nir")));
    }
    let (zoo, name) = match Format::recognise(&arguments.network) {
        None => (arguments.zoo.open()?, arguments.network.clone()),
        Some(Format::Weights) => {
            let file = WeightFile::read(Path::new(&arguments.network)).map_err(Failure::mistake)?;
            with_weights(file, &arguments.zoo)?
        }
        Some(_) => {
            let given = &arguments.network;
            return Err(Failure::mistake(format_args!(
                "{given} is in a format of other frameworks already\nhelp: name a weight file (.safetensors), or a network of the zoo"
            )));
        }
    };
    let choice = zoo.choice(&name).map_err(unknown_name)?;
    let network = zoo.network(&choice).map_err(Failure::mistake)?;
    let bytes = write(network.network.network(), &network.weights, network.network.steps())
        .map_err(|error| Failure::mistake(format_args!("{name} cannot be written to a .nir file: {error}")))?;
    // A network that somebody has trained has the same kind of file.
    let file = WholeFile::create_new(path).map_err(Failure::mistake)?;
    file.file().write_all(&bytes)?;
    file.finish()?;
    say!(
        "{shown}: {name} in the NIR format, in {} of {TIME_STEP:e} s; spikes fire from the threshold on, as its metadata say (`fire` = ge)",
        plural(network.network.steps() as u64, "time step")
    );
    Ok(())
}
