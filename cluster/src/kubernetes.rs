//! Kubernetes: the manifest of an Indexed Job, each of whose pods works on a share.

use crate::array_job::{Resources, SIZES, ScriptError, is_size};
use crate::shard::SHARDS;
use serde_json::json;

/// Most bytes of a scenario: a ConfigMap takes 1 MiB, with its names.
const MOST_SCENARIO: usize = 1_000_000;
/// Where the scenario is in a pod.
const SCENARIO: &str = "/cospike/scenario.toml";

/// A study as pods of a cluster work on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedJob {
    /// Name, see [`job_name`].
    pub name: String,
    /// Number of pods.
    pub pods: u32,
    /// Image with the program in its path.
    pub image: String,
    /// Scenario: its text, or the name of a built-in one.
    pub scenario: Scenario,
    /// Arguments of `cospike work` behind the scenario.
    pub arguments: Vec<String>,
}

/// A scenario as a pod finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// In the program, under this name.
    BuiltIn(String),
    /// In a ConfigMap with this text.
    Text(String),
}

/// Name of a job for a study: what Kubernetes takes as a name, at most 63 letters, digits and hyphens.
pub fn job_name(study: &str, id: &str) -> String {
    let study: String = study.to_ascii_lowercase().replace('_', "-").chars().take(35).collect();
    format!("cospike-{}-{id}", study.trim_matches('-')).replace("--", "-")
}

/// The manifest: a list of the job and, unless its scenario is built in, of the ConfigMap with that, as JSON.
///
/// # Errors
/// [`ScriptError`] for an amount of memory that is none, or a scenario that is too long.
pub fn manifest(job: &IndexedJob, resources: &Resources) -> Result<String, ScriptError> {
    let mut documents = vec![];
    let (mut volumes, mut mounts) = (json!([]), json!([]));
    let scenario = match &job.scenario {
        Scenario::BuiltIn(name) => name.as_str(),
        Scenario::Text(text) => {
            if text.len() > MOST_SCENARIO {
                return Err(ScriptError::Scenario { bytes: text.len(), most: MOST_SCENARIO });
            }
            documents.push(json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": { "name": job.name },
                "data": { "scenario.toml": text },
            }));
            volumes = json!([{ "name": "scenario", "configMap": { "name": job.name } }]);
            mounts = json!([{ "name": "scenario", "mountPath": "/cospike", "readOnly": true }]);
            SCENARIO
        }
    };
    let mut arguments = vec!["work", scenario];
    arguments.extend(job.arguments.iter().map(String::as_str));
    let cpus = resources.cpus.unwrap_or(1);
    let mut needed = json!({ "cpu": cpus.to_string() });
    if let Some(memory) = &resources.memory {
        needed["memory"] = quantity(memory)?.into();
    }
    documents.push(json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "name": job.name },
        "spec": {
            "completionMode": "Indexed",
            "completions": job.pods,
            "parallelism": job.pods,
            "backoffLimitPerIndex": 6,
            "podFailurePolicy": { "rules": [
                // A pod that has to make room for another is no failure.
                { "action": "Ignore", "onPodConditions": [{ "type": "DisruptionTarget", "status": "True" }] },
                // What failed, or was a mistake, would do so again.
                { "action": "FailIndex",
                  "onExitCodes": { "containerName": "cospike", "operator": "In", "values": [1, 2] } },
            ] },
            "template": { "spec": {
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 60,
                "containers": [{
                    "name": "cospike",
                    "image": job.image,
                    "command": ["cospike"],
                    "args": arguments,
                    "env": [
                        { "name": SHARDS, "value": job.pods.to_string() },
                        { "name": "COSPIKE_JOB", "value": job.name },
                        { "name": "RAYON_NUM_THREADS", "value": cpus.to_string() },
                    ],
                    // Keys of the object store, such as AWS_ACCESS_KEY_ID, if there is such a secret.
                    "envFrom": [{ "secretRef": { "name": "cospike-store", "optional": true } }],
                    "resources": { "requests": needed, "limits": needed },
                    "volumeMounts": mounts,
                }],
                "volumes": volumes,
            } },
        },
    }));
    // As JSON, which `kubectl` takes as well as YAML: a library writes it, and in it no letter of a scenario has a meaning.
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": documents });
    Ok(format!("{list:#}\n"))
}

/// An amount of memory as Kubernetes writes it.
fn quantity(memory: &str) -> Result<String, ScriptError> {
    if !is_size(memory) {
        return Err(ScriptError::Value { option: "--mem", value: memory.into(), expected: SIZES });
    }
    Ok(match memory.strip_suffix('K') {
        Some(kilobytes) => format!("{kilobytes}k"),
        None if memory.ends_with(|c: char| c.is_ascii_digit()) => format!("{memory}M"),
        None => memory.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_manifest_is_as_it_was_read_by_people() {
        let job = IndexedJob {
            name: job_name("My_Study", "0123456789abcdef"),
            pods: 8,
            image: "registry.example/cospike:0.1".into(),
            scenario: Scenario::Text("# \"Größe\" \\ 😀\n[study]\nname = \"My_Study\"\n".into()),
            arguments: ["--store", "s3://bucket/cospike"].map(String::from).into(),
        };
        let resources = Resources { memory: Some("2G".into()), cpus: Some(2), ..Resources::default() };
        let text = manifest(&job, &resources).unwrap();
        let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kubernetes_manifest.expected.json");
        if std::env::var_os("COSPIKE_BLESS").is_some() {
            std::fs::write(&wanted, &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(wanted).unwrap());
        let long = IndexedJob { scenario: Scenario::Text("#".repeat(MOST_SCENARIO + 1)), ..job };
        assert!(matches!(manifest(&long, &resources), Err(ScriptError::Scenario { .. })));
    }

    #[test]
    fn names_and_amounts_are_those_of_kubernetes() {
        for (study, name) in [
            ("My_Study", "cospike-my-study-0f"),
            ("-_-", "cospike-0f"),
            (&"a".repeat(100), &*format!("cospike-{}-0f", "a".repeat(35))),
        ] {
            assert_eq!(job_name(study, "0f"), name);
        }
        for (memory, wanted) in [("512", "512M"), ("8K", "8k"), ("4G", "4G")] {
            assert_eq!(quantity(memory).unwrap(), wanted);
        }
        assert!(quantity("4 G").is_err());
    }
}
