"""Districts with random ledgers, as rows for a build file, and what spending per pupil must make of them.

Belongs here: ledgers as odd as a district's can be, and the same sums done in Python with fractions. Does not belong
here: running dbt or comparing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from random import Random

YEAR = 2025
SCHOOLS = ("S1", "S2", "S3", "S4")
"""Every district has the same schools' numbers behind its own id; one more is on no roster."""

EXCLUSIONS = {"exclude_capital": "excluded", "exclude_debt": "excluded", "out_of_district": "out_of_district"}
DRIVERS = {"plant": "floor", "meals": "sqft"}
"""One driver whose weights are given, and one that is counted."""
WEIGHTS = (None, "0", "0.000001", "1", "1", "17.25", "333.333333", "1200")
CHART_FIELDS = ("nces_function", "nces_object", "source", "ppe_treatment")


@dataclass(frozen=True)
class RandomDistrict:
    """One district's chart, ledger, pupils and weights.

    Attributes:
        district_id: the district.
        pupils: average daily membership by school; None where it is not reported, no key where there are no pupils.
        floors: weight of the driver that is given, by school.
        buildings: school and square feet of each building.
        chart: rows of the chart of accounts.
        lines: account, school and amount of each ledger line.
    """

    district_id: str
    pupils: Mapping[str, Decimal | None]
    floors: Mapping[str, Decimal]
    buildings: Sequence[tuple[str | None, int]]
    chart: Mapping[str, Mapping[str, str | None]]
    lines: Sequence[tuple[str, str | None, Decimal]]

    def school_id(self, school: str | None) -> str | None:
        """A school's id, which begins with its district's."""
        return None if school is None else f"{self.district_id}{school}"


def draw_district(district_id: str, random: Random) -> RandomDistrict:
    """A district of up to four schools and some dozens of lines; each oddity is drawn now and then."""
    open_schools = random.sample(SCHOOLS, random.randint(0, len(SCHOOLS)))
    chart = {f"account-{number}": _draw_account(random) for number in range(random.randint(1, 14))}
    accounts = [*chart, "not-in-chart"] if random.random() < 0.4 else list(chart)
    return RandomDistrict(
        district_id=district_id,
        pupils={school: _draw_weight(random) for school in open_schools},
        floors={school: weight for school in open_schools if (weight := _draw_weight(random)) is not None},
        buildings=[
            (_draw_school(random, 0.1), random.randint(0, 90_000)) for _ in range(random.choice((0, 1, 4, 12, 12, 12)))
        ],
        chart=chart,
        lines=[
            (random.choice(accounts), _draw_school(random, 0.8), Decimal(random.randint(-(10**7), 10**9)) / 100)
            for _ in range(random.randint(1, 40))
        ],
    )


def _draw_account(random: Random) -> dict[str, str | None]:
    account = {
        "account_type": random.choice(("expenditure",) * 9 + ("revenue",)),
        "nces_function": random.choice(("1000", "2600", "2510")),
        "nces_object": random.choice(("110", "210", "430", "600")),
        "source": random.choice(("federal", "state", "local")),
        "ppe_treatment": random.choice(("include",) * 8 + (*EXCLUSIONS, "unheard_of")),
        "allocation_pool": random.choice((None,) * 5 + ("plant", "meals")),
        "school_id": _draw_school(random, 0.5),
    }
    if random.random() < 0.05:
        account[random.choice(CHART_FIELDS)] = None
    return account


def _draw_school(random: Random, share_of_none: float) -> str | None:
    if random.random() < share_of_none:
        return None
    return random.choice(SCHOOLS if random.random() < 0.9 else ("unknown",))


def _draw_weight(random: Random) -> Decimal | None:
    """Mostly plain: one unknown weight keeps a whole district's central cost from its schools."""
    drawn = random.choice(WEIGHTS if random.random() < 0.5 else WEIGHTS[3:])
    return None if drawn is None else Decimal(drawn)


def double(district: RandomDistrict, district_id: str) -> RandomDistrict:
    """The same district with twice the dollars."""
    lines = [(account, school, 2 * amount) for account, school, amount in district.lines]
    return replace(district, district_id=district_id, lines=lines)


