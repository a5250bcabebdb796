//! Mistakes in files: what is wrong, where, and what to do about it.
//!
//! Whatever reads a file reports a `Mistake`, which knows its position only. The text of the file is attached once, by
//! `Mistake::into_diagnostic`, where the file is known; a [`Diagnostic`] can be shown.

use crate::located::Located;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet}; // the renderer that rustc's messages come from
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text file that a diagnostic can point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name or path, as messages show it.
    pub name: String,
    /// Where relative paths in it begin.
    pub origin: Origin,
    /// Text of the file.
    pub text: String,
}

/// Where the relative paths in a file begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file ships with CoSpike and can refer to other shipped files only.
    Shipped,
    /// The file lies in this folder.
    Folder(PathBuf),
}

/// A mistake in a file, which is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    message: String,
    help: Option<String>,
    span: Range<usize>,
    /// The file, where it is another one than whoever receives the mistake reads.
    source: Option<Arc<Source>>,
}

/// A mistake in a file, with the text around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    message: String,
    help: Option<String>,
    span: Range<usize>,
    source: Arc<Source>,
}

impl Source {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// An input or output error; a file that is not UTF-8.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let folder = path.parent().unwrap_or(path).to_path_buf();
        Ok(Self { name: path.display().to_string(), origin: Origin::Folder(folder), text })
    }

    /// A text that ships with CoSpike.
    pub fn shipped(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), origin: Origin::Shipped, text: text.into() }
    }
}

impl Mistake {
    /// A mistake at `span`, in bytes from the start of the file.
    pub(crate) fn at_span(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, span, source: None }
    }

    /// A mistake in a value.
    pub(crate) fn in_value<T>(value: &Located<T>, message: impl Into<String>) -> Self {
        Self::at_span(value.span(), message)
    }

    /// A mistake of the whole file, such as a section that is missing.
    pub(crate) fn in_file(message: impl Into<String>) -> Self {
        Self::at_span(0..0, message)
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Says that the mistake is in `source`, unless it is known to be in another file.
    pub(crate) fn within(self, source: &Source) -> Self {
        Self { source: self.source.or_else(|| Some(Arc::new(source.clone()))), ..self }
    }

    /// The mistake with the text around it; `source` is the file unless it is known to be another one.
    pub(crate) fn into_diagnostic(self, source: &Source) -> Diagnostic {
        let Self { message, help, span, source: known } = self;
        let source = known.unwrap_or_else(|| Arc::new(source.clone()));
        Diagnostic { span: within_a_line(&source.text, span), message, help, source }
    }
}

impl From<Diagnostic> for Mistake {
    /// Takes the text along, so that the mistake stays in its own file wherever it is passed on.
    fn from(Diagnostic { message, help, span, source }: Diagnostic) -> Self {
        Self { message, help, span, source: Some(source) }
    }
}

impl Diagnostic {
    /// Name of the file.
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Line of the mistake, from 1.
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// Column of the mistake in characters, from 1.
    pub fn column(&self) -> usize {
        self.before().chars().rev().take_while(|&c| c != '\n').count() + 1
    }

    fn before(&self) -> &str {
        &self.source.text[..self.span.start]
    }

    /// The message with the line in question, a caret below it and the help, coloured for a terminal if wanted.
    pub fn render(&self, colour: bool) -> String {
        let here = AnnotationKind::Primary.span(self.span.clone());
        let snippet = Snippet::source(self.source.text.as_str()).path(self.file()).annotation(here);
        let report = Level::ERROR.primary_title(self.message()).element(snippet);
        let report = report.elements(self.help().map(|help| Level::HELP.message(help)));
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

/// The part of `span` on its first line, at character boundaries.
fn within_a_line(text: &str, span: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let rest = &text[start..];
    let line_end = start + rest.find('\n').unwrap_or(rest.len());
    start..text.floor_char_boundary(span.end.clamp(start, line_end))
}

/// Number of names up to which all are listed although one of them is already suggested.
const MAX_LISTED: usize = 30;

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
        Some(near) if known.len() > MAX_LISTED => format!("did you mean `{near}`?"),
        Some(near) => format!("did you mean `{near}`? {list}"),
        None => list,
    }
}
