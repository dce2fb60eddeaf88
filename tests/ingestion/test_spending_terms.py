"""What spending leaves out and how central cost is shared, as rows of a collaborative's configuration."""

from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from ingestion.configuration import compile_configuration, load_collaborative
from ingestion.contract import load_contracts
from ingestion.home import Home
from ingestion.spending_terms import COUNTED
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import load_little, write_configuration

SCHOOLS = "school_id,district_id,name,school_type\n00010010,00010000,Abel High,public_school\n"
DRIVERS = "allocation_pool,driver,from_school_year,to_school_year\n"
OF_DISTRICTS = "allocation_pool,driver,district_id,from_school_year\n"
WEIGHTS = "school_id,school_year,driver,weight\n"
EXCLUSIONS = "ppe_treatment,shown_as,label\n"


def tables(folder, **changed) -> dict:
    little = load_little(folder / "c", **{"schools.csv": SCHOOLS} | changed)
    compiled = compile_configuration(little, Home(folder / "home"))
    names = ("ppe_exclusions", "allocation_drivers", "allocation_weights")
    return {name: pq.read_table(compiled.folder / f"{name}.parquet").to_pylist() for name in names}


def test_spending_terms__the_products_exclusions_hold_without_a_file(tmp_path):
    found = tables(tmp_path)
    shown = {row["ppe_treatment"]: row["shown_as"] for row in found["ppe_exclusions"]}
    assert shown.pop("out_of_district") == "out_of_district"
    assert set(shown.values()) == {"excluded"} and len(shown) == 5
    assert all(row["label"] for row in found["ppe_exclusions"])
    assert found["allocation_drivers"] == found["allocation_weights"] == []


def test_spending_terms__drivers_and_weights_are_rows(tmp_path):
    found = tables(
        tmp_path,
        **{
            "allocation_drivers.csv": f"{DRIVERS}plant,floor_area,,2024\nplant,adm,2025,\n",
            "allocation_weights.csv": f"{WEIGHTS}00010010,2024,floor_area,5200.5\n",
            "ppe_exclusions.csv": f"{EXCLUSIONS}exclude_debt,excluded,Our debt\n",
        },
    )
    assert found["allocation_drivers"][0] == {
        "district_id": None,
        "allocation_pool": "plant",
        "driver": "floor_area",
        "from_school_year": None,
        "to_school_year": 2024,
    }
    weight = {"district_id": "00010000", "school_year": 2024, "school_id": "00010010", "driver": "floor_area"}
    assert found["allocation_weights"] == [{**weight, "weight": Decimal("5200.500000")}]
    labels = {row["ppe_treatment"]: row["label"] for row in found["ppe_exclusions"]}
    assert labels["exclude_debt"] == "Our debt" and len(labels) == 6


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("ppe_exclusions.csv", f"{EXCLUSIONS}include,excluded,No\n", "'include' is what counts"),
        ("ppe_exclusions.csv", f"{EXCLUSIONS}exclude_x,hidden,No\n", "ppe_exclusions.csv:2:shown_as"),
        ("allocation_drivers.csv", f"{DRIVERS}plant,adm,2025,2024\n", "from_school_year is after"),
        ("allocation_drivers.csv", f"{DRIVERS}plant,adm,,2024\nplant,adm,2024,\n", "plant has two drivers"),
        ("allocation_drivers.csv", f"{DRIVERS}plant,rooms,,\n", "rooms is not in allocation_weights.csv and"),
        ("allocation_drivers.csv", f"{OF_DISTRICTS}plant,sqft,99990000,\n", "99990000 is not in districts.csv"),
        ("allocation_drivers.csv", f"{OF_DISTRICTS}plant,adm,00010000,\nplant,sqft,00010000,2025\n", "plant has two"),
        ("allocation_weights.csv", f"{WEIGHTS}00010010,2024,sqft,1\n", "is counted from the extract buildings"),
        ("allocation_weights.csv", f"{WEIGHTS}00010010,2024,floor_area,-1\n", "weight must be zero or more"),
        ("allocation_weights.csv", f"{WEIGHTS}00010010,2024,floor_area,0.0000001\n", "weight must be zero or more"),
        ("allocation_weights.csv", f"{WEIGHTS}00010010,2024,adm,1\n", "'adm' is membership"),
        ("allocation_weights.csv", f"{WEIGHTS}99999999,2024,floor_area,1\n", "99999999 is not in schools.csv"),
        (
            "allocation_weights.csv",
            f"{WEIGHTS}00010010,2024,floor_area,1\n00010010,2024,floor_area,2\n",
            "repeats the school_id, school_year, driver of line 2",
        ),
    ],
)
def test_spending_terms__what_cannot_be_meant_is_refused(tmp_path, file, content, message):
    write_configuration(tmp_path, **{"schools.csv": SCHOOLS, file: content})
    with pytest.raises(ConfigurationError) as caught:
        load_collaborative(tmp_path)
    assert len(caught.value.messages) == 1 and message in caught.value.messages[0]


def test_spending_terms__a_pool_may_change_its_driver_from_one_year_to_the_next(tmp_path):
    content = f"{DRIVERS}plant,adm,,2023\nplant,adm,2024,2024\nplant,adm,2025,\nmeals,adm,2024,\n"
    assert len(tables(tmp_path, **{"allocation_drivers.csv": content})["allocation_drivers"]) == 4


def test_spending_terms__a_district_may_have_a_driver_of_its_own_that_is_counted(tmp_path):
    content = f"{OF_DISTRICTS}plant,sqft,00010000,2025\nplant,riders,,\n"
    found = tables(tmp_path, **{"allocation_drivers.csv": content})["allocation_drivers"]
    assert [(row["district_id"], row["driver"], row["from_school_year"]) for row in found] == [
        ("00010000", "sqft", 2025),
        (None, "riders", None),
    ]


def test_spending_terms__every_counted_driver_names_an_extract_that_has_a_contract():
    assert set(COUNTED.values()) <= set(load_contracts())
