"""Rules F12 and M08: three families of spending per pupil, under variants that say which is which."""

import csv

import pytest

from expectations.doors import door_2, door_3
from ingestion.configuration import load_collaborative
from tests.expectations.made_build import DISTRICTS, REPOSITORY

ONE = DISTRICTS[0]
COLLABORATIVES = REPOSITORY / "collaboratives"


def failed(workshop, *figures):
    """What F12 says of each district's figures, after some were added to those of the first."""
    for metric_id, variant in figures:
        workshop.change(
            "insert into measures.measure_reported by name "
            f"select * replace ('{metric_id}' as metric_id, '{variant}' as variant, 'x' as breakdown) "
            f"from measures.measure_reported where district_id = '{ONE}' limit 1"
        )
    results = door_2(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative).rows
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


@pytest.mark.parametrize(
    "fault",
    [
        "ppe_family = null",
        "ppe_family = 'essa'",
        "denominator_basis = 'adm'",
        "denominator_basis = null",
    ],
)
def test_m08__one_figure_of_another_family_or_over_other_pupils_is_not_published(workshop, fault):
    assert door_2(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative).passed
    workshop.change(f"update marts.fct_metric_value set {fault} where metric_id = 'PPE.D02' and district_id = '{ONE}'")
    result = door_3(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)
    assert (result.passed, result.failed) == (False, ("M08",))


def test_m08__figures_over_the_pupils_of_others_are_compared_by_what_they_are_of(workshop):
    assert door_2(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative).passed
    for of_metric, basis in (("PPE.D02", "state_fte"), ("PPE.D03", "state_total_fte")):
        workshop.change(
            "insert into marts.fct_metric_value by name "
            f"select * replace ('PPE.D15' as metric_id, 'of={of_metric}' as breakdown, '{basis}' as denominator_basis) "
            f"from marts.fct_metric_value where metric_id = 'PPE.D02' and district_id = '{ONE}'"
        )
    result = door_3(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)
    assert "M08" not in result.failed


def test_every_metric_of_spending_has_a_family():
    def ids(name):
        with (REPOSITORY / "dbt_project/seeds/conformed" / name).open(encoding="utf-8", newline="") as lines:
            return {row["metric_id"] for row in csv.DictReader(lines)}

    dictionary, spending = ids("metric_dictionary.csv"), ids("spending_metrics.csv")
    assert {metric_id for metric_id in dictionary if metric_id.startswith("PPE.")} <= spending <= dictionary
