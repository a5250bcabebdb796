//! The design points of a sweep, made one by one.

use super::axis::{Axis, Dimension};
use super::constraint::Constraint;
use super::find::Find;
use super::goal::Goal;
use super::grid::Grid;
use super::value::written;
use super::{Combination, Search, SweepPoint};
use crate::declarations::grouped;
use crate::decode::{Document, decode};
use crate::diagnostic::Mistake;
use crate::scenario::Scenario;
use crate::shape;
use cospike_studies::search::Probe;
use rayon::prelude::*; // most of the time of a large sweep goes into decoding scenarios, which do not depend on one another
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Design points that are decoded side by side, and are in memory together.
const AT_ONCE: usize = 1024;

/// A scenario and the grids that are laid over it. It holds the place of each design point, not the point: as many as a study can
/// have do not fit into memory together with their scenarios.
pub(crate) struct Expansion<'a> {
    /// Dotted paths of the swept keys, in the order of the file.
    pub(crate) axes: Vec<String>,
    /// Number of combinations of the swept values, of each of which there is a design point, or a search.
    pub(crate) combinations: usize,
    /// What is not as it should be, in sentences.
    pub(crate) warnings: Vec<String>,
    /// What is searched for each combination of the swept values. The points are those of the first and the last candidate then,
    /// or those of some probes.
    pub(crate) search: Option<Search>,
    /// Which design point is the best.
    pub(crate) goal: Option<Goal>,
    pub(super) document: Document<'a>,
    pub(super) grids: Vec<Grid<'a>>,
    /// In the order of the design points.
    pub(super) places: Vec<Place>,
}

/// Where a design point is found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Index of its grid.
    pub(super) grid: u32,
    /// Number of its combination of values in that.
    pub(super) combination: usize,
    /// Number of the combination of swept values, from 0, in the whole sweep; that of the design point itself unless there is a search.
    base: u32,
}

/// Hash of the values of a design point: the first half of a BLAKE3, of which no two have ever been found to be equal.
type Hash = [u8; 16];

impl<'a> Expansion<'a> {
    /// The design points of all `grids` over `document`. A searched key is one more dimension of every grid, of which some values
    /// only are taken.
    pub(super) fn new(
        document: Document<'a>,
        mut grids: Vec<Grid<'a>>,
        find: Option<Find<'a>>,
        probes: Option<&[Probe]>,
    ) -> Result<Self, Mistake> {
        let (mut axes, mut warnings, mut places) = (vec![], vec![], vec![]);
        let mut base = 0;
        for (index, grid) in grids.iter_mut().enumerate() {
            let combinations = combinations(&document, grid)?;
            warnings.extend([draws_twice(grid), excludes_nothing(grid, combinations.len())].into_iter().flatten());
            if let Some(find) = &find {
                grid.dimensions.push(Dimension { axes: vec![Axis::new(&find.path, find.values.clone())] });
            }
            axes.extend(grid.axes().map(Axis::dotted_path));
            for combination in combinations {
                let with = |candidate| Place { grid: index as u32, combination: candidate, base: base as u32 };
                match &find {
                    None => places.push(with(combination)),
                    // The searched key is the last dimension, which changes fastest.
                    Some(find) => places.extend(
                        candidates(find, base, probes)
                            .into_iter()
                            .map(|candidate| with(combination * find.values.len() + candidate)),
                    ),
                }
                base += 1;
            }
        }
        let mut named = BTreeSet::new();
        axes.retain(|axis| named.insert(axis.clone()));
        Ok(Self {
            axes,
            combinations: base,
            warnings,
            search: find.map(Search::from),
            goal: None,
            document,
            grids,
            places,
        })
    }

    /// Number of the combination of swept values of each design point, ascending.
    pub(crate) fn bases(&self) -> impl Iterator<Item = usize> {
        self.places.iter().map(|place| place.base as usize)
    }

