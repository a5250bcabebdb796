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
//! assert_eq!((&*lost.name, lost.unit, lost.label), ("lost", "packets", "packets lost"));
//! assert_eq!(lost.meaning(), "Packets that did not arrive.");
//! ```

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// A struct whose fields are declared by [`record!`](crate::record!).
pub trait Record: FieldType {
    /// The declarations of all fields in order, those of nested records in the place of the nesting field.
    fn fields() -> Vec<Field>;

    /// The values of all fields, in the order of [`Record::fields`].
    fn values(&self) -> Vec<Value> {
        let mut values = Vec::new();
        self.append(&mut values);
        values
    }

    /// A record of `values`, which are in the order of [`Record::fields`]; `None` if one is missing or of another kind.
    fn from_values(values: &mut dyn Iterator<Item = Value>) -> Option<Self> {
        Self::read(values)
    }
}

/// The declaration of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name of the field, and of its column; that of a nested record with the prefix and suffix of the nesting field.
    pub name: Cow<'static, str>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Unsigned whole numbers of 32 bits.
    Whole32,
    /// Unsigned whole numbers of 64 bits.
    Whole64,
    /// Floating-point numbers of 64 bits.
    Real,
    /// Text in UTF-8.
    Text,
    /// True or false.
    Truth,
}

/// The value of one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A number of [`Kind::Whole32`] or [`Kind::Whole64`].
    Whole(u64),
    /// A number of [`Kind::Real`].
    Real(f64),
    /// A text.
    Text(String),
    /// A value of [`Kind::Truth`].
    Truth(bool),
    /// No value.
    Missing,
}

/// A type that a field of a record can have: a [`Scalar`], a nested record, an `Option` of either, or a nested record that is shared.
pub trait FieldType: Sized {
    /// Number of values of the field: 1, or those of the nested record.
    fn width() -> usize;
    /// Appends the values of the field, as [`Record::values`] lists them.
    fn append(&self, values: &mut Vec<Value>);
    /// Reads what [`FieldType::append`] appended; `None` if it is missing or of another kind.
    fn read(values: &mut dyn Iterator<Item = Value>) -> Option<Self>;
}

/// A type of single values. A newtype implements it by handing everything on to the type inside.
pub trait Scalar: Sized {
    /// Kind of the values.
    const KIND: Kind;

    /// The value as it stands in a table.
    fn to_value(&self) -> Value;
    /// The inverse of [`Scalar::to_value`]; `None` for a value of another kind or out of range.
    fn from_value(value: Value) -> Option<Self>;
}

/// A field that is one column: a [`Scalar`], or an `Option` of one.
pub trait Column: FieldType {
    /// Kind of the values.
    const KIND: Kind;
    /// Whether a value may be missing.
    const IS_OPTIONAL: bool;
}

impl<T: Scalar> Column for T {
    const KIND: Kind = T::KIND;
    const IS_OPTIONAL: bool = false;
}

impl<T: Scalar> Column for Option<T> {
    const KIND: Kind = T::KIND;
    const IS_OPTIONAL: bool = true;
}

impl<T: Scalar> FieldType for T {
    fn width() -> usize {
        1
    }

    fn append(&self, values: &mut Vec<Value>) {
        values.push(self.to_value());
    }

    fn read(values: &mut dyn Iterator<Item = Value>) -> Option<Self> {
        Self::from_value(values.next()?)
    }
}

/// Without a value, all values of the field are missing. What is inside must not be optional all through, or nothing there
/// would read back as nothing at all.
impl<T: FieldType> FieldType for Option<T> {
    fn width() -> usize {
        T::width()
    }

    fn append(&self, values: &mut Vec<Value>) {
        match self {
            Some(field) => field.append(values),
            None => values.extend(std::iter::repeat_n(Value::Missing, T::width())),
        }
    }

    fn read(values: &mut dyn Iterator<Item = Value>) -> Option<Self> {
        let own: Vec<Value> = values.take(T::width()).collect();
        if own.len() == T::width() && own.iter().all(|value| *value == Value::Missing) {
            return Some(None);
        }
        T::read(&mut own.into_iter()).map(Some)
    }
}

impl<T: Record> Record for Option<T> {
    fn fields() -> Vec<Field> {
        T::fields().into_iter().map(|field| Field { is_optional: true, ..field }).collect()
    }
}

/// A record that many others share.
impl<T: FieldType> FieldType for Arc<T> {
    fn width() -> usize {
        T::width()
    }

    fn append(&self, values: &mut Vec<Value>) {
        (**self).append(values);
    }

    fn read(values: &mut dyn Iterator<Item = Value>) -> Option<Self> {
        T::read(values).map(Arc::new)
    }
}

impl<T: Record> Record for Arc<T> {
    fn fields() -> Vec<Field> {
        T::fields()
    }
}

impl Scalar for u32 {
    const KIND: Kind = Kind::Whole32;

    fn to_value(&self) -> Value {
        Value::Whole((*self).into())
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Whole(number) => number.try_into().ok(),
            _ => None,
        }
    }
}

impl Scalar for u64 {
    const KIND: Kind = Kind::Whole64;

