//! Reports of whatever numbers and names a table can hold.

use crate::synthetic::Synthetic;
use cospike_reports::{DensityLine, Report, ReportError, density_figure, render};
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::rows::{LatencyRow, PointRow, Results, Table};
use cospike_sim_core::cosim::Phases;
use cospike_sim_core::record::{Kind, Record, Value};
use proptest::prelude::*;
use roxmltree::Document;
use std::borrow::Cow;

/// Columns that tie the tables together, or that a study keeps in order.
const KEYS: [&str; 6] = ["point", "network", "replication", "samples", "correct", "parameters"];

/// Any finite number, most of them those that break something.
fn number() -> impl Strategy<Value = f64> {
    let odd = [0.0, -0.0, 1.0, -1.0, 0.1, 0.1_f64.next_up(), 1e-300, 5e-324, 1e300, f64::MAX, -f64::MAX, 1e15, 1e22];
    prop_oneof![3 => prop::sample::select(odd.to_vec()), 1 => any::<f64>().prop_filter("finite", |x| x.is_finite())]
}

/// Any text, some of it long and some of it of control characters.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,20}", "\\PC{0,10}", "[\0\n\u{1b}<&\"']{0,5}", "[a-c ]{1}".prop_map(|of| of.repeat(10_000))]
}

/// Numbers and texts from which columns are filled, in turn.
#[derive(Clone, Debug)]
struct Odds {
    numbers: Vec<f64>,
    wholes: Vec<u64>,
    texts: Vec<String>,
    /// Whether every column is filled, or only those of one table.
    tables: Vec<bool>,
}

fn odds() -> impl Strategy<Value = Odds> {
    let wholes = prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()];
    let (numbers, wholes) = (prop::collection::vec(number(), 1..30), prop::collection::vec(wholes, 1..7));
    let (texts, tables) = (prop::collection::vec(text(), 1..6), prop::collection::vec(any::<bool>(), 4));
    (numbers, wholes, texts, tables).prop_map(|(numbers, wholes, texts, tables)| Odds {
        numbers,
        wholes,
        texts,
        tables,
    })
}

impl Odds {
    /// The row with every column but the keys filled; `at` turns the wheel.
    fn fill<T: Table>(&self, row: &T, at: &mut usize) -> T {
        // A nested record is there or missing as a whole.
        let nested: Vec<Cow<'_, str>> =
            Phases::fields().into_iter().map(|field| Cow::from(format!("{}_s", field.name))).collect();
        let is_nested = |name: &Cow<'_, str>| name.starts_with("energy_") || nested.contains(name);
        let without_nested = at.is_multiple_of(3);
        let values = T::fields().into_iter().zip(row.values()).map(|(field, value)| {
            *at += 1;
            let whole = self.wholes[*at % self.wholes.len()];
            match field.kind {
                _ if KEYS.contains(&&*field.name) => value,
                _ if is_nested(&field.name) && without_nested => Value::Missing,
                _ if field.is_optional && !is_nested(&field.name) && at.is_multiple_of(7) => Value::Missing,
                Kind::Whole32 => Value::Whole(whole % (1 << 32)),
                Kind::Whole64 => Value::Whole(whole),
                Kind::Real => Value::Real(self.numbers[*at % self.numbers.len()]),
                Kind::Text => Value::Text(self.texts[*at % self.texts.len()].clone()),
                Kind::Truth => Value::Truth(at.is_multiple_of(2)),
            }
        });
        T::from_values(&mut values.collect::<Vec<_>>().into_iter()).unwrap()
    }

    fn results(&self) -> Results {
        let small = Synthetic { splits: vec!["stage1", "stage3"], widths: vec![2, 4], ..Synthetic::eighteen() };
        let mut results = Synthetic { replications: 3, backbones: true, ..small }.results();
        let mut at = 0;
        let Results { points, compute_energy, replications, latencies, .. } = &mut results;
        if self.tables[0] {
            points.iter_mut().for_each(|row| *row = self.fill(row, &mut at));
        }
        if self.tables[1] {
            compute_energy.iter_mut().for_each(|row| *row = self.fill(row, &mut at));
        }
        if self.tables[2] {
            replications.iter_mut().for_each(|row| *row = self.fill(row, &mut at));
        }
        if self.tables[3] {
            latencies.iter_mut().for_each(|row| *row = self.fill(row, &mut at));
        }
        results
    }
}

