//! Pages in Markdown with figures beside them, as they stand in `docs/`.

use crate::FIGURE;
use crate::error::ReportError;
use crate::figures::Figure;
use cospike_results::store::whole_file::{Kind, WholeFile};
use std::fs;
use std::path::Path;

/// Folder of the figures, beside the page.
const FIGURES: &str = "figures";

/// A page in Markdown with its figures.
#[derive(Clone, Debug)]
pub struct MarkdownPage {
    /// File name of the page.
    name: &'static str,
    /// How to tell a page of this kind.
    kind: Kind,
    /// Text of the page.
    pub markdown: String,
    /// File name and SVG document of every figure, which lie in `figures/` beside the page.
    pub figures: Vec<(String, String)>,
}

impl MarkdownPage {
    /// The page that begins with `markdown` and will be the file `name`.
    pub(crate) fn new(name: &'static str, kind: Kind, markdown: String) -> Self {
        Self { name, kind, markdown, figures: vec![] }
    }

    /// Adds text.
    pub(crate) fn add(&mut self, text: &str) {
        self.markdown += text;
    }

    /// Adds a figure, which its title describes where it cannot be seen.
    pub(crate) fn show(&mut self, figure: Figure) {
        let file = format!("{}.svg", figure.name);
        self.markdown += &format!("![{}]({FIGURES}/{file})\n\n", figure.title);
        self.figures.push((file, figure.svg));
    }

    /// Writes the page and its figures into `folder`, in place of older ones. A file of another kind is not overwritten, and
    /// then none is.
    ///
    /// # Errors
    /// [`ReportError::File`] and [`ReportError::Folder`].
    pub fn write(&self, folder: &Path) -> Result<(), ReportError> {
        let make = |folder: &Path| {
            fs::create_dir_all(folder).map_err(|error| ReportError::Folder { path: folder.into(), error })
        };
        make(folder)?;
        let page = WholeFile::with_text(&folder.join(self.name), self.kind, &self.markdown)?;
        let figures = folder.join(FIGURES);
        make(&figures)?;
        let drawn = self.figures.iter().map(|(name, svg)| WholeFile::with_text(&figures.join(name), FIGURE, svg));
        let files = drawn.chain([Ok(page)]).collect::<Result<Vec<_>, _>>()?;
        Ok(files.into_iter().try_for_each(WholeFile::finish)?)
    }
}
