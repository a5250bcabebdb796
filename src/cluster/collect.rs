//! `collect`: the results of what is stored.

use super::Opened;
use crate::arguments::Collect;
use crate::failure::Failure;
use crate::output::plural;
use crate::run::publish::{PrintedAs, Publication, Published, failed_points, last, open_place, present};
use anyhow::anyhow;
use cospike_studies::State;

/// Writes results and report of what is stored of a study, and says what is missing.
pub(crate) fn collect(arguments: &Collect) -> Result<(), Failure> {
    let printed_as = PrintedAs::new(arguments.json, &arguments.columns)?;
    let opened = Opened::new(&arguments.study)?;
    let study = &opened.study;
    let place = open_place(arguments.out.as_deref(), study, opened.location.folder())?;
    let mut publication = Publication::new(study, &place);
    let store_failure = study.collect_in_parts(&opened.store, &mut |part| publication.take(part))?;
    let Published { shown, failed } = publication.finish()?;
    let [drawn, printed] = present(&shown, &place, &printed_as);
    let inventory = study.inventory(&opened.pieces()?)?;
    let networks = inventory.networks.iter().filter(|state| **state == State::Missing).count();
    let missing = inventory.points.iter().filter(|point| !point.is_complete).count();
    let failed = failed.iter().filter(|point| inventory.points[point.position()].is_complete).count();
    let failed = failed_points(failed, &shown);
    let missing = (networks + missing > 0).then(|| {
        let inferences = plural(inventory.networks.len() as u64, "inference");
        let points = plural(inventory.points.len() as u64, "design point");
        anyhow!(
            "{missing} of {points} and {networks} of {inferences} are not computed yet: `cospike work` computes them, and \
             `cospike status` says who does"
        )
    });
    let store_failure = store_failure.map(|error| anyhow!("the store failed, so some of this may be missing: {error}"));
    last([store_failure, drawn, printed, failed, missing]).map_or(Ok(()), |error| Err(error.into()))
}
