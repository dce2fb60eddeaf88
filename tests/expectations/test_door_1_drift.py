"""D01 at door 1: shares of codes unlike those of the delivery that serves, or of the year before."""

from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from expectations.evaluate import run_rule
from expectations.rules import load_registry
from ingestion.candidates import open_candidates
from ingestion.collaborative import Threshold
from ingestion.contract import load_contracts
from ingestion.landing import land
from ingestion.rows_to_land import RowsToLand
from tests.ingestion.small_deliveries import make_collaborative, make_mapping, make_reading

ONE, TWO = "00010000", "00020000"
LIMITS = {"drift_index_last": "0.1", "drift_index": "0.2", "new_code_share": "0.01"}
WHOLE, AUTUMN = "06-15", "09-20"
HALF = {"05": 500, "06": 500}


def deliver(place, codes, school_year=2018, *, contract="enrollments", through=WHOLE, district=ONE):
    """Land so many rows of each code of the contract's watched column."""
    place.written += 1
    source = place.inbox / f"{contract}_{place.written}.csv"
    source.write_text(f"{place.written}", encoding="utf-8")
    month = int(through[:2])
    day = date(school_year - (month > 6), month, int(through[3:]))
    every = [code for code, n in codes.items() for _ in range(n)]
    table = make_rows(load_contracts()[contract], every, district, school_year, day)
    reading = make_reading(source, {}, school_year=school_year, data_through=day, mapping=make_mapping(contract))
    facts = {"contract": load_contracts()[contract], "extract": contract, "domain": "student"}
    rows = RowsToLand(table, (*load_contracts()[contract].key, "source_line"))
    counted = {"rows": rows, "rows_in": len(every), "rows_landed": len(every)}
    return land(place.home, place.ledger, replace(reading, **facts, **counted), source)


def make_rows(contract, codes, district, school_year, day):
    """Rows of pupils of whom nothing differs but the code."""
    subject = {"enrollments": "grade", "attendance": "category", "students": "race_eth"}[contract.name]
    filled = {"text": "S1", "integer": 1, "boolean": True, "date": day}
    schema = contract.arrow_schema()
    required = [column for column in contract.columns if column.required]
    rows = [
        {column.name: filled.get(column.type, number) for column in required}
        | {"district_id": district, "school_year": school_year, "source_line": number + 2, subject: code}
        for number, code in enumerate(codes)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def day_of(place, landed):
    """The day on which a delivery came."""
    rows = [row for row in place.ledger.deliveries() if row["delivery_id"] == landed.delivery_id]
    return rows[0]["received_at"][:10]


def told(place, **limits):
    """What D01 says of the deliveries that wait, by district and school year; they are admitted then."""
    collaborative = make_collaborative(ONE, TWO)
    own = [Threshold(name, Decimal(value)) for name, value in (LIMITS | {"drift_minimum_rows": "100"} | limits).items()]
    collaborative = replace(collaborative, threshold_rows=(*collaborative.threshold_rows, *own))
    registry = load_registry()
    with closing(
        open_candidates(place.home, place.ledger, collaborative, {"code_baseline", "code_count"})
    ) as connection:
        results = run_rule(connection, registry, registry.rule("D01"))
    place.judge()
    assert {result.status for result in results} <= {"passed", "failed", "nothing_to_check"}, results
    return {(result.district_id, result.school_year): result.message for result in results if result.n_failed}


def test_d01__a_first_load_and_the_same_again_are_alike(place):
    for _ in range(2):
        deliver(place, HALF)
        assert told(place) == {}


@pytest.mark.parametrize(("fifth", "is_told"), [(655, False), (656, True), (345, False), (344, True)])
def test_d01__from_one_delivery_to_the_next_the_index_may_be_a_tenth(place, fifth, is_told):
    deliver(place, HALF)
    deliver(place, HALF, district=TWO)
    assert told(place) == {}
    deliver(place, {"05": fifth, "06": 1000 - fifth})
    deliver(place, {"05": 550, "06": 450}, district=TWO)
    assert set(told(place)) == ({(ONE, 2018)} if is_told else set())


@pytest.mark.parametrize(("fifth", "is_told"), [(1432, False), (1433, True)])
@pytest.mark.parametrize("is_the_same_night", [True, False])
def test_d01__from_one_year_to_the_next_the_index_may_be_a_fifth(place, fifth, is_told, is_the_same_night):
    deliver(place, HALF, 2017)
    if not is_the_same_night:
        assert told(place) == {}
    deliver(place, {"05": fifth, "06": 2000 - fifth})
    assert set(told(place)) == ({(ONE, 2018)} if is_told else set())


def test_d01__says_file_column_and_what_it_was_compared_with_and_never_a_code(place):
    before = deliver(place, HALF)
    told(place)
    deliver(place, {"05": 250, "06": 500, "PK": 250})
    compared = f"delivery {before.delivery_id} of {day_of(place, before)} (enrollments_1.csv)"
    assert told(place)[ONE, 2018] == (
        "enrollments_2.csv, enrollments, grade: 25 of 100 rows would need another code to be like "
        f"{compared}, codes that were never there before: 1"
    )


@pytest.mark.parametrize(("n_new", "is_told"), [(9, False), (10, True)])
def test_d01__a_code_that_was_never_there_is_told_from_a_hundredth_on(place, n_new, is_told):
    deliver(place, HALF)
    told(place)
    deliver(place, {"05": 500, "06": 500 - n_new, "PK": n_new})
    assert set(told(place)) == ({(ONE, 2018)} if is_told else set())


def test_d01__a_code_of_last_year_is_not_new_where_the_last_delivery_had_none_yet(place):
    deliver(place, {"05": 500, "06": 488, "PK": 12}, 2017)
    told(place)
    deliver(place, HALF)
    assert told(place) == {}
    deliver(place, {"05": 500, "06": 488, "PK": 12})
    assert told(place) == {}


def test_d01__an_empty_cell_is_a_share_and_no_new_code(place):
    whole = {"white": 990, None: 10}
    deliver(place, {"white": 1000}, contract="students")
    told(place)
    deliver(place, whole, contract="students")
    assert told(place) == {}
    deliver(place, {None: 1000}, contract="students")
    assert set(told(place)) == {(ONE, 2018)}


@pytest.mark.parametrize(("rows", "is_told"), [(99, False), (100, True)])
def test_d01__a_few_rows_are_not_compared(place, rows, is_told):
    deliver(place, {"05": rows})
    told(place)
    deliver(place, {"06": 200})
    assert set(told(place)) == ({(ONE, 2018)} if is_told else set())


def test_d01__the_first_weeks_of_a_school_year_are_no_measure_of_what_follows(place):
    deliver(place, {"05": 1000}, through=AUTUMN)
    told(place)
    deliver(place, HALF)
    assert told(place) == {}


def test_d01__kinds_of_absence_are_compared_at_the_same_time_of_the_year_and_without_presence(place):
    def attendance(codes, school_year, through):
        deliver(place, codes, school_year, contract="attendance", through=through)

    attendance({"present": 5000, "excused": 900, "unexcused": 100}, 2017, "03-01")
    assert told(place) == {}
    attendance({"present": 9000, "excused": 900, "unexcused": 800}, 2018, WHOLE)
    assert told(place) == {}
    attendance({"present": 9000, "excused": 650, "unexcused": 350}, 2018, "03-05")
    assert "25 of 100 rows" in told(place)[ONE, 2018]
