"""The account crosswalk: where local accounts belong, for what a district's chart of accounts does not say itself.

Belongs here: the rules, what must hold between them, their compiled rows, and the one SQL text that lays them over a
chart; door 1 and the build both read what it gives. Does not belong here: reading the file (``configuration.py``) and
what becomes of the dollars (dbt).

What the chart says wins. Of the rules that fit an account, each target column takes a district's own rule before one
for everybody, and among these the one with the most characters of local codes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.spending_terms import PpeExclusion

LOCAL_COLUMNS = ("account_id", "fund", "function_local", "object_local", "program")
"""Columns of the chart that a rule may look at: each begins with what the rule says."""

TARGETS = {
    "state_function": r".+",
    "nces_fund": r"[1-9]",
    "nces_function": r"[0-9]{4}",
    "nces_object": r"[0-9]{3}",
    "nces_program": r"[0-9]{3}",
    "source": r"federal|state|local",
    "ppe_treatment": r".+",
    "allocation_pool": r".+",
}
"""Columns that a rule may fill, with the form of a value."""

NEEDED = ("nces_function", "nces_object", "source", "ppe_treatment")
"""An account of expenditure without one of these is not mapped (rule F03)."""

_ANY_SEGMENT = "[A-Za-z0-9]+"
_IN_CHART = tuple(name for name in TARGETS if name not in ("nces_fund", "nces_program"))
_OWN_RULE = 10_000
"""More than the characters of any rule: a district's own rules come before everybody's."""


@dataclass(frozen=True, kw_only=True)
class CrosswalkRule:
    """One rule: accounts whose local codes begin like this belong there.

    Attributes:
        district_id: whose accounts; every district's when left out.
        from_fiscal_year: first fiscal year in which it holds; since ever when left out.
        to_fiscal_year: last fiscal year; without end when left out.
        account_id: how the whole account begins; ``*`` stands for one segment of letters and digits.
        fund: how the local code of the fund begins; likewise the next three.
        function_local: of the function.
        object_local: of the object.
        program: of the program.
        state_function: function of the state's report.
        nces_fund: fund of the national handbook.
        nces_function: function of the national handbook.
        nces_object: object of the national handbook.
        nces_program: program of the national handbook.
        source: whose money it is.
        ppe_treatment: whether spending per pupil counts it, and if not, why.
        allocation_pool: pool by which central cost is shared.
        note: why, for people.
    """

    district_id: str | None = None
    from_fiscal_year: int | None = None
    to_fiscal_year: int | None = None
    account_id: str = ""
    fund: str = ""
    function_local: str = ""
    object_local: str = ""
    program: str = ""
    state_function: str | None = None
    nces_fund: str | None = None
    nces_function: str | None = None
    nces_object: str | None = None
    nces_program: str | None = None
    source: Literal["federal", "state", "local"] | None = None
    ppe_treatment: str | None = None
    allocation_pool: str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if (self.from_fiscal_year or 0) > (self.to_fiscal_year or 9999):
            raise ValueError("from_fiscal_year is after to_fiscal_year")
        if not self.length:
            raise ValueError(f"a rule looks at one of {', '.join(LOCAL_COLUMNS)} at least; all of them are empty")
        if not self.targets:
            raise ValueError(f"a rule fills one of {', '.join(TARGETS)} at least; all of them are empty")
        for name, value in self.targets.items():
            if not re.fullmatch(TARGETS[name], value):
                raise ValueError(f"{name} is not of the form {TARGETS[name]}")

    @property
    def length(self) -> int:
        """Characters of local codes that it names: the more, the closer it fits."""
        return sum(len(getattr(self, name).replace("*", "")) for name in LOCAL_COLUMNS)

    @property
    def targets(self) -> dict[str, str]:
        """What it fills."""
        return {name: value for name in TARGETS if (value := getattr(self, name)) is not None}

    def __str__(self) -> str:
        where = ", ".join(f"{name} {text}" for name in LOCAL_COLUMNS if (text := getattr(self, name)))
        return f"{where} of {self.district_id or 'every district'}"

    def meets(self, other: CrosswalkRule) -> bool:
        """Whether some account in some year may fit both."""
        return (
            (self.from_fiscal_year or 0) <= (other.to_fiscal_year or 9999)
            and (other.from_fiscal_year or 0) <= (self.to_fiscal_year or 9999)
            and all(_may_begin_alike(getattr(self, name), getattr(other, name)) for name in LOCAL_COLUMNS)
        )


def find_crosswalk_faults(
    rules: Sequence[CrosswalkRule],
    district_ids: Collection[str],
    functions: Collection[str],
    exclusions: Sequence[PpeExclusion],
) -> Iterator[str]:
    """What is wrong between the rules and the rest of the configuration, as ``file:line:column: message``."""
    treatments = {"include", *(exclusion.ppe_treatment for exclusion in exclusions)}
    known = {
        "district_id": (set(district_ids), "districts.csv"),
        "state_function": (set(functions), "state_functions.csv"),
        "ppe_treatment": (treatments, "ppe_exclusions.csv, and is not 'include'"),
    }
    for name, (values, file) in known.items():
        named = {value for rule in rules if (value := getattr(rule, name)) is not None}
        for value in sorted(named - values):
            yield f"account_crosswalk.csv:1:{name}: {value} is not in {file}"
    alike: dict[tuple, list[CrosswalkRule]] = defaultdict(list)
    for rule in rules:
        for name in rule.targets:
            alike[name, rule.district_id, rule.length].append(rule)
    for (name, *_), group in alike.items():
        for one, other in combinations(group, 2):
            if getattr(one, name) != getattr(other, name) and one.meets(other):
                yield (
                    f"account_crosswalk.csv:1:{name}: the rules for {one} and for {other} fit the same accounts "
                    "equally well and differ; make one of them longer, or let it end before the other begins"
                )


def compile_rules(rules: Sequence[CrosswalkRule], district_ids: Collection[str]) -> list[dict[str, Any]]:
    """The rules as SQL reads them: one row per rule and district, sorted, the better rule with the higher rank."""
    rows = [
        _compile(rule, district_id)
        for rule in rules
        for district_id in ([rule.district_id] if rule.district_id else district_ids)
    ]
    return sorted(rows, key=lambda row: (row["district_id"], -row["rank"], str(row)))


def crosswalk_schema() -> pa.Schema:
    """The columns of :func:`compile_rules`."""
    import pyarrow as pa

    whole = dict.fromkeys(("from_fiscal_year", "to_fiscal_year", "rank"), pa.int32())
    texts = ("account_start", "account_piece", "account_pattern", *LOCAL_COLUMNS[1:], *TARGETS)
    return pa.schema([("district_id", pa.string()), *whole.items(), *((name, pa.string()) for name in texts)])


def select_mapped_accounts(chart: str, crosswalk: str) -> str:
    """A select of the chart's rows with what the crosswalk adds to those of expenditure.

    Beside the chart's columns it gives ``nces_fund``, ``nces_program`` and ``mapped_by``: ``chart`` or ``crosswalk``
    where all that is needed is there, else ``unmapped``; NULL for revenue and balances.

    Args:
        chart: relation with the landed charts of accounts.
        crosswalk: relation with the rows of :func:`compile_rules`.
    """
    key = ("district_id", "school_year", "fiscal_year", "account_id")
    begins = "".join(
        f"\n            and starts_with(coalesce(account.{name}, ''), rule.{name})" for name in LOCAL_COLUMNS[1:]
    )
    best = ", ".join(f"arg_max(rule.{name}, rule.rank) as {name}" for name in TARGETS)
    filled = ", ".join(f"coalesce(account.{name}, matched.{name}) as {name}" for name in _IN_CHART)
    said = " and ".join(f"account.{name} is not null" for name in NEEDED)
    known = " and ".join(f"coalesce(account.{name}, matched.{name}) is not null" for name in NEEDED)
    return f"""
    with matched as (
        select {", ".join(f"account.{name}" for name in key)}, {best}
        from {chart} as account
        inner join {crosswalk} as rule
            on account.district_id = rule.district_id
            and coalesce(account.account_type, 'expenditure') = 'expenditure'
            and account.fiscal_year between rule.from_fiscal_year and rule.to_fiscal_year{begins}
            and starts_with(account.account_id, rule.account_start)
            and case
                when rule.account_pattern is null then true
                when contains(account.account_id, rule.account_piece)
                    then regexp_matches(account.account_id, rule.account_pattern)
                else false
            end
        group by {", ".join(f"account.{name}" for name in key)}
    )
    select
        account.* replace ({filled}),
        matched.nces_fund,
        matched.nces_program,
        case
            when account.account_type in ('revenue', 'balance') then null
            when account.account_type = 'expenditure' and {said} then 'chart'
            when account.account_type = 'expenditure' and {known} then 'crosswalk'
            else 'unmapped'
        end as mapped_by
    from {chart} as account
    left join matched on {" and ".join(f"account.{name} = matched.{name}" for name in key)}
    """


def _compile(rule: CrosswalkRule, district_id: str) -> dict[str, Any]:
    pieces = rule.account_id.split("*")
    return {
        "district_id": district_id,
        "from_fiscal_year": rule.from_fiscal_year or 0,
        "to_fiscal_year": rule.to_fiscal_year or 9999,
        "rank": rule.length + (_OWN_RULE if rule.district_id else 0),
        "account_start": pieces[0],
        "account_piece": max(pieces, key=len),
        "account_pattern": f"^{_ANY_SEGMENT.join(map(re.escape, pieces))}" if len(pieces) > 1 else None,
        **{name: getattr(rule, name) for name in (*LOCAL_COLUMNS[1:], *TARGETS)},
    }


def _may_begin_alike(one: str, other: str) -> bool:
    """Whether a code may begin with both; where a ``*`` stands, anything may."""
    if "*" not in one + other:
        return one.startswith(other) or other.startswith(one)
    left, right = (re.findall(r"[A-Za-z0-9*]+|[^A-Za-z0-9*]+", text) for text in (one, other))
    for at, (here, there) in enumerate(zip(left, right, strict=False), start=1):
        if here != there and "*" not in here + there:
            return (here.startswith(there) and at == len(right)) or (there.startswith(here) and at == len(left))
    return True
