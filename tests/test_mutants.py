"""The list of mutants: none is stale, and every formula and rule has one. (``make mutate`` runs them.)"""

import pytest
from pydantic import ValidationError

from tests.mutants import Mutant, find_faults, load_mutants


def mutant(**changed):
    fields = {"file": "a.sql", "find": "one", "replace": "two", "breaks": "it", "rule": "F05", "unit": "a"}
    return Mutant(**{**fields, **changed})


@pytest.fixture
def little(tmp_path):
    """A repository of one formula and one rule, and a list of mutants that breaks both."""
    for name, text in {
        "dbt_project/models/measures/measure_a.sql": "select one",
        "expectations/rules.yaml": "rules: [{id: F05}]",
        "expectations/rules/door_2/F05.sql": "select 1",
        "expectations/suites/__init__.py": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    formula = mutant(file="dbt_project/models/measures/measure_a.sql")
    rule = mutant(file="expectations/rules/door_2/F05.sql", find="1", unit=None, tests=["tests"])
    return tmp_path, [formula, rule]


def test_mutants__the_list_is_sound(repository):
    mutants = load_mutants()
    assert len(mutants) > 200
    assert find_faults(mutants, repository) == []


def test_mutants__a_sound_list_has_no_fault(little):
    root, mutants = little
    assert find_faults(mutants, root) == []


def test_mutants__a_formula_or_rule_without_one_is_named(little):
    root, mutants = little
    assert find_faults(mutants[1:], root) == ["dbt_project/models/measures/measure_a.sql: no mutant"]
    assert find_faults(mutants[:1], root) == ["expectations/rules/door_2/F05.sql: no mutant"]
    (root / "expectations" / "suites" / "mart.py").write_text("")
    (root / "expectations" / "rules.yaml").write_text("rules: [{id: Q01}]")
    assert find_faults(mutants, root) == [
        "expectations/suites/mart.py: no mutant",
        "rule Q01: no mutant",
        "rule F05: broken by a mutant, but not in the registry",
    ]


@pytest.mark.parametrize("text", ["select two", "select one, one", None])
def test_mutants__a_text_that_does_not_stand_once_is_stale(little, text):
    root, mutants = little
    path = root / mutants[0].file
    path.unlink()
    if text:
        path.write_text(text)
    assert "measure_a.sql: it: stale, its text does not stand once" in find_faults(mutants, root)


def test_mutants__names_are_told_apart(little):
    root, mutants = little
    assert find_faults([*mutants, mutants[0]], root) == ["measure_a.sql: it: two mutants have this name"]


def test_mutants__are_planted(little):
    root, mutants = little
    mutants[0].plant(root)
    assert (root / mutants[0].file).read_text() == "select two"


@pytest.mark.parametrize(
    "changed", [{"unit": None}, {"tests": ["tests"]}, {"replace": "one"}, {"find": ""}, {"breaks": ""}, {"other": "x"}]
)
def test_mutants__a_row_that_could_not_be_noticed_is_refused(changed):
    with pytest.raises(ValidationError):
        mutant(**changed)