    fn to_value(&self) -> Value {
        Value::Whole(*self)
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Whole(number) => Some(number),
            _ => None,
        }
    }
}

impl Scalar for f64 {
    const KIND: Kind = Kind::Real;

    fn to_value(&self) -> Value {
        Value::Real(*self)
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Real(number) => Some(number),
            _ => None,
        }
    }
}

impl Scalar for String {
    const KIND: Kind = Kind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Scalar for bool {
    const KIND: Kind = Kind::Truth;

    fn to_value(&self) -> Value {
        Value::Truth(*self)
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Truth(truth) => Some(truth),
            _ => None,
        }
    }
}

/// Declares a struct and its [`Record`]. A field is one of
///
/// - `name: type => (unit, label)`: a single value;
/// - `name: type`: a nested record, whose fields stand in its place;
/// - `name: type => [prefix, suffix]`: a nested record whose fields are renamed, so that `energy: Energy => ["energy_", "_j"]`
///   turns the field `radio` of `Energy` into the column `energy_radio_j`.
///
/// The type of each may be an `Option`, whose values are missing if it is `None`: of a nested record all of them.
#[macro_export]
macro_rules! record {
    (@fields $field:ident: $type:ty, $about:expr, ($unit:literal, $label:literal)) => {
        vec![$crate::record::Field {
            name: ::std::borrow::Cow::Borrowed(stringify!($field)),
            unit: $unit,
            label: $label,
            about: $about,
            kind: <$type as $crate::record::Column>::KIND,
            is_optional: <$type as $crate::record::Column>::IS_OPTIONAL,
        }]
    };
    (@fields $field:ident: $type:ty, $about:expr,) => {
        <$type as $crate::record::Record>::fields()
    };
    (@fields $field:ident: $type:ty, $about:expr, [$prefix:literal, $suffix:literal]) => {{
        let mut fields = <$type as $crate::record::Record>::fields();
        for field in &mut fields {
            field.name = ::std::borrow::Cow::Owned(format!(concat!($prefix, "{}", $suffix), field.name));
        }
        fields
    }};
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $(
                $(#[doc = $about:literal])+
                $field_visibility:vis $field:ident: $type:ty $(=> $declaration:tt)?
            ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        $visibility struct $name {
            $($(#[doc = $about])+ $field_visibility $field: $type,)*
        }

        impl $crate::record::Record for $name {
            fn fields() -> Vec<$crate::record::Field> {
                [$($crate::record!(@fields $field: $type, &[$($about),+], $($declaration)?)),*].concat()
            }
        }

        impl $crate::record::FieldType for $name {
            fn width() -> usize {
                [$(<$type as $crate::record::FieldType>::width()),*].into_iter().sum()
            }

            fn append(&self, values: &mut Vec<$crate::record::Value>) {
                $($crate::record::FieldType::append(&self.$field, values);)*
            }

            fn read(values: &mut dyn Iterator<Item = $crate::record::Value>) -> Option<Self> {
                Some(Self { $($field: $crate::record::FieldType::read(values)?),* })
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
            /// The same again, under other names.
            other: Inner => ["other_", "_j"],
            /// A record that may be missing as a whole.
            rest: Option<Inner> => ["rest_", "_j"],
            /// A name.
            name: Option<String> => ("", "name"),
        }
    }

    #[test]
    fn nested_records_are_flattened_in_place_and_read_back() {
        let fields = Outer::fields();
        assert_eq!(
            fields.iter().map(|field| &*field.name).collect::<Vec<_>>(),
            ["number", "first", "second", "other_first_j", "other_second_j", "rest_first_j", "rest_second_j", "name"]
        );
        let inner = [(Kind::Real, false), (Kind::Real, true)];
        let [first, second] = inner;
        let kinds = [(Kind::Whole32, false), first, second, first, second, second, second, (Kind::Text, true)];
        assert_eq!(fields.iter().map(|field| (field.kind, field.is_optional)).collect::<Vec<_>>(), kinds);
        assert_eq!(fields[2].meaning(), "Second part, which may be missing.");
        let (inner, other) = (Inner { first: 0.5, second: None }, Inner { first: 1.5, second: Some(2.5) });
        let record = Outer { number: 3, inner, other, rest: None, name: Some("x".into()) };
        let mut values = record.values();
        let reals =
            [Value::Real(0.5), Value::Missing, Value::Real(1.5), Value::Real(2.5), Value::Missing, Value::Missing];
        assert_eq!((&values[0], &values[1..7], &values[7]), (&Value::Whole(3), &reals[..], &Value::Text("x".into())));
        assert_eq!(Outer::from_values(&mut values.clone().into_iter()), Some(record));
        values[5] = Value::Real(3.5);
        let rest = Some(Inner { first: 3.5, second: None });
        assert_eq!(Outer::from_values(&mut values.clone().into_iter()).unwrap().rest, rest, "half of it is there");
        values[0] = Value::Whole(1 << 32);
        assert_eq!(Outer::from_values(&mut values.into_iter()), None, "a number of 33 bits");
        assert_eq!(Outer::from_values(&mut std::iter::empty()), None, "no values");
    }
}
