//! Figures and pages are as they were when somebody looked at them: a change of anything that is drawn or written is noticed. After
//! looking at what changed, `COSPIKE_BLESS=1 cargo test --workspace --test reports looked_at` keeps the new state. The figures, in
//! `target/tmp/looked-at`, are kept by their hashes, the pages as text.

use crate::synthetic::{Synthetic, axes};
use cospike_models::dataset::Dataset;
use cospike_models::zoo::{CodecChoice, Disturbance, NetworkChoice, Series, Zoo};
use cospike_reports::{
    CHANNELS, DensityLine, Evidence, Form, PaperSize, Publication, density_figure, paper_page, publication, render,
    zoo_page,
};
use cospike_results::rows::Results;
use cospike_sim_core::network::BottleneckKind;
use std::fs;
use std::path::{Path, PathBuf};

/// Studies that between them have every figure: one and many splits, more kinds than have colours of their own, and two keys with
/// numbers, overloaded in one corner and not steady beside it, with deadlines, batteries and a cloud.
fn studies() -> [(&'static str, Results); 5] {
    let many = Synthetic { families: vec!["spiking", "float", "binary", "quantised", "jpeg"], ..Synthetic::eighteen() };
    let mut many = many.results();
    // Nothing with numbers varies, so the design points stand side by side.
    let words = Synthetic { widths: vec![4], ..Synthetic::eighteen() };
    // The title of its figure needs two lines.
    let long = format!("network.{}", "width_".repeat(20));
    many.points.iter_mut().for_each(|row| row.parameters = row.parameters.replace("network.width", &long));
    [
        ("eighteen", compute()),
        ("sixty", Synthetic::sixty().results()),
        ("many", many),
        ("grid", grid()),
        ("words", words.results()),
    ]
}

/// Compute is half of the energy, so price lists matter.
fn compute() -> Results {
    let mut results = Synthetic::eighteen().results();
    results.replications.iter_mut().for_each(|row| {
        let energy = row.energy.as_mut().unwrap();
        energy.compute.mac = energy.total / 2.0;
    });
    results
}

fn grid() -> Results {
    let mut results = Synthetic::eighteen().results();
    for row in &mut results.points {
        let loss = ["0.01", "0.03", "0.1"][usize::from(row.split.as_bytes()[5] - b'1')];
        row.parameters = row
            .parameters
            .replace(&format!("\"network.split\":\"{}\"", row.split), &format!("\"link.packet_loss\":{loss}"));
        row.label = format!("{} w{} link.packet_loss={loss}", row.kind, row.width.unwrap());
    }
    results.manifest.axes = axes(["network.family", "link.packet_loss", "network.width"]);
    for (place, row) in results.replications.iter_mut().enumerate() {
        let point = f64::from(row.point.0);
        row.requests.deadline_misses = 40 * u64::from(row.point.0) + 3 * (place as u64 % 5);
        row.restricted_lifetime_s = Some(1e5 - 3e3 * point + 100.0 * (place % 5) as f64);
        (row.cloud_energy_j, row.cloud_power_w) = (Some(0.1 + 0.01 * point), Some(20.0 + point));
        row.uplink_load = Some(0.2 + 0.1 * (point % 9.0));
        row.steady_latency_s = row.steady_latency_s.filter(|_| point % 9.0 != 7.0);
    }
    results
}

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports/looked_at").join(name)
}

/// Compares with what is kept, or keeps it.
fn compare(name: &str, found: &str) {
    if std::env::var_os("COSPIKE_BLESS").is_some() {
        fs::write(place(name), found).unwrap();
    }
    let kept = fs::read_to_string(place(name)).unwrap();
    let differs = kept.lines().zip(found.lines()).find(|(kept, found)| kept != found);
    assert!(kept == found, "{name} is not as it was looked at; the first other line was and is {differs:#?}");
}

#[test]
fn figures_are_as_they_were_looked_at() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("looked-at");
    let mut drawn: Vec<(String, Vec<u8>)> = vec![];
    for (study, results) in studies() {
        let figures = render(&results).unwrap().figures.into_iter();
        drawn.extend(figures.map(|(name, svg)| (format!("{study}-{name}"), svg.into_bytes())));
    }
    let line = |label: &str, dense| DensityLine {
        label: label.to_owned(),
        event_driven: vec![(0.01, 1e-5), (0.1, 8e-5), (0.4, 3e-4)],
        dense,
    };
    drawn.push(("density.svg".into(), density_figure(&[line("one", 1e-4), line("other", 2e-4)]).unwrap().into_bytes()));
    for (form, x, y, by) in [
        (Form::Line, "link.packet_loss", "latency_p95_s", vec![]),
        (Form::Dots, "kind", "restricted_lifetime_s", vec!["link.packet_loss", "network.width"]),
        (Form::HeatMap, "link.packet_loss", "network.width", vec!["correct"]),
    ] {
        let asked = Publication {
            form,
            x: x.into(),
            y: y.into(),
            by: by.into_iter().map(str::to_owned).collect(),
            filters: if form == Form::HeatMap { vec!["kind=float".parse().unwrap()] } else { vec![] },
            size: PaperSize::millimetres(181.9, 90.0),
            font: 8.0,
            x_label: None,
            y_label: Some("chosen".into()),
        };
        let figure = publication(&grid(), &asked).unwrap();
        drawn.push((format!("{form:?}.svg"), figure.svg().as_bytes().to_vec()));
        drawn.push((format!("{form:?}.pdf"), figure.pdf().unwrap()));
        drawn.push((format!("{form:?}.csv"), figure.csv().as_bytes().to_vec()));
    }
    fs::create_dir_all(&folder).unwrap();
    drawn.iter().for_each(|(name, content)| fs::write(folder.join(name), content).unwrap());
    let lines = drawn.iter().map(|(name, content)| format!("{name} {}\n", blake3::hash(content).to_hex()));
    compare("figures.txt", &lines.collect::<String>());
}

