"""Charts of accounts, each district in its own numbering.

Belongs here: which accounts a district has, what each is called locally and in the reports. Does not belong here: what
was spent (``ledger_lines.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

from synthetic.places import MadeUpDistrict
from synthetic.published_figures import OUT_OF_DISTRICT_PER_PUPIL, SPENDING_PER_PUPIL

INCLUDE, OUT_OF_DISTRICT, UNMAPPED = "include", "out_of_district", ""


@dataclass(frozen=True)
class Line:
    """One kind of account.

    Attributes:
        state_function: function of the state's report.
        nces_function: function of the national handbook.
        nces_object: object of the national handbook.
        source: whose money.
        fund_type: kind of fund.
        per_pupil: dollars a pupil and year, about.
        pool: pool of a central account; empty for one that each school has.
        treatment: whether spending per pupil counts it.
        program: program of the national handbook.
        words: what the account is called.
    """

    state_function: str
    nces_function: str
    nces_object: str
    source: str
    fund_type: str
    per_pupil: float
    pool: str = ""
    treatment: str = INCLUDE
    program: str = "100"
    words: str = "Synthetic account"


def _of(function: str, share: float) -> float:
    return round(SPENDING_PER_PUPIL[function] * share, 2)


_TEACHERS, _OTHER, _PUPIL = "teachers", "other_teaching_services", "pupil_services"
_OPERATIONS, _INSURANCE, _ADMINISTRATION = "operations_maintenance", "insurance_retirement_other", "administration"
_MATERIALS, _GUIDANCE = "instructional_materials", "guidance_counseling_testing"
_LEADERSHIP, _TRAINING = "instructional_leadership", "professional_development"

OF_SCHOOLS = (
    Line(_TEACHERS, "1000", "110", "local", "general", _of(_TEACHERS, 0.58), words="Synthetic teachers' pay"),
    Line(_TEACHERS, "1000", "110", "state", "general", _of(_TEACHERS, 0.36), words="Synthetic teachers' pay state aid"),
    Line(_TEACHERS, "1000", "110", "federal", "grant", _of(_TEACHERS, 0.06), words="Synthetic Title I teachers"),
    Line(_OTHER, "1000", "120", "local", "general", _of(_OTHER, 0.62), program="200", words="Synthetic aides"),
    Line(_MATERIALS, "1000", "610", "local", "general", _of(_MATERIALS, 0.7), words="Synthetic supplies"),
    Line(_MATERIALS, "1000", "640", "federal", "grant", _of(_MATERIALS, 0.08), words="Synthetic books Title I"),
    Line(_GUIDANCE, "2120", "110", "local", "general", _of(_GUIDANCE, 0.85), words="Synthetic counsellors"),
    Line(_LEADERSHIP, "2410", "110", "local", "general", _of(_LEADERSHIP, 0.7), words="Synthetic principals"),
    Line(_PUPIL, "2130", "110", "local", "general", _of(_PUPIL, 0.18), words="Synthetic nurses"),
    Line(_OPERATIONS, "2610", "120", "local", "general", _of(_OPERATIONS, 0.4), words="Synthetic custodians"),
    Line(_OPERATIONS, "2610", "622", "local", "general", _of(_OPERATIONS, 0.22), words="Synthetic electricity"),
    Line(_INSURANCE, "1000", "210", "local", "general", _of(_INSURANCE, 0.45), words="Synthetic health insurance"),
)
CENTRAL = (
    Line(_ADMINISTRATION, "2320", "110", "local", "general", _of(_ADMINISTRATION, 0.848), "general"),
    Line(_ADMINISTRATION, "2510", "330", "local", "general", _of(_ADMINISTRATION, 0.002), "general"),
    Line(_LEADERSHIP, "2210", "110", "local", "general", _of(_LEADERSHIP, 0.3), "general"),
    Line(_TRAINING, "2213", "110", "local", "general", _of(_TRAINING, 0.65), "general"),
    Line(_TRAINING, "2213", "330", "federal", "grant", _of(_TRAINING, 0.35), "general"),
    Line(_MATERIALS, "2230", "650", "local", "general", _of(_MATERIALS, 0.22), "general"),
    Line(_OTHER, "2150", "110", "local", "general", _of(_OTHER, 0.24), "special_education", program="200"),
    Line(_OTHER, "2140", "110", "federal", "grant", _of(_OTHER, 0.14), "special_education", program="200"),
    Line(_GUIDANCE, "2240", "330", "state", "grant", _of(_GUIDANCE, 0.15), "general"),
    Line(_PUPIL, "2700", "510", "local", "general", _of(_PUPIL, 0.42), "transport"),
    Line(_PUPIL, "3100", "570", "federal", "revolving", _of(_PUPIL, 0.28), "food"),
    Line(_PUPIL, "3100", "120", "local", "revolving", _of(_PUPIL, 0.12), "food"),
    Line(_OPERATIONS, "2620", "430", "local", "general", _of(_OPERATIONS, 0.34), "operations"),
    Line(_INSURANCE, "2900", "230", "local", "general", _of(_INSURANCE, 0.4), "benefits"),
    Line(_INSURANCE, "2900", "270", "state", "general", _of(_INSURANCE, 0.15), "benefits"),
    Line("", "4000", "720", "local", "capital", 690.0, treatment="exclude_capital", words="Synthetic construction"),
    Line("", "5000", "831", "local", "general", 480.0, treatment="exclude_debt", words="Synthetic debt principal"),
    Line("", "3300", "330", "local", "revolving", 55.0, treatment="exclude_community", program="800"),
    Line("", "1000", "110", "state", "grant", 38.0, treatment="exclude_adult", program="600"),
    Line("", "2900", "910", "local", "general", 25.0, treatment="exclude_transfer", words="Synthetic transfer"),
    Line(
        "out_of_district", "1000", "563", "local", "general", round(OUT_OF_DISTRICT_PER_PUPIL * 0.6, 2), "",
        OUT_OF_DISTRICT, "200", "Synthetic tuition",
    ),
    Line(
        "out_of_district", "1000", "564", "local", "general", round(OUT_OF_DISTRICT_PER_PUPIL * 0.31, 2), "",
        OUT_OF_DISTRICT, words="Synthetic charter tuition",
    ),
    Line(
        "out_of_district", "2700", "511", "local", "general", round(OUT_OF_DISTRICT_PER_PUPIL * 0.09, 2), "",
        OUT_OF_DISTRICT, "200", "Synthetic transport elsewhere",
    ),
    Line(_ADMINISTRATION, "2570", "110", "local", "general", _of(_ADMINISTRATION, 0.15), "general"),
    Line(_OPERATIONS, "2660", "330", "local", "general", _of(_OPERATIONS, 0.04), "operations"),
)  # fmt: skip
HAS_AN_UNMAPPED_ACCOUNT = 3
"""The district with one small account that nobody mapped yet: less than a thousandth of its dollars."""
_UNMAPPED = Line("", "", "", "", "other", 0.9, treatment=UNMAPPED, program="", words="Synthetic new account")
_FUNDS = {"general": 1, "grant": 21, "revolving": 22, "capital": 30, "other": 80}


@dataclass(frozen=True)
class Account:
    """One account of a district.

    Attributes:
        account_id: in the district's own numbering.
        line: what kind it is.
        school: place of its school; None for a central account.
        fund: the district's code of the fund.
        function_local: its code of the function.
        object_local: its code of the object.
        is_revenue: money that comes in.
    """

    account_id: str
    line: Line
    school: int | None
    fund: str
    function_local: str
    object_local: str
    is_revenue: bool = False


REVENUE = tuple(
    Line("", "", object_, source, "general", -amount, words=words)
    for object_, source, amount, words in (
        ("1110", "local", 9_900.0, "Synthetic property tax"),
        ("3100", "state", 7_400.0, "Synthetic state aid"),
        ("4500", "federal", 900.0, "Synthetic federal grants"),
    )
)


def make_chart(district: MadeUpDistrict) -> list[Account]:
    """All accounts of a district: each school's, the central ones, and what comes in."""
    kinds = [(line, school) for school in range(len(district.schools)) for line in OF_SCHOOLS]
    kinds += [(line, None) for line in CENTRAL]
    if district.number == HAS_AN_UNMAPPED_ACCOUNT:
        kinds.append((_UNMAPPED, None))
    accounts = [_account(district, at, line, school) for at, (line, school) in enumerate(kinds)]
    first = len(accounts)
    return accounts + [_account(district, first + at, line, None, is_revenue=True) for at, line in enumerate(REVENUE)]


