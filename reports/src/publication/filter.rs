//! Filters of design points, such as `link.packet_loss<=0.1`.

use super::error::PublicationError;
use crate::column::Column;
use crate::digest::{Design, Digest};
use std::str::FromStr;

/// Design points that a figure is made of: those of which a column stands in a relation to a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    column: String,
    relation: Relation,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Relations as they are written; one that begins with another one comes first.
const RELATIONS: [(&str, Relation); 6] = [
    ("!=", Relation::Unequal),
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("=", Relation::Equal),
    ("<", Relation::Less),
    (">", Relation::More),
];

/// A filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no filter: give a column, one of = != < <= > >=, and a value, such as `link.packet_loss<=0.1`")]
pub struct FilterError(String);

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let wrong = || FilterError(text.to_owned());
        let (column, rest) = text.split_at(text.find(['=', '!', '<', '>']).ok_or_else(wrong)?);
        let found = RELATIONS.into_iter().find_map(|(sign, relation)| Some((relation, rest.strip_prefix(sign)?)));
        let (relation, value) = found.ok_or_else(wrong)?;
        let (column, value) = (column.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned());
        if column.is_empty() || value.is_empty() || value.starts_with('=') {
            Err(wrong())
        } else {
            Ok(Self { column, relation, value })
        }
    }
}

impl Filter {
    /// Those of `designs` that it leaves.
    ///
    /// # Errors
    /// A column that the study does not have, or an order of words.
    pub(super) fn apply<'d, 'a>(
        &self,
        digest: &Digest<'a>,
        designs: Vec<&'d Design<'a>>,
    ) -> Result<Vec<&'d Design<'a>>, PublicationError> {
        let column = Column::find(digest, &self.column)?;
        let number: Option<f64> = self.value.parse().ok();
        let compares_words = number.is_none() || !column.is_numeric(&designs);
        if compares_words && !matches!(self.relation, Relation::Equal | Relation::Unequal) {
            return Err(PublicationError::NoOrder { column: self.column.clone(), value: self.value.clone() });
        }
        let holds = |design: &&Design<'_>| match (column.spread(design), number) {
            (Some(spread), Some(number)) => self.relation.holds(spread.mean.partial_cmp(&number)),
            _ => (column.text(design).as_deref() == Some(&self.value)) == (self.relation == Relation::Equal),
        };
        Ok(designs.into_iter().filter(holds).collect())
    }
}

impl Relation {
    /// Whether it holds for a value in this order to another; none is unequal to all.
    fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        match self {
            Self::Equal => order.is_some_and(|order| order.is_eq()),
            Self::Unequal => !order.is_some_and(|order| order.is_eq()),
            Self::Less => order.is_some_and(|order| order.is_lt()),
            Self::AtMost => order.is_some_and(|order| order.is_le()),
            Self::More => order.is_some_and(|order| order.is_gt()),
            Self::AtLeast => order.is_some_and(|order| order.is_ge()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_column_a_relation_and_a_value() {
        for (text, column, relation, value) in [
            ("link.packet_loss<=0.1", "link.packet_loss", Relation::AtMost, "0.1"),
            (" kind = \"float\" ", "kind", Relation::Equal, "float"),
            ("kind = 'float'", "kind", Relation::Equal, "float"),
            ("a!=b", "a", Relation::Unequal, "b"),
            ("a>=1", "a", Relation::AtLeast, "1"),
            ("a<-1", "a", Relation::Less, "-1"),
            ("a>1", "a", Relation::More, "1"),
        ] {
            let wanted = Filter { column: column.into(), relation, value: value.into() };
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        }
        for wrong in ["", "a", "=1", "a=", "a<", "a!1", "a==1", "a = "] {
            assert!(wrong.parse::<Filter>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn relations_hold_as_their_signs_say() {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let holding = |order| {
            RELATIONS
                .into_iter()
                .filter(|(_, relation)| relation.holds(order))
                .map(|(sign, _)| sign)
                .collect::<Vec<_>>()
        };
        assert_eq!(holding(Some(Less)), ["!=", "<=", "<"]);
        assert_eq!(holding(Some(Equal)), ["<=", ">=", "="]);
        assert_eq!(holding(Some(Greater)), ["!=", ">=", ">"]);
        assert_eq!(holding(None), ["!="]);
    }
}
