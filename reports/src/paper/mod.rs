//! The page about the claims of the papers: each beside what the networks that ship do.

mod channels;
mod claims;
mod compression;
mod energy;
mod errors;
mod evidence;
mod finding;
mod places;

pub use channels::CHANNELS;
pub use evidence::Evidence;

use crate::error::ReportError;
use crate::figures::{ClaimedLoss, claimed_losses_figure};
use crate::markdown_page::MarkdownPage;
use crate::quantity::count;
use crate::zoo::row;
use claims::{CLAIMS, PaperClaim, Source, Test};
use cospike_results::store::whole_file::Kind;
use cospike_sim_core::stats::ClaimVerdict;
use finding::Finding;

/// How to tell the page.
const PAGE: Kind = Kind {
    name: "page of CoSpike about papers",
    start: "# The claims of the papers\n",
    mark: "made by `cospike paper page",
};

/// A claim with what was found of it, the nearest setting first.
struct Tested {
    claim: &'static PaperClaim,
    findings: Vec<Finding>,
}

/// Renders the page; equal evidence gives equal bytes.
///
/// # Errors
/// [`ReportError::Statistics`] for evidence that no execution can give, such as networks without samples.
pub fn paper_page(evidence: &Evidence) -> Result<MarkdownPage, ReportError> {
    let tested = CLAIMS.iter().map(|claim| Ok(Tested { claim, findings: test(evidence, claim)? }));
    let tested: Vec<Tested> = tested.collect::<Result<_, ReportError>>()?;
    let mut page = MarkdownPage::new("paper.md", PAGE, introduction(evidence) + &overview(&tested));
    if let Some(figure) = claimed_losses_figure(&claimed_losses(&tested))? {
        page.show(figure);
    }
    page.add("## Claim by claim\n\n");
    tested.iter().enumerate().for_each(|(index, tested)| page.add(&tested.details(index + 1)));
    page.add("## Tables\n\n");
    page.add(&compression::section(evidence)?);
    page.add(&channels::section(evidence)?);
    page.add(&errors::section(evidence)?);
    let ratios: Vec<f64> = CLAIMS.iter().filter_map(PaperClaim::energy_ratio).collect();
    energy::section(&mut page, evidence, &ratios)?;
    page.add(&places::section(evidence)?);
    page.add(&sources());
    Ok(page)
}

/// What the claims about accuracies say, beside what was found in the nearest setting.
fn claimed_losses(tested: &[Tested]) -> Vec<ClaimedLoss> {
    let loss = |(index, Tested { claim, findings }): (usize, &Tested)| {
        let first = findings.first()?;
        let (claimed, found) = first.points?;
        Some(ClaimedLoss {
            name: format!("{}  {}", index + 1, claim.source.name),
            claimed: claimed.threshold(),
            found,
            verdict: first.verdict?,
        })
    };
    tested.iter().enumerate().filter_map(loss).collect()
}

impl PaperClaim {
    /// Ratio of a claim about edge energy.
    fn energy_ratio(&self) -> Option<f64> {
        match self.test {
            Test::EdgeEnergy { ratio } => Some(ratio),
            _ => None,
        }
    }
}

fn test(evidence: &Evidence, claim: &PaperClaim) -> Result<Vec<Finding>, ReportError> {
    Ok(match claim.test {
        Test::NotHere(reason) => vec![Finding::untested(String::new(), reason.to_owned())],
        Test::Compression { kind, ratio, points } => compression::findings(evidence, kind, ratio, points)?,
        Test::Joint { ratio, points, disturbance } => channels::findings(evidence, ratio, points, disturbance)?,
        Test::Smaller { share } => compression::smaller(evidence, share),
        Test::OneBit { points } => compression::one_bit(evidence, points)?,
        Test::EdgeEnergy { ratio } => energy::findings(evidence, ratio)?,
        Test::EightBitCollapse => errors::collapse(evidence)?,
        Test::Robust { kind, points } => errors::robust(evidence, kind, points)?,
        Test::CloudOnly { latency, energy } => places::cloud_only(evidence, latency, energy)?,
        Test::RadioOrder => places::order(evidence)?,
        Test::EdgeOnlyEnergy { share } => places::edge_only_energy(evidence, share)?,
        Test::EdgeOnlyLatency { ratio } => places::edge_only_latency(evidence, ratio)?,
        Test::Fallback => places::fallback(evidence)?,
    })
}

