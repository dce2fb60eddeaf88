"""The registry of rules holds together with the rules' SQL files."""

import shutil

import pytest

from expectations import rules
from expectations.rules import RegistryError, load_registry


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(rules.FOLDER, tmp_path / "expectations")


def test_registry__every_sql_rule_has_its_file_and_every_rule_its_words():
    registry = load_registry()
    assert {rule.id for rule in registry.expected(1)} == {
        *("Q01", "Q02", "Q03", "Q04", "Q05", "Q06", "Q08", "Q13", "Q15", "Q16", "Q17", "Q18"),
        *("D01", "D02", "D03", "CT1", "I01", "F01", "F03", "F08", "F13", "F16", "O02"),
    }
    assert {rule.id for rule in registry.expected(2)} == {
        *("F02", "F04", "F05", "F06", "F07", "F09", "F10", "F11", "F12", "F14", "F15"),
        *("O01", "O03", "Q07", "Q09", "Q10", "Q11", "Q12", "Q14", "Q19", "Q20", "Q21", "R01"),
    }
    assert {rule.id for rule in registry.expected(3)} == {"M01", "M02", "M03", "M04", "M05", "M06", "M07", "M08", "P02"}
    assert all(registry.sql_file(rule).exists() for rule in registry.rules if rule.evaluated_by == "sql")


def test_registry__an_sql_file_without_a_row_is_an_error(folder):
    (folder / "rules" / "door_2" / "F99.sql").write_text("select 1", encoding="utf-8")
    with pytest.raises(RegistryError, match=r"rules/door_2/F99\.sql: no row"):
        load_registry(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: Q03", "id: Q04", "Q04: a rule's id stands once"),
        ("door: 2", "door: 4", "door"),
        ("owner: finance lead", "owner: ''", "owner"),
        ("scope: district", "scope: county", "scope"),
        ("retired: {}", "retired: {F05: gone}", "either in force or retired"),
        ("rules:", "rules: []\nothers:", "rules"),
        (
            "evaluated_by: door",
            "waivable: true\n    evaluated_by: door",
            "M04: only a rule in SQL that holds a district",
        ),
    ],
)
def test_registry__a_wrong_row_is_an_error(folder, old, new, message):
    source = folder / "rules.yaml"
    source.write_text(source.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RegistryError, match=message):
        load_registry(folder)


def test_registry__what_balances_hides_or_binds_is_never_waivable():
    registry = load_registry()
    assert {rule.id for rule in registry.rules if rule.waivable} == {
        *("Q02", "Q04", "Q08", "F03", "F13"),
        *("F02", "F04", "F14", "Q11"),
    }


def test_registry__a_rule_that_tells_to_waive_it_is_waivable():
    told = {rule.id for rule in load_registry().rules if "waive" in rule.what_to_do}
    assert told
    assert told <= {rule.id for rule in load_registry().rules if rule.waivable}
