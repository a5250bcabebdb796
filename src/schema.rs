//! `cospike schema`: the keys of a scenario file, for editors.

use crate::failure::Failure;
use crate::output::say;
use cospike_scenarios::schema::json_schema;

/// Prints the JSON Schema of a scenario file.
pub(crate) fn schema() -> Result<(), Failure> {
    say!("{}", serde_json::to_string_pretty(&json_schema())?);
    Ok(())
}
