//! `collect`: the results of what is stored.

use super::Opened;
use crate::arguments::Collect;
use crate::failure::Failure;
use crate::run::publish::{finished, last, open_place, present};
use anyhow::anyhow;
use cospike_studies::State;

/// Writes results and report of what is stored of a study, and says what is missing.
pub(crate) fn collect(arguments: &Collect) -> Result<(), Failure> {
    let opened = Opened::new(&arguments.study)?;
    let study = &opened.study;
    let place = open_place(arguments.out.as_deref(), study, opened.location.folder())?;
    let (results, store_failure) = finished(study.collect(&opened.store))?;
    place.write(&results)?;
    let [drawn, printed, failed] = present(&results, &place, arguments.json);
    let inventory = study.inventory(&opened.pieces()?)?;
    let networks = inventory.networks.iter().filter(|state| **state == State::Missing).count();
    let points = inventory.points.iter().filter(|point| !point.is_complete).count();
    let missing = (networks + points > 0).then(|| {
        anyhow!(
            "not computed yet: {points} of {} design points and {networks} of {} inferences; `cospike status` says more",
            inventory.points.len(),
            inventory.networks.len()
        )
    });
    let store_failure = store_failure.map(|error| anyhow!("the store failed, so some of this may be missing: {error}"));
    last([store_failure, drawn, printed, failed, missing]).map_or(Ok(()), |error| Err(error.into()))
}