/// Lines of `text` with NaN, or with `inf` as a number that is infinite is printed.
fn without_number(text: &str) -> Vec<&str> {
    let is_inf = |line: &str| line.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == "inf");
    text.split(['\n', '>']).filter(|line| line.contains("NaN") || is_inf(line)).collect()
}

fn check(report: &Report) {
    assert_eq!(without_number(&report.html), [""; 0]);
    assert!(!report.html.contains(['\0', '\u{1b}']));
    for (name, svg) in &report.figures {
        let document = Document::parse(svg).unwrap_or_else(|error| panic!("{name}: {error}"));
        let texts = document.descendants().filter(|node| node.has_tag_name("text"));
        let longest = texts.filter_map(|node| node.text()).map(|text| text.trim().chars().count()).max();
        assert!(longest < Some(400), "{name}");
        assert!(svg.len() < 3_000_000, "{name} has {} bytes", svg.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_finite_number_and_every_text_can_be_drawn(odds in odds()) {
        let mut results = odds.results();
        // No study holds two equal labels, and figures tell design points apart by them.
        results.points.iter_mut().for_each(|row| row.label = format!("{}{}", row.label, row.point));
        check(&render(&results).unwrap());
    }

    #[test]
    fn a_line_of_densities_can_be_drawn(points in prop::collection::vec((number(), number()), 0..5), dense in number()) {
        let line = DensityLine { label: "convolution".into(), event_driven: points, dense };
        Document::parse(&density_figure(&[line]).unwrap()).unwrap();
    }
}

/// NaN and infinity are in no table that a study wrote; whoever put them there is told the column.
#[test]
fn numbers_that_are_not_finite_are_refused_by_their_column() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut results = Synthetic::eighteen().results();
        results.points[3].payload_bits = Some(number);
        let error = render(&results).unwrap_err();
        assert!(matches!(&error, ReportError::NotFinite { table: "points", column, .. } if column == "payload_bits"));
        let mut results = Synthetic::eighteen().results();
        results.latencies[7] = LatencyRow { seconds: number, ..results.latencies[7].clone() };
        assert!(render(&results).is_err());
    }
}

/// Two latencies that differ in their last bit only, of which a tick finder made no ticks and the program a panic.
#[test]
fn values_that_differ_in_their_last_bit_are_drawn() {
    let mut results =
        Synthetic { families: vec!["spiking"], splits: vec!["stage1", "stage3"], ..Synthetic::one() }.results();
    let value = 0.011_489_f64;
    (results.replications[0].latency_mean_s, results.replications[1].latency_mean_s) =
        (Some(value), Some(value.next_up()));
    let latencies = results.latencies.iter_mut().enumerate();
    latencies.for_each(|(index, row)| row.seconds = if index % 2 == 0 { value } else { value.next_up() });
    check(&render(&results).unwrap());
}

/// The design points of `row`, numbered.
fn many(count: u32, row: impl Fn(u32, PointRow) -> PointRow) -> Results {
    let mut results = Synthetic::one().results();
    let (point, replication) = (results.points[0].clone(), results.replications[0].clone());
    let numbered = |number| row(number, PointRow { point: PointIndex(number), ..point.clone() });
    results.points = (0..count).map(numbered).collect();
    results.replications = results
        .points
        .iter()
        .map(|of| {
            let mut row = replication.clone();
            row.point = of.point;
            // All on the front of what is not dominated.
            row.latency_mean_s = Some(1e-3 * f64::from(of.point.0 + 1));
            row.requests.correct = u64::from(of.point.0);
            row
        })
        .collect();
    results.latencies.clear();
    results.compute_energy.clear();
    results
}

