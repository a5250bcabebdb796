//! `work`, `status`, `collect` and `submit`: a study that many processes work on.

mod collect;
mod interrupt;
mod status;
mod submit;
mod work;

pub(crate) use collect::collect;
pub(crate) use status::status;
pub(crate) use submit::submit;
pub(crate) use work::work;

use crate::arguments::SharedStudy;
use crate::estimate::check_memory;
use crate::failure::Failure;
use crate::output::{printable, warn};
use crate::scenario::{ReadScenario, failure};
use cospike_cluster::Environment;
use cospike_models::zoo::Zoo;
use cospike_results::store::entries::{Entries, Location};
use cospike_scenarios::{Compiled, Points};
use cospike_studies::{Inventory, PieceKeys, Pieces, Study};

/// A study, whose design points are made some at a time, and the store in which its pieces are.
struct Opened<'a> {
    study: Study,
    points: Points<'a>,
    location: Location,
    store: Entries,
}

/// What is known of all pieces of a study.
struct Known {
    keys: PieceKeys,
    inventory: Inventory,
}

impl<'a> Opened<'a> {
    /// Compiles all design points of the study that was `read`, and opens its store.
    fn new(given: &SharedStudy, read: &'a ReadScenario) -> Result<Self, Failure> {
        let (compiled, points) = read.checked_without_search()?;
        Self::of_compiled(given, read, compiled, points)
    }

    fn of_compiled(
        given: &SharedStudy,
        read: &'a ReadScenario,
        compiled: Compiled,
        points: Points<'a>,
    ) -> Result<Self, Failure> {
        let (study, named) = into_study(compiled, &read.zoo)?;
        let (location, store) = given.store.open(named.as_ref())?.ok_or_else(|| {
            Failure::mistake(
                "processes that work on a study meet in its store: name one with `--store DIR` or `--store URL`",
            )
        })?;
        Ok(Self { study, points, location, store })
    }

    /// What is stored of the study, found by one listing of the store. Each part of the design points is also shown to `see`.
    fn know(&mut self, see: &dyn Fn(&Study)) -> Result<Known, Failure> {
        let stored = self.store.keys()?;
        let mut known: Option<Known> = None;
        for part in self.points.parts() {
            let part = self.study.part(0, part.map_err(failure)?)?;
            see(&part);
            let pieces = Pieces::new(part.plan(), &self.store)?;
            let inventory = part.inventory_of(&pieces, &stored)?;
            match &mut known {
                None => known = Some(Known { keys: pieces.into_keys(), inventory }),
                Some(known) => {
                    known.keys.append(pieces.into_keys());
                    known.inventory.append(inventory);
                }
            }
        }
        known.ok_or_else(|| Failure::mistake("this study has no design point"))
    }
}

/// The study that was compiled, and the place of the store that its scenario names.
fn into_study(compiled: Compiled, zoo: &Zoo) -> Result<(Study, Option<Location>), Failure> {
    check_memory(&compiled.plan, &compiled.census)?;
    compiled.plan.provenance.warnings.iter().for_each(|warning| warn(&printable(warning)));
    let named = compiled.store.clone();
    Ok((compiled.into_study(zoo)?, named))
}

/// The environment of this process. A value that is no text is none that a scheduler has set.
pub(crate) const ENVIRONMENT: Environment<'static> = &|name| std::env::var(name).ok();
