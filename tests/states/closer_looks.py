"""The second table of a page: one district from its own lines, or one figure beside another.

Belongs here: what a page works out of figures that are already ours. Does not belong here: comparing all rows
(``comparing.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from ingestion.configuration import load_collaborative
from tests.ingestion.public_records import read_public_file
from tests.states.comparing import Key

CAMBRIDGE = "00490000"
LINES = "ma_dese_profiles/fy2017/cambridge_fy2017_function_detail.csv"
QUARTERS = 4


def cambridge(repository: Path, records: Path, ours: Mapping[Key, Decimal]) -> list[str]:
    """Spending per pupil as the state printed it, and of Cambridge's own 71 lines."""
    collaborative = load_collaborative(repository / "collaboratives" / "massachusetts")
    reading = read_public_file(records / LINES, LINES, collaborative, repository)
    assert reading is not None
    dollars: dict[str, Decimal] = {}
    for row in reading.table.to_pylist():
        dollars[row["state_function"]] = dollars.get(row["state_function"], Decimal(0)) + row["amount_usd"]
    functions = [function for function in dollars if function != "out_of_district"]
    in_district = sum((dollars[function] for function in functions), Decimal(0))

    def printed(metric: str, breakdown: str = "all", part: str = "value") -> Decimal:
        return ours[2017, CAMBRIDGE, metric, breakdown, part]

    pupils, all_pupils = printed("PPE.D02", part="denominator"), printed("PPE.D03", part="denominator")
    rows = [
        (function.replace("_", " "), dollars[function], pupils, printed("PPE.D04", f"function={function}"))
        for function in functions
    ]
    rows.append(("in-district", in_district, pupils, printed("PPE.D02")))
    rows.append(("total", in_district + dollars["out_of_district"], all_pupils, printed("PPE.D03")))
    lines = [
        "| Cambridge, FY2017 | lines, dollars | pupils | published per pupil | ours | difference |",
        "|---|---|---|---|---|---|",
        *(_per_pupil(*row) for row in rows),
    ]
    share = dollars["out_of_district"] / (in_district + dollars["out_of_district"])
    return [*lines, f"| out of district | {dollars['out_of_district']:,} | | | {share:.2%} of the total | |"]


def _per_pupil(name: str, dollars: Decimal, pupils: Decimal, printed: Decimal) -> str:
    own = dollars / pupils
    return f"| {name} | {dollars:,} | {pupils:,.1f} | {printed:,.5f} | {own:,.5f} | {own - printed:+.7f} |"


def poverty_quarters(_: Path, __: Path, ours: Mapping[Key, Decimal]) -> list[str]:
    """What Oregon's schools spend, in quarters of pupils by poverty of the district's area."""
    schools = []
    for (year, school, metric, breakdown, part), dollars in ours.items():
        if (metric, part) == ("PPE.S05r", "numerator"):
            share = ours.get((year, school[:7], "SS.D05", "all", "value"))
            schools.append((share, school, dollars, ours[year, school, metric, breakdown, "denominator"]))
    known = sorted(row for row in schools if row[0] is not None)
    all_pupils, before = sum(row[3] for row in known), Decimal(0)
    quarters: list[list[tuple]] = [[] for _ in range(QUARTERS)]
    for row in known:
        quarters[min(int(before * QUARTERS / all_pupils), QUARTERS - 1)].append(row)
        before += row[3]
    lines = [
        "| children in poverty in the district's area | schools | pupils | spending per pupil |",
        "|---|---|---|---|",
    ]
    for quarter in quarters:
        dollars, pupils = (sum((row[at] for row in quarter), Decimal(0)) for at in (2, 3))
        span = f"{quarter[0][0]:.1%} to {quarter[-1][0]:.1%}"
        lines.append(f"| {span} | {len(quarter):,} | {pupils:,.0f} | {dollars / pupils:,.2f} |")
    return [*lines, f"| no estimate | {len(schools) - len(known):,} | | |"]
