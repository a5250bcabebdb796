"""Executes the Python code of a page, or of a notebook, from its beginning to its end."""

import json
import re
import sys
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("agg")
warnings.simplefilter("ignore")
path = Path(sys.argv[1])
text = path.read_text(encoding="utf-8")
if path.suffix == ".ipynb":
    blocks = ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
else:
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
names = {}
for number, block in enumerate(blocks):
    exec(compile(block, f"{path.name}, block {number}", "exec"), names)
print(len(blocks), "blocks")
