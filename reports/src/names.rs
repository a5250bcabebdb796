//! Names of the quantities of a design point, as axes and table headings show them.

/// Name of the share of correct answers.
pub(crate) const ACCURACY: &str = "Accuracy";
/// Name of the mean payload.
pub(crate) const PAYLOAD: &str = "Payload per request";