def build_rows(districts: Iterable[RandomDistrict]) -> dict[str, list[dict]]:
    """Rows of every input that spending is made from."""
    rows: dict[str, list[dict]] = defaultdict(list)
    for district in districts:
        slot = {"district_id": district.district_id, "school_year": YEAR, "fiscal_year": YEAR}
        rows["landing.chart_of_accounts"] += [
            {**slot, **account, "account_id": name, "school_id": district.school_id(account["school_id"])}
            for name, account in district.chart.items()
        ]
        rows["landing.gl_actuals"] += [
            {**slot, "account_id": account, "txn_id": str(number), "amount_usd": amount}
            | {"school_id": district.school_id(school)}
            for number, (account, school, amount) in enumerate(district.lines)
        ]
        rows["collaborative.allocation_weights"] += [
            {"district_id": district.district_id, "school_year": YEAR, "school_id": district.school_id(school)}
            | {"driver": "floor", "weight": weight}
            for school, weight in district.floors.items()
        ]
        rows["landing.buildings"] += [
            {
                "district_id": district.district_id,
                "school_year": YEAR,
                "building_id": str(number),
                "school_id": district.school_id(school),
                "sqft": sqft,
            }
            for number, (school, sqft) in enumerate(district.buildings)
        ]
        rows["collaborative.districts"].append({"district_id": district.district_id, "name": "A district"})
        rows["collaborative.schools"] += [
            {"district_id": district.district_id, "school_id": district.school_id(school), "name": "A school"}
            for school in SCHOOLS
        ]
        rows["build.build_scope"].append({"district_id": district.district_id, "school_year": YEAR})
    rows["collaborative.ppe_exclusions"] = [
        {"ppe_treatment": treatment, "shown_as": shown_as, "label": treatment}
        for treatment, shown_as in EXCLUSIONS.items()
    ]
    rows["collaborative.allocation_drivers"] = [
        {"allocation_pool": pool, "driver": driver} for pool, driver in DRIVERS.items()
    ]
    rows["collaborative.periods"] = [
        {"school_year": YEAR, "fiscal_year": YEAR, "starts_on": f"{YEAR - 1}-07-01", "ends_on": f"{YEAR}-06-30"}
    ]
    return dict(rows)


@dataclass
class Expected:
    """What must come out for one district.

    Attributes:
        balance: ledger, included, excluded, out of district, unallocated.
        numerators: PPE.S01 to S04 of each school; None where the share of central cost is unknown.
    """

    balance: dict[str, Decimal]
    numerators: dict[str, list[Decimal | None]] = field(default_factory=dict)


def expect(district: RandomDistrict) -> Expected:
    """Place each line, share the central cost, and add up."""
    balance = dict.fromkeys(("ledger", "included", "excluded", "out_of_district", "unallocated"), Decimal(0))
    site: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    pools: dict[tuple[str, str, bool], Decimal] = defaultdict(Decimal)
    for name, own_school, amount in district.lines:
        account = district.chart.get(name)
        if account is not None and account["account_type"] == "revenue":
            continue
        balance["ledger"] += amount
        if account is None or any(account[column] is None for column in CHART_FIELDS):
            balance["unallocated"] += amount
            continue
        school = own_school or account["school_id"]
        treatment, source = str(account["ppe_treatment"]), str(account["source"])
        if treatment != "include":
            balance[EXCLUSIONS.get(treatment, "unallocated")] += amount
        elif school is None:
            is_personnel = str(account["nces_object"])[0] in "12"
            pools[account["allocation_pool"] or "general", source, is_personnel] += amount
        elif school in SCHOOLS:
            site[school, source] += amount
            balance["included"] += amount
        else:
            balance["unallocated"] += amount
    weights = {pool: _weights(district, pool) for pool, _, _ in pools}
    is_shared = all(weight is not None for weight in weights.values())
    balance["included" if is_shared else "unallocated"] += sum(pools.values(), Decimal(0))
    central: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (pool, source, _), amount in pools.items() if is_shared else ():
        for school, share in share_out(amount, weights[pool] or {}).items():
            central[school, source] += share
    expected = Expected(balance)
    given = {school for pool in weights for school in (weights[pool] or {})} if is_shared else set()
    for school in sorted({school for school, _ in site} | set(district.pupils) | given):
        parts = [[cost[school, "federal"], cost[school, "state"] + cost[school, "local"]] for cost in (site, central)]
        expected.numerators[school] = [*parts[0], *(parts[1] if is_shared else [None, None])]
    return expected


def _weights(district: RandomDistrict, pool: str) -> dict[str, Decimal] | None:
    """Weights by school of the driver of a pool; None where one is unknown or all are zero."""
    weights: dict[str, Decimal | None] = dict(district.pupils)
    if DRIVERS.get(pool) == "sqft":
        weights = _square_feet(district)
    elif pool in DRIVERS:
        needed = {school for school, pupils in district.pupils.items() if pupils != 0 and district.floors}
        weights = {school: district.floors.get(school) for school in needed | set(district.floors)}
    known = {school: weight for school, weight in weights.items() if weight is not None}
    return known if len(known) == len(weights) and sum(known.values()) > 0 else None


def _square_feet(district: RandomDistrict) -> dict[str, Decimal | None]:
    """Square feet of each school with pupils; None where the register has no building of it."""
    found: dict[str, Decimal | None] = {}
    for school, pupils in district.pupils.items():
        sizes = [sqft for at, sqft in district.buildings if at == school]
        if pupils != 0:
            found[school] = Decimal(sum(sizes)) if sizes else None
    return found


def share_out(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """An amount by weight, to the cent, with the cents that are left to the largest remainders."""
    total = sum(map(Fraction, weights.values()))
    exact = {school: abs(Fraction(amount)) * 100 * Fraction(weight) / total for school, weight in weights.items()}
    cents = {school: int(share) for school, share in exact.items()}
    left = int(abs(amount) * 100) - sum(cents.values())
    for school in sorted(exact, key=lambda school: (cents[school] - exact[school], school))[:left]:
        cents[school] += 1
    sign = -1 if amount < 0 else 1
    return {school: sign * Decimal(number) / 100 for school, number in cents.items()}
