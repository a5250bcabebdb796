//! What several commands are given: a scenario with changes to it, a zoo, a data set, a store.

use crate::failure::Failure;
use crate::output::warn;
use crate::scenario::{ReadScenario, compile_scenario, failure};
use clap::Args;
use cospike_models::dataset::{Dataset, Subset, Unsuitable};
use cospike_models::zoo::{Zoo, ZooError, ZooNetwork};
use cospike_results::store::entries::{Entries, Location};
use cospike_scenarios::diagnostic::did_you_mean;
use cospike_scenarios::given::Given;
use cospike_scenarios::library;
use cospike_scenarios::{MissingNetwork, missing_networks};
use cospike_studies::Study;
use cospike_studies::search::Probe;
use std::ffi::OsString;
use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A scenario, with what replaces parts of it, and the zoo that it is compiled with.
#[derive(Args)]
pub(crate) struct GivenScenario {
    /// Scenario file, or the name of a built-in one, such as `quickstart`
    #[arg(id = "scenario", value_name = "SCENARIO")]
    word: String,
    /// Value in the place of the scenario's, such as `fleet.devices=100`; of a key that is swept, it replaces all listed values.
    /// Can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Design point to keep, or several as FROM..TO without the one numbered TO, counted from 0 in the order of `cospike check`.
    /// Can be given several times [default: all]
    #[arg(long = "point", value_name = "NUMBER", value_parser = points)]
    points: Vec<Range<usize>>,
    #[command(flatten)]
    zoo: GivenZoo,
}

/// Parses `NUMBER` or `FROM..TO`.
fn points(text: &str) -> Result<Range<usize>, String> {
    let number = |text: &str| {
        let most = cospike_scenarios::sweep::MAX_POINTS;
        let number = text.parse().ok().filter(|&number| number <= most);
        number.ok_or_else(|| {
            format!("`{text}` is not the number of a design point: give a whole number from 0 to {most}")
        })
    };
    if text.contains("..") { range(text, number) } else { number(text).map(|number| number..number + 1) }
}

/// Parses `FROM..TO`, which must not be empty.
pub(crate) fn range<T: PartialOrd>(text: &str, end: impl Fn(&str) -> Result<T, String>) -> Result<Range<T>, String> {
    let (from, to) = text.split_once("..").ok_or("give FROM..TO, such as 0..8")?;
    let range = end(from)?..end(to)?;
    if range.is_empty() { Err("nothing lies between: give FROM..TO with FROM less than TO".into()) } else { Ok(range) }
}

impl GivenScenario {
    /// Reads the zoo.
    pub(crate) fn zoo(&self) -> Result<Zoo, Failure> {
        self.zoo.open()
    }

    /// Option that means something for a scenario only, if one was given.
    pub(crate) fn option_of_scenarios(&self) -> Option<&'static str> {
        match (self.settings.is_empty(), self.points.is_empty()) {
            (false, _) => Some("--set"),
            (true, false) => Some("--point"),
            (true, true) => None,
        }
    }

    /// Path of the scenario; `None` for a built-in one.
    pub(crate) fn file(&self) -> Option<&Path> {
        library::is_file(&self.word).then(|| Path::new(&self.word))
    }

    /// The scenario as it was given.
    pub(crate) fn word(&self) -> &str {
        &self.word
    }

    /// The options of the command line that change the scenario, as they were given; a folder by its absolute path.
    pub(crate) fn options(&self) -> std::io::Result<Vec<OsString>> {
        let points = self.points.iter().map(|Range { start, end }| format!("{start}..{end}"));
        let settings = self.settings.iter().flat_map(|setting| ["--set".into(), setting.into()]);
        let mut options: Vec<OsString> = settings.collect();
        options.extend(points.flat_map(|points| ["--point".into(), points.into()]));
        if let Some(folder) = &self.zoo.folder {
            options.extend(["--zoo".into(), std::path::absolute(folder)?.into()]);
        }
        Ok(options)
    }

    /// Folder in which the scenario lies; that of the command for a built-in one.
    pub(crate) fn folder(&self) -> &Path {
        self.file().and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// Folder of the zoo, if one was given.
    pub(crate) fn zoo_folder(&self) -> Option<&Path> {
        self.zoo.folder.as_deref()
    }

    /// The networks that the scenario asks for and `zoo` does not have.
    pub(crate) fn missing(&self, zoo: &Zoo) -> Result<Vec<MissingNetwork>, Failure> {
        let source = library::find_scenario(&self.word).map_err(Failure::mistake)?;
        missing_networks(&source, &self.given(), zoo).map_err(failure)
    }

    /// Reads the scenario and the zoo.
    pub(crate) fn read(&self) -> Result<ReadScenario, Failure> {
        ReadScenario::new(&self.word, self.given(), self.zoo()?)
    }

    /// The study of some probes of the searches in the scenario.
    pub(crate) fn study_of(&self, probes: &[Probe], zoo: &Zoo) -> Result<Study, Failure> {
        Ok(compile_scenario(&self.word, &self.given(), Some(probes), zoo)?.into_study(zoo)?)
    }

    fn given(&self) -> Given {
        Given { settings: self.settings.clone(), points: self.points.clone() }
    }
}

