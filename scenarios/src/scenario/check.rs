//! Checks of single values, reported where they stand.

use crate::diagnostic::{Diagnostic, Source};
use cospike_sim_core::kernel::{ImpossibleValue, not_negative, positive, probability};
use toml::Spanned;

/// Checks the values of one scenario file.
pub(super) struct Check<'a> {
    pub(super) source: &'a Source,
}

impl Check<'_> {
    /// The name becomes a folder.
    pub(super) fn name(&self, name: &Spanned<String>) -> Result<(), Diagnostic> {
        let word = name.get_ref();
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !word.is_empty() && word.chars().all(good) {
            return Ok(());
        }
        let message = format!("`{word}` cannot name a study, because the results are stored under it");
        Err(self.source.error_at(name, message).help("use letters, digits, - and _"))
    }

    /// At least 1.
    pub(super) fn count<T: Copy + Into<u64>>(&self, key: &'static str, value: &Spanned<T>) -> Result<(), Diagnostic> {
        match (*value.get_ref()).into() {
            0 => Err(self.source.error_at(value, format!("`{key}` is 0, but must be at least 1"))),
            _ => Ok(()),
        }
    }

    /// Finite and above 0.
    pub(super) fn positive<'v>(
        &self,
        key: &'static str,
        value: impl Into<Option<&'v Spanned<f64>>>,
    ) -> Result<(), Diagnostic> {
        self.number(positive, key, value.into())
    }

    /// Finite and at least 0.
    pub(super) fn not_negative<'v>(
        &self,
        key: &'static str,
        value: impl Into<Option<&'v Spanned<f64>>>,
    ) -> Result<(), Diagnostic> {
        self.number(not_negative, key, value.into())
    }

    /// From 0 to 1.
    pub(super) fn probability<'v>(
        &self,
        key: &'static str,
        value: impl Into<Option<&'v Spanned<f64>>>,
    ) -> Result<(), Diagnostic> {
        self.number(probability, key, value.into())
    }

    fn number(
        &self,
        check: fn(&'static str, f64) -> Result<(), ImpossibleValue>,
        key: &'static str,
        value: Option<&Spanned<f64>>,
    ) -> Result<(), Diagnostic> {
        value.map_or(Ok(()), |v| check(key, *v.get_ref()).map_err(|e| self.source.error_at(v, e.to_string())))
    }

    /// Of alternatives that exclude one another, by name and place: at most one is given, or exactly one if `needed` names
    /// their section and what they say.
    pub(super) fn one_of(
        &self,
        given: &[(&'static str, Option<std::ops::Range<usize>>)],
        needed: Option<(&'static str, &'static str)>,
    ) -> Result<(), Diagnostic> {
        let names = || given.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let mut found = given.iter().filter_map(|(name, span)| Some((name, span.clone()?)));
        match (found.next(), found.next(), needed) {
            (Some((first, _)), Some((second, span)), _) => {
                let message = format!("`{second}` and `{first}` exclude one another");
                Err(self.source.error(span, message).help(format!("give one of {}", names())))
            }
            (None, _, Some((section, what))) => {
                let span = section_span(&self.source.text, section);
                Err(self
                    .source
                    .error(span, format!("[{section}] does not say {what}"))
                    .help(format!("give one of {}", names())))
            }
            _ => Ok(()),
        }
    }
}

/// Where `[section]` stands, or the start of the file.
pub(super) fn section_span(text: &str, section: &str) -> std::ops::Range<usize> {
    let header = format!("[{section}]");
    text.find(&header).map_or(0..0, |start| start..start + header.len())
}