    /// Number of design points.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The grid of a place.
    pub(super) fn grid(&self, place: &Place) -> &Grid<'a> {
        &self.grids[place.grid as usize]
    }

    /// The design points of these `numbers`, each with its own; decoded and checked, a few side by side, when they are asked for. None may
    /// equal an earlier one of them.
    pub(crate) fn points(
        &self,
        numbers: impl IntoIterator<Item = usize>,
    ) -> impl Iterator<Item = Result<(usize, SweepPoint), Mistake>> {
        let mut numbers = numbers.into_iter();
        let parts = std::iter::from_fn(move || {
            let part: Vec<usize> = numbers.by_ref().take(AT_ONCE).collect();
            (!part.is_empty()).then_some(part)
        });
        let decoded = parts
            .flat_map(|part| part.into_par_iter().map(|number| (number, self.decoded(number))).collect::<Vec<_>>());
        let mut seen: HashMap<Hash, u32> = HashMap::new();
        decoded.map(move |(number, decoded)| {
            let (scenario, hash) = decoded?;
            match seen.insert(hash, number as u32) {
                Some(first) => Err(self.duplicate(number, first as usize)),
                None => Ok((number, SweepPoint { scenario, combination: self.combination(number) })),
            }
        })
    }

    /// The scenario of the design point `number`, and a hash of its values.
    fn decoded(&self, number: usize) -> Result<(Scenario, Hash), Mistake> {
        let scenario = self.scenario(&self.places[number])?;
        // Spans are left out when a scenario is serialised, so equal text means equal values.
        let mut hasher = blake3::Hasher::new();
        serde_json::to_writer(&mut hasher, &scenario).map_err(|error| Mistake::in_file(error.to_string()))?;
        let mut hash = Hash::default();
        hasher.finalize_xof().fill(&mut hash);
        Ok((scenario, hash))
    }

    /// The combination of swept values of the design point `number`.
    pub(crate) fn combination(&self, number: usize) -> Combination {
        let place = &self.places[number];
        let grid = self.grid(place);
        let chosen = grid.value_indices(place.combination);
        let parameters = grid.chosen(&chosen).map(|(axis, value)| (axis.dotted_path(), (**value).clone()));
        let shown = grid.axes().filter(|axis| grid.name.is_none() || axis.values.len() > 1).map(Axis::dotted_path);
        Combination { parameters: parameters.collect(), grid: grid.name.clone(), label_axes: shown.collect() }
    }

    /// The scenario with the values of a place laid over it.
    fn scenario(&self, place: &Place) -> Result<Scenario, Mistake> {
        let grid = self.grid(place);
        let chosen = grid.value_indices(place.combination);
        let chosen: Vec<_> = grid.chosen(&chosen).map(|(axis, value)| (axis, value, value.to_string())).collect();
        let mut document = self.document.clone();
        for (axis, value, text) in &chosen {
            insert(document.get_mut(), &axis.path, written(value, text)?)?;
        }
        shape::check_complete(&document)?;
        let scenario: Scenario = decode(document)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// The mistake of the design point `number`, which equals an earlier one, `first`. It is shown at a value that the grid repeats,
    /// or else at the last value of the point.
    fn duplicate(&self, number: usize, first: usize) -> Mistake {
        let place = &self.places[number];
        let (grid, combination) = (self.grid(place), place.combination);
        let values = |dimension: &Dimension<'_>, index: usize| -> Vec<Value> {
            dimension.axes.iter().map(|axis| axis.values[index].clone().into_inner()).collect()
        };
        // Within one grid the two differ in the position of at least one value; the later one repeats the earlier.
        let repeats = |dimension: &Dimension<'_>, index: usize| {
            (0..index).any(|earlier| values(dimension, earlier) == values(dimension, index))
        };
        let mut places = grid.dimensions.iter().zip(grid.value_indices(combination));
        let last = places.clone().next_back();
        let place = places.find(|(dimension, index)| repeats(dimension, *index)).or(last);
        let span = place.and_then(|(dimension, index)| Some(dimension.axes.last()?.values[index].span()));
        let parameters = serde_json::json!(self.combination(first).parameters);
        Mistake::at_span(
            span.unwrap_or(0..0),
            format!("design point {number} is the same as design point {first} (counted from 0)"),
        )
        .help(format!("both are {parameters}; leave one out"))
    }
}

/// The candidates of which design points are made, by their numbers.
fn candidates(find: &Find<'_>, base: usize, probes: Option<&[Probe]>) -> Vec<usize> {
    let Some(probes) = probes else { return vec![0, find.values.len() - 1] };
    let first = probes.partition_point(|probe| probe.base < base);
    probes[first..].iter().take_while(|probe| probe.base == base).map(|probe| probe.candidate).collect()
}

/// The combinations of a grid that fulfil its condition, by their numbers.
fn combinations(document: &Document<'_>, grid: &Grid<'_>) -> Result<Vec<usize>, Mistake> {
    // `check_number` accepts no number that does not fit.
    let all = 0..grid.count_points().unwrap_or_default() as usize;
    let Some(condition) = &grid.condition else { return Ok(all.collect()) };
    let constraint = Constraint::new(condition, grid, document.get_ref())?;
    let mut kept = vec![];
    for combination in all {
        if constraint.holds(grid, &grid.value_indices(combination))? {
            kept.push(combination);
        }
    }
    match kept.is_empty() {
        true => {
            let number = grouped(grid.count_points().unwrap_or_default());
            Err(Mistake::at_span(condition.span.clone(), "no design point of this grid fulfils the condition")
                .help(format!("without it the grid has {number}")))
        }
        false => Ok(kept),
    }
}

/// Words on a sample of which some points are equal.
fn draws_twice(grid: &Grid<'_>) -> Option<String> {
    let (drawn, differ) = (grid.drawn? as u128, grid.count_points()?);
    let [all, kept] = [drawn, differ].map(grouped);
    (differ < drawn)
        .then(|| format!("the sample{} has {kept} design points only: the others of {all} equal them", of_grid(grid)))
}

/// Words on a condition that all combinations of `grid` fulfil, of which `kept` are left.
fn excludes_nothing(grid: &Grid<'_>, kept: usize) -> Option<String> {
    let condition = grid.condition.as_ref().filter(|_| grid.count_points() == Some(kept as u128))?;
    let (name, kept) = (of_grid(grid), grouped(kept as u128));
    Some(format!("the condition `{}`{name} excludes nothing: all {kept} combinations fulfil it", condition.text))
}

fn of_grid(grid: &Grid<'_>) -> String {
    grid.name.as_ref().map(|name| format!(" of the grid `{name}`")).unwrap_or_default()
}

/// Puts `value` at `path` below `table`, in the place of the value there, if any.
pub(super) fn insert<'a>(
    table: &mut DeTable<'a>,
    path: &[Spanned<DeString<'a>>],
    value: Spanned<DeValue<'a>>,
) -> Result<(), Mistake> {
    let Some((key, rest)) = path.split_first() else { return Ok(()) };
    if rest.is_empty() {
        table.insert(key.clone(), value);
        return Ok(());
    }
    let section = || Spanned::new(key.span(), DeValue::Table(DeTable::new()));
    match table.entry(key.clone()).or_insert_with(section).get_mut() {
        DeValue::Table(inner) => insert(inner, rest, value),
        _ => {
            Err(Mistake::at_span(key.span(), format!("`{}` is a value of the scenario, not a section", key.get_ref())))
        }
    }
}
