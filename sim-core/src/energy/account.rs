//! The energy account of an inference, line by line.

use super::ComputeEnergy;

/// What an event's joules are spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Accumulating.
    Ac,
    /// Multiplying and accumulating.
    Mac,
    /// Updating neurons.
    Neuron,
    /// Moving weights, membranes and activations.
    Memory,
    /// Addressing, carrying spikes, and events whose price covers everything.
    Other,
}

/// One line: so many events of one kind in one layer at one price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Index of the layer in its network.
    pub layer: usize,
    /// Kind of event, in words; for traffic with the unit that is counted.
    pub event: &'static str,
    /// What it is spent on.
    pub part: Part,
    /// How many.
    pub count: f64,
    /// Joules of one; `None` if the list leaves it unpriced.
    pub price: Option<f64>,
    /// Where the price list has it.
    pub key: &'static str,
}

/// All lines of an inference, by layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// The lines; events that did not happen have none.
    pub entries: Vec<Entry>,
}

impl Part {
    /// As result tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ac => "ac",
            Self::Mac => "mac",
            Self::Neuron => "neuron",
            Self::Memory => "memory",
            Self::Other => "other",
        }
    }
}

impl Entry {
    /// Count times price; `None` if it has no price.
    pub fn joules(&self) -> Option<f64> {
        self.price.map(|price| self.count * price)
    }
}

impl Account {
    /// The joules of what has a price, by part. If the account [is partial](Self::is_partial) that is not all of it.
    pub fn energy(&self) -> ComputeEnergy {
        let mut energy = ComputeEnergy::default();
        for entry in &self.entries {
            let part = match entry.part {
                Part::Ac => &mut energy.ac,
                Part::Mac => &mut energy.mac,
                Part::Neuron => &mut energy.neuron,
                Part::Memory => &mut energy.memory,
                Part::Other => &mut energy.other,
            };
            *part += entry.joules().unwrap_or(0.0);
        }
        energy
    }

    /// Whether something happened that the list has no price for: then its joules are a lower bound, and comparing
    /// them with others says nothing.
    pub fn is_partial(&self) -> bool {
        self.entries.iter().any(|entry| entry.price.is_none())
    }

    /// The joules of everything; `None` if the account is partial.
    pub fn total(&self) -> Option<f64> {
        if self.is_partial() { None } else { Some(self.energy().total()) }
    }
}
