//! Figures for print, of synthetic studies.

use crate::synthetic::{Synthetic, axes};
use cospike_reports::{
    Form, PaperSize, Publication, PublicationError, PublishedFigure, UnknownColumn, publication, render,
};
use cospike_results::rows::Results;
use roxmltree::Document;

/// A figure of 84 x 60 mm: `y` over `x`, by the columns `by`, of the design points that pass the filters.
fn asked(form: Form, x: &str, y: &str, by: &[&str], filters: &[&str]) -> Publication {
    Publication {
        form,
        x: x.into(),
        y: y.into(),
        by: by.iter().map(|name| (*name).to_owned()).collect(),
        filters: filters.iter().map(|filter| filter.parse().unwrap()).collect(),
        size: PaperSize::millimetres(84.0, 60.0),
        font: 8.0,
        x_label: None,
        y_label: None,
    }
}

fn draw(form: Form, x: &str, y: &str, by: &[&str], filters: &[&str]) -> Result<PublishedFigure, PublicationError> {
    publication(&Synthetic::eighteen().results(), &asked(form, x, y, by, filters))
}

/// Number of elements of an SVG document whose fill or stroke is `colour`.
fn coloured(svg: &str, colour: &str) -> usize {
    let document = Document::parse(svg).unwrap();
    let has =
        |node: &roxmltree::Node<'_, '_>| ["fill", "stroke"].iter().any(|name| node.attribute(*name) == Some(colour));
    document.descendants().filter(has).count()
}

fn rows(figure: &PublishedFigure) -> Vec<Vec<&str>> {
    figure.csv().lines().map(|line| line.split(',').collect()).collect()
}

#[test]
fn the_data_beside_a_figure_are_the_means_of_the_results() {
    let figure = draw(Form::Line, "network.width", "energy_mj", &["kind"], &["network.split=stage2"]).unwrap();
    let rows = rows(&figure);
    assert_eq!(
        rows[0],
        ["line", "design_point", "label", "network.width", "energy_j", "energy_j_low", "energy_j_high", "remark"],
        "thousandths name the same column"
    );
    let lines: Vec<String> = rows[1..].iter().map(|row| format!("{} {} {}", row[0], row[1], row[3])).collect();
    assert_eq!(lines, ["spiking 3 2", "spiking 4 4", "spiking 5 8", "float 12 2", "float 13 4", "float 14 8"]);
    let results = Synthetic::eighteen().results();
    for row in &rows[1..] {
        let own = results.replications.iter().filter(|of| of.point.to_string() == row[1]);
        let energies: Vec<f64> = own.map(|of| of.energy.unwrap().total).collect();
        let mean = energies.iter().sum::<f64>() / energies.len() as f64;
        let [found, low, high] = [4, 5, 6].map(|cell| row[cell].parse::<f64>().unwrap());
        assert!((found / mean - 1.0).abs() < 1e-12 && low < mean && mean < high, "{row:?} {mean}");
    }
}

#[test]
fn a_line_has_the_colour_of_its_kind_and_a_band() {
    let figure = draw(Form::Line, "network.width", "latency_mean_s", &[], &["network.split=stage2"]).unwrap();
    let [spiking, float] = ["#0072b2", "#d55e00"].map(|colour| coloured(figure.svg(), colour));
    // Each: band, line, and the markers of three points and of the legend with its line.
    assert_eq!((spiking, float), (7, 7), "{}", figure.svg());
    let dots = draw(Form::Dots, "network.width", "latency_mean_s", &[], &["network.split=stage2"]).unwrap();
    // Each: a bar with two caps and a marker for three points, and the marker of the legend.
    assert_eq!(["#0072b2", "#d55e00"].map(|colour| coloured(dots.svg(), colour)), [13, 13]);
    let words = draw(Form::Dots, "network.split", "correct", &["network.width"], &["kind=spiking"]).unwrap();
    let lines: Vec<&str> = rows(&words)[1..].iter().map(|row| row[0]).collect();
    assert_eq!(
        lines,
        [
            "width = 2",
            "width = 2",
            "width = 2",
            "width = 4",
            "width = 4",
            "width = 4",
            "width = 8",
            "width = 8",
            "width = 8"
        ]
    );
}