fn introduction(evidence: &Evidence) -> String {
    let samples = evidence.executed.iter().map(|executed| executed.right.len()).max().unwrap_or(0);
    format!(
        "# The claims of the papers\n\n\
         What papers on split computing with spiking networks claim, beside what the networks that ship do. This page is made by `cospike \
         paper page docs`, which executes {} networks on {} test images (units before the last split point on fewer) and simulates the scenarios `radios`, `whole-device`, \
         `fallback` and `neucodex`; no figure on it is written by hand.\n\n\
         **Read the verdicts as what they are.** Most of these papers could be read only in part (see *Sources*), their networks and data \
         sets are larger, and their settings are not known. A verdict is on the *nearest setting here*: small networks on \
         Fashion-MNIST. It says whether the claim carries over, not whether the authors measured correctly.\n\n\
         | verdict | meaning |\n|---|---|\n\
         | held | the whole 95 % interval is on the claim's side of its threshold |\n\
         | refuted | the whole interval is on the other side |\n\
         | unresolved | the interval has both sides: the estimate says nothing, and what would resolve it is said |\n\
         | not testable here | there is no figure, for the reason that is given |\n\n\
         Intervals of accuracies are over images *and* trainings as crossed random effects, paired by image (variance components of the two-way \
         table with Satterthwaite's degrees of freedom; Searle, Casella and McCulloch 1992; [notes/statistics.md](notes/statistics.md)). Where a \
         unit was trained once, they are over images alone, and the verdict holds for that training. Where several backbones were trained, \
         these are the trainings, each with the mean of its units; where there is one, no verdict is about other trainings of it. Thresholds are met exactly as printed by the source. \
         Intervals and verdicts are each for themselves, not adjusted for their number.\n\n",
        evidence.executed.iter().filter(|executed| executed.choice.codec.is_none()).count()
            + evidence.joint.iter().map(|(_, units)| units.len()).sum::<usize>(),
        count(samples as u64)
    )
}

