//! Records: structs whose fields are declared once, each with its unit, its label and its meaning.
//!
//! A counter of the event loop, a part of an energy balance and a column of a result table are the same thing seen from
//! different places. The macro [`record!`](crate::record!) declares such a field in one place; the struct, its
//! documentation, the table column, the generated page `docs/results.md` and the label in a report all follow from it.
//!
//! ```
//! use cospike_sim_core::record;
//! use cospike_sim_core::record::{Record, Value};
//!
//! record! {
//!     /// Packets of one run.
//!     #[derive(Clone, Copy, Debug, Default, PartialEq)]
//!     pub struct Packets {
//!         /// Packets put on the uplink.
//!         pub sent: u64 => ("packets", "packets sent"),
//!         /// Packets that did not arrive.
//!         pub lost: u64 => ("packets", "packets lost"),
//!     }
//! }
//!
//! let packets = Packets { sent: 12, lost: 1 };
//! assert_eq!(packets.values(), [Value::Whole(12), Value::Whole(1)]);
//! let lost = &Packets::fields()[1];
//! assert_eq!((lost.name, lost.unit, lost.label), ("lost", "packets", "packets lost"));
//! assert_eq!(lost.meaning(), "Packets that did not arrive.");
//! ```

/// A struct whose fields are declared by [`record!`](crate::record!).
pub trait Record: Sized {
    /// The declarations of all fields in order, those of nested records in the place of the nesting field.
    fn fields() -> Vec<Field>;

    /// The values of all fields, in the order of [`Record::fields`].
    fn values(&self) -> Vec<Value>;

    /// A record of `values`, which are in the order of [`Record::fields`]; `None` if one is missing or of another kind.
    fn from_values(values: &mut dyn Iterator<Item = Value>) -> Option<Self>;
}

/// The declaration of one field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// Name of the field, and of its column.
    pub name: &'static str,
    /// Unit of the value, such as `s`, `J` or `requests`; empty for names, numbers and other values without a unit.
    pub unit: &'static str,
    /// Short name for people, as figures and tables show it.
    pub label: &'static str,
    /// Lines of the documentation comment.
    pub about: &'static [&'static str],
    /// Kind of the values.
    pub kind: Kind,
    /// Whether a value may be missing.
    pub is_optional: bool,
}

impl Field {
    /// The documentation comment as one line of text.
    pub fn meaning(&self) -> String {
        self.about.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }
}

/// Kind of a field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unsigned whole numbers of 32 bits.
    Whole32,
    /// Unsigned whole numbers of 64 bits.
    Whole64,
    /// Floating-point numbers of 64 bits.
    Real,
    /// Text in UTF-8.
    Text,
}

/// The value of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number of [`Kind::Whole32`] or [`Kind::Whole64`].
    Whole(u64),
    /// A number of [`Kind::Real`].
    Real(f64),
    /// A text.
    Text(String),
    /// No value.
    Missing,
}

/// A type that a field of a record can have: a single value, or a nested record.
pub trait FieldType: Sized {
    /// What the field adds to [`Record::fields`], given its own declaration.
    fn declare(field: Field, fields: &mut Vec<Field>);
    /// What the field adds to [`Record::values`].
    fn append(&self, values: &mut Vec<Value>);
    /// Reads what [`FieldType::append`] added; `None` if it is missing or of another kind.
    fn read(values: &mut dyn Iterator<Item = Value>) -> Option<Self>;
}

/// Implements [`FieldType`] for a type of single values.
macro_rules! single {
    ($type:ty, $kind:expr, $value:ident, $to:expr, $from:expr) => {
        impl FieldType for $type {
            fn declare(field: Field, fields: &mut Vec<Field>) {
                fields.push(Field { kind: $kind, ..field });
            }

            fn append(&self, values: &mut Vec<Value>) {
                let to: fn(&$type) -> _ = $to;
                values.push(Value::$value(to(self)));
            }

            fn read(values: &mut dyn Iterator<Item = Value>) -> Option<Self> {
                match values.next()? {
                    Value::$value(value) => $from(value),
                    _ => None,
                }
            }
        }

        impl FieldType for Option<$type> {
            fn declare(field: Field, fields: &mut Vec<Field>) {
                fields.push(Field { kind: $kind, is_optional: true, ..field });
            }

            fn append(&self, values: &mut Vec<Value>) {
                match self {
                    Some(value) => value.append(values),
                    None => values.push(Value::Missing),
                }
            }

            fn read(values: &mut dyn Iterator<Item = Value>) -> Option<Self> {
                match values.next()? {
                    Value::Missing => Some(None),
                    value => <$type>::read(&mut std::iter::once(value)).map(Some),
                }
            }
        }
    };
}

