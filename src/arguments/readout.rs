//! The readouts of a network, by name.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use cospike_sim_core::network::Readout;

/// Parses the name of a readout.
pub(crate) fn readout() -> impl TypedValueParser<Value = Readout> {
    let names = Readout::ALL.map(|readout| PossibleValue::new(readout.name()).help(readout.meaning()));
    PossibleValuesParser::new(names).try_map(|name| Readout::named(&name).ok_or("unknown"))
}
