//! What design points are drawn over, of and by: swept keys, metrics, and what inference alone says of them.

use crate::digest::{Design, Digest, KIND};
use crate::metric::{Metric, MetricOfDesigns, Reading, Spread};
use crate::quantity::Quantity;
use cospike_results::metrics::{METRICS, metric};
use std::collections::BTreeSet;

/// Something of which each design point has a value, or none.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// Swept key, by its dotted path.
    Key(String),
    /// Kind of the network.
    Kind,
    /// Mean payload of a request in bits.
    Payload,
    /// Share of the samples answered correctly with nothing lost.
    OfflineAccuracy,
    /// Metric, as the mean over the replications.
    Metric(Metric),
}

/// Name that no column of a study has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the study has no column `{name}`")]
pub struct UnknownColumn {
    /// The name.
    pub name: String,
    /// Names of all columns.
    pub known: Vec<String>,
}

impl Column {
    /// All columns of a study: its swept keys, the kind, what inference says, and the metrics.
    pub(crate) fn all(digest: &Digest<'_>) -> Vec<Self> {
        let keys: BTreeSet<&String> = digest.designs.iter().flat_map(|design| design.parameters.keys()).collect();
        let axes = &digest.results.manifest.axes;
        let mut keys: Vec<&String> = keys.into_iter().collect();
        keys.sort_by_key(|key| axes.iter().position(|axis| axis.key == **key).unwrap_or(axes.len()));
        let keys = keys.into_iter().map(|key| Self::Key(key.clone()));
        let others = [Self::Kind, Self::Payload, Self::OfflineAccuracy];
        keys.chain(others).chain(METRICS.iter().map(|metric| Self::Metric(*metric))).collect()
    }

    /// The column called `name`; metrics have names in thousandths of their unit, too.
    ///
    /// # Errors
    /// No column has the name.
    pub(crate) fn find(digest: &Digest<'_>, name: &str) -> Result<Self, UnknownColumn> {
        let all = Self::all(digest);
        let known = all.iter().find(|column| column.name() == name).cloned();
        known.or_else(|| metric(name).map(Self::Metric)).ok_or_else(|| UnknownColumn {
            name: name.to_owned(),
            known: all.iter().map(|column| column.name().to_owned()).collect(),
        })
    }

    /// Name by which the column is asked for.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Key(key) => key,
            Self::Kind => "kind",
            Self::Payload => "payload_bits",
            Self::OfflineAccuracy => "offline_accuracy",
            Self::Metric(metric) => metric.name,
        }
    }

    /// Name for people.
    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Key(key) => key,
            Self::Kind => "kind",
            Self::Payload => crate::names::PAYLOAD,
            Self::OfflineAccuracy => "Accuracy with nothing lost",
            Self::Metric(metric) => metric.label,
        }
    }

    /// What its numbers measure.
    pub(crate) fn quantity(&self) -> Quantity {
        match self {
            Self::Key(_) | Self::Kind => Quantity::Number,
            Self::Payload => Quantity::Bits,
            Self::OfflineAccuracy => Quantity::Share,
            Self::Metric(metric) => metric.quantity(),
        }
    }

    /// What is known of a design point: its number with its interval. A word is none.
    pub(crate) fn reading(&self, design: &Design<'_>) -> Reading {
        let holds = |spread: Option<Spread>| spread.map_or(Reading::Missing, Reading::Holds);
        let exact = |value: Option<f64>| {
            let value = value.filter(|value| value.is_finite());
            holds(value.map(|mean| Spread { mean, low: mean, high: mean }))
        };
        match self {
            Self::Key(key) => exact(design.parameters.get(key).and_then(|value| value.parse().ok())),
            Self::Kind => Reading::Missing,
            Self::Payload => exact(design.row.payload_bits),
            Self::OfflineAccuracy => {
                let of = design.summary.offline_accuracy;
                holds(of.map(|of| Spread { mean: of.estimate, low: of.low, high: of.high }))
            }
            Self::Metric(metric) => metric.reading(design),
        }
    }

    /// The number that is shown of a design point, with its interval; `None` for a word, and where there is no value.
    pub(crate) fn spread(&self, design: &Design<'_>) -> Option<Spread> {
        self.reading(design).shown()
    }

    /// The value of a design point as text; `None` where there is none.
    pub(crate) fn text(&self, design: &Design<'_>) -> Option<String> {
        match self {
            Self::Key(key) => design.parameters.get(key).filter(|value| *value != "null").cloned(),
            Self::Kind => Some(design.row.kind.clone()),
            _ => self.spread(design).map(|spread| spread.mean.to_string()),
        }
    }

    /// Whether all values that there are, and at least one, are numbers.
    pub(crate) fn is_numeric(&self, designs: &[&Design<'_>]) -> bool {
        let mut texts = designs.iter().filter(|design| self.text(design).is_some()).peekable();
        texts.peek().is_some() && texts.all(|design| self.spread(design).is_some())
    }

    /// Its values as text: numbers in ascending order, words in order of appearance.
    pub(crate) fn steps(&self, designs: &[&Design<'_>]) -> Vec<String> {
        let mut steps = distinct(designs.iter().filter_map(|design| self.text(design)));
        if self.is_numeric(designs) {
            let number = |step: &String| step.parse::<f64>().unwrap_or(f64::NAN);
            steps.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        steps
    }

    /// The columns beside `drawn` that tell design points apart: the kind, which stands for the keys that make it, and the other keys.
    pub(crate) fn others(digest: &Digest<'_>, designs: &[&Design<'_>], drawn: &[&Self]) -> Vec<Self> {
        let is_other = |column: &Self| match column {
            Self::Key(key) => !KIND.contains(&key.as_str()),
            Self::Kind => true,
            _ => false,
        };
        let differs = |column: &Self| designs.iter().any(|design| column.text(design) != column.text(designs[0]));
        let is_drawn = |column: &Self| drawn.iter().any(|other| other.name() == column.name());
        let all = Self::all(digest).into_iter();
        let mut others: Vec<Self> =
            all.filter(|column| is_other(column) && differs(column) && !is_drawn(column)).collect();
        others.sort_by_key(|column| !matches!(column, Self::Kind));
        others
    }

    /// Name of the line of a design point, told by the columns `by`: words as they are, numbers with the last part of their key.
    pub(crate) fn line_name(by: &[Self], design: &Design<'_>) -> String {
        let part = |column: &Self| {
            let text = column.text(design)?;
            let last = column.name().rsplit('.').next().unwrap_or_default();
            Some(match column.spread(design) {
                Some(Spread { mean, .. }) => format!("{last} = {}", Quantity::Number.format(mean)),
                None => text,
            })
        };
        let name = by.iter().filter_map(part).collect::<Vec<_>>().join(", ");
        if name.is_empty() { design.row.kind.clone() } else { name }
    }
}

/// Each of `texts` once, in order of appearance.
pub(crate) fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    texts.for_each(|text| {
        if !seen.contains(&text) {
            seen.push(text);
        }
    });
    seen
}
