//! Deadlines, batteries and servers, beside latency and energy of the devices.

use super::quoted::{Quoted, cell};
use crate::digest::{Design, Digest};
use crate::quantity::{Quantity, fixed};
use cospike_results::rows::ReplicationRow;
use cospike_sim_core::record::Record;
use cospike_sim_core::stats::mean_interval;
use maud::{Markup, html};

/// Column of the table.
struct Column {
    /// Column of the table `replications`, whose label is the title.
    name: &'static str,
    /// Words added to the title, for a value that is not the column's own.
    base: &'static str,
    /// Value of one replication; infinite or NaN where there is none.
    value: fn(&ReplicationRow) -> f64,
    /// Writes a value with its unit.
    write: fn(f64) -> String,
}

const COLUMNS: [Column; 5] = [
    Column {
        name: "deadline_misses",
        base: ", of all requests",
        value: |row| row.requests.deadline_misses as f64 / row.requests.generated as f64,
        write: |share| Quantity::Share.format(share),
    },
    Column {
        name: "first_depletion_s",
        base: "",
        value: |row| row.first_depletion_s,
        write: |seconds| Quantity::Seconds.format(seconds),
    },
    Column {
        name: "mean_lifetime_s",
        base: "",
        value: |row| row.mean_lifetime_s,
        write: |seconds| Quantity::Seconds.format(seconds),
    },
    Column { name: "mean_servers", base: "", value: |row| row.mean_servers, write: |servers| fixed(servers, 2) },
    Column {
        name: "cloud_energy_j",
        base: "",
        value: |row| row.cloud_energy_j,
        write: |joules| Quantity::Joules.format(joules),
    },
];

impl Column {
    /// The label of the column, with a capital letter in front.
    fn title(&self) -> String {
        let field = ReplicationRow::fields().into_iter().find(|field| field.name == self.name);
        let (first, rest) = field.map_or(self.name, |field| field.label).split_at(1);
        format!("{}{rest}{}", first.to_ascii_uppercase(), self.base)
    }

    /// The mean over the replications with its 95 % t-interval; `None` if one of them has no value.
    fn quoted(&self, design: &Design<'_>) -> Option<Quoted> {
        let values: Vec<f64> = design.replications.iter().map(|row| (self.value)(row)).collect();
        let one = values.first().filter(|_| values.iter().all(|value| value.is_finite()))?;
        Some(match mean_interval(&values) {
            Ok(interval) => Quoted {
                value: (self.write)(interval.estimate),
                basis: format!("{} to {}", (self.write)(interval.low), (self.write)(interval.high)),
            },
            Err(_) => Quoted { value: (self.write)(*one), basis: "no interval".into() },
        })
    }

    /// Whether any replication of the study has a value above zero.
    fn applies(&self, digest: &Digest<'_>) -> bool {
        let mut values = digest.designs.iter().flat_map(|design| &design.replications).map(|row| (self.value)(row));
        values.any(|value| value.is_finite() && value > 0.0)
    }
}

/// The section "Deadlines, batteries, servers"; empty if no column applies.
pub(super) fn section(digest: &Digest<'_>) -> Markup {
    let columns: Vec<&Column> = COLUMNS.iter().filter(|column| column.applies(digest)).collect();
    html! {
        @if !columns.is_empty() {
            section {
                h2 { "Deadlines, batteries, servers" }
                p {
                    "Means over replications, with their 95 % Student-t intervals. A deadline is missed by a late answer and by none. "
                    "A dash stands where a replication has no such value: no battery that ran empty, no request completed."
                }
                div.wide {
                    table {
                        thead { tr { th { "Design point" } @for column in &columns { th { (column.title()) } } } }
                        tbody {
                            @for design in &digest.designs {
                                tr {
                                    th scope="row" { (design.row.label) }
                                    @for column in &columns { (cell(column.quoted(design))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_one_of_the_table() {
        let fields = ReplicationRow::fields();
        assert!(COLUMNS.iter().all(|column| fields.iter().any(|field| field.name == column.name)));
    }
}
