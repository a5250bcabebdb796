//! A scenario asks a question; terminal, JSON and page begin with it and with the answer.

use assert_cmd::Command;
use serde_json::Value;

#[test]
fn terminal_json_and_page_begin_with_question_and_answer() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (text, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let run = |scenario: String, arguments: &[&str]| {
        std::fs::write(here.join("links.toml"), scenario).unwrap();
        let mut command = Command::cargo_bin("cospike").unwrap();
        let arguments = [&["run", "links.toml", "--no-store"], arguments].concat();
        let output = command.current_dir(here).args(arguments).assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    };
    let sweep = "[sweep]\nnetwork.family = [\"spiking\"]\nnetwork.width = [4]\nlink.propagation_ms = [1.0, 40.0]\n";
    let asked = format!("# What does a far\n# <cloud> cost? It is slow.\n{text}{sweep}");
    let terminal = run(asked.clone(), &[]);
    let mut lines = terminal.lines();
    assert_eq!(lines.next(), Some("What does a far <cloud> cost?"), "{terminal}");
    let answer = lines.next().unwrap();
    assert!(answer.starts_with("- link.propagation_ms from 1 to 40: p95 latency from "), "{answer}");
    let json: Value = serde_json::from_str(&run(asked.clone(), &["--json"])).unwrap();
    assert_eq!(json["question"], "What does a far <cloud> cost?");
    assert_eq!(json["answer"][0], answer[2..]);
    let page = || std::fs::read_to_string(here.join("out/small/report.html")).unwrap();
    let [question, first, table] =
        ["What does a far &lt;cloud&gt; cost?", &answer[2..], "<table"].map(|part| page().find(part).expect(part));
    assert!(question < first && first < table, "question, answer, tables");
    // The key goes before the comment.
    let by_key = asked.replace("[study]\n", "[study]\nquestion = \"Is it far?\"\n");
    assert!(run(by_key, &[]).starts_with("Is it far?\n- link.propagation_ms"));
    assert!(page().contains("Is it far?") && !page().contains("What does a far &lt;cloud&gt; cost?</p>"));
}
