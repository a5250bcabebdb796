//! What has to be known of every design point, selected or not, before the first is compiled: labels tell each from all others, and
//! price lists are numbered in one order for all.

use super::axis::Dimension;
use super::expansion::{Expansion, Place, insert};
use super::grid::Grid;
use super::value::written;
use crate::decode::decode;
use crate::diagnostic::Mistake;
use crate::located::Located;
use crate::profiles::{Overrides, Prices};
use crate::scenario::NetworkSection;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use toml::Spanned;
use toml::de::DeTable;

/// The parts of a scenario on which labels and the numbers of price lists depend.
#[derive(Debug)]
pub(crate) struct Outline {
    /// The network.
    pub(crate) network: NetworkSection,
    /// Price lists of the devices and of the cloud, with the values in the place of their own.
    pub(crate) prices: Vec<NamedList>,
}

/// A price list by its name, with the values in the place of its own.
pub(crate) type NamedList = (Located<String>, Option<Overrides<Prices>>);

/// Sections that can name a price list, and the key.
const PRICED: [&str; 2] = ["fleet", "cloud"];
const PRICES: &str = "prices";
const PRICE_OVERRIDE: &str = "price_override";
const NETWORK: &str = "network";
const SAMPLES: &str = "samples";
/// The one key elsewhere on which it depends whether a network is executed step by step.
const EXIT: &str = "fleet.exit_entropy";

/// Design points that agree in the values of some keys are of one kind: the kind of the first combination that has these values.
struct Kinds<'a> {
    expansion: &'a Expansion<'a>,
    /// For each dimension of each grid the index of the first of its values that agrees with each; nothing where no key of it matters.
    first: Vec<Vec<Option<Vec<usize>>>>,
}

/// Index of a grid, and a combination of its values, which need not be a design point.
type Kind = (u32, usize);

impl<'a> Kinds<'a> {
    /// The kinds by the keys that matter.
    fn new(expansion: &'a Expansion<'a>, matters: fn(&str) -> bool) -> Self {
        let of_grid =
            |grid: &Grid<'_>| grid.dimensions.iter().map(|dimension| first_equal(dimension, matters)).collect();
        Self { expansion, first: expansion.grids.iter().map(of_grid).collect() }
    }

    /// The kind of the design point at `place`.
    fn kind(&self, place: &Place) -> Kind {
        let (mut rest, mut kind, mut weight) = (place.combination, 0, 1);
        let firsts = &self.first[place.grid as usize];
        for (dimension, first) in self.expansion.grid(place).dimensions.iter().zip(firsts).rev() {
            let index = rest % dimension.len();
            rest /= dimension.len();
            kind += first.as_ref().map_or(0, |first| first[index]) * weight;
            weight *= dimension.len();
        }
        (place.grid, kind)
    }
}

/// For each value of a dimension the index of the first one with equal values of the keys that matter; `None` if none does.
fn first_equal(dimension: &Dimension<'_>, matters: fn(&str) -> bool) -> Option<Vec<usize>> {
    let axes: Vec<_> = dimension.axes.iter().filter(|axis| matters(&axis.dotted_path())).collect();
    if axes.is_empty() {
        return None;
    }
    let mut seen = HashMap::new();
    let values = |index: usize| -> Vec<_> {
        axes.iter().map(|axis| (axis.values[index].span().start, axis.values[index].to_string())).collect()
    };
    Some((0..dimension.len()).map(|index| *seen.entry(values(index)).or_insert(index)).collect())
}

/// The outlines of all design points: one for those that differ in nothing of it.
#[derive(Debug, Default)]
pub(crate) struct Outlines {
    /// In the order of the first design point of each; `None` where it has a mistake.
    distinct: Vec<Option<Outline>>,
    /// Index of that of each design point.
    of_point: Vec<u32>,
}

