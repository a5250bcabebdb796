//! The networks that a scenario asks for and a zoo does not have, which would have to be trained.

use super::{CompileError, Failure, networks};
use crate::diagnostic::Source;
use crate::given::Given;
use crate::scenario::DatasetName;
use crate::settings;
use crate::sweep;
use cospike_models::zoo::{NetworkChoice, Zoo};
use std::collections::BTreeSet;

/// A network that has to be trained, and for which samples.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingNetwork {
    /// Data set that the scenario names.
    pub dataset: DatasetName,
    /// The network. Without a unit it is a backbone.
    pub choice: NetworkChoice,
}

/// The networks of `zoo` that the scenario in `source`, with what is `given` beside it, asks for and that are not there: each unit once, and
/// each backbone that is missing under its own choice, whole. Networks of files are not looked at.
///
/// # Errors
/// A mistake in a design point.
pub fn missing_networks(source: &Source, given: &Given, zoo: &Zoo) -> Result<Vec<MissingNetwork>, CompileError> {
    let (text, settings) = (&source.text, &given.settings);
    let found = sweep::read(text, settings, None).map_err(Failure::from).and_then(|expansion| {
        let mut missing = BTreeSet::new();
        for point in expansion.points(|base| given.selects(base)) {
            let (_, point) = point?;
            let cuts = networks::cuts(&point.scenario)?;
            for asked in cuts.iter().chain(networks::local(&point.scenario).iter()).filter(|asked| asked.file.is_none())
            {
                let of_data = |choice| MissingNetwork { dataset: (*point.scenario.samples.dataset).clone(), choice };
                missing.extend(zoo.missing(&asked.choice(None)).into_iter().map(of_data));
            }
        }
        Ok(missing)
    });
    match found {
        Ok(missing) => Ok(missing.into_iter().collect()),
        Err(Failure::Mistake(mistake)) => {
            let mistake = settings::locate(mistake, settings, text.len());
            Err(CompileError::Mistake(Box::new(mistake.into_diagnostic(source))))
        }
        Err(Failure::Zoo(error)) => Err(CompileError::Zoo(error)),
        Err(Failure::NoSuchPoint { number, count }) => Err(CompileError::NoSuchPoint { number, count }),
    }
}
