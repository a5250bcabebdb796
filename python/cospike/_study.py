"""Studies: how they are run, and their tables."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union

from . import _toml
from ._command import ScenarioError, call

if TYPE_CHECKING:
    import pandas
    import polars

    Frame = Union[pandas.DataFrame, polars.DataFrame]

Library = Literal["pandas", "polars"]
PathLike = Union[str, "os.PathLike[str]"]


class Study:
    """The results of a study, in the folder that `cospike run` wrote."""

    def __init__(self, folder: PathLike, frames: Library = "pandas", summary: dict[str, Any] | None = None) -> None:
        self.folder = Path(folder)
        """Result folder."""
        self.summary = summary
        """Means with their intervals, differences and answer, as `cospike run --json` prints them; None of a study that was read."""
        if frames not in ("pandas", "polars"):
            raise ValueError(f'frames is {frames!r}, but must be "pandas" or "polars"')
        self._frames = frames

    def table(self, name: str) -> Frame:
        """The table `name`, such as `layers`; docs/results.md lists them with their columns."""
        path = self.folder / f"{name}.parquet"
        if self._frames == "polars":
            import polars

            return polars.read_parquet(path)
        import pandas

        return pandas.read_parquet(path)

    @property
    def runs(self) -> Frame:
        """One row per replication: swept keys under their dotted names, settings, accuracy, and every metric."""
        return self.table("runs")

    @property
    def points(self) -> Frame:
        """One row per design point: its parameters, and what inference alone says of it."""
        return self.table("points")

    @property
    def comparisons(self) -> Frame:
        """One row per pair of a spiking design point and one of another family: differences, intervals, adjusted p-values."""
        return self.table("comparisons")

    def units(self, table: str = "runs") -> dict[str, str]:
        """Units of the columns of a table that have one."""
        import pyarrow.parquet  # type: ignore[import-untyped]

        fields = list(pyarrow.parquet.read_schema(self.folder / f"{table}.parquet"))
        said = {field.name: (field.metadata or {}).get(b"unit") for field in fields}
        return {name: unit.decode() for name, unit in said.items() if unit}

    def report(self) -> Path:
        """Path of the report, one HTML page. It is drawn if it is not there."""
        page = self.folder / "report.html"
        if not page.exists():
            call(["report", str(self.folder)])
        return page

    def __repr__(self) -> str:
        return f"cospike.Study({str(self.folder)!r})"


def run(
    scenario: str | os.PathLike[str] | Mapping[str, Any],
    *,
    settings: Mapping[str, Any] | None = None,
    out: PathLike | None = None,
    store: PathLike | None = None,
    zoo: PathLike | None = None,
    frames: Library = "pandas",
) -> Study:
    """Runs a scenario: the name of one that ships, the path of a file, or a dict of its sections.

    `settings` replace values of the scenario (`{"fleet.devices": 100}`). Results are written to `out`, or to `out/NAME` in the
    current folder. What was computed before, by whatever study, is found in `store`, or in the store in your cache.

    Raises `ScenarioError` for a mistake in what was given, with its file, line and column; `RunError` where the study, or a
    design point of it, failed. Paths in a dict are relative to the current folder.
    """
    options: list[str] = ["--json"]
    for option, value in (("--out", out), ("--store", store), ("--zoo", zoo)):
        options += [] if value is None else [option, os.fspath(value)]
    for key, value in (settings or {}).items():
        options += ["--set", f"{key}={_toml._value(value)}"]
    if not isinstance(scenario, Mapping):
        return _study(["run", os.fspath(scenario), *options], frames)
    # Among the files of the current folder, so that relative paths lead there.
    handle, path = tempfile.mkstemp(prefix=".cospike-", suffix=".toml", dir=".")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_toml.dumps(scenario))
        return _study(["run", path, *options], frames)
    except ScenarioError as error:
        raise _in_dict(error, path) from None
    finally:
        os.unlink(path)


def _study(arguments: list[str], frames: Library) -> Study:
    summary = json.loads(call(arguments))
    return Study(summary["folder"], frames, summary)


def _in_dict(error: ScenarioError, path: str) -> ScenarioError:
    """The mistake in a scenario that was no file: its line and column are those of the text that was made of it."""
    if error.file == path:
        error.file = None
        error.args = (str(error.args[0]).replace(path, "scenario"),)
    return error


def read(folder: PathLike, *, frames: Library = "pandas") -> Study:
    """The results in a folder that `cospike run` or `cospike collect` wrote."""
    if not (Path(folder) / "manifest.json").is_file():
        raise FileNotFoundError(f"{os.fspath(folder)} holds no results of CoSpike: there is no manifest.json")
    return Study(folder, frames)
