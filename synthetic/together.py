"""What districts ask and promise one another: surveys, goals, stocktakes, brokering.

Belongs here: the tables of the domains of surveys and of collaboration. Does not belong here: what pupils and staff do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from synthetic.calendars import YEAR_IN_PROGRESS
from synthetic.columns import label_numbers, words, write_decimals
from synthetic.ledger_lines import pupils_of_school
from synthetic.places import MadeUpDistrict
from synthetic.stream import Stream

QUESTIONS = 4
_SCALES = ("belonging", "safety")
_ANSWERING = 0.3
"""Share of pupils who answer; our own figure."""
_TOPICS = (("benefits", "Q01", "usd"), ("benefits", "Q02", "percent"), ("benefits", "Q03", ""))
_GOALS = (("G1", "SS.A05", 0.24, 0.16), ("G2", "SS.P01", 0.42, 0.55), ("G3", "OP.TR04", 0.93, 0.97))
_ROLES = ("Superintendent", "Director of student support", "Director of operations")


@dataclass(frozen=True)
class Member:
    """One district and school year, among the others."""

    district: MadeUpDistrict
    school_year: int
    districts: Sequence[MadeUpDistrict]
    seed: int

    def stream(self, name: str) -> Stream:
        """Draws of one table."""
        return Stream(self.seed, self.district.number, self.school_year, name)

    def day(self, text: str, years_before: int = 0) -> date:
        """A day of the school year's first part, or of its second."""
        return date.fromisoformat(f"{self.school_year - years_before}-{text}")


