//! What a study will be like, before it is run: how long it takes, and what a trial shows of the load of its places.

use crate::estimate::{check_memory, threads};
use crate::failure::Failure;
use crate::output::{load_percent, plural, printable, say, say_paragraph, say_wrapped, table, warn};
use crate::scenario::failure;
use cospike_models::zoo::Zoo;
use cospike_results::summary::{Caution, PointSummary, Summary};
use cospike_scenarios::{Compiled, Points};
use cospike_studies::plan::Plan;
use cospike_studies::trial::ExpectedTime;
use cospike_studies::{Census, Study};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Longest trial, in expected seconds of one thread, and most design points.
const LONGEST_TRIAL: f64 = 20.0;
const MOST_POINTS: usize = 200;

/// What a study will be like.
pub(crate) struct Outlook {
    study: Study,
    /// Expected time of one thread.
    pub(crate) time: ExpectedTime,
    /// The trial; `None` if it would take too long.
    trial: Option<Trial>,
}

/// What came of a trial.
struct Trial {
    /// What every design point had of samples and requests, in words.
    extent: String,
    points: Vec<PointSummary>,
}

impl Outlook {
    /// Expects the time of a study, and tries it with a few samples and requests, unless that would take long.
    pub(crate) fn new(compiled: Compiled, points: &mut Points<'_>, zoo: &Zoo) -> Result<Self, Failure> {
        let is_small = points.len() <= MOST_POINTS;
        let all = is_small.then(|| points.all().map_err(failure)).transpose()?;
        let plan = all.map(|points| Plan { points, ..compiled.plan.clone() });
        let trial = plan.map(|plan| Compiled { plan: plan.trial(), ..compiled.clone() });
        let study = compiled.into_study(zoo)?;
        let trial = trial.map(|trial| tried(trial, zoo)).transpose()?.flatten();
        Ok(Self { time: study.expected_time(), study, trial })
    }

    /// The plan of the study, without its design points.
    pub(crate) fn plan(&self) -> &Plan {
        self.study.plan()
    }

    /// What is known of all design points.
    pub(crate) fn census(&self) -> &Census {
        self.study.census()
    }

    /// Says how long the study takes.
    pub(crate) fn print_time(&self) {
        let threads = threads();
        let [inference, simulation] =
            [self.time.inference, self.time.simulation].map(|one| words(one / threads as f64));
        let text = format!(
            "expected time on {}: {inference} for inference, {simulation} for simulation, less what the store has (roughly: from \
             multiply-accumulates and requests)",
            plural(threads as u64, "thread")
        );
        say_paragraph(&text, 0);
    }

    /// Shows the loads of the places, and warns of those that are asked for more than they serve.
    pub(crate) fn print_loads(&self) {
        let Some(Trial { extent, points }) = &self.trial else {
            say!("\noffered loads: a trial would take too long here; give `--point` or smaller numbers to see them");
            return;
        };
        let mut rows = table(&["offered load, %", "edge devices", "uplink", "cloud"]);
        for point in points {
            let load = |load: Option<f64>| load.map_or_else(|| "-".into(), load_percent);
            let loads = [&point.load.edge, &point.load.uplink, &point.load.cloud].map(|of| load(of.mean));
            rows.add_row([printable(&point.label)].into_iter().chain(loads));
        }
        say!("\n{rows}");
        say_wrapped!("by a trial of {extent} of each design point, so not exact");
        for (label, place, load) in overloads(points) {
            let label = printable(label);
            warn(&format!("{label}: the {place} is asked for about {load:.2} times what it can do"));
        }
    }

    /// The loads by design point.
    pub(crate) fn loads_json(&self) -> Value {
        let point = |point: &PointSummary| {
            let load = &point.load;
            json!({ "design_point": point.label, "edge": load.edge.mean, "uplink": load.uplink.mean, "cloud": load.cloud.mean })
        };
        self.trial.as_ref().map_or(Value::Null, |trial| trial.points.iter().map(point).collect())
    }
}

/// What comes of a trial, unless it takes long, needs more memory than there is, or fails: what fails in it fails in the run, which
/// says why.
fn tried(trial: Compiled, zoo: &Zoo) -> Result<Option<Trial>, Failure> {
    let extent = extent(&trial.plan);
    let study = trial.into_study(zoo)?;
    if study.expected_time().sum() > LONGEST_TRIAL || check_memory(study.plan(), study.census()).is_err() {
        return Ok(None);
    }
    let results = study.run(None, &|_| {}).ok();
    let summary = results.map(|results| Summary::new(&results)).transpose()?;
    Ok(summary.map(|summary| Trial { extent, points: summary.points }))
}

/// Samples and requests of each design point of a trial, in words.
fn extent(trial: &Plan) -> String {
    let samples = trial.networks.iter().map(|network| u64::from(network.samples.count));
    let requests = trial.points.iter().map(|point| point.system.workload.requests);
    format!("{} and {}", up_to(samples.collect(), "sample"), up_to(requests.collect(), "request"))
}

/// `8 samples`, or `up to 8 samples` where not all numbers are alike.
fn up_to(numbers: BTreeSet<u64>, what: &str) -> String {
    let most = plural(numbers.last().copied().unwrap_or_default(), what);
    if numbers.len() > 1 { format!("up to {most}") } else { most }
}

/// The design points with an overloaded place.
fn overloads(points: &[PointSummary]) -> impl Iterator<Item = (&str, &'static str, f64)> {
    let overload = |point: &PointSummary| {
        point.cautions.iter().find_map(|caution| match caution {
            Caution::Overloaded { place, load } => Some((*place, *load)),
            _ => None,
        })
    };
    points.iter().filter_map(move |point| overload(point).map(|(place, load)| (point.label.as_str(), place, load)))
}

/// A time in words.
fn words(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "less than 1 s".into(),
        s if s < 120.0 => format!("about {s:.0} s"),
        s if s < 7_200.0 => format!("about {:.0} min", s / 60.0),
        s => format!("about {:.0} h", s / 3_600.0),
    }
}
