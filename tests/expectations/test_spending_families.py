"""Rule F12: the three families of spending per pupil, under variants that say which is which."""

from pathlib import Path

import pytest

from expectations.doors import door_2
from ingestion.configuration import load_collaborative
from tests.expectations.made_build import DISTRICTS

ONE = DISTRICTS[0]
COLLABORATIVES = Path(__file__).resolve().parents[2] / "collaboratives"


def failed(workshop, *figures):
    """What F12 says of each district's figures, after some were added to those of the first."""
    for metric_id, variant in figures:
        workshop.change(
            "insert into measures.measure_reported by name "
            f"select * replace ('{metric_id}' as metric_id, '{variant}' as variant, 'x' as breakdown) "
            f"from measures.measure_reported where district_id = '{ONE}' limit 1"
        )
    results = door_2(workshop.home, workshop.ledger, workshop.inputs).rows
    mine = [row for row in results if row.rule_id == "F12"]
    assert mine
    return {row.district_id: row.n_failed for row in mine if row.n_failed}


@pytest.mark.parametrize(
    ("metric_id", "own", "others"),
    [
        ("PPE.S05", "essa", ("state_functional", "us_census_f33")),
        ("PPE.S05r", "essa", ("state_functional",)),
        ("PPE.D01", "essa", ("state_functional",)),
        ("PPE.D02", "state_functional", ("essa", "us_census_f33")),
        ("PPE.D09", "state_functional", ("us_census_f33",)),
        ("PPE.F01", "state_functional", ("essa",)),
        ("PPE.D05", "us_census_f33", ("essa", "state_functional")),
    ],
)
def test_f12__a_metric_of_one_family_stands_under_no_other(workshop, metric_id, own, others):
    assert failed(workshop, (metric_id, own)) == {}
    assert failed(workshop, *((metric_id, other) for other in others)) == {ONE: len(others)}


def test_f12__a_variant_that_nobody_placed_is_no_family(workshop):
    assert failed(workshop, ("PPE.N04", "us_census_f33"), ("PPE.D18", "state_functional")) == {}
    assert failed(workshop, ("PPE.D18", "somebody")) == {ONE: 1}


def test_f12__looks_at_spending_alone(workshop):
    assert failed(workshop, ("SS.D05", "us_census_saipe")) == {}


@pytest.mark.parametrize("path", sorted(COLLABORATIVES.glob("*/collaborative.yaml")), ids=lambda path: path.parent.name)
def test_every_spending_variant_of_a_shipped_mapping_has_a_family(path):
    collaborative = load_collaborative(path.parent)
    families = {row.variant: row.ppe_family for row in collaborative.spending_families}
    used = {
        mapping.source(number, "variant")
        for mapping in collaborative.mappings
        for number in range(len(mapping.rows))
        if str(mapping.source(number, "metric_id")).startswith("PPE.")
    }
    assert bool(used) is (path.parent.name in ("demo", "massachusetts", "new_york", "oregon", "texas"))
    assert used <= set(families)
    assert set(families.values()) == {"essa", "state_functional", "f33"}