def survey_responses_table(member: Member) -> pa.Table:
    """One row an answer: pupils to a survey of climate, with a school, and the district to one of the topics."""
    district = member.district
    answering = [max(2, round(pupils_of_school(district, at) * _ANSWERING)) for at in range(len(district.schools))]
    school = np.repeat(np.repeat(np.arange(len(answering)), answering), QUESTIONS)
    n, topics = len(school), len(_TOPICS)
    stream = member.stream("survey")
    question, value = np.arange(n) % QUESTIONS, stream.pick([0.06, 0.12, 0.24, 0.36, 0.22], n) + 1
    own = np.array([182_500_00, 74_00, 2_00]) + stream.whole(-50, 50, topics) * np.array([10_000, 10, 0])
    version = f"{member.school_year}-1"
    values = pa.concat_arrays([pa.array(value).cast(pa.string()), write_decimals(own, 2)])
    choice = words(("a", "b", "c"), stream.whole(0, 2, topics))
    return pa.table(
        {
            "survey_id": pa.array(["climate"] * n + [topic for topic, _, _ in _TOPICS]),
            "version": pa.array([version] * (n + topics)),
            "question_id": pa.concat_arrays(
                [label_numbers("Q", question + 1, 2), pa.array([question for _, question, _ in _TOPICS])]
            ),
            "respondent": pa.concat_arrays(
                [label_numbers("R", np.arange(n) // QUESTIONS, 7), pa.array(["D"] * topics)]
            ),
            "school_id": pa.concat_arrays(
                [words([each.school_id for each in district.schools], school), pa.nulls(topics, pa.string())]
            ),
            "respondent_group": pa.array(["student"] * n + ["district"] * topics),
            "scale": pa.concat_arrays([words(_SCALES, question // 2), pa.nulls(topics, pa.string())]),
            "answer": pa.concat_arrays([pa.array(value).cast(pa.string()), choice]),
            "value": values,
            "unit": pa.array(["points"] * n + [unit or None for _, _, unit in _TOPICS], pa.string()),
            "basis": pa.array(["actual"] * n + ["actual", "estimate", "actual"], pa.string()),
        }
    )


def survey_invitations_table(member: Member) -> pa.Table:
    """One row a survey and group."""
    return pa.table(
        {
            "survey_id": pa.array(["climate", "benefits"]),
            "version": pa.array([f"{member.school_year}-1"] * 2),
            "respondent_group": pa.array(["student", "district"]),
            "invited": pa.array([member.district.pupils, 1]),
            "due": pa.array([member.day("11-21", 1), member.day("12-12", 1)]),
        }
    )


def goals_table(member: Member) -> pa.Table:
    """One row a goal: three years from the baseline to the target."""
    n = len(_GOALS)
    return pa.table(
        {
            "goal_id": pa.array([goal for goal, _, _, _ in _GOALS]),
            "metric_id": pa.array([metric for _, metric, _, _ in _GOALS]),
            "school_id": pa.nulls(n, pa.string()),
            "subgroup": pa.nulls(n, pa.string()),
            "baseline": pa.array([str(baseline) for _, _, baseline, _ in _GOALS]),
            "baseline_date": pa.array([member.day("07-01", 1)] * n),
            "target": pa.array([str(target) for _, _, _, target in _GOALS]),
            "target_date": pa.array([member.day("06-30", -2)] * n),
            "owner_role": pa.array(_ROLES),
        }
    )


def goal_milestones_table(member: Member) -> pa.Table:
    """One row a goal and half-year: a quarter of the way, half of it, and so on."""
    steps = [("12-31", 1), ("06-30", 0), ("12-31", 0), ("06-30", -1)]
    n = len(steps)
    values = [
        f"{baseline + (target - baseline) * (step + 1) / (n + 2):.4f}"
        for _, _, baseline, target in _GOALS
        for step in range(n)
    ]
    return pa.table(
        {
            "goal_id": pa.array([goal for goal, _, _, _ in _GOALS for _ in steps]),
            "milestone_date": pa.array([member.day(*step) for _ in _GOALS for step in steps]),
            "value": pa.array(values),
        }
    )


def goal_ratings_table(member: Member) -> pa.Table:
    """One row a goal and stocktake that was held."""
    held = _stocktakes(member)[:1] if member.school_year == YEAR_IN_PROGRESS else _stocktakes(member)
    n = len(_GOALS) * len(held)
    marks = member.stream("ratings").whole(1, 4, n * 4).reshape(4, n)
    return pa.table(
        {
            "goal_id": pa.array([goal for goal, _, _, _ in _GOALS for _ in held]),
            "rated_on": pa.array([day for _ in _GOALS for day in held]),
            "rater_role": pa.array(["Superintendent"] * n),
            "planning": pa.array(marks[0]),
            "capacity": pa.array(marks[1]),
            "evidence": pa.array(marks[2]),
            "overall": pa.array(marks[3]),
        }
    )


def _stocktakes(member: Member) -> list[date]:
    return [member.day("01-20"), member.day("06-10")]


def stocktakes_table(member: Member) -> pa.Table:
    """One row a goal and date: two stocktakes and four memos a year, as units of delivery of states do."""
    memos = [member.day("10-01", 1), member.day("12-01", 1), member.day("03-01"), member.day("05-01")]
    due = [("stocktake", day) for day in _stocktakes(member)] + [("memo", day) for day in memos]
    last = member.day("03-27") if member.school_year == YEAR_IN_PROGRESS else member.day("06-30")
    rows = [(goal, kind, day) for goal, _, _, _ in _GOALS for kind, day in due]
    late = member.stream("stocktakes").whole(0, 20, len(rows)).astype("timedelta64[D]")
    held = np.array([day for _, _, day in rows], dtype="datetime64[D]") + late
    return pa.table(
        {
            "goal_id": pa.array([goal for goal, _, _ in rows]),
            "kind": pa.array([kind for _, kind, _ in rows]),
            "due": pa.array([day for _, _, day in rows]),
            "held": pa.array(held, mask=held > np.datetime64(last)),
            "release_id": pa.nulls(len(rows), pa.string()),
        }
    )


def broker_registry_table(member: Member) -> pa.Table:
    """One row a practice that the district offers; a better one offers what it does about absence."""
    return pa.table(
        {
            "metric_id": pa.array(["SS.A05", "OP.TR04"]),
            "practice": pa.array(["Home visits", "Routes planned together"]),
            "contact_role": pa.array(["Director of student support", "Director of operations"]),
            "opted_in": pa.array([member.district.is_better, True]),
            "cap": pa.array([2, 1]),
        }
    )


def broker_matches_table(member: Member) -> pa.Table:
    """One row a match with another district."""
    others = [each for each in member.districts if each.number != member.district.number]
    helping = [each for each in others if each.is_better] or others
    state = "met" if member.school_year == YEAR_IN_PROGRESS else "ended"
    chosen = [helping[member.district.number % len(helping)]] if helping else []
    n = len(chosen)
    return pa.table(
        {
            "match_id": pa.array([f"M{member.school_year}{member.district.number:03d}"] * n, pa.string()),
            "helping_district_id": pa.array([each.district_id for each in chosen], pa.string()),
            "metric_id": pa.array(["SS.A05"] * n, pa.string()),
            "practice": pa.array(["Home visits"] * n, pa.string()),
            "state": pa.array([state] * n, pa.string()),
            "requested": pa.array([member.day("10-10", 1)] * n, pa.date32()),
            "met": pa.array([member.day("11-05", 1)] * n, pa.date32()),
            "ended": pa.array([member.day("06-01") if state == "ended" else None] * n, pa.date32()),
            "outcome": pa.array(["adopted" if state == "ended" else None] * n, pa.string()),
        }
    )


TOGETHER: dict[str, Callable[[Member], pa.Table]] = {
    "survey_responses": survey_responses_table,
    "survey_invitations": survey_invitations_table,
    "goals": goals_table,
    "goal_milestones": goal_milestones_table,
    "goal_ratings": goal_ratings_table,
    "stocktakes": stocktakes_table,
    "broker_registry": broker_registry_table,
    "broker_matches": broker_matches_table,
}
"""Every extract of the two domains, and what makes it."""
