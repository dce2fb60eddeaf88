"""Roles, licences and shares in field as rows of a collaborative's configuration."""

from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from ingestion.configuration import compile_configuration
from ingestion.home import Home
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import load_little


def tables(folder, **changed) -> dict:
    compiled = compile_configuration(load_little(folder / "c", **changed), Home(folder / "home"))
    names = ("staff_ratios", "licence_types", "in_field_shares")
    return {name: pq.read_table(compiled.folder / f"{name}.parquet").to_pylist() for name in names}


def test_staff_terms__are_the_products_without_a_file(tmp_path):
    found = tables(tmp_path)
    assert {row["metric_id"]: row["role"] for row in found["staff_ratios"]} == {
        "ST.01": "counselor",
        "ST.02": "psychologist",
        "ST.03": "social_worker",
        "ST.04": "nurse",
        "ST.05": "teacher",
    }
    full = {row["licence_type"] for row in found["licence_types"] if row["is_full"]}
    assert full == {"initial", "professional", "temporary"}


def test_staff_terms__rows_add_and_take_out(tmp_path):
    rows = "metric_id,role,is_counted\nST.05,specialist,true\nST.04,nurse,false\n"
    found = tables(tmp_path, **{"staff_ratios.csv": rows})["staff_ratios"]
    assert [row["role"] for row in found if row["metric_id"] in ("ST.04", "ST.05")] == ["specialist", "teacher"]


def test_staff_terms__a_share_holds_until_the_next_row(tmp_path):
    years = [f"year,{year},{year},{year - 1}-07-01,{year}-06-30\n" for year in range(2019, 2024)]
    periods = "period,school_year,fiscal_year,starts_on,ends_on\n" + "".join(years)
    own = "from_school_year,share\n2023,0.9\n"
    found = tables(tmp_path, **{"periods.csv": periods, "in_field_shares.csv": own})["in_field_shares"]
    assert {row["school_year"]: row["share"] for row in found} == {
        2019: Decimal("0.8"),
        2020: Decimal("0.8"),
        2021: Decimal("0.5"),
        2022: Decimal("0.8"),
        2023: Decimal("0.9"),
    }


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("staff_ratios.csv", "metric_id,role\nST.99,nurse\n", "staff_ratios.csv:1:metric_id: ST.99 is no metric"),
        ("in_field_shares.csv", "from_school_year,share\n2020,0\n", "in_field_shares.csv:2:1: share must be above 0"),
        ("in_field_shares.csv", "from_school_year,share\n2020,0.1234567\n", "at most six digits"),
        ("licence_types.csv", "licence_type,is_full\nnone,perhaps\n", "licence_types.csv:2:is_full"),
    ],
)
def test_staff_terms__what_cannot_be_meant_is_refused(tmp_path, name, content, message):
    with pytest.raises(ConfigurationError) as error:
        load_little(tmp_path / "c", **{name: content})
    assert message in str(error.value)
