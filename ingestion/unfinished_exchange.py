"""A rekeying that was stopped while it exchanged rows: until it is completed, no night may land anything.

Does not belong here: the exchange (``rekeying.py``), or its steps (``schoolstat.rekeying``).
"""

from __future__ import annotations

import json

from ingestion.home import Home


class ExchangeUnfinished(Exception):
    """Rows of the old key and of the new one lie side by side."""


def require_none(home: Home) -> None:
    """Refuse to land beside rows that are exchanged: what came now would be of the old key, which goes.

    Raises:
        ExchangeUnfinished: in words that say what to do.
    """
    for path in home.certificates.glob("*/plan.json"):
        plan = json.loads(path.read_text(encoding="utf-8"))
        if plan["what"] == "rekey" and "again" in plan["done"] and "exchange" not in plan["done"]:
            raise ExchangeUnfinished(
                "'schoolstat rekey' was stopped while it exchanged rows: give it again, then run the night; "
                "until then readers keep what they have"
            )
