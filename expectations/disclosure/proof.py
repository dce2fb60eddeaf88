"""The gate: a publication's files, read back, give nothing away.

Belongs here: proving what lies in the files, whoever wrote them. Does not belong here: choosing what to hide.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from expectations.disclosure.bounds import audit
from expectations.disclosure.cells import Cells, Key, Widths
from expectations.disclosure.protection import figures_of, given_away_elsewhere
from expectations.disclosure.published_rows import figure_of, key_of


def find_leaks(
    rows: Sequence[dict[str, Any]],
    secrets: Sequence[dict[str, Any]],
    widths: Widths,
    withheld: Collection[str] = (),
) -> list[Key]:
    """Figures of one school year that somebody could work out, or that are shown though they must not be.

    Args:
        rows: the figures as they are shown.
        secrets: what stands behind those that disclose somebody.
        widths: what the agreement asks for.
        withheld: metrics of which nothing new is shown, so that nothing is proved of them.
    """
    shown = {key_of(row): row for row in rows}
    leaks = [key_of(secret) for secret in secrets if _says_too_much(shown.get(key_of(secret)), secret)]
    secrets = [secret for secret in secrets if secret["metric_id"] not in withheld]
    figures = [figure_of(secret, now=True) for secret in secrets]
    printed = [at for at, secret in enumerate(secrets) if secret["is_printed"]]
    cells = Cells(figures, widths)
    known = cells.with_same(cells.place[at] for at in printed)
    for at, secret in enumerate(secrets):
        row = shown.get(key_of(secret))
        if row is not None and row["value"] is not None and secret["quantity"] == secret["quantity_now"]:
            known |= cells.with_same([cells.place[at]])
    for at, secret in enumerate(secrets):
        if cells.place[at] not in known:
            _hide(cells, cells.place[at], shown.get(key_of(secret)), secret)
    found = audit(cells.table)
    left = set(found.close) - given_away_elsewhere(figures, widths, printed, found)
    named = {figures[at].key for place in left for at in figures_of(cells, place)}
    return sorted({*leaks, *named})


def _hide(cells: Cells, place: int, row: dict[str, Any] | None, secret: dict[str, Any]) -> None:
    """Let an outsider know of a figure what its row tells: an earlier value, a bound, or nothing."""
    if row is not None and row["value"] is not None:
        cells.blur(place, int(secret["quantity"]))
    elif row is not None and secret["least"] is not None:
        now = cells.table.truth[place]
        cells.code(place, min(int(secret["least"]), now), max(int(secret["most"]), now))
    else:
        cells.hide(place)


def _says_too_much(row: dict[str, Any] | None, secret: dict[str, Any]) -> bool:
    """A row that shows inputs, or more of its figure than was decided."""
    if row is None:
        return False
    inputs = any(row[name] is not None for name in ("numerator", "denominator", "n"))
    is_value = row["value"] is not None
    return inputs or (is_value and secret["shown"] != "value")
