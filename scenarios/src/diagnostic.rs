//! What is wrong with a file, and where.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet}; // the renderer that rustc's messages come from
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// A text file that a diagnostic can point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name or path, as messages show it.
    pub name: String,
    /// Where the relative paths in it begin; `None` for a file that ships with CoSpike.
    pub folder: Option<PathBuf>,
    /// Its text.
    pub text: String,
}

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    text: String,
    span: Range<usize>,
}

impl Source {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Whatever stops it from being read as UTF-8 text.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        Ok(Self { name: path.display().to_string(), folder: Some(path.parent().unwrap_or(path).to_path_buf()), text })
    }

    /// A mistake at `span`, in bytes; of a span over several lines the first is shown.
    pub(crate) fn error(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        let start = boundary(&self.text, span.start);
        let rest = &self.text[start..];
        let line_end = start + rest.find('\n').unwrap_or(rest.len());
        let end = boundary(&self.text, span.end.clamp(start, line_end));
        Diagnostic {
            file: self.name.clone(),
            message: message.into(),
            help: None,
            text: self.text.clone(),
            span: start..end,
        }
    }

    /// A mistake in a decoded value.
    pub(crate) fn error_at<T>(&self, value: &Spanned<T>, message: impl Into<String>) -> Diagnostic {
        self.error(value.span(), message)
    }
}

impl Diagnostic {
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Line, from 1.
    pub fn line(&self) -> usize {
        self.text[..self.span.start].matches('\n').count() + 1
    }

    /// Column in characters, from 1.
    pub fn column(&self) -> usize {
        let before = &self.text[..self.span.start];
        before.chars().rev().take_while(|&c| c != '\n').count() + 1
    }

    /// The message with the line in question, a caret below it and the help, coloured for a terminal if wanted.
    pub fn render(&self, colour: bool) -> String {
        let here = AnnotationKind::Primary.span(self.span.clone());
        let snippet = Snippet::source(self.text.as_str()).path(self.file.as_str()).annotation(here);
        let report = Level::ERROR.primary_title(self.message.as_str()).element(snippet);
        let report = report.elements(self.help.as_deref().map(|help| Level::HELP.message(help)));
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[report]).to_string()
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostic {}

/// The last place at or before `index` where a character begins.
fn boundary(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|&place| text.is_char_boundary(place)).unwrap_or(0)
}

/// Names that are still read through when one of them is already suggested.
const READ_THROUGH: usize = 30;

/// What exists, and the one of them that was probably meant by `word`; of very many, that one only.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let distance = |candidate: &&&str| strsim::damerau_levenshtein(word, candidate);
    let nearest = known.iter().min_by_key(distance).filter(|&near| distance(&near) <= word.chars().count().div_ceil(3));
    let list = match known.is_empty() {
        true => "there are none".into(),
        false => format!("choose from {}", known.join(", ")),
    };
    match nearest {
        Some(near) if known.len() > READ_THROUGH => format!("did you mean `{near}`?"),
        Some(near) => format!("did you mean `{near}`? {list}"),
        None => list,
    }
}
