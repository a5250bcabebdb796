//! A node as the operators read it: its attributes, none of which is passed over.

use super::proto::{Attribute, Node, kind};
use super::tensor::Array;
use std::collections::BTreeMap;

/// Attributes of a node that were not read yet.
pub(super) struct Attributes<'a>(BTreeMap<&'a str, &'a Attribute>);

impl<'a> Attributes<'a> {
    pub(super) fn new(node: &'a Node) -> Self {
        Self(node.attribute.iter().map(|attribute| (attribute.name.as_str(), attribute)).collect())
    }

    fn take(&mut self, name: &str, needed: i32) -> Result<Option<&'a Attribute>, String> {
        match self.0.remove(name) {
            Some(found) if found.r#type == needed => Ok(Some(found)),
            Some(_) => Err(format!("its attribute `{name}` is not of the type that the format says")),
            None => Ok(None),
        }
    }

    pub(super) fn whole(&mut self, name: &str, default: i64) -> Result<i64, String> {
        Ok(self.take(name, kind::INT)?.map_or(default, |found| found.i))
    }

    /// A whole number that is 0 or 1.
    pub(super) fn flag(&mut self, name: &str, default: bool) -> Result<bool, String> {
        match self.whole(name, default.into())? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("its attribute `{name}` is {other} instead of 0 or 1")),
        }
    }

    pub(super) fn float(&mut self, name: &str, default: f32) -> Result<f32, String> {
        Ok(self.take(name, kind::FLOAT)?.map_or(default, |found| found.f))
    }

    pub(super) fn numbers(&mut self, name: &str) -> Result<Option<&'a [i64]>, String> {
        Ok(self.take(name, kind::INTS)?.map(|found| found.ints.as_slice()))
    }

    /// `count` sizes, none of which is negative or larger than any feature map has.
    pub(super) fn sizes(&mut self, name: &str, count: usize, default: usize) -> Result<Vec<usize>, String> {
        let Some(numbers) = self.numbers(name)? else { return Ok(vec![default; count]) };
        let size = |&number: &i64| usize::try_from(number).ok().filter(|&size| size <= LARGEST);
        match numbers.iter().map(size).collect::<Option<Vec<_>>>() {
            Some(sizes) if sizes.len() == count => Ok(sizes),
            _ => Err(format!("its attribute `{name}` is {numbers:?} instead of {count} sizes")),
        }
    }

    pub(super) fn text(&mut self, name: &str, default: &'static str) -> Result<&'a str, String> {
        let Some(found) = self.take(name, kind::TEXT)? else { return Ok(default) };
        std::str::from_utf8(&found.s).map_err(|_| format!("its attribute `{name}` is no text"))
    }

    /// The value of a node of type Constant.
    pub(super) fn constant(&mut self) -> Result<Array, String> {
        let single = |data| Array { shape: vec![], data, range: None };
        use super::tensor::Data::{Floats, Whole};
        if let Some(found) = self.take("value", kind::TENSOR)? {
            return Array::read(found.t.as_ref().ok_or("its attribute `value` is empty")?);
        }
        if let Some(found) = self.take("value_float", kind::FLOAT)? {
            return Ok(single(Floats(vec![found.f])));
        }
        if let Some(found) = self.take("value_int", kind::INT)? {
            return Ok(single(Whole(vec![found.i])));
        }
        if let Some(found) = self.take("value_floats", kind::FLOATS)? {
            return Ok(Array { shape: vec![found.floats.len()], data: Floats(found.floats.clone()), range: None });
        }
        match self.take("value_ints", kind::INTS)? {
            Some(found) => Ok(Array::vector(found.ints.clone())),
            None => Err("it holds no numbers".into()),
        }
    }

    /// Refuses what was not read: it might change what the node does.
    pub(super) fn finish(self) -> Result<(), String> {
        match self.0.into_keys().next() {
            Some(name) => Err(format!("its attribute `{}` is not known", name.escape_debug())),
            None => Ok(()),
        }
    }
}

/// Largest stride, padding, dilation or window.
const LARGEST: usize = 1 << 16;

/// Name of a node: its own, or that of what it emits.
pub(super) fn name(node: &Node) -> &str {
    let emitted = node.output.iter().find(|output| !output.is_empty());
    if node.name.is_empty() { emitted.map_or("", String::as_str) } else { &node.name }
}

/// A node in a message.
pub(super) fn shown(node: &Node) -> String {
    format!("`{}` ({})", name(node).escape_debug(), node.op_type.escape_debug())
}
