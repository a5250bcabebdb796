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
    // Accuracies of the trainings of each network, by backbone.
    let mut right: BTreeMap<[String; 6], BTreeMap<String, Vec<f64>>> = BTreeMap::new();
    for file in zoo.as_array().unwrap() {
        let text = |key: &str| file["metadata"][key].as_str().unwrap_or_default().to_owned();
        let accuracy = |key: &str| text(key).parse::<f64>().unwrap();
        let marks = text("variant");
        let marks = marks.split('-').filter(|mark| !mark.is_empty() && *mark != "binary" && !mark.starts_with("seed"));
        let variant = marks.collect::<Vec<_>>().join("-");
        let network = Some(text("network")).filter(|name| !name.is_empty()).unwrap_or(text("backbone"));
        let key = [network, text("family"), text("split"), text("bottleneck"), text("width"), variant];
        let all = right.entry(key).or_default().entry(text("backbone")).or_default();
        all.push(100.0 * accuracy("test_correct") / accuracy("test_images"));
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let losses = rows(&page(), "### Loss at the last split point");
    assert!(losses.len() >= 24, "{}", losses.len());
    for cells in losses {
        let (kind, variant) = cells[1].split_once(", ").unwrap_or((&cells[1], ""));
        let family = if ["float", "binary"].contains(&kind) { "float" } else { kind };
        let whole = &right[&[&cells[0], family, "", "", "", ""].map(str::to_owned)];
        let units = &right[&[&cells[0], family, "stage3", kind, &cells[2], variant].map(str::to_owned)];
        let lost: Vec<f64> = units.iter().map(|(backbone, units)| mean(&whole[backbone]) - mean(units)).collect();
        let found = cells[7].split(' ').next().unwrap().replace('−', "-").parse::<f64>().unwrap();
        assert!((found - mean(&lost)).abs() < 0.0051, "{cells:?}, expected {}", mean(&lost));
        let number = units.values().map(Vec::len).sum::<usize>();
        let trainings = if lost.len() > 1 { format!("{number} on {}", lost.len()) } else { number.to_string() };
        assert_eq!(cells[3], trainings, "{cells:?}");
    }
}
