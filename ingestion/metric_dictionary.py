"""The metrics that the product has figures of, as their dictionary defines them.

Belongs here: reading the dictionary. Does not belong here: what a figure is worth to whom (``report_card_costs.py``).
"""

from __future__ import annotations

import csv
from functools import cache

from ingestion.settings import REPOSITORY

DICTIONARY = REPOSITORY / "dbt_project" / "seeds" / "conformed" / "metric_dictionary.csv"


@cache
def metric_definitions() -> dict[str, dict[str, str]]:
    """Each metric's row of the dictionary, by its id."""
    with DICTIONARY.open(encoding="utf-8", newline="") as handle:
        return {row["metric_id"]: row for row in csv.DictReader(handle)}
