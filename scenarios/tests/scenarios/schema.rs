//! What is written from the declarations of a scenario's keys: the page `docs/scenarios.md` and the JSON Schema.

use crate::small;
use cospike_scenarios::library::{find_scenario, scenarios};
use cospike_scenarios::schema::{json_schema, page_with_keys};
use cospike_scenarios::sweep::expand;
use serde_json::Value;
use std::collections::BTreeSet;
use std::{env, fs};

/// Set this variable to 1 to write the page anew.
const WRITE: &str = "COSPIKE_WRITE_DOCS";

#[test]
fn the_keys_in_docs_are_those_of_a_scenario() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scenarios.md");
    let page = fs::read_to_string(path).unwrap();
    let wanted = page_with_keys(&page).expect("docs/scenarios.md has lost a marker of the generated text");
    if env::var_os(WRITE).is_some_and(|value| value == "1") {
        fs::write(path, wanted).unwrap();
    } else {
        let command = format!("{WRITE}=1 cargo test -p cospike-scenarios --test scenarios keys_in_docs");
        assert!(page == wanted, "docs/scenarios.md is out of date: run `{command}`");
    }
}

/// Whether the schema accepts a scenario.
fn accepts(text: &str) -> bool {
    let scenario: Value = toml::from_str(text).unwrap();
    jsonschema::draft202012::new(json_schema().as_value()).unwrap().is_valid(&scenario)
}

#[test]
fn the_schema_accepts_every_shipped_scenario() {
    for name in scenarios() {
        assert!(accepts(&find_scenario(name).unwrap().text), "{name}");
    }
}

/// Each text is added to a scenario without mistakes, or replaces a line of it. The reader of scenarios and the schema agree.
#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let valid = small("").text;
    let added = [
        "[sweep]\nnetwork.widht = [2]\n",
        "[sweep]\nnetwork.width = 2\n",
        "[sweep]\nnetwork.width = []\n",
        "[sweep]\nnetwork.bottleneck = ['binry']\n",
        "[sweep]\nstudy.seed = [1, 2]\n",
        "[sweep]\nworkload.deadlines_ms = [[1.0]]\n",
        "[[sweep]]\nname = 3\n",
        "[sweep]\nfleet.devices = { from = 1, to = 3 , step = 1, count = 3 }\n",
        "[sweep]\nfleet.devices = { from = 1, step = 1 }\n",
        "[sweep]\nfleet.devices = { from = 1, to = 3, step = 0 }\n",
        "[sweep]\nfleet.devices = { from = 1, to = 3, count = 1 }\n",
        "[sweep]\nfleet.devices = { from = 1, to = 3, steps = 1 }\n",
        "[sweep]\nnetwork.split = { from = 'stage1', to = 'stage2', step = 1 }\n",
        "[sweep.zip]\nfleet.device = [1, 2]\n",
        "[find]\nkey = 'fleet.devices'\ngoal = 'largest'\nfrom = 1\nto = 9\nwhere = 'accuracy > 0.5'\n",
        "[goal]\nwhere = 'correct >= 0.9'\n",
        "[goal]\nminimise = 'energy_j'\nmaximise = 'correct'\n",
        "[goal]\nminimise = 'energy_j'\nsubject_to = 'correct >= 0.9'\n",
        "[goal]\nminimise = 'energy_j'\nconfidence = 1.0\n",
        "[find]\nkey = 'fleet.devices'\ngoal = 'most'\nfrom = 1\nto = 9\nstep = 1\nwhere = 'accuracy > 0.5'\n",
        "[sweep]\nzip = [['fleet.devices', 'link.repeat']]\n",
        "[sweep]\nfleet.devices = [1, 2]\nwhere = true\n",
        "[sweep]\nfleet.devices = [1, 2]\nsample = { method = 'sobol', count = 4, seed = 1 }\n",
        "[sweep]\nfleet.devices = [1, 2]\nsample = { method = 'random', count = 4 }\n",
        "[sweep]\nfleet.devices = [1, 2]\nsample = { method = 'rnadom', count = 4, seed = 1 }\n",
        "[fleet.switching]\nsmoothing = 0.5\n",
        "[[fleet.speed]]\nfrom_waiting = 0\n",
        "[cluod]\n",
    ];
    let replaced = [
        ("seed = 7\n", ""),
        ("split = \"stage3\"\n", ""),
        ("backbone = \"resnet14\"\n", "backbone = 14\n"),
        ("devices = 3", "devices = \"three\""),
        ("devices = 3", "devices = 3.5"),
        ("sharing = \"dedicated\"", "sharing = \"alone\""),
        ("rate_hz", "rate_hertz"),
        ("warmup = 5", "warmup = 5\ndeadlines_ms = []"),
        ("devices = 3", "devices = 3\nspeed = []"),
        ("split = \"stage3\"", "split = \"stage3\"\nalternative = []"),
        ("sharing = \"dedicated\"", "sharing = \"shared-cell\"\nweights = []"),
    ];
    let added = added.map(|text| valid.clone() + text).into_iter();
    let replaced = replaced.map(|(from, to)| valid.replace(from, to)).into_iter();
    for wrong in added.chain(replaced) {
        assert!(wrong != valid && expand(&small("")).is_ok() && accepts(&valid));
        assert!(expand(&source(&wrong)).is_err() && !accepts(&wrong), "{wrong}");
    }
    let swept = valid.replace("split = \"stage3\"\n", "");
    assert!(!accepts(&swept), "without a sweep a required key cannot come from one");
    let swept = swept + "[[sweep]]\nnetwork.split = ['input']\n";
    assert!(accepts(&swept) && expand(&source(&swept)).is_ok());
}