/// Of three points of a line the middle one is not steady: a ring stands there, which no line reaches, and its data say so.
#[test]
fn invariant_16_a_line_breaks_at_a_point_that_is_not_steady() {
    let mut results = Synthetic::eighteen().results();
    let of_middle = |row: &&mut cospike_results::rows::ReplicationRow| row.point.0 == 4;
    results.replications.iter_mut().filter(of_middle).for_each(|row| row.steady_latency_s = None);
    let filters = ["network.split=stage2", "kind=spiking"];
    let drawn = |results: &Results, metric: &str| {
        let figure = publication(results, &asked(Form::Line, "network.width", metric, &[], &filters)).unwrap();
        let remarks: Vec<String> = rows(&figure)[1..].iter().map(|row| row.last().unwrap().to_string()).collect();
        let intervals: Vec<bool> =
            rows(&figure)[1..].iter().map(|row| !row[5].is_empty() && !row[6].is_empty()).collect();
        (coloured(figure.svg(), "#0072b2"), remarks, intervals)
    };
    // Band, line and three markers.
    assert_eq!(drawn(&Synthetic::eighteen().results(), "latency_p95_s"), (5, vec![String::new(); 3], vec![true; 3]));
    let (marks, remarks, intervals) = drawn(&results, "latency_p95_s");
    // Two markers, each with a bar of three strokes, and the ring.
    assert_eq!((marks, intervals), (2 * 4 + 1, vec![true, false, true]));
    assert_eq!(remarks, ["", "not steady", ""]);
    // What is answered correctly does not depend on it.
    assert_eq!(drawn(&results, "correct").1, ["", "", ""]);
}