single!(u32, Kind::Whole32, Whole, |value| u64::from(*value), |value| u32::try_from(value).ok());
single!(u64, Kind::Whole64, Whole, |value| *value, Some);
single!(f64, Kind::Real, Real, |value| *value, Some);
single!(String, Kind::Text, Text, String::clone, Some);

/// Declares a struct and its [`Record`]. A field is `name: type => (unit, label)`, or `name: type` for a nested record.
#[macro_export]
macro_rules! record {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $(
                $(#[doc = $about:literal])+
                $field_visibility:vis $field:ident: $type:ty $(=> ($unit:literal, $label:literal))?
            ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        $visibility struct $name {
            $($(#[doc = $about])+ $field_visibility $field: $type,)*
        }

        impl $crate::record::Record for $name {
            fn fields() -> Vec<$crate::record::Field> {
                let mut fields = Vec::new();
                $({
                    #[allow(unused_mut, unused_assignments, reason = "a nested record has neither unit nor label")]
                    let (mut unit, mut label) = ("", "");
                    $((unit, label) = ($unit, $label);)?
                    let field = $crate::record::Field {
                        name: stringify!($field),
                        unit,
                        label,
                        about: &[$($about),+],
                        kind: $crate::record::Kind::Text,
                        is_optional: false,
                    };
                    <$type as $crate::record::FieldType>::declare(field, &mut fields);
                })*
                fields
            }

            fn values(&self) -> Vec<$crate::record::Value> {
                let mut values = Vec::new();
                <Self as $crate::record::FieldType>::append(self, &mut values);
                values
            }

            fn from_values(values: &mut dyn Iterator<Item = $crate::record::Value>) -> Option<Self> {
                Some(Self { $($field: <$type as $crate::record::FieldType>::read(values)?),* })
            }
        }

        impl $crate::record::FieldType for $name {
            fn declare(_field: $crate::record::Field, fields: &mut Vec<$crate::record::Field>) {
                fields.extend(<Self as $crate::record::Record>::fields());
            }

            fn append(&self, values: &mut Vec<$crate::record::Value>) {
                $($crate::record::FieldType::append(&self.$field, values);)*
            }

            fn read(values: &mut dyn Iterator<Item = $crate::record::Value>) -> Option<Self> {
                <Self as $crate::record::Record>::from_values(values)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    record! {
        /// A record inside another.
        #[derive(Clone, Debug, Default, PartialEq)]
        struct Inner {
            /// First part.
            first: f64 => ("J", "first part"),
            /// Second part, which
            /// may be missing.
            second: Option<f64> => ("J", "second part"),
        }
    }

    record! {
        /// A record with all kinds of fields.
        #[derive(Clone, Debug, Default, PartialEq)]
        struct Outer {
            /// A number.
            number: u32 => ("", "number"),
            /// A record in the place of a field.
            inner: Inner,
            /// A name.
            name: Option<String> => ("", "name"),
        }
    }

    #[test]
    fn nested_records_are_flattened_in_place_and_read_back() {
        let fields = Outer::fields();
        assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["number", "first", "second", "name"]);
        let kinds = [(Kind::Whole32, false), (Kind::Real, false), (Kind::Real, true), (Kind::Text, true)];
        assert_eq!(fields.iter().map(|field| (field.kind, field.is_optional)).collect::<Vec<_>>(), kinds);
        assert_eq!(fields[2].meaning(), "Second part, which may be missing.");
        let record = Outer { number: 3, inner: Inner { first: 0.5, second: None }, name: Some("x".into()) };
        let mut values = record.values();
        assert_eq!(values, [Value::Whole(3), Value::Real(0.5), Value::Missing, Value::Text("x".into())]);
        assert_eq!(Outer::from_values(&mut values.clone().into_iter()), Some(record));
        values[0] = Value::Whole(1 << 32);
        assert_eq!(Outer::from_values(&mut values.into_iter()), None, "a number of 33 bits");
        assert_eq!(Outer::from_values(&mut std::iter::empty()), None, "no values");
    }
}
