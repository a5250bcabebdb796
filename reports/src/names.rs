//! Names of the quantities of a design point, as axes and table headings show them.

/// Name of the share of correct answers.
pub(crate) const ACCURACY: &str = "Accuracy";
/// Name of the share of all requests that were answered correctly.
pub(crate) const CORRECT: &str = "Correct of all requests";
/// Name of the energy of the edge devices per answered request.
pub(crate) const ENERGY: &str = "Energy per request";
/// Name of the mean power of an edge device.
pub(crate) const POWER: &str = "Power per device";
/// Name of the mean latency of the completed requests.
pub(crate) const LATENCY: &str = "Mean latency";
/// Name of the mean payload.
pub(crate) const PAYLOAD: &str = "Payload per request";