#[test]
fn filters_leave_what_they_say() {
    let points = |filters: &[&str]| {
        let figure = draw(Form::Dots, "payload_bits", "correct", &["kind"], filters).unwrap();
        rows(&figure)[1..].iter().map(|row| row[1].parse::<u32>().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(points(&["network.width<4", "network.split!=stage1"]).len(), 4);
    assert_eq!(points(&["network.width>=4", "kind=float"]).len(), 6);
    assert_eq!(points(&["network.width>4"]).len(), 6);
    assert_eq!(points(&["network.width<=4"]).len(), 12);
    assert_eq!(points(&["network.width!=4.0"]).len(), 12, "numbers are compared, not texts");
    assert_eq!(points(&["network.split=stage3", "network.width=2"]), [6, 15]);
}

#[test]
fn a_heat_map_has_a_cell_for_every_pair_and_a_cross_where_a_place_is_overloaded() {
    let mut results = Synthetic::eighteen().results();
    results.replications.iter_mut().filter(|row| row.point.0 == 4).for_each(|row| row.uplink_load = Some(1.5));
    let asked = asked(Form::HeatMap, "network.width", "network.split", &["latency_p95_s"], &["kind=spiking"]);
    let figure = publication(&results, &asked).unwrap();
    // Cells without a mean have the colour of empty cells.
    assert_eq!(coloured(figure.svg(), "#f2f2f2"), 1);
    assert_eq!(coloured(figure.svg(), "#555555"), 2, "the strokes of a cross");
    let rows = rows(&figure);
    assert_eq!(rows[0][3..6], ["network.width", "network.split", "latency_p95_s"]);
    let p95 = |row: &[&str]| row[5].parse::<f64>().ok();
    assert_eq!(rows[1..].iter().filter(|row| p95(row).is_none()).count(), 1, "no mean that grows with the run");
}

#[test]
fn the_size_is_exact_in_every_format_and_letters_are_outlines() {
    let figure = draw(Form::Line, "network.width", "correct", &["kind"], &["network.split=stage2"]).unwrap();
    let document = Document::parse(figure.svg()).unwrap();
    let root = document.root_element();
    assert_eq!((root.attribute("width"), root.attribute("height")), (Some("84mm"), Some("60mm")));
    assert!(!document.descendants().any(|node| node.has_tag_name("text")), "no text that needs a font");
    // A label is 11.5 pixels of the view high, and 8 points of paper.
    let view: Vec<f64> = root.attribute("viewBox").unwrap().split(' ').map(|side| side.parse().unwrap()).collect();
    assert!((view[2] / 84.0 * 25.4 / 72.0 * 8.0 - 11.5).abs() < 1e-3 && (view[2] / view[3] - 1.4).abs() < 1e-4);
    let pdf = figure.pdf().unwrap();
    let text = String::from_utf8_lossy(&pdf);
    let (_, page) = text.split_once("/MediaBox [").unwrap();
    let sides: Vec<f64> = page.split(']').next().unwrap().split(' ').map(|side| side.parse().unwrap()).collect();
    assert!((sides[2] - 84.0 / 25.4 * 72.0).abs() < 1e-3 && (sides[3] - 60.0 / 25.4 * 72.0).abs() < 1e-3, "{sides:?}");
    assert!(!text.contains("/Font") && text.contains("/Producer (figure of CoSpike)"));
    let png = figure.png(254.0).unwrap();
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((number(16), number(20)), (840, 600));
    let at = png.windows(4).position(|bytes| bytes == b"pHYs").unwrap() + 4;
    assert_eq!((number(at), number(at + 4), png[at + 8]), (10_000, 10_000, 1), "254 dpi are 10,000 pixels per metre");
    let again = draw(Form::Line, "network.width", "correct", &["kind"], &["network.split=stage2"]).unwrap();
    assert!(again == figure && again.pdf().unwrap() == pdf && again.png(254.0).unwrap() == png, "equal bytes");
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let message =
        |form, x: &str, y: &str, by: &[&str], filters: &[&str]| draw(form, x, y, by, filters).unwrap_err().to_string();
    use Form::{Dots, HeatMap, Line};
    let unknown = draw(Line, "network.widht", "correct", &[], &[]).unwrap_err();
    let PublicationError::UnknownColumn(UnknownColumn { name, known }) = unknown else { panic!("{unknown}") };
    assert!(
        name == "network.widht"
            && ["network.width", "kind", "correct"].iter().all(|name| known.iter().any(|of| of == name))
    );
    let same = message(Line, "network.width", "correct", &["kind"], &[]);
    assert!(
        same.contains("`spiking stage1 w2` and `spiking stage2 w2`") && same.contains("differ in `network.split`"),
        "{same}"
    );
    assert!(message(HeatMap, "network.width", "network.split", &["correct"], &[]).contains("`network.family`"));
    assert!(message(HeatMap, "network.width", "network.split", &[], &[]).contains("`--by`"));
    assert!(
        message(HeatMap, "network.width", "network.split", &["kind"], &["kind=float"]).contains("colour of a heat map")
    );
    assert!(message(Line, "network.split", "correct", &[], &[]).contains("--kind dots"));
    assert!(message(Line, "network.width", "kind", &[], &[]).contains("the vertical axis needs numbers"));
    assert!(message(Line, "network.width", "restricted_lifetime_s", &[], &[]).contains("no design point has a value"));
    assert!(message(Line, "network.width", "correct", &[], &["kind=jpeg"]).contains("passes the filters"));
    assert!(message(Line, "network.width", "correct", &[], &["kind<float"]).contains("words have no order"));
    assert!(message(Line, "network.width", "correct", &[], &["network.width<many"]).contains("words have no order"));
    let many = Synthetic::sixty().results();
    let lines = publication(&many, &asked(Dots, "payload_bits", "correct", &["network.split", "network.width"], &[]));
    assert!(lines.unwrap_err().to_string().starts_with("31 lines cannot be told apart, at most 12"));
    let with = |change: fn(&mut Publication)| {
        let mut asked = asked(Line, "network.width", "correct", &["kind"], &["network.split=stage2"]);
        change(&mut asked);
        publication(&Synthetic::eighteen().results(), &asked).unwrap_err().to_string()
    };
    assert!(with(|asked| asked.size = PaperSize::millimetres(30.0, 60.0)).contains("leave 9 x"), "no room");
    assert!(with(|asked| asked.x_label = Some("宽度".into())).contains("no letter `宽`"));
    let figure = draw(Line, "network.width", "correct", &["kind"], &["network.split=stage2"]).unwrap();
    assert!(figure.png(1e5).unwrap_err().to_string().contains("too many"));
}

/// Design points over two keys with three numbers each.
fn grid(keep: impl Fn(u32) -> bool) -> Results {
    let mut results = Synthetic { families: vec!["spiking"], ..Synthetic::eighteen() }.results();
    for row in &mut results.points {
        row.parameters = row.parameters.replace("network.split", "link.delay_ms").replace("stage", "");
        row.parameters = row.parameters.replace("\"1\"", "1").replace("\"2\"", "2").replace("\"3\"", "3");
    }
    results.manifest.axes = axes(["network.family", "link.delay_ms", "network.width"]);
    results.points.retain(|row| keep(row.point.0));
    results.all_points = results.points.len();
    results.replications.retain(|row| keep(row.point.0));
    results.latencies.retain(|row| keep(row.point.0));
    results.compute_energy.retain(|row| keep(row.point.0));
    results
}

#[test]
fn two_keys_that_span_a_grid_have_a_heat_map() {
    let heat = |results: &Results| {
        let report = render(results).unwrap();
        report.figures.into_iter().find(|(name, _)| name == "heat-link.delay_ms-network.width.svg")
    };
    let (name, svg) = heat(&grid(|_| true)).unwrap();
    assert!(cospike_reports::files(&grid(|_| true).manifest.axes).contains(&name));
    let document = Document::parse(&svg).unwrap();
    let texts: Vec<String> = document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .map(|node| node.text().unwrap().trim().replace('\u{a0}', " "))
        .collect();
    for title in ["Correct of all requests", "p95 latency", "Energy per request", "Mean latency"] {
        assert!(texts.iter().any(|text| text == title), "{title}: {texts:?}");
    }
    // The first design point: 340 of 400 right.
    assert!(texts.iter().any(|text| text == "85.0"), "{texts:?}");
    assert_eq!(texts.iter().filter(|text| *text == "link.delay_ms").count(), 4);
    assert!(heat(&grid(|point| point % 3 > 0)).is_none(), "two values of a key are no grid");
    assert!(heat(&grid(|point| [0, 4, 8].contains(&point))).is_none(), "nor is a diagonal");
}