/// One row per claim.
fn overview(tested: &[Tested]) -> String {
    let mut text = "## In short\n\n| | source | claim | nearest setting here | figure here | verdict |\n\
                    |---:|---|---|---|---|---|\n"
        .to_owned();
    for (index, Tested { claim, findings }) in tested.iter().enumerate() {
        let Some(first) = findings.first() else { continue };
        let number = format!("[{0}](#claim-{0})", index + 1);
        let verdict = match first.verdict {
            Some(verdict) => format!("**{verdict}**"),
            None => "not testable here".to_owned(),
        };
        row(&mut text, &[&number, claim.source.name, claim.says, dash(&first.setting), &first.figure, &verdict]);
    }
    let number = |wanted: Option<ClaimVerdict>| {
        tested.iter().filter(|tested| tested.findings.first().is_some_and(|first| first.verdict == wanted)).count()
    };
    text + &format!(
        "\n{} held, {} refuted, {} unresolved, {} not testable here.\n\n",
        number(Some(ClaimVerdict::Held)),
        number(Some(ClaimVerdict::Refuted)),
        number(Some(ClaimVerdict::Unresolved)),
        number(None)
    )
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

impl Tested {
    fn details(&self, number: usize) -> String {
        let PaperClaim { source, says, baseline, unknown, .. } = self.claim;
        let mut text = format!(
            "### Claim {number}\n\n**{}:** {says}\n\n- Baseline: {baseline}\n- Not known: {unknown}\n\n",
            source.name
        );
        if let [Finding { figure, verdict: None, .. }] = &self.findings[..] {
            return text + &format!("Not testable here: {figure}.\n\n");
        }
        text += "| setting here | figure | verdict | |\n|---|---|---|---|\n";
        for (index, finding) in self.findings.iter().enumerate() {
            let verdict = match (index, finding.verdict) {
                (0, Some(verdict)) => format!("**{verdict}**"),
                _ => finding.verdict().to_owned(),
            };
            row(&mut text, &[&finding.setting, &finding.figure, &verdict, &finding.remark]);
        }
        text + "\n"
    }
}

/// Table of the sources, and of how much of each could be read.
fn sources() -> String {
    let mut text = "## Sources\n\n| name | published | read |\n|---|---|---|\n".to_owned();
    let mut known: Vec<&str> = vec![];
    for Source { name, published, read } in CLAIMS.iter().map(|claim| claim.source) {
        if !known.contains(name) {
            known.push(name);
            row(&mut text, &[name, published, read]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::fixed;

    /// What cannot be tested says why, and what can be has a threshold that its words name.
    #[test]
    fn every_claim_has_a_source_a_baseline_and_a_test_or_a_reason() {
        for claim in CLAIMS {
            let texts = [claim.source.name, claim.source.published, claim.source.read, claim.says, claim.baseline];
            assert!(texts.iter().all(|text| text.len() > 3) && claim.says.ends_with('.'), "{claim:?}");
            let thresholds: Vec<f64> = match claim.test {
                Test::NotHere(reason) => {
                    assert!(reason.len() > 20 && !reason.ends_with('.'), "{claim:?}");
                    vec![]
                }
                Test::Compression { ratio, points, .. } | Test::Joint { ratio, points, .. } => vec![ratio, points],
                Test::Smaller { share } => vec![100.0 * share],
                Test::EdgeEnergy { ratio } | Test::EdgeOnlyLatency { ratio } => vec![ratio],
                Test::EdgeOnlyEnergy { share } => vec![100.0 * (1.0 - share)],
                Test::CloudOnly { latency, energy } => vec![latency, energy],
                Test::Robust { points, .. } => vec![points],
                // Its words have the two accuracies, 75.51 and 75.78.
                Test::OneBit { points } => {
                    assert!((75.78 - 75.51 - points).abs() < 1e-9);
                    vec![75.51, 75.78]
                }
                Test::EightBitCollapse | Test::RadioOrder | Test::Fallback => vec![],
            };
            for threshold in thresholds {
                let text = fixed(threshold, 2);
                let number = text.trim_end_matches('0').trim_end_matches('.');
                assert!(claim.says.contains(number), "{number} is not in: {}", claim.says);
            }
        }
        let names: std::collections::BTreeSet<&str> = CLAIMS.iter().map(|claim| claim.source.name).collect();
        assert_eq!(names.len(), 10, "{names:?}");
    }

    /// The share that is sent in ECC-SNN's sum if the rest of its constants give the 79.4 % that it claims, by hand.
    #[test]
    fn the_share_that_ecc_snn_s_constants_imply_is_the_one_in_the_text() {
        let (cloud, link, edge) = (15_167.0, 8.77, 0.69);
        let all = cloud + link + edge;
        // CUR all + (1 - CUR) edge = (1 - 0.794) all.
        let sent = (0.206 * all - edge) / (all - edge);
        let claim = CLAIMS.iter().find(|claim| claim.says.contains("79.4 %")).unwrap();
        let Test::NotHere(reason) = claim.test else { panic!("{claim:?}") };
        assert!(reason.contains(&format!("if CUR is {} %", fixed(100.0 * sent, 1))), "{sent}");
        assert!(reason.contains(&format!("{} % of the", fixed(100.0 * cloud / all, 1))));
    }
}
