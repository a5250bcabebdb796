"""Time of a study that is run for the first time and again with other values, and time and memory of a design point that has almost
nothing to simulate, on this machine. Prints the tables of docs/performance.md. It needs Linux, a few minutes, and 1 GB of disk.

    cargo build --release
    python benches/studies.py                  # both tables
    python benches/studies.py repeats          # one of them
    python benches/studies.py points 1000 10000

The environment variable COSPIKE names another program.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COSPIKE = Path(os.environ.get("COSPIKE", ROOT / "target/release/cospike"))
STUDY = "quickstart"
MANY = ROOT / "benches/many-points.toml"
REPEATS = {
    "first run": [],
    "the same again": [],
    "another link": ["--set", "link.profile=wifi"],
    "another cloud": ["--set", "cloud.profile=t4-server"],
    "another price list": ["--set", "fleet.prices=horowitz-45nm-int32"],
}
POINTS = (1_000, 10_000, 100_000)


def run(arguments, folder):
    """Seconds, those of the processors, maximum resident set in MB, and standard error of a command that must succeed."""
    begin = time.perf_counter()
    with open(folder / "said", "w+", encoding="utf-8") as said:
        process = subprocess.Popen([COSPIKE, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begin
        said.seek(0)
        text = said.read()
    if process.returncode != 0:
        sys.exit(f"{arguments} ended with {process.returncode}\n{text}")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text


def repeats():
    print("| `cospike run quickstart` | s | of processors: s | % of the first run | found in the store |\n|---|---:|---:|---:|---|")
    first = None
    with tempfile.TemporaryDirectory() as folder:
        for name, options in REPEATS.items():
            seconds, processors, _, text = run(["run", STUDY, "--store", "store", *options], Path(folder))
            first = first or processors
            found = next(line for line in text.splitlines() if line.startswith("found "))
            found = found.removeprefix("found ").partition(" in the store")[0]
            print(f"| {name} | {seconds:.2f} | {processors:.2f} | {100 * processors / first:.1f} | {found} |", flush=True)


def points(numbers):
    print("| design points | `work`: s | ms each | MB | `collect`: s | ms each | MB |\n|---:|---:|---:|---:|---:|---:|---:|")
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            about = [MANY, "--point", f"0..{number}", "--store", "store"]
            measured = [run([verb, *about], Path(folder)) for verb in ("work", "collect")]
            cells = (f"{seconds:.1f} | {1e3 * seconds / number:.2f} | {size:.0f}" for seconds, _, size, _ in measured)
            print(f"| {number:,} | {' | '.join(cells)} |", flush=True)


what, numbers = (sys.argv[1:2] or ["all"])[0], [int(number) for number in sys.argv[2:]]
if what in ("all", "repeats"):
    repeats()
if what in ("all", "points"):
    points(numbers or POINTS)
