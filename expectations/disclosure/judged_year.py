"""One school year of a publication: each figure as it is shown.

Belongs here: putting together what dbt judged, what others have seen and what the proof asks for. Does not belong here:
reading and writing (``published_rows``), and each of those three.
"""

from __future__ import annotations

import time
from collections import Counter
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
        withheld: metrics of which a figure stays too close whatever is hidden, with how many figures each has; nothing
            new is shown of them.
        numbers: counts for the certificate.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[dict[str, Any]] = field(default_factory=list)
    withheld: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Judged:
    """One figure.

    Attributes:
        row: the row that is shown if nothing else needs it hidden.
        figure: the figure behind that row.
        now: the figure as it is now.
        is_kept: whether others have seen the row before.
        is_printed: whether the state prints the same.
        seen: the row as others saw it last, if they did.
    """

    row: dict[str, Any]
    figure: Figure
    now: Figure
    is_kept: bool
    is_printed: bool
    seen: tuple[dict[str, Any], Seen] | None = None

    @property
    def metric_id(self) -> str:
        """The metric, of whatever variant."""
        return self.now.key.metric[0]

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
            judged.append(_Judged(row, before.figure, before.figure, before.shown != "nothing", False, (row, before)))
    _protect(judged, widths, done)
    done.numbers |= {"seconds": round(time.process_time() - started, 1), "figures": len(done.rows)}
    return done


def _judge(candidate: Candidate, now: Figure, seen: SeenRows, widths: Widths) -> _Judged:
    row, before = seen.get(now.key, (candidate.row, None))
    earlier = None if before is None else (row, before)
    decision = decide(now, before, widths)
    if decision == "hide":
        now = replace(now, is_primary=True, coded=None)
    if decision != "keep" or before is None:
        return _Judged(candidate.row, now, now, False, candidate.is_printed, earlier)
    is_same = (now.quantity, now.size) == (before.figure.quantity, before.figure.size)
    marked = row if is_same or before.shown == "bound" else {**row, "value_status": KEPT}
    return _Judged(marked, before.figure, now, True, candidate.is_printed, earlier)


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
    done.withheld = _count_too_close(judged, protected.leaks)
    counts: Counter[str] = Counter()
    for at, each in enumerate(judged):
        if each.metric_id in done.withheld:
            counts["hidden"] += _withhold(each, done)
            continue
        is_hidden = not each.is_kept and (figures[at].is_primary or at in protected.hidden)
        counts["hidden"] += is_hidden
        counts["primary" if figures[at].is_primary else "complementary"] += is_hidden
        form = "nothing" if is_hidden else "bound" if figures[at].coded else "value"
        done.rows.append({**each.row, **NOTHING} if is_hidden else each.row)
        done.secrets.append(secret_row(_behind(each, is_hidden), each.now, form, each.is_printed))
    done.numbers |= {
        "protected": len(judged),
        "primary": counts["primary"],
        "complementary": counts["complementary"],
        "coded": sum(figure.coded is not None for figure in figures),
        "hidden": counts["hidden"],
        "kept": sum(row["value_status"] == KEPT for row in done.rows),
        "withheld": done.withheld,
        "too_close": 0,
        "given_away_elsewhere": len(protected.elsewhere),
        "rounds": protected.n_rounds,
        "linear_programs": protected.n_programs,
    }


def _count_too_close(judged: Sequence[_Judged], leaks: Sequence[int]) -> dict[str, int]:
    """Metrics that cannot be proved, with how many figures each has."""
    too_close = {judged[at].metric_id for at in leaks}
    return dict(sorted(Counter(each.metric_id for each in judged if each.metric_id in too_close).items()))


def _withhold(each: _Judged, done: JudgedYear) -> bool:
    """Show nothing new of a figure: what others have seen stays as they saw it. Gives whether the figure is hidden."""
    if each.seen is not None and each.seen[1].shown != "nothing":
        row, before = each.seen
        done.rows.append(row)
        done.secrets.append(secret_row(before.figure, each.now, before.shown, each.is_printed))
        return False
    done.rows.append({**each.row, **NOTHING})
    done.secrets.append(secret_row(replace(each.now, coded=None), each.now, "nothing", each.is_printed))
    return True


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
