"""Support that pupils get, and places outside the district.

Belongs here: interventions with their sessions, out-of-district placements. Does not belong here: the screeners that
they follow from (``school_work.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.columns import label_numbers, number_ids, words, write_dollars
from synthetic.school_work import PROGRESS_CHECK, WINDOWS, Pupils, screened, screener_level
from synthetic.stream import Ints, Stream

_EVERY = 5
_SHORT, _LONG, _CHECKED_EVERY = 90, 140, 15
"""Days of instruction that support lasts, and from one progress check to the next."""
_GOAL = 1.5
_TYPES = ("private_day", "private_residential", "collaborative", "charter", "choice")
_TYPE_SHARES = (0.22, 0.05, 0.18, 0.40, 0.15)
_TUITION = (62_000, 145_000, 48_000, 16_000, 5_000)
_PLACED = 0.04
_FOUNDATION, _THRESHOLD, _REIMBURSED = 10_351, 4, 75
"""Dollars of a state's average foundation budget a pupil, how often it stays with the district, and the share in per
cent of what is above it that a circuit breaker pays back: the figures of the published worked example."""


@dataclass(frozen=True)
class Supported:
    """One place an intervention: whose it is, when it begins and ends, and its tier."""

    person: Ints
    tier: Ints
    start: Ints
    end: Ints

    @property
    def days(self) -> Ints:
        """How many days of instruction each lasts."""
        return self.end - self.start + 1


def make_interventions(pupils: Pupils) -> Supported:
    """Everyone below the benchmark in the fall, and most of them get support from some weeks later on."""
    person = screened(pupils, WINDOWS[0][1])
    level = screener_level(pupils, person)
    stream = pupils.stream("interventions")
    person, level = person[level > 0], level[level > 0]
    chosen = stream.chance(0.85, len(person))
    person, level = person[chosen], level[chosen]
    start = 20 + stream.whole(0, 15, len(person))
    days = np.where(stream.chance(0.35, len(person)), _LONG, _SHORT)
    return Supported(person, level + 1, start, start + days - 1)


def interventions_table(pupils: Pupils, supported: Supported) -> pa.Table:
    """One row a pupil and intervention."""
    days, n = pupils.records.year.days, len(supported.person)
    stream = pupils.stream("outcomes")
    is_over = supported.end < pupils.n_days
    met = stream.chance(0.55, n)
    decision = stream.pick([0.9, 0.1], n)
    return pa.table(
        {
            "intervention_id": number_ids("IV", n),
            "student_local_id": pupils.ids.take(pa.array(supported.person)),
            "school_id": pupils.schools(supported.person),
            "domain": pa.array(["reading"] * n, pa.string()),
            "tier": pa.array(supported.tier),
            "referral_date": pa.array(days[supported.start - 8]),
            "team_decision": words(("intervene", "evaluate"), decision),
            "decision_date": pa.array(days[supported.start - 3]),
            "eligible": pa.array(stream.chance(0.5, n), mask=decision == 0),
            "start": pa.array(days[supported.start]),
            "planned_end": pa.array(days[supported.end]),
            "end": pa.array(days[supported.end], mask=~is_over),
            "planned_sessions": pa.array(supported.days // _EVERY),
            "session_minutes": pa.array(np.full(n, 30)),
            "min_dosage": pa.array(["0.80"] * n, pa.string()),
            "planned_min_wk": pa.array(np.full(n, 30)),
            "provider_role": words(("reading specialist", "aide"), supported.tier % 2),
            "goal_roi": pa.array([str(_GOAL)] * n, pa.string()),
            "progress_tool": pa.array([PROGRESS_CHECK] * n, pa.string()),
            "exit_tier": pa.array(np.where(met, supported.tier - 1, supported.tier), mask=~is_over),
            "exit_reason": pa.array(np.where(met, "met_goal", "changed").tolist(), pa.string(), mask=~is_over),
        }
    )


def intervention_sessions_table(pupils: Pupils, supported: Supported) -> pa.Table:
    """One row a session so far: once a week, of which about nine in ten are attended."""
    at, which, day = _days_of_support(pupils, supported, _EVERY)
    held = day[at, which]
    return pa.table(
        {
            "intervention_id": label_numbers("IV", at),
            "student_local_id": pupils.ids.take(pa.array(supported.person)).take(pa.array(at)),
            "date": pa.array(pupils.records.year.days[held]),
            "minutes": pa.array(np.full(len(at), 30)),
            "attended": pa.array(~pupils.stream("sessions").chance(0.1, len(at))),
        }
    )


def progress_checks_table(pupils: Pupils, supported: Supported) -> pa.Table:
    """One row a progress check so far, in the columns of the screeners; more than half rise as fast as is aimed at."""
    at, which, day = _days_of_support(pupils, supported, _CHECKED_EVERY)
    person, n = supported.person[at], len(at)
    rise = 0.6 + 2 * pupils.stream("rise").units(len(supported.person))
    score = pupils.ability[person] * 80 + rise[at] * (day[at, which] - supported.start[at]) / _EVERY
    return pa.table(
        {
            "student_local_id": pupils.ids.take(pa.array(person)),
            "tool": pa.array([PROGRESS_CHECK] * n, pa.string()),
            "domain": pa.array(["reading"] * n, pa.string()),
            "date": pa.array(pupils.records.year.days[day[at, which]]),
            "school_id": pupils.schools(person),
            "window": pa.array(["progress"] * n, pa.string()),
            "status": pa.array(["tested"] * n, pa.string()),
            "score": pa.array(score.astype(np.int64)).cast(pa.string()),
            "benchmark_level": pa.nulls(n, pa.string()),
            "intervention_id": label_numbers("IV", at),
        }
    )


def _days_of_support(pupils: Pupils, supported: Supported, every: int) -> tuple[Ints, Ints, Ints]:
    """The places of interventions and of days in the table of days, as far as they lie behind; and that table."""
    day = supported.start[:, None] + np.arange(0, _LONG, every)[None, :]
    at, which = np.nonzero((day < pupils.n_days) & (day <= supported.end[:, None]))
    return at, which, day


def out_of_district_table(pupils: Pupils) -> pa.Table:
    """One row a placement: by special education, or of charter and choice pupils, who are in no other file.

    What is paid back follows the published formula: three quarters of what is above four times the foundation.
    """
    people, year = pupils.records.enrolled.people, pupils.records.year
    stream = Stream(pupils.seed, pupils.records.district.number, "placements", year.school_year)
    likely = np.where(people.disabled, 1.6, 0.86) * _PLACED
    person = np.flatnonzero(stream.chance(likely, len(people)))
    n = len(person)
    kind = stream.pick(_TYPE_SHARES, n)
    is_sped = people.disabled[person] & (kind < 3)
    kind = np.where(is_sped, kind, np.where(kind < 3, 3, kind))
    parts = np.where(stream.chance(0.85, n), 4, stream.whole(1, 3, n))
    tuition = np.array(_TUITION)[kind] * (90 + stream.whole(0, 20, n)) * parts // 4
    transport = np.where(is_sped, tuition // 6, 0)
    above = np.maximum(0, tuition - _THRESHOLD * _FOUNDATION * 100)
    claim = np.where(is_sped, above * _REIMBURSED // 100, 0)
    return pa.table(
        {
            "fiscal_year": pa.array(np.full(n, year.school_year)),
            "placement_id": number_ids("O", n, 5),
            "student_local_id": pc.if_else(pa.array(is_sped), pupils.ids.take(pa.array(person)), number_ids("X", n)),  # pyright: ignore[reportAttributeAccessIssue]
            "type": words(_TYPES, kind),
            "sped_placement": pa.array(is_sped),
            "begin": pa.array(year.days[(4 - parts) * 40]),
            "end": pa.nulls(n, pa.string()),
            "fte": words(("0.25", "0.5", "0.75", "1"), parts - 1),
            "tuition": write_dollars(tuition),
            "transport_cost": write_dollars(transport),
            "cb_eligible_cost": write_dollars(np.where(is_sped, tuition, 0)),
            "cb_net_claim": write_dollars(claim),
            "cb_reimbursed": write_dollars(claim * 9 // 10),
            "primary_disability": words(("autism", "emotional", "health"), np.arange(n) % 3),
        }
    )