impl Outlines {
    /// The outlines that have no mistake, in the order of their first design points.
    pub(crate) fn distinct(&self) -> impl Iterator<Item = &Outline> {
        self.distinct.iter().flatten()
    }

    /// The outline of the design point `number`; `None` if it has a mistake.
    pub(crate) fn outline(&self, number: usize) -> Option<&Outline> {
        self.distinct[self.of_point[number] as usize].as_ref()
    }
}

impl Expansion<'_> {
    /// The outlines of all design points.
    pub(crate) fn outlines(&self) -> Outlines {
        let kinds = Kinds::new(self, is_outlined);
        let (mut known, mut outlines) = (HashMap::new(), Outlines::default());
        for place in &self.places {
            let index = match known.entry(kinds.kind(place)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    outlines.distinct.push(self.outline(place).ok());
                    *new.insert(outlines.distinct.len() as u32 - 1)
                }
            };
            outlines.of_point.push(index);
        }
        outlines
    }

    fn outline(&self, place: &Place) -> Result<Outline, Mistake> {
        let grid = self.grid(place);
        let chosen = grid.value_indices(place.combination);
        let outlined = grid.chosen(&chosen).filter(|(axis, _)| is_outlined(&axis.dotted_path()));
        let outlined: Vec<_> = outlined.map(|(axis, value)| (axis, value, value.to_string())).collect();
        let mut table = self.document.get_ref().clone();
        for (axis, value, text) in &outlined {
            insert(&mut table, &axis.path, written(value, text)?)?;
        }
        read(&table)
    }

    /// The design points of these `numbers`, by their places among them, as groups of which each needs the same networks on the same
    /// samples. Two groups may need the same, too.
    pub(crate) fn grouped_by_networks(&self, numbers: impl Iterator<Item = usize>) -> Vec<Vec<u32>> {
        let kinds = Kinds::new(self, decides_networks);
        let (mut known, mut groups) = (HashMap::new(), vec![]);
        for (place, number) in (0..).zip(numbers) {
            let group = *known.entry(kinds.kind(&self.places[number])).or_insert_with(|| {
                groups.push(vec![]);
                groups.len() - 1
            });
            groups[group].push(place);
        }
        groups
    }
}

/// Whether a key is part of an outline.
fn is_outlined(path: &str) -> bool {
    let (section, key) = path.split_once('.').unwrap_or((path, ""));
    let key = key.split_once('.').map_or(key, |(table, _)| table);
    section == NETWORK || (PRICED.contains(&section) && [PRICES, PRICE_OVERRIDE].contains(&key))
}

/// Whether it depends on a key which networks are executed, or on which samples.
fn decides_networks(path: &str) -> bool {
    let section = path.split_once('.').map_or(path, |(section, _)| section);
    [NETWORK, SAMPLES].contains(&section) || path == EXIT
}

fn read(table: &DeTable<'_>) -> Result<Outline, Mistake> {
    let section = |name: &str| {
        let section = table.get(name)?;
        section.get_ref().as_table().map(|table| Spanned::new(section.span(), table.clone()))
    };
    let prices = PRICED.iter().filter_map(|name| priced(section(name)?.get_ref()).transpose());
    let prices = prices.collect::<Result<_, _>>()?;
    let network = section(NETWORK).ok_or_else(|| Mistake::in_file("the file has no `network`"))?;
    Ok(Outline { network: decode(network)?, prices })
}

/// The price list of a section, with the values in the place of its own; `None` without one.
fn priced(section: &DeTable<'_>) -> Result<Option<NamedList>, Mistake> {
    let Some(prices) = section.get(PRICES) else { return Ok(None) };
    let Some(name) = prices.get_ref().as_str() else { return Ok(None) };
    let values = section
        .get(PRICE_OVERRIDE)
        .and_then(|values| values.get_ref().as_table().map(|table| Spanned::new(values.span(), table.clone())));
    Ok(Some((Located::new(prices.span(), name.to_string()), values.map(decode).transpose()?)))
}