#[test]
fn ten_thousand_design_points_are_drawn() {
    check(&render(&Synthetic::sixty().results()).unwrap());
    let label = |number| format!("spiking stage3 w4 workload.rate_hz={number}");
    let report = render(&many(10_000, |number, row| PointRow { label: label(number), ..row })).unwrap();
    assert_eq!(report.figures.len(), 2, "the front and the energy: one network is no figure of accuracy");
    let sampled = |number: u32, row: PointRow| PointRow {
        label: label(number),
        parameters: format!(r#"{{"workload.rate_hz":{},"link.packet_loss":{}}}"#, number + 1, number % 7),
        ..row
    };
    let mut overloaded = many(10_000, sampled);
    overloaded.replications.iter_mut().for_each(|row| row.uplink_load = Some(2.0));
    let page = render(&overloaded).unwrap().html;
    assert!(page.contains("… and 9,980 more") && page.len() < 10_000_000, "the page has {} bytes", page.len());
    let report = render(&many(10_000, sampled)).unwrap();
    assert!(report.figures.iter().any(|(name, _)| name == "swept-workload.rate_hz.svg"));
    assert!(report.html.len() < 10_000_000, "the page has {} bytes", report.html.len());
    let networks = |number, row| PointRow {
        label: label(number),
        network: NetworkIndex(number),
        parameters: format!(r#"{{"network.width":{number}}}"#),
        width: Some(number % 5),
        payload_bits: Some(f64::from(number)),
        ..row
    };
    render(&many(2_000, networks)).unwrap();
}

/// What varies stands behind what all have in common, and further to the right than there is room.
#[test]
fn long_labels_are_told_apart() {
    let common = "spiking stage3 w4 ".to_owned();
    for vary in [
        |number: u32| format!("workload.rate_hz={number}.0"),
        |number: u32| format!("{}{number}{}", "a".repeat(9_000), "b".repeat(999)),
    ] {
        let results = many(2, |number, row| PointRow { label: common.clone() + &vary(number), ..row });
        let report = render(&results).unwrap();
        let (_, svg) = report.figures.iter().find(|(name, _)| name == "energy-parts.svg").unwrap();
        let document = Document::parse(svg).unwrap();
        let texts = document
            .descendants()
            .filter(|node| node.has_tag_name("text") && node.attribute("text-anchor") == Some("start"));
        let names: Vec<&str> = texts
            .filter_map(|node| node.text())
            .map(str::trim)
            .filter(|text| text.contains("rate_hz") || text.contains("aaa"))
            .collect();
        assert!(names.len() == 2 && names[0] != names[1], "{names:?}");
    }
}

/// A failed design point, one without a request, and one with a value in one replication of five.
#[test]
fn what_is_missing_is_said_and_left_out() {
    let mut results = Synthetic::eighteen().results();
    let Results { points, replications, latencies, .. } = &mut results;
    (points[2].failed_replications, points[2].failure) = (5, Some("replication 0: nothing <works>".into()));
    (points[4].correct, points[4].payload_bits) = (None, None);
    replications.retain(|row| row.point.0 != 2);
    for row in replications.iter_mut().filter(|row| row.point.0 == 3 || (row.point.0 == 5 && row.replication > 0)) {
        (row.latency_mean_s, row.latency_p95_s, row.phases, row.energy) = (None, None, None, None);
        row.requests.completed = 0;
    }
    latencies.retain(|row| ![2, 3].contains(&row.point.0));
    let report = render(&results).unwrap();
    check(&report);
    let html = report.html.replace('\u{a0}', " ");
    for part in [
        "1 of 18 design points could not be simulated",
        "5 of 5 replications: replication 0: nothing &lt;works&gt;",
        "no interval, over 1 of 5 replications",
        "Left out: 2 design points without energy or latency, overloaded or not steady.",
        "Left out: 2 design points without latencies or with an overloaded place.",
        "Left out: 1 network that could not be executed.",
        "no energy</text>".trim_end_matches("</text>"),
    ] {
        assert!(html.contains(part), "{part}");
    }
}
