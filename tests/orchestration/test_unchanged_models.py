"""What a night leaves as it was copied: models that nothing which changed reaches."""

import json
from types import SimpleNamespace

import pytest

from ingestion.contract import load_contracts
from orchestration.unchanged_models import find_left, find_unchanged


@pytest.fixture(autouse=True)
def contracts(monkeypatch):
    monkeypatch.setattr("orchestration.unchanged_models.load_contracts", lambda: {"lines": None, "days": None})


def node(name, reads, code="", kind="model"):
    return SimpleNamespace(name=name, resource_type=kind, raw_code=code, depends_on=SimpleNamespace(nodes=reads))


def source(of, name, **meta):
    return SimpleNamespace(source_name=of, name=name, config=SimpleNamespace(meta=meta))


SELECTION = "from {{ source('build', 'selection') }}"
SOURCES = {
    **{name: source("landing", name) for name in ("lines", "days", "mapped")},
    "accounts": source("landing", "accounts", contract="lines"),
    **{name: source("build", name) for name in ("selection", "build_scope", "delivery_status", "published_figures")},
    "districts": source("collaborative", "districts"),
}
NODES = {
    "seed": SimpleNamespace(name="seed", resource_type="seed", raw_code="", depends_on=SimpleNamespace()),
    "dim": node("dim", ["districts", "seed"]),
    "fct_lines": node("fct_lines", ["lines", "build_scope", "dim"]),
    "fct_days": node("fct_days", ["days", "build_scope", "dim"]),
    "last_day": node(
        "last_day", ["fct_days", "selection"], f"{SELECTION}\n    where contract = 'days' and is_current\n)"
    ),
    "restated": node("restated", ["selection"], f"{SELECTION}\n    where contract = 'lines'\n)"),
    "windows": node(
        "windows", ["selection"], f"{SELECTION}\n    where contract in ('days', 'weeks') and is_current\n)"
    ),
    "status": node("status", ["delivery_status"]),
    "mart": node("mart", ["fct_lines", "last_day"]),
    "mart_key": node("mart_key", ["mart"], kind="test"),
}


def unchanged(*changed, **more):
    return set(find_unchanged(SimpleNamespace(nodes=NODES | more, sources=SOURCES), changed).values())


def test_find_unchanged__follows_a_contract_to_all_that_is_made_of_it():
    assert unchanged("lines") == {"seed", "dim", "fct_days", "last_day", "windows"}
    assert unchanged("days") == {"seed", "dim", "fct_lines", "restated"}
    assert unchanged("lines", "days") == {"seed", "dim"}


def test_find_left__is_what_is_without_rows_beside_what_is_unchanged():
    nodes = {key: SimpleNamespace(**vars(each), schema="made") for key, each in NODES.items()}
    manifest = SimpleNamespace(nodes=nodes, sources=SOURCES)
    assert set(find_left(manifest, ["lines"], [("made", "mart")]).values()) == unchanged("lines") | {"mart"}
    assert find_left(manifest, None, [("made", "mart")]) == {"mart": "mart"}
    assert find_left(manifest, None) == {}


def test_find_unchanged__follows_another_publication_to_what_is_shared():
    shared = {"shared": node("shared", ["published_figures"])}
    assert "shared" in unchanged("lines", **shared)
    assert "shared" not in unchanged("published_figures", **shared)


def test_find_unchanged__gives_each_after_what_it_reads():
    manifest = SimpleNamespace(nodes=dict(reversed(NODES.items())), sources=SOURCES)
    found = list(find_unchanged(manifest, ["lines"]))
    assert found.index("fct_days") < found.index("last_day")
    assert found.index("seed") < found.index("dim") < found.index("fct_days")


def test_find_unchanged__what_says_how_fresh_a_district_is_is_always_made_anew():
    assert set(NODES) - unchanged() == {"status", "mart_key"}


def test_find_unchanged__what_reads_a_view_of_no_contract_is_made_anew():
    assert "accounts" not in unchanged("days", accounts=node("accounts", ["mapped"]))


def test_find_unchanged__a_view_over_landing_follows_the_contract_that_it_names():
    ledger = node("ledger", ["accounts"])
    assert "ledger" in unchanged("days", ledger=ledger)
    assert "ledger" not in unchanged("lines", ledger=ledger)


@pytest.mark.parametrize(
    "code",
    [
        f"{SELECTION}",
        f"{SELECTION}\n where domain = 'finance'\n)",
        f"{SELECTION}\n where contract = 'days' or is_current\n)",
        f"{SELECTION}\n where contract = 'days'\n), others as (\n {SELECTION}\n)",
    ],
)
def test_find_unchanged__what_reads_more_of_the_selection_is_made_anew(code):
    assert "whole" not in unchanged("lines", whole=node("whole", ["selection"], code))
    assert "whole" not in unchanged(whole=node("whole", ["selection"], code))


def test_find_unchanged__each_model_that_reads_the_selection_names_its_contract(manifest, monkeypatch):
    """Else every night makes it and all that is made of it; what compares with the release before must be made anew."""
    monkeypatch.setattr("orchestration.unchanged_models.load_contracts", load_contracts)
    written = json.loads(manifest.read_text(encoding="utf-8"))
    nodes = {
        unique_id: node(each["name"], each["depends_on"].get("nodes", []), each["raw_code"], each["resource_type"])
        for unique_id, each in written["nodes"].items()
    }
    sources = {
        key: source(each["source_name"], each["name"], **each["config"]["meta"])
        for key, each in written["sources"].items()
    }
    found = find_unchanged(SimpleNamespace(nodes=nodes, sources=sources), ())
    readers = {
        key
        for key, each in nodes.items()
        if each.resource_type == "model" and any(parent.endswith("build.selection") for parent in each.depends_on.nodes)
    }
    compared = {key for key in readers if any(".build.earlier_" in parent for parent in nodes[key].depends_on.nodes)}
    assert compared and not compared & set(found)
    readers -= compared
    assert readers
    assert readers <= set(found)