/// Every form of a sweep, each added to a scenario without mistakes.
#[test]
fn the_schema_accepts_every_form_of_a_sweep() {
    for sweep in [
        "[sweep]\nfleet.devices = { from = 1, to = 3, step = 1 }\nlink.repeat = [1, 2]\n",
        "[sweep]\nlink.uplink_mbps = { from = 0.1, to = 10, count = 3, scale = 'log' }\n",
        "[sweep]\nfleet.devices = [1, 2]\nlink.repeat = [1, 2]\nwhere = 'devices != repeat'\n",
        "[sweep]\nfleet.devices = { from = 1, to = 9 }\nsample = { method = 'sobol', count = 4 }\n",
        "[sweep]\nfleet.devices = { from = 1, to = 9, scale = 'log' }\nsample = { method = 'random', count = 4, seed = 0 }\n",
        "[find]\nkey = 'fleet.devices'\ngoal = 'largest'\nfrom = 1\nto = 9\nstep = 1\nwhere = 'accuracy > 0.5'\nconfidence = 0.9\n",
        "[sweep.zip]\nfleet.devices = [1, 2]\nlink.packet_loss = { from = 0.1, to = 0.2, count = 2 }\n",
        "[[sweep]]\nname = 'one'\n[[sweep.zip]]\nfleet.devices = [1, 2]\nlink.repeat = [1, 2]\n[[sweep.zip]]\ncloud.servers = [1, 2]\n",
    ] {
        let text = small(sweep).text;
        expand(&source(&text)).unwrap_or_else(|mistake| panic!("{mistake}"));
        assert!(accepts(&text), "{sweep}");
    }
}

fn source(text: &str) -> cospike_scenarios::diagnostic::Source {
    cospike_scenarios::diagnostic::Source::shipped("scenario.toml", text)
}

/// The keys that the reader names where it finds another one are those of the schema, section by section.
#[test]
fn the_schema_has_the_keys_that_the_reader_knows() {
    let schema = json_schema();
    let sections = schema.as_value()["properties"].as_object().unwrap();
    let mut compared = 0;
    compare_keys("", sections, &mut compared);
    assert!(compared > 10, "{compared} tables");
}

fn compare_keys(path: &str, properties: &serde_json::Map<String, Value>, compared: &mut usize) {
    let heading = |path: &str, is_list: bool| match (path, is_list) {
        ("", _) => String::new(),
        (path, false) => format!("[{path}]"),
        (path, true) => format!("[[{path}]]"),
    };
    for (key, schema) in
        properties.iter().filter(|(key, _)| !path.is_empty() || !["sweep", "find", "goal"].contains(&key.as_str()))
    {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let is_list = schema["items"].is_object();
        let table = if is_list { &schema["items"] } else { schema };
        let Some(properties) = table["properties"].as_object() else { continue };
        let probe = source(&format!("{}\nqqqq = 0\n", heading(&path, is_list)));
        let answer = expand(&probe).unwrap_err();
        let (_, known) = answer.help().unwrap().split_once("choose from ").unwrap();
        assert_eq!(
            known.split(", ").collect::<BTreeSet<_>>(),
            properties.keys().map(String::as_str).collect(),
            "{path}"
        );
        *compared += 1;
        compare_keys(&path, properties, compared);
    }
}
