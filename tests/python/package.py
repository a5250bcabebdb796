"""What the package `cospike` says of a small study, against its tables and its scenario."""

import contextlib
import os
import warnings

import cospike
import pandas as pd

warnings.simplefilter("ignore")
SCENARIO = {
    "study": {"name": "uplink", "seed": 1, "replications": 2},
    "network": {"backbone": "resnet14", "bottleneck": "spiking", "split": "stage3", "width": 2},
    "samples": {"dataset": "fashion-mnist", "count": 10},
    "fleet": {"devices": 3, "profile": "edge-accelerator", "prices": "horowitz-45nm-fp32"},
    "workload": {"rate_hz": 4.0, "requests": 40},
    "link": {"profile": "wifi", "sharing": "dedicated"},
    "cloud": {"profile": "server", "servers": 1},
    "sweep": [
        {"name": "rates", "link": {"uplink_mbps": [1, 2.5]}, "network.bottleneck": ["spiking", "float"]},
        {"name": "losses", "link.packet_loss": [0.5], "workload.requests": [60]},
    ],
}


def main():
    study = cospike.run(SCENARIO)
    runs = study.runs
    assert study.folder.name == "uplink" and len(runs) == 10 and study.report().is_file()

    # Swept keys have the types of the keys, and no value where a grid does not sweep them.
    assert runs["link.uplink_mbps"].dropna().unique().tolist() == [1.0, 2.5]
    assert runs["link.uplink_mbps"].dtype == "float64" and runs["link.packet_loss"].isna().sum() == 8
    assert runs["workload.requests"].dropna().tolist() == [60, 60] and runs["network.bottleneck"].nunique() == 2

    # Every row says what was simulated, and its metrics are those of its replication.
    one = runs.iloc[0]
    assert (one["study"], one["devices"], one["requests_per_second"], one["link"]) == ("uplink", 3, 4.0, "wifi")
    assert (one["split"], one["width"], one["time_steps"], one["prices"]) == ("stage3", 2, 4, "horowitz-45nm-fp32")
    whole = runs.merge(study.table("replications"), on=["point", "replication"], suffixes=("", "_counted"))
    pd.testing.assert_series_equal(whole["latency_mean_s"], whole["latency_mean_s_counted"], check_names=False)
    pd.testing.assert_series_equal(whole["correct"], whole["correct_counted"] / whole["generated"], check_names=False)
    points = runs.merge(study.points, on="point", suffixes=("", "_of_point"))
    share = points["correct_of_point"] / points["samples"]
    pd.testing.assert_series_equal(points["offline_accuracy"], share, check_names=False)
    assert (points["offline_accuracy_low"] < share).all() and (points["offline_accuracy_high"] > 0.999 * share).all()

    # The pairs and their p-values are those of the summary.
    pairs = study.comparisons
    assert len(pairs) == 2 and pairs["baseline_kind"].unique().tolist() == ["float"]
    said = [pair["adjusted_p"]["energy_j"] for pair in study.summary["comparisons"]]
    assert pairs["energy_j_adjusted_p"].tolist() == said and pairs["energy_j_low"].notna().all()

    answers = study.table("answers")
    assert answers["entropy"].between(0, 1).all() and answers["entropy"].nunique() > 10
    assert study.units()["power_per_device_w"] == "W" and study.units("points")["payload_bits"] == "bit"

    same = cospike.read(study.folder, frames="polars")
    assert same.runs["energy_j"].to_list() == runs["energy_j"].tolist() and same.summary is None

    check_mistakes()
    assert [name for name in os.listdir() if name.startswith(".cospike")] == [], "nothing is left of a dict"


def check_mistakes():
    wrong = {**SCENARIO, "fleet": {**SCENARIO["fleet"], "devices": 0}}
    error = mistake(lambda: cospike.run(wrong))
    assert error.file is None and error.line and error.column == 11 and "from 1 to" in error.message, error.message
    assert "devices = 0" in str(error) and "--> scenario:" in str(error), str(error)

    with open("own.toml", "w") as file:
        file.write("[study]\nname = 'own'\nseeed = 1\n")
    error = mistake(lambda: cospike.run("own.toml"))
    assert (error.file, error.line, error.column) == ("own.toml", 3, 1) and "`seed`" in error.help

    error = mistake(lambda: cospike.run("quickstar"))
    assert error.file is None and "quickstart" in error.message
    assert isinstance(mistake(lambda: cospike.run("quickstart", settings={"study.name": 'a"\n'})), cospike.CospikeError)
    with contextlib.suppress(FileNotFoundError):
        cospike.read(".")
        raise AssertionError("there are no results here")


def mistake(call):
    try:
        call()
    except cospike.ScenarioError as error:
        return error
    raise AssertionError("this is a mistake")


main()
