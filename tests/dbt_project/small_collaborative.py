"""A collaborative of three districts over two years, as rows for a build file.

Belongs here: the smallest inputs that reach every model. Does not belong here: expected results.
"""

from __future__ import annotations

import copy

CAMBRIDGE, SOMERVILLE, ACUSHNET = "00490000", "02740000", "00030000"
STATE = "_all"

FUNCTIONS = (
    "administration",
    "instructional_leadership",
    "teachers",
    "other_teaching_services",
    "professional_development",
    "instructional_materials",
    "guidance_counseling_testing",
    "pupil_services",
    "operations_maintenance",
    "insurance_retirement_other",
)

CAMBRIDGE_SCHOOL = "00490506"

CAMBRIDGE_LINES = {
    "administration": "8510512.01",
    "instructional_leadership": "12775955.41",
    "teachers": "58025149.72",
    "other_teaching_services": "16021847.68",
    "professional_development": "5331028.46",
    "instructional_materials": "6223997.44",
    "guidance_counseling_testing": "5750954.08",
    "pupil_services": "16442072.74",
    "operations_maintenance": "11132984.12",
    "insurance_retirement_other": "41897659.90",
    "out_of_district": "30595336.77",
}
"""Fiscal year 2017, the state's 71 lines summed by function."""

PRINTED = {
    CAMBRIDGE: ("6656.2", "626.7", "7282.9", "27359.77909", "29206.42853"),
    SOMERVILLE: ("4873.0", "564.1", "5437.1", "18749.08103", "19652.07265"),
    ACUSHNET: ("957.2", None, "1264.0", "12675.50478", "12554.35513"),
}
"""Fiscal year 2017: in-district, out-of-district and total pupils, in-district and total spending per pupil."""


def small_collaborative() -> dict[str, list[dict]]:
    """Return fresh rows of every input; callers change them freely."""
    deliveries = {(district, 2017): "d-state-2017" for district in (*PRINTED, STATE)}
    return copy.deepcopy(
        {
            "landing.state_reported_measures": [
                row for district, printed in PRINTED.items() for row in reported_rows(district, 2017, *printed)
            ]
            + reported_rows(STATE, 2017, "12486.4", None, "13984.0", "19000.5", "20000.5")
            + other_families(CAMBRIDGE, CAMBRIDGE_SCHOOL, 2017),
            "landing.eoyr_report": eoyr_rows(CAMBRIDGE, 2017, CAMBRIDGE_LINES),
            "build.selection": [
                {"district_id": district, "school_year": year, "delivery_id": delivery}
                for (district, year), delivery in deliveries.items()
            ]
            + [eoyr_selection(CAMBRIDGE, 2017)]
            + [
                {
                    "district_id": CAMBRIDGE,
                    "school_year": 2017,
                    "delivery_id": f"d-{domain}-2017",
                    "extract": f"state_reported_measures.{domain}",
                    "domain": domain,
                    "data_through": "2017-06-01",
                }
                for domain in ("student", "staff")
            ],
            "build.build_scope": [{"district_id": d, "school_year": 2017} for d in (*PRINTED, STATE)],
            "build.delivery_status": [
                {"district_id": district, "school_year": 2017, "data_through": "2017-06-30"}
                for district in (*PRINTED, STATE)
            ]
            + [
                {"district_id": CAMBRIDGE, "domain": domain, "school_year": 2017, "data_through": "2017-06-01"}
                for domain in ("student", "staff")
            ],
            "build.build_info": [{"build_id": "b1", "as_of": "2018-01-15", "selection_hash": "s1"}],
            "collaborative.collaborative": [
                {"collaborative_id": "small", "name": "Small", "state": "MA", "time_zone": "America/New_York"}
            ],
            "collaborative.districts": [
                {"district_id": CAMBRIDGE, "name": "Cambridge"},
                {"district_id": SOMERVILLE, "name": "Somerville"},
                {"district_id": ACUSHNET, "name": "Acushnet"},
            ],
            "collaborative.schools": [
                {"school_id": CAMBRIDGE_SCHOOL, "district_id": CAMBRIDGE, "name": "Rindge and Latin"}
            ],
            "collaborative.periods": [
                {"school_year": y, "fiscal_year": y, "starts_on": f"{y - 1}-07-01", "ends_on": f"{y}-06-30"}
                for y in (2017, 2018)
            ],
            "collaborative.thresholds": [
                {"threshold": "max_age_days_finance", "value": "400"},
                {"threshold": "real_dollars_fiscal_year", "value": "2017"},
                {"threshold": "max_age_days_student", "value": "30"},
                {"threshold": "max_age_days_staff", "value": "28"},
            ],
            "collaborative.cpi_u": [
                {"month": f"{2016 + (month < 7)}-{month:02d}-01", "value": "240"} for month in range(1, 13)
            ],
            "collaborative.spending_families": [
                {
                    "variant": "state_functional",
                    "ppe_family": "state_functional",
                    "denominator_basis": "state_fte",
                    "all_denominator_basis": "state_total_fte",
                }
            ],
            "collaborative.value_ranges": [{"metric_id": "PPE.D02", "minimum": "1000", "maximum": "100000"}],
            "collaborative.state_functions": [
                {
                    "state_function": f,
                    "label": f,
                    "is_in_district": f in FUNCTIONS,
                    "display_order": order,
                    "is_benefits": False,
                    "is_central_office": f == "administration",
                }
                for order, f in enumerate((*FUNCTIONS, "out_of_district"))
            ],
            "collaborative.expected_extracts": [
                {
                    "extract": "state_reported_measures.ma_ppe_by_function",
                    "domain": "finance",
                    "school_year": 2017,
                    "statewide": True,
                }
            ],
        }
    )


