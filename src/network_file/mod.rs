//! Networks that are files: what is given with them, and the verdict on each of their nodes.

mod compare;
mod nir;
mod verdicts;

pub(crate) use compare::compare;

use crate::failure::Failure;
use crate::given::{GivenZoo, unknown_name};
use crate::unit_form::{self, GivenUnit};
use clap::{Args, ValueEnum};
use cospike_models::import::nir::{Initial, MAX_DT, MIN_DT, NirError, NirFile, NirOptions};
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
    #[arg(long, value_name = "TIME", value_parser = time_step)]
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

/// Parses the length of a time step.
fn time_step(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (MIN_DT..=MAX_DT).contains(number));
    number.ok_or_else(|| format!("`{text}` is no length of a time step: give a number from {MIN_DT:e} to {MAX_DT:e}"))
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

    /// The network `word`, a file or the name of one in the zoo, executed for `time_steps` and with the bottleneck unit `unit`, if any: a zoo
    /// that has it, and its name there.
    pub(crate) fn open(
        &self,
        word: &str,
        unit: Option<&str>,
        zoo: &GivenZoo,
        time_steps: Option<u32>,
    ) -> Result<(Zoo, String), Failure> {
        let format = Format::recognise(word);
        let (options, path) = (self.options(format)?, Path::new(word));
        match (format, unit) {
            (None, None) => {
                let zoo = zoo.open()?;
                let named = zoo.weight_files().iter().find(|file| file.name == word);
                match named.filter(|file| file.is_of_another_file()) {
                    Some(unit) => Err(not_alone(unit)),
                    None => Ok((zoo, word.into())),
                }
            }
            (None, Some(_)) => Err(Failure::mistake(
                "`--unit` needs the file of a network (.nir, .onnx, .safetensors)\nhelp: a unit of the zoo is a network by its own name",
            )),
            (Some(Format::Weights), None) => with_weights(WeightFile::read(path).map_err(Failure::mistake)?, zoo),
            (Some(_), _) => {
                let file = WeightFile::read_network(path, word, &options, time_steps).map_err(not_runnable)?;
                match unit {
                    Some(unit) => with_unit(file, unit, zoo),
                    None => Ok((Zoo::from_weight_files([file])?, word.into())),
                }
            }
        }
    }
}

/// The backbone of a file with the unit `word`, a file, or the name of one beside the backbone or in the zoo that was given.
fn with_unit(backbone: WeightFile, word: &str, zoo: &GivenZoo) -> Result<(Zoo, String), Failure> {
    let unit = if Format::recognise(word) == Some(Format::Weights) {
        WeightFile::read(Path::new(word)).map_err(Failure::mistake)?
    } else {
        let mut units = backbone.units_beside().map_err(Failure::mistake)?;
        if zoo.is_given() {
            units.extend(zoo.open()?.weight_files().iter().filter(|file| file.metadata.unit.is_some()).cloned());
        }
        let known: Vec<String> = units.iter().map(|unit| unit.name.clone()).collect();
        let named = units.into_iter().find(|unit| unit.name == word);
        named.ok_or_else(|| unknown_name(ZooError::UnknownName { name: word.into(), known }))?
    };
    if !unit.belongs_to(&backbone) {
        let (unit, of, path) = (unit.path(), &unit.metadata.backbone, backbone.path());
        return Err(Failure::mistake(format_args!(
            "{unit} is no unit of {path}, but of `{of}`, or of another file of this name, or of the same read in another way\nhelp: give \
             the options with which the unit was trained (`--dt`, `--fire`, `--reset`, `--init`, `--normalise`), or train one for this file"
        )));
    }
    let name = unit.name.clone();
    Ok((Zoo::from_weight_files([backbone, unit])?, name))
}

/// The failure of a unit that was given without the file of its backbone.
fn not_alone(unit: &WeightFile) -> Failure {
    let (path, backbone) = (unit.path(), &unit.metadata.backbone);
    Failure::mistake(format_args!(
        "{path} holds a unit of the network in the file {backbone}\nhelp: give that file as the network, and this one with `--unit`"
    ))
}

/// A backbone is the file's alone; a unit finds its backbone in the zoo.
pub(crate) fn with_weights(file: WeightFile, zoo: &GivenZoo) -> Result<(Zoo, String), Failure> {
    if file.is_of_another_file() {
        return Err(not_alone(&file));
    }
    let name = file.name.clone();
    let zoo = match file.metadata.unit {
        None => Zoo::from_weight_files([file])?,
        Some(_) => zoo.open()?.replaced(file).map_err(Failure::mistake)?,
    };
    Ok((zoo, name))
}

/// Says of every node of the network at `path` how it is executed, or which form a unit in it has. Fails if a node is not executed, or the
/// readout that was asked for has nothing to read.
pub(crate) fn check(
    (path, format): (&Path, Format),
    (given, unit): (&GivenFile, &GivenUnit),
    readout: Option<Readout>,
    as_json: bool,
) -> Result<(), Failure> {
    let options = given.options(Some(format))?;
    if unit.is_given() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Its form does not depend on the number of time steps.
        let file = WeightFile::read_network(path, &name, &options, None).or_else(|error| match error {
            ZooError::NoTimeSteps { .. } => WeightFile::read_network(path, &name, &options, Some(1)),
            error => Err(error),
        });
        let file = file.map_err(not_runnable)?;
        let network = file.architecture().map_err(Failure::mistake)?;
        unit.form(&network, &name, Some(&file))?.print(as_json);
        return Ok(());
    }
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
            if file.is_of_another_file() {
                unit_form::print_present(&file, as_json);
                return Ok(());
            }
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
