"""One school year of a publication: each figure as it is shown.

Belongs here: putting together what dbt judged, what others have seen and what the proof asks for. Does not belong here:
reading and writing (``published_rows``), and each of those three.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from expectations.disclosure.cells import Figure, Key, Widths
from expectations.disclosure.history import Seen, decide
from expectations.disclosure.protection import protect
from expectations.disclosure.published_rows import Candidate, key_of, secret_row
from ingestion.agreement import Agreement

HIDDEN = "hidden"
"""The one marker of what is hidden, for its own sake or for another's."""

KEPT = "kept"
"""The marker of a value that others have seen and whose change is too small to be shown."""

NOTHING = {"value": None, "value_low": None, "value_high": None, "value_status": HIDDEN}

SeenRows = Mapping[Key, tuple[dict[str, Any], Seen | None]]


@dataclass
class JudgedYear:
    """What is published of one school year.

    Attributes:
        rows: the figures, as they are shown.
        secrets: what stands behind them.
        leaks: keys of figures that stay too close whatever is hidden; then nothing may be published.
        numbers: counts for the certificate.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[dict[str, Any]] = field(default_factory=list)
    leaks: list[Key] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Judged:
    """One figure: the row and figure that are shown if nothing else needs it hidden, and the figure as it is now."""

    row: dict[str, Any]
    figure: Figure
    now: Figure
    is_kept: bool
    is_printed: bool

    @property
    def is_same(self) -> bool:
        """Whether the figure is still what is shown of it."""
        return (self.figure.quantity, self.figure.size) == (self.now.quantity, self.now.size)


def widths_of(agreement: Agreement) -> Widths:
    """What the agreement asks of hidden figures."""
    return Widths(
        of_count=agreement.minimum_width,
        of_numerator=agreement.minimum_numerator_width,
        minimum_n=agreement.minimum_n,
        minimum_numerator=agreement.minimum_numerator,
        minimum_complement=agreement.minimum_complement,
    )


def judge_year(candidates: Sequence[Candidate], seen: SeenRows, widths: Widths) -> JudgedYear:
    """Decide of every figure of a school year what is shown; what others have seen and is gone stays as it was."""
    done, started = JudgedYear(), time.process_time()
    judged: list[_Judged] = []
    for candidate in candidates:
        if candidate.figure is None:
            done.rows.append(candidate.row)
        else:
            judged.append(_judge(candidate, candidate.figure, seen, widths))
    named = {key_of(candidate.row) for candidate in candidates}
    for key in sorted(set(seen) - named):
        row, before = seen[key]
        if before is None:
            done.rows.append(row)
        else:
            judged.append(_Judged(row, before.figure, before.figure, before.shown != "nothing", False))
    _protect(judged, widths, done)
    done.numbers |= {"seconds": round(time.process_time() - started, 1), "figures": len(done.rows)}
    return done


def _judge(candidate: Candidate, now: Figure, seen: SeenRows, widths: Widths) -> _Judged:
    row, before = seen.get(now.key, (candidate.row, None))
    decision = decide(now, before, widths)
    if decision == "hide":
        now = replace(now, is_primary=True, coded=None)
    if decision != "keep" or before is None:
        return _Judged(candidate.row, now, now, False, candidate.is_printed)
    is_same = (now.quantity, now.size) == (before.figure.quantity, before.figure.size)
    marked = row if is_same or before.shown == "bound" else {**row, "value_status": KEPT}
    return _Judged(marked, before.figure, now, True, candidate.is_printed)


def _protect(judged: Sequence[_Judged], widths: Widths, done: JudgedYear) -> None:
    figures = [_as_known(each) for each in judged]
    shown = [at for at, each in enumerate(judged) if each.is_kept and not figures[at].coded]
    protected = protect(
        figures,
        widths,
        [at for at in shown if judged[at].is_same],
        printed=[at for at, each in enumerate(judged) if each.is_printed],
        kept={at: judged[at].figure.quantity for at in shown if not judged[at].is_same},
    )
    n_hidden = 0
    for at, each in enumerate(judged):
        is_hidden = not each.is_kept and (figures[at].is_primary or at in protected.hidden)
        n_hidden += is_hidden
        form = "nothing" if is_hidden else "bound" if figures[at].coded else "value"
        done.rows.append({**each.row, **NOTHING} if is_hidden else each.row)
        done.secrets.append(secret_row(_behind(each, is_hidden), each.now, form, each.is_printed))
    done.leaks = [judged[at].figure.key for at in protected.leaks]
    done.numbers |= {
        "protected": len(judged),
        "primary": sum(figure.is_primary for figure in figures),
        "coded": sum(figure.coded is not None for figure in figures),
        "hidden": n_hidden,
        "kept": sum(each.row["value_status"] == KEPT for each in judged),
        "too_close": len(protected.leaks),
        "given_away_elsewhere": len(protected.elsewhere),
        "rounds": protected.n_rounds,
        "linear_programs": protected.n_programs,
    }


def _as_known(each: _Judged) -> Figure:
    """What there is to protect: the figure as it is now. What others have seen of it they may bring up to date."""
    if not each.is_kept:
        return each.now
    coded = each.figure.coded
    if coded:
        coded = min(coded[0], each.now.quantity), max(coded[1], each.now.quantity)
    return replace(each.now, is_primary=False, coded=coded)


def _behind(each: _Judged, is_hidden: bool) -> Figure:
    return replace(each.now, coded=None) if is_hidden else each.figure
