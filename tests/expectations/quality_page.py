"""The page docs/quality_rules.md: each rule of the list of quality rules, and the one place where it stands.

``PYTHONPATH=. python -m tests.expectations.quality_page`` writes its table again. Belongs here: the list by which rules
were asked for, and the table. Does not belong here: the rules (``expectations/rules.yaml``).
"""

from __future__ import annotations

from pathlib import Path

from expectations.rules import Registry, load_registry

PAGE = Path(__file__).resolve().parents[2] / "docs" / "quality_rules.md"
BEGIN, END = "<!-- rules: written by python -m tests.expectations.quality_page -->", "<!-- end -->"

ASKED = {
    "Q01": "rows and hash as the manifest says, contract version known",
    "Q02": "volume against the last delivery and the year before",
    "Q03": "keys once, no empty part, leading zeros kept",
    "Q04": "every record has what it refers to; a share of orphans",
    "Q05": "spans of enrolment do not overlap, end after they begin, lie in the school year",
    "Q06": "attendance on days of instruction, one kind a pupil and day",
    "Q07": "pupil's days enrolled within the days in session",
    "Q08": "no school without any absence for five days of instruction",
    "Q09": "attendance and ledger not too old",
    "Q10": "attendance rate believable, and near last year's",
    "Q11": "headcount of autumn near the one that the state prints",
    "Q21": "membership near the headcount of autumn",
    "Q12": "nobody leaves without a trace, nobody in two districts for days",
    "Q13": "one state id, one pupil",
    "Q14": "spans in programs in order, shares of groups believable",
    "Q15": "days served within those assigned, suspensions in the attendance, no school without incidents",
    "Q16": "percentiles in range, levels are ranges of scores",
    "Q17": "credits earned within those attempted, core courses marked",
    "Q18": "sessions in their plan and of believable length, pupils at risk have a plan",
    "D01": "shares of codes like the last delivery's and last year's, no code that was never there",
    "D02": "headings as the mapping knows them",
    "D03": "markers are states and never numbers",
    "D04": "a late or failing district keeps its last good data, is marked, and others say who is included",
}
"""What was asked for, by id; a rule that the product adds stands in ``rules.yaml`` alone."""

ELSEWHERE = {
    "D04": (
        "the doors themselves: `ingestion/admission.py` keeps what was admitted last, `dim_delivery_status` marks it",
        "district",
        "holds the district",
    )
}
"""Rules that are not judged but are how the doors work."""

SHOWN = {
    **dict.fromkeys(("Q01", "D02"), "tests/ingestion/test_reading.py"),
    "Q13": "tests/ingestion/test_pupils.py",
    "Q02": "tests/expectations/test_door_1_volume.py",
    "D01": "tests/expectations/test_door_1_drift.py",
    **dict.fromkeys(("Q03", "D03"), "tests/expectations/test_door_1.py"),
    **dict.fromkeys(("Q04", "Q05", "Q06"), "tests/expectations/test_door_1_records.py"),
    "Q12": "tests/expectations/test_door_2_records.py",
    **dict.fromkeys(
        ("Q07", "Q08", "Q09", "Q10", "Q11", "Q21", "Q14", "Q15", "Q16", "Q17", "Q18"),
        "tests/expectations/test_quality_rules.py",
    ),
    "D04": "tests/expectations/test_blame.py",
}
"""Where each is shown to find a planted fault."""

PLACES = {
    "reading": "while a file is read (door 1)",
    "sql": "door {door}",
    "suite": "door {door}",
    "door": "door {door}",
}


def places(rule_id: str, registry: Registry) -> list[tuple[str, str, str]]:
    """Every place where a rule stands, with its scope and what a failure does: one, or something is wrong."""
    found = [ELSEWHERE[rule_id]] if rule_id in ELSEWHERE else []
    for rule in registry.rules:
        if rule.id == rule_id:
            fails = "warns" if rule.severity == "warn" else f"holds the {rule.scope}"
            found.append((PLACES[rule.evaluated_by].format(door=rule.door), rule.scope, fails))
    return found


def table(registry: Registry) -> list[str]:
    """The rows of the page."""
    lines = ["| rule | asks for | where | scope | a failure | shown by |", "|---|---|---|---|---|---|"]
    for rule_id, asks in ASKED.items():
        for where, scope, fails in places(rule_id, registry):
            lines.append(f"| {rule_id} | {asks} | {where} | {scope} | {fails} | `{SHOWN[rule_id]}` |")
    return lines


def written(text: str, registry: Registry) -> str:
    """The page with its table written anew."""
    before, _, rest = text.partition(BEGIN)
    return "\n".join([f"{before}{BEGIN}", "", *table(registry), "", f"{END}{rest.partition(END)[2]}"])


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), load_registry()), encoding="utf-8")
