"""Runs a command as the tasks of a job on a HyperQueue of its own, with a server and four workers.

    four_workers.py FOLDER TASKS PROGRAM ARGUMENT...

FOLDER takes what the tasks print. The exit code is 1 if a task failed.
"""

import os
import sys
import time

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig
from hyperqueue.client import FailedJobsException


def main():
    folder, tasks, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    os.makedirs(folder, exist_ok=True)
    with LocalCluster() as cluster:
        # The server writes this file a moment after it was started.
        while not os.path.exists(os.path.join(cluster.cluster.server_dir, "hq-current", "access.json")):
            time.sleep(0.05)
        for _ in range(4):
            cluster.start_worker(WorkerConfig(cores=1))
        # As many tasks may fail as there are.
        job = Job(default_workdir=os.getcwd(), max_fails=None)
        for number in range(tasks):
            output = [os.path.join(folder, f"{number}.{kind}") for kind in ("out", "err")]
            job.program(command, stdout=output[0], stderr=output[1], env={"COSPIKE_SHARDS": str(tasks)})
        client = cluster.client()
        try:
            client.wait_for_jobs([client.submit(job)])
        except FailedJobsException:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
