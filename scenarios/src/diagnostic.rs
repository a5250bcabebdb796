//! Mistakes in files: what is wrong, where, and what to do about it.
//!
//! Whatever reads a file reports a `Mistake`, which knows its position only. The text of the file is attached once, by
//! `Mistake::into_diagnostic`, where the file is known; a [`Diagnostic`] can be shown.

use crate::located::Located;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet}; // the renderer that rustc's messages come from
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;
use std::sync::Arc;

/// The mark that some editors put before a text in UTF-8; it is not part of the text.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

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

/// Greatest size of a scenario, profile or price list. Parsing takes many times its size, and a sweep of as many design points as a
/// study may have takes less.
pub const MAX_BYTES: u64 = 4 << 20;

/// Names the first byte that is not UTF-8, as an editor counts lines and columns.
fn not_utf8(error: &FromUtf8Error) -> io::Error {
    let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    let message = format!("line {line}, column {column} is not text in UTF-8: save the file in that encoding");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

impl Source {
    /// Reads the file at `path`, of at most [`MAX_BYTES`].
    ///
    /// # Errors
    /// An input or output error; a file that is larger, or is not text in UTF-8.
    pub fn read(path: &Path) -> io::Result<Self> {
        Self::read_up_to(MAX_BYTES, path)
    }

    /// Reads the file at `path`, of at most `most` bytes.
    ///
    /// # Errors
    /// Those of [`Source::read`].
    pub(crate) fn read_up_to(most: u64, path: &Path) -> io::Result<Self> {
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a file"));
        }
        let mut bytes = vec![];
        File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} MiB", most >> 20)));
        }
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(&error))?;
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

    /// The same mistake at another place.
    pub(crate) fn moved_to(self, span: Range<usize>) -> Self {
        Self { span, ..self }
    }

    /// The same mistake, `distance` bytes further on.
    pub(crate) fn moved(self, distance: usize) -> Self {
        Self { span: self.span.start + distance..self.span.end + distance, ..self }
    }

    /// Where the mistake stands in the file that is being read; `None` if it is in another file.
    pub(crate) fn span_in_own_file(&self) -> Option<Range<usize>> {
        self.source.is_none().then(|| self.span.clone())
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

    /// This mistake with another way to mend it, after the one that it names.
    pub fn with_help(self, more: &str) -> Self {
        let help = self.help.map_or_else(|| more.into(), |help| format!("{help}; or {more}"));
        Self { help: Some(help), ..self }
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
        // No editor counts a byte-order mark.
        self.before().chars().rev().take_while(|&c| c != '\n').filter(|&c| c != BYTE_ORDER_MARK).count() + 1
    }

    fn before(&self) -> &str {
        &self.source.text[..self.span.start]
    }

    /// The line in question, without a byte-order mark and what is far behind the mistake, and the position of the mistake in it.
    fn excerpt(&self) -> (&str, Range<usize>) {
        /// Bytes that are shown behind a mistake.
        const BEHIND: usize = 200;
        let (text, Range { start, end }) = (self.source.text.as_str(), self.span.clone());
        let mut first = self.before().rfind('\n').map_or(0, |newline| newline + 1);
        if text[first..].starts_with(BYTE_ORDER_MARK) && start > first {
            first += BYTE_ORDER_MARK.len_utf8();
        }
        let rest = &text[start..text.ceil_char_boundary((end + BEHIND).min(text.len()))];
        let last = start + rest.find('\n').unwrap_or(rest.len());
        let line = text[first..last].trim_end_matches('\r');
        let within = |position: usize| (position - first).min(line.len());
        (line, within(start)..within(end.max(start)))
    }

    /// The message with the line in question, a caret below it and the help, coloured for a terminal if wanted.
    pub fn render(&self, colour: bool) -> String {
        let (line, span) = self.excerpt();
        let here = AnnotationKind::Primary.span(span);
        let snippet = Snippet::source(line).line_start(self.line()).path(self.file()).annotation(here);
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

/// The part of `span` on its first line, at character boundaries. White space at the end of the text is no part of it, nor are
/// carriage returns: they are not shown, and the renderer panics at a position that it is not shown.
fn within_a_line(text: &str, span: Range<usize>) -> Range<usize> {
    let shown = text.trim_end();
    let start = shown.floor_char_boundary(span.start.min(shown.len()));
    let rest = &shown[start..];
    let line_end = start + rest.find(['\n', '\r']).unwrap_or(rest.len());
    start..shown.floor_char_boundary(span.end.clamp(start, line_end))
}

/// The beginning of a text, on one line.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let shown: String = text.chars().take(LONGEST).collect();
    let shown = shown.escape_debug().to_string();
    if text.chars().nth(LONGEST).is_some() { shown + "..." } else { shown }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The renderer panics at positions that it does not have, so every span of every short text is shown, line ends of all
    /// kinds and white space at the end included.
    #[test]
    fn any_span_of_any_text_can_be_shown() {
        let pieces = ["", "é", "\r", "\n", " ", "\u{2028}"];
        for number in 0..pieces.len().pow(5) {
            let piece = |place: u32| pieces[number / pieces.len().pow(place) % pieces.len()];
            let source = Source::shipped("text", (0..5).map(piece).collect::<String>());
            for start in 0..=source.text.len() + 1 {
                for end in start..=source.text.len() + 2 {
                    let diagnostic = Mistake::at_span(start..end, "a mistake").into_diagnostic(&source);
                    let shown = diagnostic.render(false);
                    assert!(shown.contains("a mistake") && diagnostic.line() > 0, "{:?} {start}..{end}", source.text);
                }
            }
        }
    }
}
