//! Values that are given beside a scenario file, on the command line: `fleet.devices=10`.
//!
//! The parser knows positions in one text only. A setting counts as if it stood behind the file, each on a line of its own:
//! a position beyond the end of the file is one in a setting, and [`locate`] finds it there.

use crate::declarations::{KeyValue, is_text};
use crate::decode::explain;
use crate::diagnostic::{Mistake, Source};
use crate::shape;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeValue};

/// A value that replaces the scenario's, or supplies one that the scenario leaves out.
pub(crate) struct Setting<'a> {
    /// Key, section by section.
    pub(crate) path: Vec<Spanned<DeString<'a>>>,
    pub(crate) value: Spanned<DeValue<'a>>,
}

/// Reads the settings `texts`, each `KEY=VALUE`, that are given beside a file of `file_bytes`.
///
/// # Errors
/// The first one that is malformed, whose key does not exist or does not accept the value, or is given twice.
pub(crate) fn read(texts: &[String], file_bytes: usize) -> Result<Vec<Setting<'_>>, Mistake> {
    let mut seen = BTreeMap::new();
    let setting = |(start, text)| {
        let setting = read_one(text, start)?;
        let path = setting.dotted_path();
        match seen.insert(path.clone(), ()) {
            None => Ok(setting),
            Some(()) => {
                Err(Mistake::at_span(setting.key_span(), format!("`{path}` is set twice")).help("leave one out"))
            }
        }
    };
    placed(texts, file_bytes).map(setting).collect()
}

/// The same mistake; where it stands behind the file of `file_bytes`, in the setting that it belongs to.
pub(crate) fn locate(mistake: Mistake, texts: &[String], file_bytes: usize) -> Mistake {
    let Some(span) = mistake.span_in_own_file().filter(|span| span.start > file_bytes) else { return mistake };
    let Some((start, text)) = placed(texts, file_bytes).take_while(|(start, _)| *start <= span.start).last() else {
        return mistake;
    };
    mistake.moved_to(span.start - start..span.end - start).within(&Source::shipped("--set", text))
}

/// Each setting with its position behind the file.
fn placed(texts: &[String], file_bytes: usize) -> impl Iterator<Item = (usize, &str)> {
    texts.iter().scan(file_bytes + 1, |next, text| {
        let start = *next;
        *next += text.len() + 1;
        Some((start, text.as_str()))
    })
}

impl Setting<'_> {
    /// Dotted path of the key.
    pub(crate) fn dotted_path(&self) -> String {
        self.path.iter().map(|key| key.get_ref().as_ref()).collect::<Vec<_>>().join(".")
    }

    /// Position of the key.
    pub(crate) fn key_span(&self) -> Range<usize> {
        let span = |key: Option<&Spanned<DeString<'_>>>| key.map_or(0..0, Spanned::span);
        span(self.path.first()).start..span(self.path.last()).end
    }
}

/// Sections that say nothing of a single design point.
const SECTIONS_OF_MANY: [&str; 2] = ["find", "goal"];

fn read_one(text: &str, start: usize) -> Result<Setting<'_>, Mistake> {
    let Some((key, value)) = text.split_once('=') else {
        let message = "this is no setting: there is no `=` in it";
        return Err(
            Mistake::at_span(start..start + text.len(), message).help("write KEY=VALUE, such as fleet.devices=100")
        );
    };
    let path: Vec<_> = key.split('.').map(|word| word_at(text, word.trim(), start)).collect();
    if let Some(section) = path.first().filter(|word| SECTIONS_OF_MANY.contains(&word.get_ref().as_ref())) {
        let message = format!("[{}] cannot be set: it is about all design points", section.get_ref());
        return Err(Mistake::at_span(section.span(), message).help("write it in the scenario file"));
    }
    let (last, declared) = shape::find_key(&path)?;
    let value_text = value.trim();
    let place = start + offset(text, value_text);
    if value_text.is_empty() {
        return Err(Mistake::at_span(place..place, format!("no value is given for `{}`", declared.name)));
    }
    let value = match &declared.value {
        KeyValue::Scalar(schema) if is_text(schema) => bare_text(value_text),
        _ => None,
    };
    let value = value.map_or_else(|| parsed(value_text), Ok).map_err(|mistake| mistake.moved(place))?;
    let value = moved(value, place);
    shape::check_setting(declared, last, &value)?;
    Ok(Setting { path, value })
}

/// `word`, a part of `text`, with its position behind the file.
fn word_at<'a>(text: &str, word: &'a str, start: usize) -> Spanned<DeString<'a>> {
    let place = start + offset(text, word);
    Spanned::new(place..place + word.len(), Cow::Borrowed(word))
}

/// Position of `part` in `text`, in which it lies.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

/// A text without quotation marks, which a shell takes away anyway; `None` for what is written as a value of TOML.
fn bare_text(text: &str) -> Option<Spanned<DeValue<'_>>> {
    let is_bare = !text.starts_with(['"', '\'', '[', '{']);
    is_bare.then(|| Spanned::new(0..text.len(), DeValue::String(Cow::Borrowed(text))))
}

/// A value of TOML. A bare word that is none is a text, so that the mistake is one of its kind, not of its syntax.
fn parsed(text: &str) -> Result<Spanned<DeValue<'_>>, Mistake> {
    let value = DeValue::parse(text).map_err(|error| explain(&error));
    value.or_else(|mistake| bare_text(text).ok_or(mistake))
}

/// `value` with all its positions moved by `distance`.
fn moved<'a>(value: Spanned<DeValue<'a>>, distance: usize) -> Spanned<DeValue<'a>> {
    let span = |span: Range<usize>| span.start + distance..span.end + distance;
    let place = span(value.span());
    let inner = match value.into_inner() {
        DeValue::Array(list) => DeValue::Array(list.into_iter().map(|value| moved(value, distance)).collect()),
        DeValue::Table(table) => {
            let key = |key: Spanned<DeString<'a>>| Spanned::new(span(key.span()), key.into_inner());
            DeValue::Table(table.into_iter().map(|(word, value)| (key(word), moved(value, distance))).collect())
        }
        plain => plain,
    };
    Spanned::new(place, inner)
}
