//! The energy account of an inference, line by line.

use super::{ComputeEnergy, ComputePart};

/// One line of an account: events of one kind in one layer, at one price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccountLine {
    /// Index of the layer in its network.
    pub layer: usize,
    /// Kind of event, in words, for traffic with the unit that is counted; `codec` for all that coding the output of the layer
    /// for the link takes.
    pub event: &'static str,
    /// Part of the inference's energy that the events belong to.
    pub part: ComputePart,
    /// Number of events.
    pub count: f64,
    /// Joules of one event; `None` if the price list leaves it unpriced.
    pub price: Option<f64>,
    /// Key, or sum of keys, of the price in the price list.
    pub key: &'static str,
    /// What the memory that is accessed has to hold, in bytes; `None` where the size of a memory decides no price. The form
    /// `memory` takes the smallest of its memories that holds so much, which `key` names.
    pub held_bytes: Option<f64>,
}

/// All lines of an inference, by layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// The lines; events that did not happen have none.
    pub lines: Vec<AccountLine>,
}

impl AccountLine {
    /// Count times price, in joules; `None` if the events have no price.
    pub fn joules(&self) -> Option<f64> {
        self.price.map(|price| self.count * price)
    }
}

impl Account {
    /// The joules of the events that have a price, by part. If the account [is partial](Self::is_partial) that is not all
    /// of the energy.
    pub fn energy(&self) -> ComputeEnergy {
        let mut energy = ComputeEnergy::default();
        for line in &self.lines {
            energy[line.part] += line.joules().unwrap_or(0.0);
        }
        energy
    }

    /// Whether an event happened that the price list has no price for. Then the joules are a lower bound, and comparing
    /// them with others says nothing.
    pub fn is_partial(&self) -> bool {
        self.lines.iter().any(|line| line.price.is_none())
    }

    /// The joules of all events; `None` if the account is partial.
    pub fn total(&self) -> Option<f64> {
        if self.is_partial() { None } else { Some(self.energy().total()) }
    }
}
