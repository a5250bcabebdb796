//! Answers to the question of a study, from rows whose numbers decide them.

use crate::synthetic::Synthetic;
use cospike_reports::{Cell, answer, pivots};
use cospike_results::compare::Compared;
use cospike_results::condition::{Condition, Limit, Side};
use cospike_results::goal::{Aim, GoalUsed, Selection};
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::metrics::{CLOUD_ENERGY, ENERGY, LATENCY};
use cospike_results::rows::{AnswerRow, PointRow, Results};
use cospike_results::store::folder;
use cospike_results::summary::{Standing, Summary};

/// A study with a design point per line: label, parameters, correct answers of 1,000 requests in each replication, 95th percentile of
/// latency in seconds, and load of the uplink. Networks differ in their first word. A percentile with a question mark is that of
/// latencies that were still drifting.
fn study(points: &str) -> Results {
    let mut results = Synthetic::one().results();
    let (point, row) = (results.points[0].clone(), results.replications[0].clone());
    (results.points, results.replications) = (vec![], vec![]);
    let mut networks: Vec<&str> = vec![];
    for (number, line) in points.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [label, parameters, correct, p95, load] = parts[..] else { panic!("{line}") };
        let kind = label.split(' ').next().unwrap();
        if !networks.contains(&kind) {
            networks.push(kind);
        }
        let index = PointIndex(number as u32);
        results.points.push(PointRow {
            point: index,
            label: label.into(),
            parameters: parameters.into(),
            network: NetworkIndex(networks.iter().position(|other| *other == kind).unwrap() as u32),
            kind: kind.into(),
            samples: 2000,
            correct: Some(1800),
            ..point.clone()
        });
        for (replication, correct) in correct.split(' ').enumerate() {
            let mut row = row.clone();
            (row.point, row.replication) = (index, replication as u32);
            (row.requests.generated, row.requests.completed) = (1000, 1000);
            row.requests.correct = correct.parse().unwrap();
            let steady = p95.trim_end_matches('?');
            let seconds = steady.parse::<f64>().unwrap() * (1.0 + 0.01 * replication as f64);
            row.steady_latency_s = (steady == p95).then_some(seconds);
            (row.latency_p95_s, row.latency_mean_s) = (Some(seconds), Some(0.8 * seconds));
            row.uplink_load = Some(load.parse().unwrap());
            results.replications.push(row);
        }
    }
    (results.latencies, results.answers) = (vec![], vec![]);
    results
}

fn answered(points: &str) -> Vec<String> {
    answer(&study(points)).unwrap().into_iter().map(|sentence| sentence.replace('\u{a0}', " ")).collect()
}

/// The means of all but the crossing are apart by more than their samples let them be by chance.
#[test]
fn whoever_leads_at_a_value_is_told_apart_from_every_rival_there() {
    let crossing = r#"
        float loss=0     | {"network.family":"float","loss":0}     | 938 940 939 | 0.01 | 0.1
        float loss=0.1   | {"network.family":"float","loss":0.1}   | 850 853 851 | 0.01 | 0.1
        float loss=0.3   | {"network.family":"float","loss":0.3}   | 660 664 662 | 0.01 | 0.1
        spiking loss=0   | {"network.family":"spiking","loss":0}   | 921 922 920 | 0.01 | 0.1
        spiking loss=0.1 | {"network.family":"spiking","loss":0.1} | 910 911 912 | 0.01 | 0.1
        spiking loss=0.3 | {"network.family":"spiking","loss":0.3} | 838 838 839 | 0.01 | 0.1
    "#;
    assert_eq!(
        answered(crossing),
        [
            "Correct answers of all requests, by loss: at 0, float leads (93.9 %; next spiking, 92.1 %); from 0.1 on, spiking \
          leads (83.8 % at 0.3; next float, 66.2 %)."
        ]
    );
    // Half a point less is within what 2,000 samples leave open.
    let closer = crossing.replace("921 922 920", "929 930 928");
    assert!(answered(&closer)[0].contains("at 0, float and spiking are level (93.9 %); from 0.1 on, spiking leads"));
}

