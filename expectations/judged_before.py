"""Marts that hold just what they held when their checks passed for the current release: same rows, same answer.

Belongs here: which marts those are. Does not belong here: running checks (``mart_rules``) or hashing rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from expectations.evaluate import PASSED
from expectations.receipts import ReceiptRefused, TableContent, read_receipt
from expectations.rules import Registry
from ingestion.home import Home
from ingestion.ledger import Ledger

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

    from ingestion.build_inputs import BuildInputs

SOURCES = re.compile(r"\b(?:from|join)\s+(\S+)", re.IGNORECASE)
OWN_ROWS = ("{batch}", "(", "collaborative.")
"""What a query of a check may read, and still say the same of the same rows: them, and the configuration."""


def judged_before(home: Home, ledger: Ledger, registry: Registry, inputs: BuildInputs) -> dict[str, TableContent]:
    """What the current release's door 3 saw, if the same code and configuration judged it and every suite passed."""
    released = ledger.released_build(home.current_release)
    if released is None or any(released[name] != getattr(inputs, name) for name in ("code_hash", "config_hash")):
        return {}
    try:
        receipt = read_receipt(home, released["build_id"], "door_3")
    except ReceiptRefused:
        return {}  # what it says is not believed: every suite runs
    if receipt is None:
        return {}
    statuses = {rule.id: rule.status for rule in receipt.rules}
    is_sound = all(statuses.get(rule.id) == PASSED for rule in registry.expected(3, "suite"))
    return receipt.tables if is_sound else {}


def looks_at_own_rows(suite: Sequence[Expectation]) -> bool:
    """Whether no check of a suite reads another table of the build, which may have changed."""
    queries = [getattr(expectation, "unexpected_rows_query", "") for expectation in suite]
    return all(source.startswith(OWN_ROWS) for query in queries for source in SOURCES.findall(query))