/// What the pages say, without figures and style, and without the answer, which has tests of its own.
#[test]
fn pages_are_as_they_were_looked_at() {
    for (study, results) in [("eighteen", compute()), ("grid", grid())] {
        let html = render(&results).unwrap().html.replace('\u{a0}', " ");
        let without = |html: String, start: &str, end: &str| {
            let mut parts = html.split(start);
            let first = parts.next().unwrap().to_owned();
            parts.fold(first, |all, part| all + part.split_once(end).unwrap().1)
        };
        let html = [
            ("<svg ", "</svg>"),
            ("<style>", "</style>"),
            ("<script>", "</script>"),
            ("<section class=\"answer\"", "</section>"),
        ]
        .into_iter()
        .fold(html, |html, (start, end)| without(html, start, end));
        let text = html.replace("</tr>", "</tr>\n").replace("</p>", "</p>\n").replace("</li>", "</li>\n");
        compare(&format!("{study}.html.txt"), &text);
    }
}

#[test]
fn the_page_of_the_zoo_is_the_one_in_the_documentation() {
    let page = zoo_page(&Zoo::shipped().unwrap()).unwrap();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    assert!(page.markdown == fs::read_to_string(docs.join("zoo.md")).unwrap(), "docs/zoo.md: write it anew");
    for (name, svg) in &page.figures {
        assert!(
            *svg == fs::read_to_string(docs.join("figures").join(name)).unwrap(),
            "docs/figures/{name}: write it anew"
        );
    }
}

/// The page about the papers from a few samples: what it says of them is as it was looked at.
#[test]
fn the_page_of_the_papers_is_as_it_was_looked_at() {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let execute = |choices: Vec<NetworkChoice>, disturbance| match choices.is_empty() {
        true => vec![],
        false => zoo.execute(&choices, (&dataset, 8), &[disturbance], &|| ()).unwrap(),
    };
    let (mut executed, mut joint) = (vec![], CHANNELS.map(|(_, disturbance)| (disturbance, vec![])));
    for branch in zoo.branches() {
        let last = branch.series.last().map(|series| series.split);
        let choices = |is_it: &dyn Fn(&Series<'_>) -> bool| -> Vec<NetworkChoice> {
            let own = branch.series.iter().filter(|series| Some(series.split) == last && is_it(series));
            let files = own.flat_map(|series| series.widths.values().flatten().copied());
            let files = files.filter(|file| file.name.starts_with("resnet14"));
            files.map(|file| zoo.choice(&file.name).unwrap()).collect()
        };
        let backbone = branch.backbone.filter(|file| file.name.starts_with("resnet14"));
        let mut separate: Vec<NetworkChoice> =
            backbone.map(|file| zoo.choice(&file.name).unwrap()).into_iter().collect();
        separate.extend(choices(&|series| series.kind != BottleneckKind::Jscc));
        let is_float =
            |choice: &&NetworkChoice| choice.unit.as_ref().is_some_and(|unit| unit.kind == BottleneckKind::Float);
        let plain: Vec<_> = separate.iter().filter(is_float).cloned().collect();
        separate.extend(plain.into_iter().map(|choice| NetworkChoice { codec: Some(CodecChoice::Raw), ..choice }));
        executed.extend(execute(separate, Disturbance::Errors(0.1)));
        for ((variant, disturbance), (_, met)) in CHANNELS.into_iter().zip(&mut joint) {
            let own = choices(&|series| series.kind == BottleneckKind::Jscc && series.variant == variant);
            let codec = matches!(disturbance, Disturbance::Noise(_)).then_some(CodecChoice::Symbols);
            met.extend(execute(own.into_iter().map(|choice| NetworkChoice { codec, ..choice }).collect(), disturbance));
        }
    }
    let evidence = Evidence {
        executed,
        bit_errors: vec![0.1],
        joint: joint.to_vec(),
        prices: vec![],
        radios: Synthetic::eighteen().results(),
        whole_device: compute(),
        fallback: Synthetic::eighteen().results(),
        neucodex: Synthetic::eighteen().results(),
    };
    compare("paper.md", &paper_page(&evidence).unwrap().markdown);
}
