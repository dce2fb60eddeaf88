"""Each mart's suite holds every check that the mart's yml asks for."""

from decimal import Decimal

import pytest
import yaml

from expectations.mart_rules import load_suite, missing_checks
from expectations.models import ColumnInfo, ModelInfo
from expectations.suites.checks import MartScene
from tests.conftest import REPOSITORY

MODELS = REPOSITORY / "dbt_project" / "models"
MARTS = sorted(path.stem for layer in ("marts", "shared") for path in (MODELS / layer).glob("[!i]*.sql"))


def read_mart(name: str) -> ModelInfo:
    """A mart as its yml describes it."""
    (path,) = MODELS.glob(f"*/{name}.yml")
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    columns = tuple(ColumnInfo(column["name"], "", "") for column in model["columns"])
    return ModelInfo(name, path.parent.name, "table", tuple(model["config"]["meta"]["key"]), (), "", columns)


@pytest.mark.parametrize("name", MARTS)
def test_suites__hold_what_the_marts_columns_ask_for(name):
    mart = read_mart(name)
    suite = load_suite(MartScene(mart, None, Decimal("0.2")))
    assert mart.key
    assert missing_checks(mart, suite) == ()


def test_suites__a_mart_without_a_suite_lacks_every_check():
    mart = read_mart("fct_metric_value")
    assert {check.split(":")[0] for check in missing_checks(mart, [])} == {"M01", "M02", "M03", "M06"}


def test_suites__only_marts_of_every_subject_must_hold_rows_in_a_first_release():
    """A collaborative may begin with its pupils, and send its ledgers a year later."""
    needed = {name for name in MARTS if load_suite(MartScene(read_mart(name), None, Decimal("0.2")))[0].min_value}
    assert needed == {"fct_metric_value", "mart_metric_value"}
