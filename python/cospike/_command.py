"""The command `cospike`: where it is, how it is started, and its errors as exceptions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import warnings
from pathlib import Path
from typing import Any, Sequence

_MISTAKE = 2
"""Exit code of the command for a mistake in what it was given."""


class CospikeError(Exception):
    """What the command says has gone wrong."""

    def __init__(self, said: dict[str, Any]) -> None:
        super().__init__(said.get("shown") or said["message"])
        self.message: str = said["message"]
        """What is wrong, in a sentence."""


class ScenarioError(CospikeError):
    """A mistake in what was given: in a scenario, a profile or another file, or in an argument."""

    def __init__(self, said: dict[str, Any]) -> None:
        super().__init__(said)
        self.help: str | None = said.get("help")
        """What to do about it."""
        self.file: str | None = said.get("file")
        """File in which the mistake is; None where it is in no file."""
        self.line: int | None = said.get("line")
        """Line of the mistake, from 1."""
        self.column: int | None = said.get("column")
        """Column of the mistake in characters, from 1."""


class RunError(CospikeError):
    """A study that could not be run, or not all of it. What was finished is stored, and the same call goes on from there."""


def find() -> str:
    """Path of the command: what COSPIKE_BINARY names, or the one that was installed with this package, or that of the PATH."""
    named = os.environ.get("COSPIKE_BINARY")
    if named:
        return named
    name = "cospike" + (sysconfig.get_config_var("EXE") or "")
    scripts = [sysconfig.get_path("scripts"), sysconfig.get_path("scripts", f"{os.name}_user")]
    installed = [Path(folder) / name for folder in scripts if folder]
    found = next((str(path) for path in installed if path.is_file()), None) or shutil.which("cospike")
    if not found:
        raise FileNotFoundError("the command `cospike` is not there: install the package anew, or set COSPIKE_BINARY to its path")
    return found


def call(arguments: Sequence[str]) -> str:
    """Calls the command and gives what it prints. Its warnings become warnings of Python, its errors exceptions."""
    environment = {**os.environ, "COSPIKE_ERRORS": "json"}
    with subprocess.Popen(
        [find(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    ) as process:
        printed, noted = process.communicate()
    said: dict[str, Any] | None = None
    for line in noted.splitlines():
        if line.startswith("warning: "):
            warnings.warn(line.removeprefix("warning: "), stacklevel=4)
        elif line.startswith('{"error":'):
            said = json.loads(line)["error"]
    if process.returncode == 0:
        return printed
    if said is None:
        said = {"message": noted.strip() or f"`cospike` ended with exit code {process.returncode}"}
    raise (ScenarioError if process.returncode == _MISTAKE else RunError)(said)