/// Option for a zoo of the user's.
#[derive(Args)]
pub(crate) struct GivenZoo {
    /// Folder of weight files (*.safetensors) to use instead of the built-in zoo
    #[arg(id = "zoo", long = "zoo", value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Option for test images of the user's.
#[derive(Args)]
pub(crate) struct GivenData {
    /// Folder of a data set whose test samples are used instead of the built-in Fashion-MNIST; `cospike data check DIR` says what a
    /// folder is taken for
    #[arg(id = "data", long = "data", value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Environment variable that names the store.
const STORE: &str = "COSPIKE_STORE";

/// Options for the store of finished work.
#[derive(Args)]
pub(crate) struct GivenStore {
    /// Store of finished inferences and replications, which are not computed again: a folder, or an address such as
    /// s3://bucket/folder [default: $COSPIKE_STORE, the scenario's `study.store`, or else a folder in the user's cache]
    #[arg(id = "store", long = "store", value_name = "DIR|URL")]
    location: Option<PathBuf>,
    /// Look for no finished work, and keep none
    #[arg(id = "no_store", long = "no-store", conflicts_with = "store")]
    none: bool,
}

impl GivenStore {
    /// Place of the store: the one that the command line or the environment names, or `scenario` does, or the user's cache.
    /// `None` if there shall be none, or the system names no cache.
    pub(crate) fn location(&self, scenario: Option<&Location>) -> Option<Location> {
        let cache = || Some(Location::Folder(dirs::cache_dir()?.join("cospike"))); // knows where each system keeps caches
        match self.none {
            true => None,
            false => self.named().or_else(|| scenario.cloned()).or_else(cache),
        }
    }

    /// The place that the command line or the environment names.
    fn named(&self) -> Option<Location> {
        let variable = std::env::var_os(STORE).filter(|named| !named.is_empty());
        let given = self.location.as_deref().map(Location::new);
        given.or_else(|| variable.map(|named| Location::new(Path::new(&named))))
    }

    /// Opens the store. One that nobody has named may be missing: where the user's cache cannot be used, this is said and
    /// finished work is not kept.
    pub(crate) fn open(&self, scenario: Option<&Location>) -> Result<Option<(Location, Entries)>, Failure> {
        let is_named = scenario.is_some() || self.named().is_some();
        let Some(location) = self.location(scenario) else {
            if !self.none {
                warn("finished work is not kept, because this system names no cache; `--store DIR` keeps it");
            }
            return Ok(None);
        };
        match Entries::open(&location, |damage| warn(&damage.to_string())) {
            Ok(entries) => Ok(Some((location, entries))),
            Err(error) if is_named => Err(Failure::mistake(error)),
            Err(error) => {
                warn(&format!("finished work is not kept, because {error}; `--store DIR` keeps it"));
                Ok(None)
            }
        }
    }
}

impl GivenZoo {
    /// Whether a folder was given.
    pub(crate) fn is_given(&self) -> bool {
        self.folder.is_some()
    }

    /// Reads the zoo that was given, or the built-in one.
    pub(crate) fn open(&self) -> Result<Zoo, Failure> {
        let Some(folder) = &self.folder else { return Ok(Zoo::shipped()?) };
        let zoo = Zoo::from_folder(folder).map_err(Failure::mistake)?;
        if zoo.weight_files().is_empty() {
            let folder = folder.display();
            return Err(Failure::mistake(format_args!("{folder} holds no weight file (*.safetensors)")));
        }
        Ok(zoo)
    }
}

impl GivenData {
    /// Reads the test samples that were given, or the built-in images.
    pub(crate) fn open(&self) -> Result<Dataset, Failure> {
        match &self.folder {
            None => Ok(Dataset::fashion_mnist_test()?),
            Some(folder) => Dataset::from_folder(folder, Subset::Test).map_err(Failure::mistake),
        }
    }
}

/// Number of frames of each sample: time steps of a network that says none. `None` of samples that stay the
/// same over time.
pub(crate) fn frames(dataset: &Dataset) -> Option<u32> {
    dataset.kind.steps().and_then(|steps| u32::try_from(steps).ok())
}

/// Refuses more `samples` than there are, `what` being what they are called; returns their number.
pub(crate) fn check_samples(samples: u32, available: usize, what: &str) -> Result<usize, Failure> {
    match samples as usize {
        samples if samples <= available => Ok(samples),
        _ => Err(Failure::mistake(format_args!("`--samples {samples}`, but there are {available} {what}"))),
    }
}

/// Refuses samples that `network` was not made for.
pub(crate) fn check_dataset(dataset: &Dataset, network: &ZooNetwork) -> Result<(), Failure> {
    network.check_samples(dataset).map_err(|error| unsuitable(&error, &error))
}

/// The failure of samples that a network was not made for; `message` says so.
pub(crate) fn unsuitable(message: impl Display, error: &Unsuitable) -> Failure {
    match error {
        Unsuitable::Label { .. } => Failure::mistake(message),
        Unsuitable::TimeSteps { frames, .. } => Failure::mistake(format_args!(
            "{message}\nhelp: `--time-steps {frames}` of `cospike infer` executes a spiking network for as many"
        )),
        _ => Failure::mistake(format_args!("{message}\nhelp: name the folder of its data set with `--data`")),
    }
}

/// Endings of files that Python has pickled.
const PICKLES: [&str; 5] = [".pt", ".pth", ".ckpt", ".pkl", ".bin"];

/// The failure of an unknown network name, with the name that was probably meant or those that exist.
pub(crate) fn unknown_name(error: ZooError) -> Failure {
    match &error {
        ZooError::UnknownName { name, known } => {
            if PICKLES.iter().any(|ending| name.ends_with(ending)) {
                return Failure::mistake(format_args!(
                    "{name} is a file of PyTorch, which may hold any program and is not read\nhelp: `cospike import` takes its weights as \
                     safetensors; docs/networks.md has the lines that write them"
                ));
            }
            let help = did_you_mean(name, known.iter().map(String::as_str));
            Failure::mistake(format_args!("{error}\nhelp: {help}"))
        }
        _ => Failure::mistake(error),
    }
}
