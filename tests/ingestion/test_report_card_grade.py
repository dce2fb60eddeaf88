"""The grade at each of its boundaries."""

import pytest

from ingestion.report_card_grade import Standing, grade


@pytest.mark.parametrize(
    ("rejected", "letter"),
    [
        (0, "A"),
        (10, "A"),  # 0.1 % exactly
        (11, "B"),
        (100, "B"),  # 1 % exactly
        (101, "C"),
        (500, "C"),  # 5 % exactly
        (501, "D"),
        (10_000, "D"),
    ],
)
def test_grade__by_the_share_of_refused_rows(rejected, letter):
    assert grade(Standing(10_000, rejected)) == letter


@pytest.mark.parametrize(("rows", "rejected", "letter"), [(0, 0, "A"), (999, 1, "B"), (1000, 1, "A"), (19, 1, "D")])
def test_grade__of_few_rows(rows, rejected, letter):
    assert grade(Standing(rows, rejected)) == letter


@pytest.mark.parametrize("rejected", [0, 11, 500])
def test_grade__an_optional_extract_missing_is_a_c(rejected):
    assert grade(Standing(10_000, rejected, optional_missing=1)) == "C"
    assert grade(Standing(10_000, 501, optional_missing=1)) == "D"


@pytest.mark.parametrize("fault", ["required_missing", "domains_held", "files_refused"])
def test_grade__a_required_extract_missing_a_domain_held_or_a_file_refused_is_a_d(fault):
    assert grade(Standing(10_000, 0, **{fault: 1})) == "D"


def test_grade__nothing_admitted_is_an_f_whatever_else():
    assert grade(Standing(10_000, 0, anything_admitted=False)) == "F"
    assert grade(Standing(10, 10, required_missing=3, anything_admitted=False)) == "F"
