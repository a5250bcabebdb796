//! The page about the claims of the papers, as it is kept. `.ci/run` makes it anew and compares; here is what must hold of it without
//! that: minutes on ten thousand images.

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/paper.md");
    std::fs::read_to_string(path).unwrap()
}

/// Cells of the rows of the table below `heading`.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, rest) = page.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    let lines = rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    lines.skip(2).map(cells).collect()
}

#[test]
fn every_claim_has_a_figure_with_a_verdict_or_a_reason() {
    let page = page();
    let claims = rows(&page, "## In short");
    assert!(claims.len() > 15, "{}", claims.len());
    for (number, cells) in (1..).zip(&claims) {
        let [link, source, claim, setting, figure, verdict] = &cells[..] else { panic!("{cells:?}") };
        assert_eq!(link, &format!("[{number}](#claim-{number})"));
        assert!(page.contains(&format!("### Claim {number}\n\n**{source}:** {claim}\n")), "{cells:?}");
        match verdict.as_str() {
            "**held**" | "**refuted**" | "**unresolved**" => {
                assert!(figure.contains(|c: char| c.is_ascii_digit()) && setting.len() > 5, "{cells:?}");
            }
            "not testable here" => assert!(figure.len() > 20, "{cells:?}"),
            other => panic!("{other}"),
        }
    }
    let read = rows(&page, "## Sources");
    assert!(
        claims.iter().all(|claim| read.iter().any(|source| source[0] == claim[1])),
        "a source says what was read of it"
    );
    assert!(!page.contains("NaN") && !page.contains("inf "), "no number is none");
}

/// The losses are those of the weight files, so a page that is older than the zoo is noticed.
#[test]
fn the_losses_are_those_of_the_zoo() {
    let output = Command::cargo_bin("cospike").unwrap().args(["zoo", "--json"]).assert().success().get_output().clone();
    let zoo: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut right: BTreeMap<[String; 5], Vec<f64>> = BTreeMap::new();
    for file in zoo.as_array().unwrap() {
        let text = |key: &str| file["metadata"][key].as_str().unwrap_or_default().to_owned();
        let accuracy = |key: &str| text(key).parse::<f64>().unwrap();
        let variant = text("variant").replace("binary", "");
        let is_plain = variant.split('-').all(|mark| mark.is_empty() || mark.starts_with("seed"));
        if is_plain {
            let key = [text("backbone"), text("family"), text("split"), text("bottleneck"), text("width")];
            right.entry(key).or_default().push(100.0 * accuracy("test_correct") / accuracy("test_images"));
        }
    }
    let mean = |key: [&str; 5]| {
        let found = &right[&key.map(str::to_owned)];
        (found.iter().sum::<f64>() / found.len() as f64, found.len())
    };
    let losses = rows(&page(), "### Loss at the last split point");
    assert!(losses.len() >= 24, "{}", losses.len());
    for cells in losses {
        let family = if ["float", "binary"].contains(&&*cells[1]) { "float" } else { &*cells[1] };
        let (unit, trainings) = mean([&cells[0], family, "stage3", &cells[1], &cells[2]]);
        let (whole, _) = mean([&cells[0], family, "", "", ""]);
        let loss = cells[7].split(' ').next().unwrap().replace('−', "-").parse::<f64>().unwrap();
        assert!((loss - (whole - unit)).abs() < 0.0051, "{cells:?}, expected {}", whole - unit);
        assert_eq!(cells[3], trainings.to_string(), "{cells:?}");
    }
}
