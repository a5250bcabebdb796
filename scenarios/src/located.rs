//! Values that know where they stand in their file.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Range};
use toml::Spanned;

/// A decoded value and its position in the text that it was decoded from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T>(Spanned<T>);

impl<T> Located<T> {
    /// A value at `span`, in bytes from the start of its file.
    pub fn new(span: Range<usize>, value: T) -> Self {
        Self(Spanned::new(span, value))
    }

    /// The value, without its position.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }

    /// Position in bytes from the start of the file.
    pub fn span(&self) -> Range<usize> {
        self.0.span()
    }
}

impl<T: Copy> Located<T> {
    /// The value.
    pub fn get(&self) -> T {
        *self.0.get_ref()
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.get_ref()
    }
}

impl<T: fmt::Display> fmt::Display for Located<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<T: Default> Default for Located<T> {
    /// The default of a value that the file leaves out; it stands nowhere.
    fn default() -> Self {
        Self::new(0..0, T::default())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

/// Without the position, so that equal values serialise to equal text.
impl<T: Serialize> Serialize for Located<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.get_ref().serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
