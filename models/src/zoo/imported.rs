//! Networks that are files by themselves, beside the weight files of a zoo.

use super::foreign::CONTENT;
use super::{Metadata, Normalisation, WeightFile, Zoo, ZooError};
use crate::file::FileError;
use crate::import::Imported;
use crate::import::nir::{NirError, NirFile, NirOptions};
use crate::import::onnx::{OnnxError, OnnxFile};
use cospike_sim_core::network::Neuron;
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Format of a file that holds a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A weight file, `.safetensors`.
    Weights,
    /// The Neuromorphic Intermediate Representation, `.nir`.
    Nir,
    /// The Open Neural Network Exchange, `.onnx`.
    Onnx,
}

impl Format {
    /// All formats, with the endings of their files.
    pub const ENDINGS: [(Self, &str); 3] = [(Self::Nir, "nir"), (Self::Onnx, "onnx"), (Self::Weights, "safetensors")];

    /// The format of the file that `word` names; `None` if that is no name of a file with a network.
    pub fn recognise(word: &str) -> Option<Self> {
        let ending = Path::new(word).extension()?;
        Self::ENDINGS.into_iter().find(|(_, known)| ending.eq_ignore_ascii_case(known)).map(|(format, _)| format)
    }
}

/// What a file of another framework leaves open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportOptions {
    /// Of a NIR file: how its neurons are made.
    pub nir: NirOptions,
    /// Normalisation of the samples; `None` feeds them in as they are.
    pub normalisation: Option<Normalisation>,
}

impl Display for ImportOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nir = (self.nir != NirOptions::default()).then(|| self.nir.to_string());
        let parts = nir.into_iter().chain(self.normalisation.as_ref().map(ToString::to_string));
        formatter.write_str(&parts.collect::<Vec<_>>().join(" "))
    }
}

impl WeightFile {
    /// The network in the file at `path` as a backbone of the name `name`, executed for `time_steps` unless a choice says otherwise. A
    /// weight file says itself what `options` are for.
    ///
    /// # Errors
    /// [`ZooError`] for a file that makes no network; [`ZooError::TimeSteps`] if a network that is executed once is to have several
    /// steps, and [`ZooError::NoTimeSteps`] if a spiking one has no number of them.
    pub fn read_network(
        path: &Path,
        name: &str,
        options: &ImportOptions,
        time_steps: Option<u32>,
    ) -> Result<Self, ZooError> {
        match Format::recognise(&path.to_string_lossy()) {
            Some(Format::Nir) => Self::of_nir(NirFile::read(path, &options.nir)?, name, options, time_steps),
            Some(Format::Onnx) => Self::of_onnx(OnnxFile::read(path)?, name, options, time_steps),
            Some(Format::Weights) => Self::read(path)?.called(name),
            None => Err(ZooError::UnknownFormat { path: path.display().to_string() }),
        }
    }

    /// This backbone under another name.
    fn called(self, name: &str) -> Result<Self, ZooError> {
        match self.metadata.unit {
            Some(_) => Err(ZooError::OnlyUnit { path: self.path }),
            None => Ok(self.renamed(name)),
        }
    }

    fn of_nir(file: NirFile, name: &str, options: &ImportOptions, time_steps: Option<u32>) -> Result<Self, ZooError> {
        let in_file = |error| NirError::File { path: file.path.clone(), error: Box::new(error) };
        let made = file.network.map_err(in_file)?;
        let output = made.network.layers[made.network.layers.len() - 1].output;
        if output.area() != 1 {
            return Err(in_file(NirError::Graph(format!(
                "it emits values of shape {output} instead of one score for each class"
            )))
            .into());
        }
        // The same file is another network with another length of a time step, and so on.
        let taken = file.options;
        let resolved = NirOptions {
            dt: file.time_step.map(|step| step.dt),
            reset: Some(taken.reset()),
            fires: Some(taken.fires()),
            initial: Some(taken.initial()),
        };
        let content = format!("{} {resolved:?}", file.blake3);
        let time_steps = time_steps.or(file.metadata.time_steps);
        let imported = Self::imported((file.path, content), made, name, options, time_steps)?;
        let resolved = ImportOptions { nir: resolved, normalisation: options.normalisation.clone() };
        Ok(Self { content: content_of(&file.blake3, &resolved), read_as: said(&resolved), ..imported })
    }

    fn of_onnx(file: OnnxFile, name: &str, options: &ImportOptions, time_steps: Option<u32>) -> Result<Self, ZooError> {
        let in_file = |error| OnnxError::File { path: file.path.clone(), error: Box::new(error) };
        let made = file.network.map_err(in_file)?;
        let imported = Self::imported((file.path, file.blake3.clone()), made, name, options, time_steps)?;
        Ok(Self { content: content_of(&file.blake3, options), read_as: said(options), ..imported })
    }