def reported_rows(
    district: str, year: int, in_fte, out_fte, total_fte, in_ppe, total_ppe, delivery: str = "d-state-2017"
) -> list[dict]:
    """Rows of the state's report for one district: three counts of pupils and two rates."""
    common = {"district_id": district, "school_year": year, "delivery_id": delivery, "entity_id": district}
    if district == STATE:
        common |= {"entity_type": "state", "entity_id": "MA"}
    return [
        {**common, "metric_id": "PPE.N01", "value": in_fte},
        {**common, "metric_id": "PPE.N02", "value": out_fte, "value_status": "reported" if out_fte else "suppressed"},
        {**common, "metric_id": "PPE.N03", "value": total_fte},
        {**common, "metric_id": "PPE.D02", "value": in_ppe, "denominator": in_fte, "n": in_fte},
        {**common, "metric_id": "PPE.D03", "value": total_ppe, "denominator": total_fte, "n": total_fte},
    ]


def other_families(district: str, school: str, year: int) -> list[dict]:
    """A school's attendance and its suppressed suspensions, and the district's average salary, which staff reports."""
    common = {"district_id": district, "school_year": year, "variant": "ma_dese"}
    of_school = {**common, "entity_type": "school", "entity_id": school, "delivery_id": f"d-student-{year}"}
    return [
        {**of_school, "metric_id": "SS.A03", "value": "0.949"},
        {**of_school, "metric_id": "SS.B01", "n": "1800", "value_status": "suppressed"},
        {**common, "entity_id": district, "delivery_id": f"d-staff-{year}", "metric_id": "OP.HR06", "value": "81000"},
    ]


def eoyr_rows(district: str, year: int, amounts: dict[str, str], delivery: str | None = None) -> list[dict]:
    """One line for each function of a district's end-of-year report."""
    return [
        {
            "district_id": district,
            "school_year": year,
            "fiscal_year": year,
            "state_function": function,
            "line_item": function,
            "amount_usd": amount,
            "delivery_id": delivery or f"d-eoyr-{district}-{year}",
            "source_line": line,
        }
        for line, (function, amount) in enumerate(amounts.items(), start=2)
    ]


def eoyr_selection(district: str, year: int, delivery: str | None = None, **changes) -> dict:
    """The selection's row of one district's end-of-year report."""
    return {
        "district_id": district,
        "school_year": year,
        "extract": "eoyr_report",
        "contract": "eoyr_report",
        "delivery_id": delivery or f"d-eoyr-{district}-{year}",
        "data_through": f"{year}-06-30",
        **changes,
    }
