//! One file per form of price list: its prices, and the events of a layer that they are for.

mod all_in;
mod chip_events;
mod lemaire;
mod memory;
mod operations;
mod yan;

pub use all_in::AllIn;
pub use chip_events::ChipEvents;
pub use lemaire::Lemaire2022;
pub use memory::Memory;
pub use operations::Operations;
pub use yan::{Yan2024, matched_bits};

/// A value of a list: a number, a price that may be left out, or a switch.
trait Value: Sized {
    const MAY_BE_UNPRICED: bool;
    fn take(value: Option<f64>) -> Option<Self>;
    /// The number, if there is one.
    fn number(self) -> Option<f64>;
}

impl Value for f64 {
    const MAY_BE_UNPRICED: bool = false;
    fn take(value: Option<f64>) -> Option<Self> {
        value
    }
    fn number(self) -> Option<f64> {
        Some(self)
    }
}

impl Value for Option<f64> {
    const MAY_BE_UNPRICED: bool = true;
    fn take(value: Option<f64>) -> Option<Self> {
        Some(value)
    }
    fn number(self) -> Option<f64> {
        self
    }
}

impl Value for bool {
    const MAY_BE_UNPRICED: bool = false;
    fn take(value: Option<f64>) -> Option<Self> {
        value.map(|value| value != 0.0)
    }
    fn number(self) -> Option<f64> {
        Some(f64::from(u8::from(self)))
    }
}

/// Declares the prices of a form, so that its keys, their units and its fields are one list.
macro_rules! form {
    ($(#[$doc:meta])* $name:ident { $($(#[$key_doc:meta])* $key:ident: $type:ty, $unit:ident;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$key_doc])* pub $key: $type,)*
        }

        impl $name {
            pub(in crate::energy) const KEYS: &'static [crate::energy::price_key::PriceKey] = &[$(crate::energy::price_key::PriceKey {
                key: stringify!($key),
                unit: crate::energy::price_key::Unit::$unit,
                may_be_unpriced: <$type as super::Value>::MAY_BE_UNPRICED,
            }),*];

            /// Refuses the first value that is negative or above a joule, or above the largest size.
            pub(in crate::energy) fn check(&self) -> Result<(), crate::kernel::ImpossibleValue> {
                $(
                    if let Some(value) = super::Value::number(self.$key) {
                        crate::energy::price_key::Unit::$unit.check_in_joules(stringify!($key), value)?;
                    }
                )*
                Ok(())
            }

            /// Takes every value from `read`, or gives the key of the first that is missing.
            pub(in crate::energy) fn read(
                read: impl Fn(&crate::energy::price_key::PriceKey) -> Option<f64>,
            ) -> Result<Self, &'static str> {
                let mut keys = Self::KEYS.iter();
                Ok(Self {
                    $($key: keys.next().and_then(|key| super::Value::take(read(key))).ok_or(stringify!($key))?,)*
                })
            }
        }
    };
}
use form;
