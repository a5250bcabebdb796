//! Networks that are files: what is given with them, and the verdict on each of their nodes.

mod compare;
mod nir;
mod verdicts;

pub(crate) use compare::compare;

use crate::failure::Failure;
use crate::given::GivenZoo;
use clap::{Args, ValueEnum};
use cospike_models::import::nir::{Initial, NirError, NirFile, NirOptions};
use cospike_models::import::onnx::OnnxFile;
use cospike_models::zoo::{Format, ImportOptions, Normalisation, WeightFile, Zoo, ZooError};
use cospike_sim_core::network::{CellReset, Fires, Readout};
use std::path::Path;
use verdicts::Verdicts;

/// What the file of a network leaves open.
#[derive(Args)]
pub(crate) struct GivenFile {
    /// Of a .nir file: length of a time step, in the unit of its time constants, such as 1e-4 [default: as the file says, or the one with
    /// which inputs have the weight 1, if all neurons agree on it]
    #[arg(long, value_name = "TIME")]
    dt: Option<f64>,
    /// Of a .nir file: what a spike does to the membrane [default: as the file says, or hard]
    #[arg(long, value_enum)]
    reset: Option<Reset>,
    /// Of a .nir file: where a neuron fires [default: as the file says, or gt]
    #[arg(long, value_enum)]
    fire: Option<Fire>,
    /// Of a .nir file: membranes before the first step [default: as the file says, or rest]
    #[arg(long, value_enum)]
    init: Option<Init>,
    /// Of a .nir or .onnx file: normalisation of the samples, of which pixels are 0 to 1, a value for each channel or one for all, such as
    /// mean=0.485/0.456/0.406,std=0.229/0.224/0.225; with `,scale=255` if pixels of 0 to 255 were meant [default: none]
    #[arg(long, value_name = "mean=M,std=S")]
    normalise: Option<Normalisation>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Reset {
    /// Sets it to the value in the file, or to 0
    Hard,
    /// Takes the threshold off it
    Soft,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fire {
    /// Above its threshold: snnTorch, Norse, the text of NIR
    Gt,
    /// From its threshold on: SpikingJelly, sinabs
    Ge,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Init {
    /// To where they decay (`v_leak`)
    Rest,
    /// Where they are after a spike (`v_reset`)
    Reset,
    /// 0
    Zero,
}

impl GivenFile {
    fn nir(&self) -> NirOptions {
        NirOptions {
            dt: self.dt,
            reset: self.reset.map(|reset| match reset {
                Reset::Hard => CellReset::Hard,
                Reset::Soft => CellReset::Soft,
            }),
            fires: self.fire.map(|fire| match fire {
                Fire::Gt => Fires::Above,
                Fire::Ge => Fires::From,
            }),
            initial: self.init.map(|initial| match initial {
                Init::Rest => Initial::Rest,
                Init::Reset => Initial::Reset,
                Init::Zero => Initial::Zero,
            }),
        }
    }

    /// The options for a file of this format; `None` stands for no file at all. Refuses those that do not belong to it.
    pub(crate) fn options(&self, format: Option<Format>) -> Result<ImportOptions, Failure> {
        let given = [
            ("--dt", self.dt.is_some()),
            ("--reset", self.reset.is_some()),
            ("--fire", self.fire.is_some()),
            ("--init", self.init.is_some()),
        ];
        let of_neurons = given.iter().find(|(_, is_given)| *is_given).filter(|_| format != Some(Format::Nir));
        if let Some((option, _)) = of_neurons {
            return Err(Failure::mistake(format_args!(
                "`{option}` needs the file of a network in the NIR format (.nir)"
            )));
        }
        match (&self.normalise, format) {
            (Some(_), Some(Format::Weights)) => Err(Failure::mistake(
                "`--normalise` needs the file of a network in the NIR or ONNX format\nhelp: a weight file says its normalisation itself, \
                 in its metadata",
            )),
            (Some(_), None) => Err(Failure::mistake(
                "`--normalise` needs the file of a network in the NIR or ONNX format (.nir, .onnx)",
            )),
            _ => Ok(ImportOptions { nir: self.nir(), normalisation: self.normalise.clone() }),
        }
    }

    /// The network `word`, a file or the name of one in the zoo, executed for `time_steps`: a zoo that has it, and its name there.
    pub(crate) fn open(&self, word: &str, zoo: &GivenZoo, time_steps: Option<u32>) -> Result<(Zoo, String), Failure> {
        let format = Format::of(word);
        let (options, path) = (self.options(format)?, Path::new(word));
        match format {
            None => Ok((zoo.open()?, word.into())),
            Some(Format::Weights) => with_weights(WeightFile::read(path).map_err(Failure::mistake)?, zoo),
            Some(Format::Nir | Format::Onnx) => {
                let file = WeightFile::read_network(path, word, &options, time_steps).map_err(not_runnable)?;
                Ok((Zoo::from_weight_files([file])?, word.into()))
            }
        }
    }
}

/// A backbone is the file's alone; a unit finds its backbone in the zoo.
pub(crate) fn with_weights(file: WeightFile, zoo: &GivenZoo) -> Result<(Zoo, String), Failure> {
    let name = file.name.clone();
    let zoo = match file.metadata.unit {
        None => Zoo::from_weight_files([file])?,
        Some(_) => zoo.open()?.replaced(file).map_err(Failure::mistake)?,
    };
    Ok((zoo, name))
}

/// Says of every node of the network at `path` how it is executed. Fails if one is not, or the readout that was asked for has nothing
/// to read.
pub(crate) fn check(
    (path, format): (&Path, Format),
    given: &GivenFile,
    readout: Option<Readout>,
    as_json: bool,
) -> Result<(), Failure> {
    let options = given.options(Some(format))?;
    let verdicts = |verdicts: Verdicts<'_>| verdicts.read_out(readout).print(as_json);
    match format {
        Format::Nir => {
            let file = NirFile::read(path, &options.nir).map_err(Failure::mistake)?;
            verdicts(nir::verdicts(&file))?;
            file.network.map(drop).map_err(|error| refused(&file.path, &error))?;
        }
        Format::Onnx => {
            let file = OnnxFile::read(path).map_err(Failure::mistake)?;
            verdicts(Verdicts::of_onnx(&file))?;
            file.network.map(drop).map_err(|error| Failure::mistake(format_args!("{}: {error}", file.path)))?;
        }
        Format::Weights => {
            let file = WeightFile::read(path).map_err(Failure::mistake)?;
            return verdicts(Verdicts::of_weights(&file)?);
        }
    }
    // What only shows when it is to be executed: scores, and the normalisation.
    WeightFile::read_network(path, &path.to_string_lossy(), &options, None).map(drop).or_else(|error| match error {
        ZooError::NoTimeSteps { .. } => Ok(()),
        error => Err(not_runnable(error)),
    })
}

/// The failure of a file that makes no network.
fn refused(path: &str, error: &NirError) -> Failure {
    match error {
        NirError::TimeStep(_) => {
            Failure::mistake(format_args!("{path}: {error}\nhelp: give the time step with `--dt`"))
        }
        _ => Failure::mistake(format_args!("{path}: {error}")),
    }
}

/// The failure of a file that is no network of a zoo.
fn not_runnable(error: ZooError) -> Failure {
    match &error {
        ZooError::Nir(NirError::File { path, error }) => refused(path, error),
        ZooError::NoTimeSteps { .. } => Failure::mistake(format_args!("{error}\nhelp: give it with `--time-steps`")),
        _ => Failure::mistake(error),
    }
}