/// One point of 1,000 samples is within chance for networks that see different ones, and is not for two that see the same and of which one
/// answers all that the other does.
#[test]
fn networks_are_told_apart_on_the_same_samples() {
    let mut results = study(
        r#"
        float loss=0     | {"network.family":"float","loss":0}     | 900 902 901 | 0.01 | 0.1
        spiking loss=0   | {"network.family":"spiking","loss":0}   | 890 891 892 | 0.01 | 0.1
        "#,
    );
    let told = |results: &Results| answer(results).unwrap()[0].replace('\u{a0}', " ");
    assert!(
        told(&results).contains("float (90.1 %) and spiking (89.1 %), between which no difference"),
        "{}",
        told(&results)
    );
    for (network, right) in [(0, 1800), (1, 1780)] {
        let row = |sample| AnswerRow {
            network: NetworkIndex(network),
            sample,
            label: 1,
            answer: u16::from(sample < right).into(),
            entropy: 0.5,
            payload_bits: 8,
        };
        results.answers.extend((0..2000).map(row));
    }
    assert!(told(&results).contains("float (90.1 %); next spiking (89.1 %"), "{}", told(&results));
}

#[test]
fn ties_are_called_ties() {
    let level = r#"
        float loss=0     | {"network.family":"float","loss":0}     | 938 940 936 | 0.01 | 0.1
        float loss=0.1   | {"network.family":"float","loss":0.1}   | 900 901 902 | 0.01 | 0.1
        spiking loss=0   | {"network.family":"spiking","loss":0}   | 937 941 938 | 0.01 | 0.1
        spiking loss=0.1 | {"network.family":"spiking","loss":0.1} | 901 900 904 | 0.01 | 0.1
    "#;
    assert_eq!(
        answered(level),
        [
            "Most correct answers: spiking loss=0 (93.9 %) and float loss=0 (93.8 %), between which no difference of 0.5 points \
          or more is shown; next spiking loss=0.1 (90.2 %, −3.7 points)."
        ]
    );
}

#[test]
fn a_capacity_is_the_last_value_before_a_place_is_overloaded() {
    let fleet = r#"
        spiking cameras=100 | {"cameras":100} | 900 900 900 | 0.05 | 0.2
        spiking cameras=200 | {"cameras":200} | 900 900 900 | 0.06 | 0.7
        spiking cameras=400 | {"cameras":400} | 900 900 900 | 2.00 | 1.3
    "#;
    assert_eq!(
        answered(fleet),
        [
            "cameras: spiking holds up to 200 (p95 latency at most 60.6 ms), at 400 the uplink is overloaded (asked for 1.30 \
          times what it can do)."
        ]
    );
    // Near its limit, where the run is too short, nothing is said of latency.
    let near = answered(&fleet.replace("| 0.7", "| 0.95"));
    assert!(
        near[0].contains("spiking holds up to 200 (p95 latency at most 50.5 ms where it is steady), at 400"),
        "{near:?}"
    );
    // Where energy does not depend on the waiting, only latency is left out.
    let mut results = study(&fleet.replace("| 0.7", "| 0.95"));
    let left_out = |results: &Results| answer(results).unwrap().pop().unwrap();
    assert!(
        left_out(&results).starts_with("Not steady, so left out of what is said of latency and energy: cameras=200")
    );
    results.points.iter_mut().for_each(|row| {
        (row.setup.device_energy_waits, row.setup.cloud_energy_waits) = (false, false);
    });
    assert!(left_out(&results).starts_with("Not steady, so left out of what is said of latency: cameras=200"));
    let point = &Summary::new(&results).unwrap().points[1];
    let standings = [&ENERGY, &CLOUD_ENERGY, &LATENCY].map(|metric| point.standing(metric));
    assert_eq!(standings, [Standing::Holds, Standing::Holds, Standing::Unsteady]);
    // Of a rate, too little is too much.
    let rate = r#"
        spiking mbps=1 | {"mbps":1} | 900 900 900 | 2.00 | 1.6
        spiking mbps=2 | {"mbps":2} | 900 900 900 | 0.06 | 0.8
        spiking mbps=4 | {"mbps":4} | 900 900 900 | 0.05 | 0.4
    "#;
    assert_eq!(
        answered(rate)[0],
        "mbps: spiking holds from 2 on (p95 latency at most 60.6 ms), at 1 the uplink is overloaded (asked for 1.60 times \
         what it can do)."
    );
    let all = rate.replace("| 0.8", "| 1.1").replace("| 0.4", "| 1.05");
    assert!(answered(&all)[0].starts_with("mbps: spiking holds at no value tried, at 1 the uplink is overloaded"));
    let between = rate.replace("| 1.6", "| 0.75").replace("| 0.8", "| 1.1");
    assert_eq!(answered(&between)[0], "mbps: spiking is overloaded at 1 of 3 values: 2.");
    // A line that holds everywhere is named beside one that does not.
    let two = fleet.replace("{\"cameras\"", "{\"network.family\":\"spiking\",\"cameras\"")
        + r#"
        float cameras=100 | {"network.family":"float","cameras":100} | 900 900 900 | 0.05 | 0.1
        float cameras=400 | {"network.family":"float","cameras":400} | 900 900 900 | 0.07 | 0.5
    "#;
    assert!(answered(&two)[0].ends_with("; float holds at every value tried (p95 latency at most 70.7 ms)."), "{two}");
    // Without overload there is nothing to say of capacity.
    let steady = answered(&fleet.replace("| 1.3", "| 0.85"));
    assert_eq!(
        steady,
        ["cameras from 100 to 400: p95 latency from 50.5 ms to 2.02 s and mean latency from 40.4 ms to 1.62 s."]
    );
}

