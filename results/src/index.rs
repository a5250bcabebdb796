//! Numbers of design points, distinct networks and price lists, which cannot be taken for one another.

use cospike_sim_core::record::{Kind, Scalar, Value};
use serde::{Deserialize, Serialize};
use std::fmt::{Display, Formatter};

/// Declares a number of 32 bits that can be a column.
macro_rules! index {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// Position in the list that it numbers.
            pub fn position(self) -> usize {
                self.0 as usize
            }
        }

        impl Display for $name {
            fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl Scalar for $name {
            const KIND: Kind = u32::KIND;

            fn to_value(&self) -> Value {
                self.0.to_value()
            }

            fn from_value(value: Value) -> Option<Self> {
                u32::from_value(value).map(Self)
            }
        }
    };
}

index! {
    /// Number of a design point in its study, from 0.
    PointIndex
}

index! {
    /// Number of a distinct network in its study, from 0. Design points that differ in nothing that inference depends on
    /// share one.
    NetworkIndex
}

index! {
    /// Number of a price list in its study, from 0.
    PriceIndex
}