    /// The network `made` of the file at `path`; `content` stands for everything that it was made of.
    fn imported(
        (path, content): (String, String),
        made: Imported,
        name: &str,
        options: &ImportOptions,
        time_steps: Option<u32>,
    ) -> Result<Self, ZooError> {
        let Imported { mut network, mut tensors, .. } = made;
        let family = network.family();
        let time_steps = match (family.has_steps(), time_steps) {
            (true, None) => return Err(ZooError::NoTimeSteps { path }),
            (false, Some(time_steps)) if time_steps != 1 => return Err(ZooError::TimeSteps { path, time_steps }),
            (_, time_steps) => time_steps.unwrap_or(1),
        };
        let mut content = content;
        if let Some(normalisation) = &options.normalisation {
            let wrong = |reason| ZooError::Normalisation { path: path.clone(), reason };
            normalisation.insert(&mut network, &mut tensors).map_err(wrong)?;
            content = format!("{content} {normalisation}");
        }
        Ok(Self {
            name: name.into(),
            metadata: Metadata {
                backbone: name.into(),
                network: name.into(),
                family,
                neuron: Neuron::INTEGRATE_AND_FIRE,
                unit: None,
                time_steps,
                levels: None,
                task: None,
                normalisation: None,
                readout: None,
                all: BTreeMap::new(),
            },
            blake3: blake3::hash(content.as_bytes()).to_hex().to_string(),
            path,
            size: tensors.values().map(|tensor| size_of::<f32>() * tensor.data.len()).sum(),
            tensors: tensors.into(),
            imported: Some(Arc::new(network)),
            read_as: None,
            content: OnceLock::new(),
        })
    }

    /// The units of this backbone that lie beside its file: those of its content, and those that were trained for a file of this name
    /// with another content, so that these can be told apart from such that are not there. Other files are not looked at.
    ///
    /// # Errors
    /// A folder or file that cannot be read, and [`ZooError::File`] for a broken unit.
    pub fn units_beside(&self) -> Result<Vec<Self>, ZooError> {
        let folder = Path::new(&self.path).parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let unreadable = |error| FileError::Read { path: folder.display().to_string(), error };
        let listing = std::fs::read_dir(folder).map_err(unreadable)?;
        let mut paths =
            listing.map(|file| Ok(file.map_err(unreadable)?.path())).collect::<Result<Vec<_>, FileError>>()?;
        paths.retain(|path| Format::recognise(&path.to_string_lossy()) == Some(Format::Weights));
        paths.sort();
        let mut units = vec![];
        for path in paths.into_iter().filter(|path| is_bound_unit(path)) {
            units.push(Self::read(&path)?);
        }
        units.retain(|unit| unit.belongs_to(self) || unit.is_outdated_for(self));
        Ok(units)
    }
}

/// The options in words; `None` if there are none.
fn said(options: &ImportOptions) -> Option<String> {
    Some(options.to_string()).filter(|words| !words.is_empty())
}

/// Hash of a file, and of how it is read; see [`WeightFile::content`].
fn content_of(blake3: &str, options: &ImportOptions) -> OnceLock<String> {
    blake3::hash(format!("{blake3} {options}").as_bytes()).to_hex().to_string().into()
}

/// Whether the metadata of the file at `path` say that it holds a unit of one backbone alone. Only the header is read; what has none is no
/// unit.
fn is_bound_unit(path: &Path) -> bool {
    let header = || -> Option<serde_json::Value> {
        let mut file = crate::file::open(path).ok()?;
        let mut length = [0; 8];
        file.read_exact(&mut length).ok()?;
        let length = u64::from_le_bytes(length);
        let mut header = vec![];
        (length <= MOST_HEADER).then(|| file.take(length).read_to_end(&mut header))?.ok()?;
        serde_json::from_slice(&header).ok()
    };
    let metadata = header().and_then(|header| header.get("__metadata__").cloned());
    metadata.is_some_and(|metadata| metadata.get(CONTENT).is_some())
}

/// Longest header of a file of units: they have some ten tensors.
const MOST_HEADER: u64 = 1 << 20;

impl Zoo {
    /// This zoo with `file` in the place of the one that describes the same unit, or has the same name.
    ///
    /// # Errors
    /// [`ZooError::SameNetwork`].
    pub fn replaced(&self, file: WeightFile) -> Result<Self, ZooError> {
        let same = |other: &&WeightFile| {
            let unit =
                |file: &WeightFile| file.metadata.unit.as_ref().map(|unit| (unit.split.clone(), unit.choice.clone()));
            other.name == file.name || (other.backbone(), unit(other)) == (file.backbone(), unit(&file))
        };
        let others: Vec<_> = self.weight_files().iter().filter(|other| !same(other)).cloned().collect();
        Self::from_weight_files(others.into_iter().chain([file]))
    }

    /// This zoo with `files` besides.
    ///
    /// # Errors
    /// [`ZooError::SameNetwork`].
    pub fn extended(&self, files: impl IntoIterator<Item = WeightFile>) -> Result<Self, ZooError> {
        Self::new(self.weight_files().iter().cloned().chain(files).map(Ok))
    }
}
