"""Runs studies of CoSpike and reads what they found.

    import cospike

    study = cospike.run("quickstart")
    study.runs.plot.scatter(x="network.width", y="energy_j")
    study.report()

The command `cospike` does the work; this package starts it, and gives its tables as frames of pandas, or of Polars.
"""

from ._command import CospikeError, RunError, ScenarioError
from ._study import Study, read, run

__all__ = ["CospikeError", "RunError", "ScenarioError", "Study", "read", "run"]