def puts_schools_on_lines(district: MadeUpDistrict) -> bool:
    """Whether the school stands on the ledger's lines instead of in the chart."""
    return district.number % 4 == 2


def _account(district: MadeUpDistrict, at: int, line: Line, school: int | None, *, is_revenue: bool = False) -> Account:
    fund = _FUNDS[line.fund_type]
    site = 0 if school is None else school + 1
    function, object_ = line.nces_function or "9999", line.nces_object or "999"
    style = district.number % 4
    if style == 0:
        codes = (f"{fund:02d}-{function}-{object_}-{site:03d}-{at:04d}", f"{fund:02d}", function, object_)
    elif style == 1:
        codes = (
            f"E.{int(function) + 1305}.5{object_}.{site:03d}.{at}",
            f"E{fund}",
            f"{int(function) + 1305}",
            f"5{object_}",
        )
    elif style == 2:
        codes = (f"{40_000_000 + district.number * 10_000 + at}", f"F{fund:03d}", f"P{at % 40:02d}", f"O{object_}")
    else:
        codes = (f"0{at:04d}{function}{object_}", f"0{fund}", f"0{function}", f"00{object_}")
    account_id, fund_local, function_local, object_local = codes
    return Account(account_id, line, school, fund_local, function_local, object_local, is_revenue)