#[test]
fn design_points_without_numbers_have_a_best_one_and_the_next() {
    let links = r#"
        spiking wifi | {"link.profile":"wifi"} | 900 900 900 | 0.01 | 0.1
        spiking 4g   | {"link.profile":"4g"}   | 900 900 900 | 0.05 | 0.1
    "#;
    assert_eq!(
        answered(links),
        [
            "Lowest p95 latency: wifi (10.1 ms); next 4g (50.5 ms, 5.0 times as much).",
            "Lowest mean latency: wifi (8.08 ms); next 4g (40.4 ms, 5.0 times as much)."
        ]
    );
    let once = answered(&links.replace("900 900 900", "900"));
    assert_eq!(
        once[0],
        "Lowest p95 latency: wifi (10.0 ms) and 4g (50.0 ms), which one replication cannot tell apart."
    );
}

#[test]
fn a_single_design_point_is_answered_by_its_values() {
    let one = answered(r#"spiking | {} | 900 910 890 | 0.05 | 0.125"#);
    assert_eq!(one.len(), 1);
    let start = "spiking: no place is overloaded (the greatest load is 12.5 %, of the uplink), correct of all requests 90.0 %, p95 latency \
                 50.5 ms, energy per request ";
    assert!(one[0].starts_with(start), "{one:?}");
    let over = answered(r#"spiking | {} | 900 910 890 | 0.05 | 1.25"#);
    assert_eq!(
        over,
        ["spiking: the uplink is overloaded (asked for 1.25 times what it can do), correct of all requests 90.0 %."],
        "nothing is said that grows with the run"
    );
}

/// The study of `points` with a goal, and what its answer says of that.
fn chosen(points: &str, goal: GoalUsed) -> (Selection, Vec<String>) {
    let mut results = study(points);
    results.manifest.goal = Some(goal);
    let selection = Summary::new(&results).unwrap().selection.unwrap();
    let sentences = answer(&results).unwrap().into_iter();
    (selection, sentences.map(|sentence| sentence.replace('\u{a0}', " ")).collect())
}

/// Least p95 latency of those that answer so many of a thousand correctly.
fn least_latency(correct: Option<f64>) -> GoalUsed {
    let limit = |value| Limit { metric: "correct".into(), side: Side::AtLeast, value };
    GoalUsed {
        aim: Aim::Minimise,
        metric: "latency_p95_ms".into(),
        limits: correct.map(|value| Condition::Limit(limit(value))),
        condition: correct.map(|value| format!("correct >= {value}")),
        confidence: 0.95,
    }
}

const FOUR: &str = r#"
    float a   | {"k":1} | 951 949 950 | 0.012 | 0.1
    spiking b | {"k":2} | 901 899 900 | 0.011 | 0.1
    binary c  | {"k":3} | 851 849 850 | 0.010 | 0.1
    quantised d | {"k":4} | 953 951 952 | 0.020 | 0.1
"#;

/// With 2,000 samples the error of 90 % is 0.67 points, so a limit of 89.5 % is open, and 95 % keeps it.
#[test]
fn a_goal_is_answered_with_what_binds_and_what_is_open() {
    let (selection, sentences) = chosen(FOUR, least_latency(Some(0.895)));
    assert_eq!(selection.choice.as_ref().unwrap().point, PointIndex(0));
    assert_eq!(
        sentences[..3],
        [
            "To minimise `latency_p95_ms` where `correct >= 0.895`: float a (12.1 ms); next quantised d (20.2 ms, +66.7 %); that no \
             other that keeps the limits is better by 1 % or more is at least 22.8 % probable.",
            "Without `correct >= 0.895` it would be binary c (10.1 ms, −16.7 %); `correct >= 0.895` is kept with 95.0 %.",
            "spiking b (11.1 ms, −8.3 %) would be better, and may keep the limits, with a probability of 77.1 %: more replications or \
             samples may decide it.",
        ]
    );
}

#[test]
fn a_goal_names_ties_and_the_nearest_miss_and_leaves_out_what_is_overloaded() {
    let tie = FOUR.replace("0.012", "0.01101");
    let (_, sentences) = chosen(&tie, least_latency(Some(0.88)));
    assert!(
        sentences[0].contains("spiking b (11.1 ms) and float a (11.1 ms) are level, no difference of 1 % or more is shown; next quantised d"),
        "{}",
        sentences[0]
    );
    let (selection, sentences) = chosen(FOUR, least_latency(Some(0.99)));
    assert!(selection.choice.is_none());
    let nearest = "To minimise `latency_p95_ms`: no design point keeps `correct >= 0.99`; quantised d (20.2 ms) comes nearest and misses \
                   `correct >= 0.99` (95.2 %).";
    assert_eq!(sentences[0], nearest);
    let overloaded = FOUR.replace("0.012 | 0.1", "0.012 | 1.1");
    let (selection, sentences) = chosen(&overloaded, least_latency(Some(0.94)));
    assert_eq!(selection.choice.unwrap().point, PointIndex(3));
    assert!(
        sentences.contains(
            &"Left out of the choice: a place is overloaded, where `latency_p95_ms` grows with the run (1).".to_owned()
        ),
        "{sentences:?}"
    );
    let one = FOUR
        .replace("951 949 950", "950")
        .replace("901 899 900", "900")
        .replace("851 849 850", "850")
        .replace("953 951 952", "952");
    let (_, sentences) = chosen(&one, least_latency(Some(0.88)));
    assert!(
        sentences[0].contains(
            "none is known to keep the limits; spiking b (11.0 ms) does on its means, which one replication cannot show"
        ),
        "{}",
        sentences[0]
    );
    let (_, sentences) = chosen(&one, least_latency(None));
    assert!(
        sentences[0].contains("and quantised d (20.0 ms) cannot be told apart by one replication."),
        "{}",
        sentences[0]
    );
}

/// The gains of the second over the first in correct answers are 0, 1 and 5 in a thousand: their mean is 2 with an error of
/// sqrt(7/3). For the first to be better by the half point that matters, the mean would have to be -5.
#[test]
fn the_probability_of_a_choice_is_that_of_students_t() {
    let two = r#"
        float a | {"k":1} | 900 900 900 | 0.012 | 0.1
        float b | {"k":2} | 900 901 905 | 0.012 | 0.1
    "#;
    let most = GoalUsed { aim: Aim::Maximise, metric: "correct".into(), ..least_latency(None) };
    let (selection, _) = chosen(two, most);
    let choice = selection.choice.unwrap();
    assert_eq!((choice.point, choice.keeps_limits), (PointIndex(1), Some(1.0)));
    let t = (2.0 + 5.0) / (7.0_f64 / 3.0).sqrt();
    let right = 0.5 + t / (2.0 * (2.0 + t * t).sqrt());
    assert!((choice.probability.unwrap() - right).abs() < 1e-9, "{:?} {right}", choice.probability);
    assert_eq!(selection.level.len(), 1);
}

/// The fastest design point by its mean is not steady: it leads in nothing that a longer run would change, is chosen by no goal for it,
/// and is said to be left out.
#[test]
fn invariant_16_what_is_not_steady_leads_in_no_latency_and_is_not_chosen_for_one() {
    let lines = r#"
        float a     | {"k":"a"} | 900 901 902 | 0.010? | 0.1
        spiking b   | {"k":"b"} | 800 801 802 | 0.020  | 0.1
        binary c    | {"k":"c"} | 700 701 702 | 0.030  | 0.1
    "#;
    let sentences = answered(lines);
    let latency = sentences.iter().find(|sentence| sentence.starts_with("Lowest p95 latency")).unwrap();
    assert!(latency.starts_with("Lowest p95 latency: spiking b (20.2 ms); next binary c"), "{latency}");
    assert!(sentences[0].starts_with("Most correct answers: float a (90.1 %)"), "{sentences:?}");
    let said = "Not steady, so left out of what is said of latency and energy: float a; a longer run would change it.";
    assert!(sentences.iter().any(|sentence| sentence == said), "{sentences:?}");
    let (selection, sentences) = chosen(lines, least_latency(None));
    assert_eq!(selection.choice.unwrap().point, PointIndex(1));
    let said = "Left out of the choice: latencies are not steady, so a longer run would change `latency_p95_ms` (1).";
    assert!(sentences.iter().any(|sentence| sentence == said), "{sentences:?}");
    // A steady first one leads.
    let steady = lines.replace('?', "");
    assert_eq!(chosen(&steady, least_latency(None)).0.choice.unwrap().point, PointIndex(0));
    assert!(answered(&steady).iter().any(|sentence| sentence.starts_with("Lowest p95 latency: float a (10.1 ms)")));
}

/// A folder of which the first design point is read: the choice is among all of them nevertheless, and the sentence says so. A comparison
/// has all, too.
#[test]
fn a_goal_and_a_comparison_are_of_all_design_points_whatever_is_shown() {
    let here = tempfile::tempdir().unwrap();
    let mut results = study(FOUR);
    results.manifest.goal = Some(least_latency(Some(0.88)));
    results.all_points = results.points.len();
    folder::write(&results, here.path()).unwrap();
    let all = Summary::new(&results).unwrap().selection.unwrap();
    for shown in 0..4 {
        let first = folder::read_first(here.path(), shown).unwrap();
        assert_eq!((first.points.len(), first.selection.as_ref()), (shown, Some(&all)), "{shown}");
    }
    assert_eq!(folder::read(here.path()).unwrap().selection, None, "made when it is asked for");
    let sentences = answer(&folder::read_first(here.path(), 1).unwrap()).unwrap();
    let [said, whole] = [&sentences[0], &answer(&results).unwrap()[0]].map(|text| text.replace('\u{a0}', " "));
    let named = |text: &str| text.split_once(": ").unwrap().1.to_owned();
    assert_eq!(named(&said), named(&whole));
    assert!(said.starts_with("Of all 4 design points, to minimise `latency_p95_ms` where"), "{said}");

    let outcomes = folder::read_outcomes(here.path()).unwrap();
    assert_eq!((&outcomes.points, &outcomes.replications), (&results.points, &results.replications));
    let mut slower = outcomes.clone();
    let last = slower.points.pop().unwrap();
    for row in &mut slower.replications {
        row.latency_p95_s = row.latency_p95_s.map(|seconds| 2.0 * seconds);
    }
    let compared = Compared::new(&outcomes, &slower).unwrap();
    assert_eq!((compared.points.len(), &compared.only_first, compared.only_second.len()), (3, &vec![last.label], 0));
    for point in &compared.points {
        let p95 = point.metrics.iter().find(|of| of.metric == "latency_p95_s").unwrap();
        assert!((p95.relative.unwrap() - 1.0).abs() < 1e-12 && p95.is_shown, "{p95:?}");
        assert_eq!((p95.first_standing, p95.second_standing), (Standing::Holds, Standing::Holds));
    }
    // What is not steady any more has no difference, and is worse.
    slower.replications.iter_mut().for_each(|row| row.steady_latency_s = None);
    let compared = Compared::new(&outcomes, &slower).unwrap();
    let p95 = compared.points[0].metrics.iter().find(|of| of.metric == "latency_p95_s").unwrap();
    assert_eq!((p95.difference, p95.is_shown, p95.second_standing), (None, false, Standing::Unsteady));
    let metric = cospike_results::metrics::LATENCY_P95;
    assert!(p95.second.is_some() && p95.is_worse(&metric, 10.0) && p95.is_visible());
    let back = Compared::new(&slower, &outcomes).unwrap();
    let p95 = back.points[0].metrics.iter().find(|of| of.metric == "latency_p95_s").unwrap();
    assert!(!p95.is_worse(&metric, 0.0), "it was not known before");
}

/// Of four pairs with the point that is not steady, and with another that is, only the others are compared in what a longer run would change.
#[test]
fn invariant_16_a_point_that_is_not_steady_is_compared_in_its_answers_alone() {
    let mut results = Synthetic::eighteen().results();
    results.replications.iter_mut().filter(|row| row.point.0 == 4).for_each(|row| row.steady_latency_s = None);
    let comparisons = Summary::new(&results).unwrap().comparisons;
    let (unsteady, steady): (Vec<_>, Vec<_>) = comparisons.iter().partition(|pair| pair.spiking.0 == 4);
    assert_eq!((unsteady.len(), steady.len()), (1, 8));
    let has = |pair: &cospike_results::summary::Comparison| {
        let means = [pair.latency_mean_s, pair.energy_j].map(|estimate| estimate.mean.is_some());
        let tests = [pair.adjusted_p.latency_mean_s, pair.adjusted_p.energy_j].map(|p| p.is_some());
        (pair.accuracy.is_some(), means, tests)
    };
    assert_eq!(has(unsteady[0]), (true, [false; 2], [false; 2]));
    assert!(steady.iter().all(|pair| has(pair) == (true, [true; 2], [true; 2])));
}

/// On one link energy differs, on the other two it does not; what a reader builds depends on the link that there is.
#[test]
fn where_links_are_swept_by_name_each_has_its_own_leader() {
    let mut results = study(
        r#"
        float a link.profile=3g     | {"network.family":"float","link.profile":"3g"}     | 900 901 902 | 0.100 | 0.1
        spiking a link.profile=3g   | {"network.family":"spiking","link.profile":"3g"}   | 900 901 902 | 0.050 | 0.1
        float a link.profile=4g     | {"network.family":"float","link.profile":"4g"}     | 900 901 902 | 0.030 | 0.1
        spiking a link.profile=4g   | {"network.family":"spiking","link.profile":"4g"}   | 900 901 902 | 0.030 | 0.1
        float a link.profile=wifi   | {"network.family":"float","link.profile":"wifi"}   | 900 901 902 | 0.010 | 0.1
        spiking a link.profile=wifi | {"network.family":"spiking","link.profile":"wifi"} | 900 901 902 | 0.010 | 0.1
        "#,
    );
    let told = |results: &Results| answer(results).unwrap()[0].replace('\u{a0}', " ");
    assert_eq!(
        told(&results),
        "Lowest p95 latency, by link.profile: 3g: spiking leads (50.5 ms; next float, 101 ms, +100 %); 4g and wifi: float and \
         spiking are level (10.1 to 30.3 ms)."
    );
    // A place with a single design point has nobody to compare with.
    results.points.pop();
    results.replications.retain(|row| row.point != PointIndex(5));
    assert!(told(&results).starts_with("Lowest p95 latency: float wifi (10.1 ms); next"), "{}", told(&results));
}

/// A key with two numbers on two lines is a table of the metrics that vary; overloaded points have no value of what grows then.
#[test]
fn metrics_are_tabled_against_the_only_number_that_varies() {
    let lines = r#"
        float n=1   | {"network.family":"float","n":1}   | 900 901 902 | 0.010 | 0.1
        float n=2   | {"network.family":"float","n":2}   | 800 801 802 | 0.020 | 1.2
        spiking n=1 | {"network.family":"spiking","n":1} | 700 701 702 | 0.030? | 0.1
        spiking n=2 | {"network.family":"spiking","n":2} | 600 601 602 | 0.040 | 0.1
    "#;
    let pivots = pivots(&study(lines)).unwrap();
    let [correct, latency, load] = &pivots[..] else { panic!("{} tables", pivots.len()) };
    assert_eq!((correct.key.as_str(), &correct.values[..]), ("n", &[1.0, 2.0][..]));
    assert_eq!([correct, latency, load].map(|pivot| pivot.metric.name), ["correct", "latency_p95_s", "uplink_load"]);
    let names: Vec<&str> = correct.lines.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["float", "spiking"]);
    assert!(matches!(correct.lines[0].1[..], [Cell::Mean(a), Cell::Mean(b)] if a > 0.9 && b > 0.8));
    assert!(matches!(latency.lines[0].1[..], [Cell::Mean(_), Cell::Overloaded]));
    assert!(matches!(latency.lines[1].1[..], [Cell::Unsteady(mean), Cell::Mean(_)] if mean > 0.03));
    assert!(matches!(correct.lines[1].1[..], [Cell::Mean(_), Cell::Mean(_)]), "answers do not drift");
    let one = "float n=1 | {\"n\":1} | 900 901 902 | 0.010 | 0.1";
    assert!(cospike_reports::pivots(&study(one)).unwrap().is_empty());
}
