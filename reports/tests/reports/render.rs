//! Reports of synthetic studies.

use crate::synthetic::Synthetic;
use cospike_reports::{PAGE, Report, ReportError, answer, files, render};
use cospike_results::index::PointIndex;
use cospike_results::rows::Results;
use roxmltree::{Document, Node};
use std::path::Path;
use std::sync::Arc;

fn studies() -> [(&'static str, Results); 6] {
    let one_family = Synthetic { families: vec!["float"], ..Synthetic::eighteen() };
    let four_families = Synthetic { families: vec!["spiking", "float", "one-bit", "jpeg"], ..Synthetic::eighteen() };
    let nothing = Synthetic { completes: false, ..Synthetic::eighteen() };
    [
        ("one", Synthetic::one().results()),
        ("eighteen", Synthetic::eighteen().results()),
        ("sixty", Synthetic::sixty().results()),
        ("one-family", one_family.results()),
        ("four-families", four_families.results()),
        ("nothing-completed", nothing.results()),
    ]
}

fn names(report: &Report) -> Vec<&str> {
    report.figures.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_report_s_files_have_known_names_and_the_page_holds_every_figure() {
    for (name, results) in studies() {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports").join(name);
        let report = render(&results).unwrap();
        // To be looked at.
        std::fs::create_dir_all(&folder).unwrap();
        for (file, text) in report.files() {
            assert!(files(&results.manifest.axes).iter().any(|name| name == file), "{file}");
            std::fs::write(folder.join(file), text).unwrap();
        }
        assert_eq!(report.files().last(), Some((PAGE, report.html.as_str())));
        for (file, svg) in &report.figures {
            assert!(report.html.contains(svg.as_str()), "the page of {name} lacks {file}");
        }
    }
}

/// Every figure of a page is there for a phone, too: half as wide, with letters as large, nothing beyond its edges, and an id of its own.
#[test]
fn figures_are_drawn_for_a_phone_as_well() {
    for (name, results) in studies() {
        let report = render(&results).unwrap();
        for (file, svg) in &report.figures {
            let figure = file.trim_end_matches(".svg");
            let (_, rest) = report.html.split_once(&format!("<figure id=\"{figure}\">")).unwrap();
            let (_, phone) = rest.split_once("<div class=\"phone\">").unwrap();
            let phone = &phone[..phone.find("</svg>").unwrap() + "</svg>".len()];
            let sizes = |svg: &str| {
                let document = Document::parse(svg).unwrap();
                let view = document.root_element().attribute("viewBox").unwrap().split(' ');
                let view: Vec<f64> = view.map(|side| side.parse().unwrap()).collect();
                let width: f64 = document.root_element().attribute("width").unwrap().parse().unwrap();
                let texts = document.descendants().filter(|node| node.has_tag_name("text"));
                let number = |node: &Node<'_, '_>, name| node.attribute(name).unwrap().parse::<f64>().unwrap();
                let texts: Vec<[f64; 2]> = texts
                    .map(|node| [number(&node, "x"), number(&node, "font-size")].map(|at| at * width / view[2]))
                    .collect();
                let ids: Vec<String> =
                    document.descendants().filter_map(|node| node.attribute("id").map(str::to_owned)).collect();
                (width, texts, ids)
            };
            let ((wide, page, own), (narrow, texts, ids)) = (sizes(svg), sizes(phone));
            assert_eq!((wide, narrow), (720.0, 360.0), "{name} {file}");
            assert!(texts.iter().all(|[x, _]| (0.0..=narrow).contains(x)), "{name} {file}");
            let smallest = |texts: &[[f64; 2]]| texts.iter().map(|[_, size]| *size).fold(f64::INFINITY, f64::min);
            assert!((smallest(&texts) - smallest(&page)).abs() < 0.1, "{name} {file}");
            assert!(!ids.is_empty() && !ids.iter().any(|id| own.contains(id)), "{name} {file}: {ids:?}");
        }
    }
}

#[test]
fn invariant_4_equal_results_give_equal_bytes() {
    for (name, results) in studies() {
        assert_eq!(render(&results).unwrap(), render(&results.clone()).unwrap(), "{name}");
    }
}

/// Of a larger study only the first design points are here, and page and answer say so.
#[test]
fn a_report_of_a_part_says_of_which() {
    let mut results = Synthetic::eighteen().results();
    let (whole, answer_of_all) = (render(&results).unwrap().html, answer(&results).unwrap());
    results.all_points = 20_000;
    let part = "first 18 of 20,000 design points";
    let html = render(&results).unwrap().html.replace('\u{a0}', " ");
    assert!(html.contains(&format!("This page is of the {part}")) && !whole.contains("This page is of"));
    let answer = answer(&results).unwrap();
    assert_eq!(answer[0].replace('\u{a0}', " "), format!("What follows is of the {part}."));
    assert_eq!(answer[1..], answer_of_all);
}

#[test]
fn figures_without_data_are_left_out() {
    let drawn = |results: &Results| {
        let report = render(results).unwrap();
        names(&report).into_iter().map(|name| name.trim_end_matches(".svg").to_owned()).collect::<Vec<_>>()
    };
    let all =
        ["swept-network.width", "accuracy-payload", "split-width", "pareto", "energy-parts", "price-lists", "latency"];
    let mut results = Synthetic::eighteen().results();
    // Compute is half of the energy: price lists matter.
    results.replications.iter_mut().for_each(|row| {
        let energy = row.energy.as_mut().unwrap();
        energy.compute.mac = energy.total / 2.0;
    });
    assert_eq!(drawn(&results), all);
    let without = |absent: &[&str]| all.into_iter().filter(|name| !absent.contains(name)).collect::<Vec<_>>();
    results.compute_energy.clear();
    assert_eq!(drawn(&results), without(&["price-lists"]));
    assert_eq!(drawn(&Synthetic::eighteen().results()), without(&["price-lists"]), "compute is little of the energy");
    let nothing = Synthetic { completes: false, ..Synthetic::eighteen() };
    let absent = ["swept-network.width", "pareto", "energy-parts", "latency"];
    assert_eq!(drawn(&nothing.results()), without(&absent));
    assert_eq!(drawn(&Synthetic::one().results()), ["energy-parts", "latency"], "a single dot is no figure");
}

/// Left, top, right and bottom of a text, at about the width of a narrow sans-serif font.
fn extent(text: &Node<'_, '_>) -> [f64; 4] {
    let number = |name| text.attribute(name).unwrap().parse::<f64>().unwrap();
    let (x, y, size) = (number("x"), number("y"), number("font-size"));
    let width = text.text().unwrap().trim().chars().count() as f64 * 0.5 * size;
    let left = match text.attribute("text-anchor").unwrap() {
        "start" => 0.0,
        "middle" => -width / 2.0,
        _ => -width,
    };
    let top = match text.attribute("dy").unwrap() {
        "0.76em" => 0.0,
        "0.5ex" => -0.4 * size,
        _ => -0.8 * size,
    };
    if text.attribute("transform").is_some_and(|transform| transform.starts_with("rotate(270")) {
        [x + top, y - left - width, x + top + 0.8 * size, y - left]
    } else {
        [x + left, y + top, x + left + width, y + top + 0.8 * size]
    }
}

#[test]
fn texts_are_within_the_figure_large_enough_and_apart() {
    for (study, results) in studies() {
        for (name, svg) in render(&results).unwrap().figures {
            let document = Document::parse(&svg).unwrap();
            let root = document.root_element();
            let view: Vec<f64> =
                root.attribute("viewBox").unwrap().split(' ').map(|number| number.parse().unwrap()).collect();
            let scale = view[2] / root.attribute("width").unwrap().parse::<f64>().unwrap();
            let texts: Vec<Node<'_, '_>> = root.descendants().filter(|node| node.has_tag_name("text")).collect();
            for (index, text) in texts.iter().enumerate() {
                let content = text.text().unwrap().trim();
                let [left, top, right, bottom] = extent(text);
                assert!(
                    left >= 0.0 && top >= 0.0 && right <= view[2] && bottom <= view[3],
                    "{study}/{name}: `{content}` leaves the figure"
                );
                let size: f64 = text.attribute("font-size").unwrap().parse().unwrap();
                assert!(size / scale > 9.9, "{study}/{name}: `{content}` is written at {} pixels", size / scale);
                for other in &texts[..index] {
                    let [l, t, r, b] = extent(other);
                    let apart = left >= r || l >= right || top >= b || t >= bottom;
                    assert!(apart, "{study}/{name}: `{content}` covers `{}`", other.text().unwrap().trim());
                }
            }
        }
    }
}

#[test]
fn every_figure_has_a_title_a_description_and_ticks_on_its_axes() {
    for (study, results) in studies() {
        for (name, svg) in render(&results).unwrap().figures {
            let document = Document::parse(&svg).unwrap();
            let root = document.root_element();
            assert_eq!(root.attribute("role"), Some("img"));
            for tag in ["title", "desc"] {
                let node = root.children().find(|node| node.has_tag_name(tag)).unwrap();
                assert!(node.text().is_some_and(|text| text.len() > 10), "{study}/{name}: {tag}");
            }
            // Labels of a horizontal axis share a height, those of a vertical one a right edge.
            let starts_as_number =
                |node: &Node<'_, '_>| node.text().unwrap().trim().starts_with(|c: char| c.is_ascii_digit());
            let texts = root.descendants().filter(|node| node.has_tag_name("text"));
            let numbers: Vec<Node<'_, '_>> = texts.filter(starts_as_number).collect();
            let together =
                |name, value: &str| numbers.iter().filter(|node| node.attribute(name) == Some(value)).count();
            let ticks = |name| numbers.iter().map(|node| together(name, node.attribute(name).unwrap())).max();
            assert!(ticks("y") >= Some(2), "{study}/{name}: horizontal axis");
            if !matches!(name.as_str(), "energy-parts.svg" | "price-lists.svg") {
                assert!(ticks("x") >= Some(2), "{study}/{name}: vertical axis");
            }
        }
    }
}

#[test]
fn names_cannot_break_out_of_the_page_or_a_figure() {
    let hostile = "</text><script>&\"'\u{1}";
    let mut results = Synthetic::eighteen().results();
    results.manifest.name = hostile.to_owned();
    results.manifest.scenario = hostile.to_owned();
    results.manifest.profiles[0].values[0].source = hostile.to_owned();
    for row in &mut results.points {
        row.label = format!("{} {hostile} {}", row.family, row.point);
        row.split = format!("{hostile} {}", row.split);
    }
    for row in &mut results.compute_energy {
        let energy = Arc::make_mut(&mut row.energy);
        energy.prices = format!("{} {hostile}", energy.prices);
    }
    let report = render(&results).unwrap();
    assert_eq!(report.html.matches("<script").count(), 1, "the page's own");
    for (name, svg) in &report.figures {
        let document = Document::parse(svg).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!document.descendants().any(|node| node.has_tag_name("script")));
    }
    assert!(report.figures.iter().any(|(_, svg)| svg.contains("&lt;script&gt;&amp;")));
}

#[test]
fn the_page_prints_intervals_bases_and_sample_counts() {
    let html = render(&Synthetic::eighteen().results()).unwrap().html.replace('\u{a0}', " ");
    // 340 of 400 right: the Wilson interval, by hand, is 0.8117 to 0.8817.
    assert!(html.contains("85.0 % (81.2 to 88.2 %, n = 400)"), "accuracy");
    // 392 bits instead of 32 x 12544 / 4, and of 4 x 12544 / 4.
    assert!(html.contains("256× (of 100,352 bits)") && html.contains("32.0× (of 12,544 bits)"), "compression");
    assert!(html.contains("Energy of the whole device per answered request"), "what the joules are of");
    assert!(html.contains("seed 7") && html.contains("cospike run scenario.toml"), "how to make it again");
    assert!(html.contains("9e-13") && html.contains("made up for this test"), "provenance");
    let single = render(&Synthetic::one().results()).unwrap().html;
    assert!(single.contains("no interval, 1 replication"), "a single replication has no interval");
}

/// A ratio of compute says little about a device of which compute is a small part, and a list's winner may lose where zeros are
/// skipped.
#[test]
fn compute_alone_is_told_from_the_whole_device_and_by_what_becomes_of_zeros() {
    let mut results = Synthetic::eighteen().results();
    for row in &mut results.replications {
        let energy = row.energy.as_mut().unwrap();
        energy.total = energy.compute.total() * if row.point.0 == 0 { 8.0 } else { 4.0 };
    }
    for row in results.compute_energy.iter_mut().filter(|row| row.point.0 >= 9 && row.energy.prices == "loihi-2018") {
        // 0.33 of what the float networks took becomes 0.165, and the spiking ones take 0.2.
        let energy = Arc::make_mut(&mut row.energy);
        energy.joules *= if energy.convention == "non-zero" { 0.5 } else { 1.0 };
    }
    let html = render(&results).unwrap().html.replace('\u{a0}', " ");
    assert!(html.contains("Compute alone is 12.5 to 25.0 % of the joules of a device"), "share");
    let row = |list: &str, wins: [u32; 2]| {
        let cells = wins.map(|wins| format!("<td>{wins} of 9</td>")).concat();
        assert!(html.contains(&format!("<th scope=\"row\">{list}</th>{cells}")), "{list}");
    };
    row("horowitz-45nm-fp32", [9, 9]);
    row("loihi-2018", [9, 0]);
}

#[test]
fn points_of_the_same_cut_are_told_by_their_codec() {
    let mut results = Synthetic { families: vec!["float"], splits: vec!["stage3"; 2], ..Synthetic::one() }.results();
    let raw = &mut results.points[1];
    (raw.codec, raw.payload_bits) = ("8-bit".into(), raw.payload_bits.map(|bits| bits / 2.0));
    raw.parameters = raw.parameters.replace('{', r#"{"network.codec":"raw","#);
    let report = render(&results).unwrap();
    let (_, svg) = report.figures.iter().find(|(name, _)| name == "accuracy-payload.svg").unwrap();
    let text = svg.replace('\u{a0}', " ");
    assert!(text.contains("stage3 w4 jpeg 90") && text.contains("stage3 w4 8-bit"), "{svg}");
}

#[test]
fn the_page_has_deadlines_batteries_and_servers_where_a_study_has_them() {
    let mut results = Synthetic::eighteen().results();
    let html = render(&results).unwrap().html;
    assert!(html.contains("Servers") && !html.contains("Deadlines missed") && !html.contains("battery empty after"));
    // One request in ten is late, and batteries run empty at the first design point only.
    for row in results.replications.iter_mut() {
        row.requests.deadline_misses = row.requests.generated / 10;
        if row.point.0 == 0 {
            // In two of five replications no battery ran empty.
            row.first_depletion_s = (row.replication > 1).then_some(75.0);
            row.restricted_lifetime_s = Some(90.0 + f64::from(row.replication));
        }
    }
    let html = render(&results).unwrap().html.replace('\u{a0}', " ");
    assert_eq!(html.matches("10.0 %<br><small>equal in all<").count(), 18);
    assert_eq!(html.matches("75.0 s<br><small>equal in all, over 3 of 5 replications<").count(), 1);
    // 92 +- t(0.975, 4) = 2.776 times the square root of 2.5 / 5.
    assert_eq!(html.matches("92.0 s<br><small>90.0 s to 94.0 s<").count(), 1);
}

#[test]
fn a_difference_is_claimed_only_where_it_is_one_among_all_pairs() {
    let mut results = Synthetic::eighteen().results();
    let html = render(&results).unwrap().html;
    assert!(html.contains("more accurate in 0, less accurate in 0, and in 9 no difference is shown"));
    assert!(html.contains("no difference shown") && !html.contains("spiking is less accurate"));
    // One float network is right where its partner is and on a few samples more. By McNemar's mid-p test that has p = 1/64
    // alone for six of them, but nine times that among nine pairs; for twelve it is 9/4096.
    let of = |results: &Results, network| -> Vec<bool> {
        results.answers.iter().filter(|row| row.network.0 == network).map(|row| row.answer == row.label).collect()
    };
    let partner = of(&results, 0);
    for (more, expected) in [(6, "less accurate in 0, and in 9"), (12, "less accurate in 1, and in 8")] {
        let mut wrong = 0;
        for (row, &right) in results.answers.iter_mut().filter(|row| row.network.0 == 9).zip(&partner) {
            wrong += u32::from(!right);
            row.answer = u32::from(right || wrong <= more);
        }
        let html = render(&results).unwrap().html;
        assert!(html.contains(&format!("{expected} no difference is shown")), "{more}");
    }
    // Float networks, the last nine, become perfect.
    results.answers.iter_mut().filter(|row| row.network.0 >= 9).for_each(|row| row.answer = row.label);
    let html = render(&results).unwrap().html;
    assert!(html.contains("more accurate in 0, less accurate in 9, and in 0 no difference is shown"));
    assert!(html.contains("spiking is less accurate"));
}

#[test]
fn results_that_do_not_fit_together_are_refused() {
    let damaged = |damage: fn(&mut Results)| {
        let mut results = Synthetic::eighteen().results();
        damage(&mut results);
        render(&results).unwrap_err()
    };
    assert!(matches!(damaged(|results| results.points.clear()), ReportError::NoPoints));
    assert!(matches!(
        damaged(|results| results.points[3].point = PointIndex(2)),
        ReportError::TwicePoint { point: PointIndex(2) }
    ));
    let unknown = damaged(|results| results.latencies[0].point = PointIndex(99));
    assert!(matches!(unknown, ReportError::UnknownPoint { table: "latencies", point: PointIndex(99) }));
    let infinite = damaged(|results| results.replications[5].cloud_energy_j = Some(f64::INFINITY));
    assert!(
        matches!(infinite, ReportError::NotFinite { table: "replications", column, .. } if column == "cloud_energy_j")
    );
    assert!(matches!(damaged(|results| results.points[0].parameters.clear()), ReportError::Parameters { .. }));
    assert!(matches!(damaged(|results| results.points[0].correct = Some(401)), ReportError::Statistics(_)));
}
