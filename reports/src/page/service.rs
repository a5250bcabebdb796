//! Deadlines, batteries and servers, beside latency and energy of the devices.

use super::quoted::{Quoted, cell, mean_written};
use super::tables::MOST_ROWS;
use crate::digest::{Design, Digest};
use crate::quantity::{Quantity, fixed};
use cospike_results::rows::ReplicationRow;
use cospike_results::summary::{Estimate, PointSummary};
use cospike_sim_core::record::Record;
use maud::{Markup, html};

/// Column of the table.
struct Column {
    /// Column of the table `replications`, whose label is the title.
    name: &'static str,
    /// Words added to the title, for a value that is not the column's own.
    base: &'static str,
    /// Mean over the replications.
    estimate: fn(&PointSummary) -> &Estimate,
    /// Writes a value with its unit.
    write: fn(f64) -> String,
}

const COLUMNS: [Column; 6] = [
    Column {
        name: "deadline_misses",
        base: ", of all requests",
        estimate: |point| &point.deadline_misses,
        write: |share| Quantity::Share.format(share),
    },
    Column {
        name: "first_depletion_s",
        base: "",
        estimate: |point| &point.first_depletion_s,
        write: |seconds| Quantity::Seconds.format(seconds),
    },
    Column {
        name: "restricted_lifetime_s",
        base: "",
        estimate: |point| &point.restricted_lifetime_s,
        write: |seconds| Quantity::Seconds.format(seconds),
    },
    Column {
        name: "mean_servers",
        base: "",
        estimate: |point| &point.mean_servers,
        write: |servers| fixed(servers, 2),
    },
    Column {
        name: "cloud_energy_j",
        base: "",
        estimate: |point| &point.cloud_energy_j,
        write: |joules| Quantity::Joules.format(joules),
    },
    Column {
        name: "cloud_power_w",
        base: "",
        estimate: |point| &point.cloud_power_w,
        write: |watts| Quantity::Watts.format(watts),
    },
];

impl Column {
    /// The label of the column, with a capital letter in front.
    fn title(&self) -> String {
        let field = ReplicationRow::fields().into_iter().find(|field| field.name == self.name);
        let (first, rest) = field.map_or(self.name, |field| field.label).split_at(1);
        format!("{}{rest}{}", first.to_ascii_uppercase(), self.base)
    }

    /// The mean over the replications that have a value, with its 95 % t-interval; `None` if none has one.
    fn quoted(&self, design: &Design<'_>) -> Option<Quoted> {
        let estimate = (self.estimate)(&design.summary);
        mean_written(estimate, self.write, |low, high| format!("{} to {}", (self.write)(low), (self.write)(high)))
    }

    /// Whether any replication of the study has a value above zero.
    fn applies(&self, digest: &Digest<'_>) -> bool {
        digest.designs.iter().any(|design| (self.estimate)(&design.summary).mean > Some(0.0))
    }
}

/// The section "Deadlines, batteries, servers"; empty if no column applies.
pub(super) fn section(digest: &Digest<'_>) -> Markup {
    let columns: Vec<&Column> = COLUMNS.iter().filter(|column| column.applies(digest)).collect();
    html! {
        @if !columns.is_empty() {
            section #service {
                h2 { "Deadlines, batteries, servers" }
                p {
                    "Means over replications, with their 95 % Student-t intervals. Late and unanswered requests count as missed. "
                    "A mean is over the replications that have a value, and says over how many if that is not all; there is a dash where "
                    "none has one: no battery that ran empty, no request completed. The lifetime within the run counts every device "
                    "until its battery was empty or the run ended; it is at most the mean lifetime."
                }
                div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
                    table {
                        thead { tr { th { "Design point" } @for column in &columns { th { (column.title()) } } } }
                        tbody {
                            @for design in digest.designs.iter().take(MOST_ROWS) {
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
