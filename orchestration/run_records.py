"""What Dagster keeps of runs: events, metadata of partitions, and what steps printed.

Belongs here: forgetting all of it. Does not belong here: what is written there (the assets), or switches of schedules
and sensors, which stay.

Records of runs name districts' partitions and count their rows, and are not kept by district: they go whole.
"""

import shutil

from ingestion.home import Home

OF_RUNS = ("history", "storage", "logs")


def forget_runs(home: Home) -> int:
    """Remove the records of all runs, which Dagster makes anew when it needs them; gives how many files there were.

    Dagster's UI and daemon must not be at work on this home.
    """
    folders = [home.dagster / name for name in OF_RUNS]
    n_files = sum(path.is_file() for folder in folders for path in folder.rglob("*"))
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return n_files
