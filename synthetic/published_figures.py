"""Published figures that the made-up records are drawn around.

Belongs here: a figure, and where it was published. Does not belong here: how records are drawn from it.
"""

from __future__ import annotations

ABSENCE_QUANTILES = ((0.0, 0.25, 0.5, 0.695, 0.877, 0.97, 1.0), (0.0, 0.014, 0.031, 0.0556, 0.1, 0.17, 0.45))
"""Shares of pupils, and the share of days that they are absent at most.

Massachusetts Department of Elementary and Secondary Education (DESE), Student Attendance and Retention Report 2015-16,
state totals: attendance rate 94.9 %, 30.5 % of pupils absent ten days or more (.0556 of 180 days), 12.3 % absent a
tenth of the days or more. Between those two points the line is ours.
"""

ABSENCE_OF_LOW_INCOME, ABSENCE_OF_OTHERS = 1.45, 0.72
"""How much more or less pupils of low income are absent; about twice as much as others is usual. Our own figures."""

LOW_INCOME, ENGLISH_LEARNERS, WITH_DISABILITIES = 0.438, 0.110, 0.189
"""DESE, Selected Populations Report 2021-22, state totals."""

RACE_ETHNICITY = (
    ("BL", 0.093),
    ("AS", 0.072),
    ("HI", 0.231),
    ("WH", 0.557),
    ("NA", 0.002),
    ("PI", 0.002),
    ("MR", 0.043),
)
"""DESE, Enrollment by Race/Gender Report 2021-22, state totals (shares of pupils)."""

MOVES_BETWEEN_DISTRICTS, MOVES_WITHIN_DISTRICT, LATE_ENTRIES, EARLY_EXITS = 0.015, 0.03, 0.02, 0.02
"""DESE, Mobility Rates Report 2021: churn of districts 6.4 % in the middle, here split by kind of move."""

DISCIPLINED, OUT_OF_SCHOOL = 0.065, 0.6
"""DESE, Student Discipline Data Report 2015-16, schools with figures: 41,204 of 631,241 pupils disciplined (6.5 %);
4.5 % out of school and 2.9 % in school, some both.
"""

SPENDING_PER_PUPIL = {
    "administration": 552.61,
    "instructional_leadership": 1064.18,
    "teachers": 5989.17,
    "other_teaching_services": 1256.52,
    "professional_development": 197.44,
    "instructional_materials": 461.12,
    "guidance_counseling_testing": 479.48,
    "pupil_services": 1575.35,
    "operations_maintenance": 1149.25,
    "insurance_retirement_other": 2733.39,
}
"""DESE, Expenditures by Function per Pupil FY2017, state totals, in-district."""

OUT_OF_DISTRICT_PER_PUPIL = 1896.08
"""The same report: total less in-district expenditures of the state, divided by in-district pupils."""
