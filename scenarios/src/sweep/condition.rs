//! The text of a condition in a file, in which mistakes are shown where they stand.

use super::expression::{Expression, parse};
use crate::diagnostic::Mistake;
use crate::shape::found;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// A condition, as it stands in the file.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// Text between the quotation marks.
    pub(super) text: String,
    pub(super) expression: Expression,
    /// Position of the value, with its quotation marks.
    pub(super) span: Range<usize>,
    /// Position of the first character; `None` if the text is written with escapes, so that no position in it is known.
    start: Option<usize>,
}

impl Condition {
    /// Reads a condition; `file` is the text in which it stands.
    ///
    /// # Errors
    /// Anything else than a text, or a text that is no condition.
    pub(super) fn read(value: &Spanned<DeValue<'_>>, file: &str) -> Result<Self, Mistake> {
        let DeValue::String(text) = value.get_ref() else {
            let message = format!("a condition in quotation marks is needed, but this is {}", found(value.get_ref()));
            return Err(Mistake::at_span(value.span(), message).help("such as \"width <= 4 or split != 'stem'\""));
        };
        let span = value.span();
        let start = file.get(span.clone()).and_then(|raw| raw.find(text.as_ref())).map(|start| span.start + start);
        let expression = parse(text).map_err(|mistake| located(mistake, start, &span))?;
        Ok(Self { text: text.to_string(), expression, span, start })
    }

    /// A mistake in the text as one in the file.
    pub(super) fn locate(&self, mistake: Mistake) -> Mistake {
        located(mistake, self.start, &self.span)
    }
}

fn located(mistake: Mistake, start: Option<usize>, span: &Range<usize>) -> Mistake {
    match start {
        Some(start) => mistake.moved(start),
        None => mistake.moved_to(span.clone()),
    }
}
