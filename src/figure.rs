//! `figure`: one figure of stored results for a publication, with its data.

use crate::arguments::whole;
use crate::failure::Failure;
use crate::output::say;
use crate::stored::read_results;
use clap::{Args, ValueEnum};
use cospike_reports::{
    FIGURE, FIGURE_DATA, Filter, Form, PDF_FIGURE, PNG_FIGURE, PaperSize, Publication, PublicationError,
    PublishedFigure, publication,
};
use cospike_results::store::folder::holds_results;
use cospike_results::store::whole_file::{Kind, WholeFile};
use cospike_scenarios::diagnostic::did_you_mean;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Figure {
    /// Result folder that `cospike run` wrote
    folder: PathBuf,
    /// Form of the figure
    #[arg(long, value_enum, default_value_t = Shape::Line)]
    kind: Shape,
    /// Column of the horizontal axis: a swept key, a metric such as `latency_p95_ms`, `kind`, `payload_bits` or `offline_accuracy`
    #[arg(long, value_name = "COLUMN")]
    x: String,
    /// Column of the vertical axis
    #[arg(long, value_name = "COLUMN")]
    y: String,
    /// Columns that tell lines apart, separated by commas; without any, all others that vary. Of a heat map, the one that colours it
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    by: Vec<String>,
    /// Only design points for which this holds, such as `link.packet_loss<=0.1` or `kind=spiking`; several all have to hold
    #[arg(long = "where", value_name = "FILTER")]
    filters: Vec<Filter>,
    /// Size and font of a common place
    #[arg(long, value_enum, default_value_t = Preset::IeeeColumn)]
    preset: Preset,
    /// Width and height on paper, in mm, cm or in, in the place of the preset's
    #[arg(long, value_name = "84x60mm")]
    size: Option<PaperSize>,
    /// Font size of titles and legend in points, in the place of the preset's; ticks are a tenth smaller
    #[arg(long, value_name = "POINTS", value_parser = whole(4..=72_u8))]
    font: Option<u8>,
    /// Pixels to the inch of a PNG image
    #[arg(long, default_value_t = 300, value_parser = whole(30..=4800_u32))]
    dpi: u32,
    /// Title of the horizontal axis, in the place of the column's name
    #[arg(long, value_name = "TITLE")]
    x_label: Option<String>,
    /// Title of the vertical axis, in the place of the column's name
    #[arg(long, value_name = "TITLE")]
    y_label: Option<String>,
    /// File to write: .svg, .pdf or .png. Its data come beside it, as .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Form of a figure.
#[derive(Clone, Copy, ValueEnum)]
enum Shape {
    /// Lines over numbers, with bands of the intervals
    Line,
    /// Dots over numbers or words, with bars of the intervals
    Dots,
    /// Cells over two columns, coloured by a third
    Heatmap,
}

/// Size and font of a common place.
#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// One column of an IEEE journal: 88.9 x 60 mm, 8 points
    IeeeColumn,
    /// Both columns of an IEEE journal: 181.9 x 70 mm, 8 points
    IeeePage,
    /// A slide of 16:9: 254 x 142 mm, 16 points
    Slide,
}

impl Preset {
    fn size_and_font(self) -> (PaperSize, u8) {
        match self {
            Self::IeeeColumn => (PaperSize::millimetres(88.9, 60.0), 8),
            Self::IeeePage => (PaperSize::millimetres(181.9, 70.0), 8),
            Self::Slide => (PaperSize::millimetres(254.0, 142.0), 16),
        }
    }
}

impl Figure {
    fn asked(&self) -> Publication {
        let (size, font) = self.preset.size_and_font();
        Publication {
            form: match self.kind {
                Shape::Line => Form::Line,
                Shape::Dots => Form::Dots,
                Shape::Heatmap => Form::HeatMap,
            },
            x: self.x.clone(),
            y: self.y.clone(),
            by: self.by.clone(),
            filters: self.filters.clone(),
            size: self.size.unwrap_or(size),
            font: f64::from(self.font.unwrap_or(font)),
            x_label: self.x_label.clone(),
            y_label: self.y_label.clone(),
        }
    }
}

/// File format of a figure, by the ending of its name.
#[derive(Clone, Copy)]
enum Format {
    Svg,
    Pdf,
    Png,
}

impl Format {
    fn recognise(path: &Path) -> Result<Self, Failure> {
        match path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("pdf") => Ok(Self::Pdf),
            Some("png") => Ok(Self::Png),
            _ => Err(Failure::mistake(format_args!(
                "{}: the ending of the name says the form of a figure, and must be .svg, .pdf or .png",
                path.display()
            ))),
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Svg => FIGURE,
            Self::Pdf => PDF_FIGURE,
            Self::Png => PNG_FIGURE,
        }
    }

    fn content(self, figure: &PublishedFigure, dpi: u32) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Svg => Ok(figure.svg().as_bytes().to_vec()),
            Self::Pdf => figure.pdf().map_err(explain),
            Self::Png => figure.png(f64::from(dpi)).map_err(explain),
        }
    }
}

/// Draws the figure, and prints the paths of its file and of its data.
pub(crate) fn figure(arguments: &Figure) -> Result<(), Failure> {
    let format = Format::recognise(&arguments.out)?;
    let beside = arguments.out.parent().unwrap_or(Path::new(""));
    if holds_results(beside) {
        return Err(Failure::mistake(format_args!(
            "{} is a result folder, whose figures have names of their own: give a file elsewhere",
            beside.display()
        )));
    }
    // All of them: a filter may leave any.
    let results = read_results(&arguments.folder, usize::MAX)?;
    let drawn = publication(&results, &arguments.asked()).map_err(explain)?;
    let data = arguments.out.with_extension("csv");
    // Neither file takes its name before both are whole.
    let files = [
        (arguments.out.as_path(), format.kind(), format.content(&drawn, arguments.dpi)?),
        (data.as_path(), FIGURE_DATA, drawn.csv().as_bytes().to_vec()),
    ];
    let mut whole = vec![];
    for (path, kind, content) in files {
        let file = WholeFile::create(path, kind).map_err(Failure::mistake)?;
        file.file().write_all(&content)?;
        whole.push(file);
    }
    for file in whole {
        file.finish()?;
    }
    say!("{}", arguments.out.display());
    say!("{}", data.display());
    Ok(())
}

/// Says what was wrong: what the user can mend is a mistake.
fn explain(error: PublicationError) -> Failure {
    match error {
        PublicationError::UnknownColumn(ref unknown) => {
            let help = did_you_mean(&unknown.name, unknown.known.iter().map(String::as_str));
            Failure::mistake(format_args!("{error}\nhelp: {help}"))
        }
        PublicationError::Report(_) | PublicationError::Drawing(_) => Failure::from(error),
        error => Failure::mistake(error),
    }
}
