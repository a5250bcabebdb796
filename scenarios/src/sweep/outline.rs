//! What has to be known of every design point, selected or not, before the first is compiled: labels tell each from all others, and
//! price lists are numbered in one order for all.

use super::expansion::{Expansion, Place, insert};
use super::value::written;
use crate::decode::decode;
use crate::diagnostic::Mistake;
use crate::located::Located;
use crate::profiles::{Overrides, Prices};
use crate::scenario::NetworkSection;
use std::collections::BTreeMap;
use std::rc::Rc;
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

impl Expansion<'_> {
    /// The outlines of all design points; `None` where it has a mistake. Points that differ in nothing of it share one.
    pub(crate) fn outlines(&self) -> Vec<Option<Rc<Outline>>> {
        let mut known = BTreeMap::new();
        let outline = |place: &Place| {
            let grid = &self.grids[place.grid];
            let chosen = grid.value_indices(place.combination);
            let chosen: Vec<_> = grid
                .chosen(&chosen)
                .filter(|(axis, _)| matters(&axis.dotted_path()))
                .map(|(axis, value)| (axis, value, value.to_string()))
                .collect();
            let key: Vec<_> = chosen.iter().map(|(_, value, text)| (value.span().start, text.clone())).collect();
            let laid_over = || {
                let mut table = self.document.get_ref().clone();
                for (axis, value, text) in &chosen {
                    insert(&mut table, &axis.path, written(value, text)?)?;
                }
                read(&table)
            };
            known.entry((place.grid, key)).or_insert_with(|| laid_over().ok().map(Rc::new)).clone()
        };
        self.places.iter().map(outline).collect()
    }
}

fn matters(path: &str) -> bool {
    let (section, key) = path.split_once('.').unwrap_or((path, ""));
    let key = key.split_once('.').map_or(key, |(table, _)| table);
    section == NETWORK || (PRICED.contains(&section) && [PRICES, PRICE_OVERRIDE].contains(&key))
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
