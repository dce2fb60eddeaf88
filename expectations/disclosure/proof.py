"""The gate: a publication's files, read back, give nothing away.

Belongs here: proving what lies in the files, whoever wrote them. Does not belong here: choosing what to hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from expectations.disclosure.bounds import Audit, audit
from expectations.disclosure.cells import Cells, Key, Widths
from expectations.disclosure.published_rows import figure_of, key_of


def find_leaks(rows: Sequence[dict[str, Any]], secrets: Sequence[dict[str, Any]], widths: Widths) -> list[Key]:
    """Figures of one school year that somebody could work out, or that are shown though they must not be.

    Args:
        rows: the figures as they are shown.
        secrets: what stands behind those that disclose somebody.
        widths: what the agreement asks for.
    """
    shown = {key_of(row): row for row in rows}
    figures = [figure_of(secret, now=True) for secret in secrets]
    cells, leaks = Cells(figures, widths), []
    known, hidden, bound = set(), set(), {}
    for at, secret in enumerate(secrets):
        place, row = cells.place[at], shown.get(key_of(secret))
        if row is not None and row["value"] is not None:
            known.add(place)
        elif row is not None and (row["value_low"] is not None or row["value_high"] is not None):
            bound[place] = secret
        else:
            hidden.add(place)
        if secret["is_printed"]:
            known.add(place)
        if row is not None and _says_too_much(row, secret):
            leaks.append(figures[at].key)
    for place in hidden - known - set(bound):
        cells.hide(place)
    for place, secret in bound.items():
        if place not in known and secret["least"] is not None:
            now = cells.table.truth[place]
            cells.code(place, min(int(secret["least"]), now), max(int(secret["most"]), now))
    found = audit(cells.table)
    return sorted({*leaks, *_named(cells, found)})


def _says_too_much(row: dict[str, Any], secret: dict[str, Any]) -> bool:
    """A row that shows inputs, or more of its figure than was decided."""
    inputs = any(row[name] is not None for name in ("numerator", "denominator", "n"))
    is_value = row["value"] is not None
    return inputs or (is_value and secret["shown"] != "value")


def _named(cells: Cells, found: Audit) -> list[Key]:
    sums_of, keys = cells.table.sums_of(), []
    for place in found.close:
        beside = [cells.table.sums[at].total for at in sums_of.get(place, ())]
        places = [place] if place in cells.figures_at else beside
        keys += [cells.figures[at].key for each in places for at in cells.figures_at.get(each, ())]
    return keys
