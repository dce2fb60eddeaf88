"""Texas' meals by site: each figure is the file's, and a site of more meals than pupils is named to its district."""

import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pyarrow as pa
import pytest
import python_calamine

from expectations.evaluate import run_rule
from expectations.rules import load_registry
from ingestion.configuration import load_collaborative
from ingestion.rows_to_land import NAME
from tests.ingestion.public_records import read_public_file

pytestmark = pytest.mark.real_records

FILE = "tx_school_meals_2023/tda_pir_24-175_site_meals_2022-23.xlsx"
MEALS = {"OP.FS01r": "11", "OP.FS02r": "12"}
COLUMNS = (
    *("metric_id", "variant", "entity_type", "entity_id", "district_id", "school_year", "period", "breakdown"),
    *("value", "numerator", "denominator", "value_status"),
)
O01_READS = """
create schema measures; create schema collaborative; create schema staging;
create table measures.measure_reported as
    select *, 'reported' as basis from rows where value_status <> 'not_reported' or denominator = 0;
create table measures.measure_operations as from measures.measure_reported where false;
create table collaborative.usual_ranges as
    select * replace (coalesce(variant, '') as variant) from read_csv('ingestion/defaults/usual_ranges.csv');
create table staging.stg_district__work_orders (
    work_order_id varchar, received_date date, completed_date date, district_id varchar
);
create table staging.stg_district__helpdesk (
    ticket_id varchar, opened_at timestamp, resolved_at timestamp, hold_hours decimal(8, 2), district_id varchar
);
"""


@pytest.fixture(scope="module")
def reading(repository, real_records):
    collaborative = load_collaborative(repository / "collaboratives" / "texas")
    return read_public_file(real_records / FILE, FILE, collaborative, repository)


@pytest.fixture(scope="module")
def sites(real_records):
    """By metric and site of a whole district's number: meals of an average day and pupils, as the sheet has them."""
    book = python_calamine.CalamineWorkbook.from_path(str(real_records / FILE))
    headings, *rows = book.get_sheet_by_name("Sites").to_python()
    at = {re.sub(r"\.\s.*", "", str(name), flags=re.DOTALL): place for place, name in enumerate(headings)}
    return {
        (metric, f"{row[at['5']].replace('-', '')}{row[at['1']][-4:]}"): (
            sum(_millionths(row[at[number + part]]) for part in "abc"),
            int(row[at["8"]]),
        )
        for row in rows
        if re.fullmatch(r"\d{3}-\d{3}", str(row[at["5"]]))
        for metric, number in MEALS.items()
    }


def _millionths(cell) -> Decimal:
    return Decimal(str(cell or 0)).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def test_every_site__lands_or_is_told_why_not(reading):
    assert (reading.rows_in + reading.rows_ignored, reading.rows_ignored) == (8_655, 128)
    assert (reading.rows_landed, reading.rows_rejected) == (8_482, 45)
    assert Counter(rule for _, rule in {(reject.line, reject.rule_id) for reject in reading.rejects}) == {"Q04": 45}


def test_every_figure__is_the_files(reading, sites):
    columns = "metric_id, entity_id, value, numerator, denominator"
    landed = {row[:2]: row[2:] for row in reading.rows.query(f"select {columns} from {NAME}")}
    assert len(landed) == 2 * 8_482
    for key, (value, meals, pupils) in landed.items():
        assert (meals, pupils) == sites[key], key
        assert value is None if pupils == 0 else abs(value - meals / pupils) < Decimal("0.0000000001"), key


def test_each_site_with_more_meals_than_pupils__is_named_to_its_district(reading, sites, repository, monkeypatch):
    monkeypatch.chdir(repository)
    with duckdb.connect() as connection:
        rows = reading.rows.query(f"select {', '.join(COLUMNS)} from {NAME}")
        connection.register("rows", pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in rows]))
        connection.execute(O01_READS)
        registry = load_registry()
        results = run_rule(connection, registry, registry.rule("O01"))
    told = " ".join(result.message for result in results)
    landed = {entity for (entity,) in reading.rows.query(f"select distinct entity_id from {NAME}")}
    many = {key for key, (meals, pupils) in sites.items() if meals > pupils and key[1] in landed}
    assert {key for key in sites if f"{key[0]} of school {key[1]} in 2023" in told} == many
    assert Counter(metric for metric, _ in many) == {"OP.FS01r": 35, "OP.FS02r": 38}
    assert Counter(key[0] for key in many if sites[key][1] == 0) == {"OP.FS01r": 25, "OP.FS02r": 32}
    assert sum(result.n_failed for result in results) == len(many)
