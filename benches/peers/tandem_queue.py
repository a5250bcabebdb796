"""Two M/M/1 stations in series in SimPy: mean sojourn at each with its 95 % interval over replications, beside theory.
The counterpart on the event queue of CoSpike is sim-core/examples/tandem_queue.rs.

    pip install simpy
    python benches/peers/tandem_queue.py
"""

import random
import statistics

import simpy

ARRIVALS_PER_SECOND = 0.7
SERVICES_PER_SECOND = [1.0, 0.9]
CUSTOMERS = 30_000
WARM_UP = 3_000  # the first to leave a station are not measured
REPLICATIONS = 20
STUDENT_975_19 = 2.093  # Student's t for 20 replications, from a printed table
SEED = 1


def run(replication):
    """Mean sojourn at each station, in seconds."""
    env = simpy.Environment()
    streams = [random.Random(f"{SEED} {replication} {name}") for name in ("arrival", "service 1", "service 2")]
    servers = [simpy.Resource(env, capacity=1) for _ in SERVICES_PER_SECOND]
    sojourns = [[] for _ in SERVICES_PER_SECOND]
    finished = env.event()

    def customer():
        for station, rate in enumerate(SERVICES_PER_SECOND):
            came = env.now
            with servers[station].request() as turn:
                yield turn
                yield env.timeout(streams[1 + station].expovariate(rate))
            sojourns[station].append(env.now - came)
        if len(sojourns[-1]) == CUSTOMERS:
            finished.succeed()

    def arrivals():
        while True:
            yield env.timeout(streams[0].expovariate(ARRIVALS_PER_SECOND))
            env.process(customer())

    env.process(arrivals())
    env.run(until=finished)
    return [statistics.fmean(at_station[WARM_UP:]) for at_station in sojourns]


runs = [run(replication) for replication in range(REPLICATIONS)]
for station, rate in enumerate(SERVICES_PER_SECOND):
    means = [one[station] for one in runs]
    mean = statistics.fmean(means)
    half = STUDENT_975_19 * statistics.stdev(means) / REPLICATIONS**0.5
    theory = 1 / (rate - ARRIVALS_PER_SECOND)
    print(
        f"station {station + 1}: mean sojourn {mean:.4f} s, 95 % interval {mean - half:.4f} to {mean + half:.4f} s, "
        f"theory {theory:.4f} s"
    )
