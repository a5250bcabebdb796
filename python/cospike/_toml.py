"""A scenario that is given as a dict, as the text of a scenario file. (The standard library reads TOML, and writes none.)"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def dumps(scenario: Mapping[str, Any]) -> str:
    """The scenario as TOML, a heading for each section and a line for each key. Keys may be dotted: `{"link.packet_loss": 0.01}`."""
    lines: list[str] = []
    sections: list[str] = []
    for name, value in scenario.items():
        if isinstance(value, Mapping):
            sections += ["", f"[{_key(name)}]", *_lines(value)]
        elif isinstance(value, (list, tuple)) and value and all(isinstance(part, Mapping) for part in value):
            for part in value:
                sections += ["", f"[[{_key(name)}]]", *_lines(part)]
        else:
            lines += _lines({name: value})
    return "\n".join([*lines, *sections]).lstrip("\n") + "\n"


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items() if value is not None]


def _key(key: str) -> str:
    parts = str(key).split(".")
    return ".".join(part if _BARE.match(part) else json.dumps(part, ensure_ascii=False) for part in parts)


def _value(value: Any) -> str:
    if hasattr(value, "tolist"):  # of NumPy
        value = value.tolist()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_lines(value)) + " }"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    # A JSON string without escapes for other letters is a TOML string, but for one control character.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
