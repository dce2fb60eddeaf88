"""Every model says what a row is, by what key, for whom, and what each column means."""

import copy
import re
from pathlib import PurePosixPath

import pytest

AUDIENCES = {"collaborative", "private", "shared"}
SCOPES = {"district_year", "collaborative"}
CONTRACTED_LAYERS = {"marts", "shared"}


def find_faults(manifest: dict) -> list[str]:
    """Name each way in which a model breaks a convention, as ``model: fault``."""
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return [f"{model['name']}: {fault}" for model in models for fault in find_model_faults(model, manifest)]


def find_model_faults(model: dict, manifest: dict) -> list[str]:
    return [
        *_describe_faults(model),
        *_key_faults(model, manifest),
        *_meta_faults(model),
        *_contract_faults(model),
        *_sql_faults(model),
    ]


def _describe_faults(model: dict):
    beside = PurePosixPath(model["original_file_path"]).with_suffix(".yml")
    if model["patch_path"] != f"{model['package_name']}://{beside}":
        yield f"no yml of its own name beside it ({beside})"
    if not model["description"].startswith("One row per "):
        yield 'its description does not start with "One row per"'
    if not model["columns"]:
        yield "no column is described"
    for name, column in model["columns"].items():
        if not column["description"].strip():
            yield f"column {name} is not described"


def _key_faults(model: dict, manifest: dict):
    key = model["config"]["meta"].get("key") or []
    tested = [
        node["test_metadata"]["kwargs"]["columns"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and node.get("attached_node") == model["unique_id"]
        and node["test_metadata"]["name"] == "unique_key"
        and node["config"]["severity"].upper() == "ERROR"
        and node["config"]["where"] is None
    ]
    if not key:
        yield "meta.key is missing"
    if key not in tested:
        yield "no unique_key test on meta.key"
    if "district_id" in model["columns"] and key[:1] != ["district_id"]:
        yield "district_id is not first in its key"
    if {"district_id", "metric_id"} <= set(key) and "variant" not in key:
        yield "its key has metric_id without variant: figures over two counts of pupils would meet in one row"
    if set(key) - set(model["columns"]):
        yield "its key names a column that is not described"


def _meta_faults(model: dict):
    meta = model["config"]["meta"]
    if not isinstance(meta.get("release"), list) or set(meta["release"]) - AUDIENCES:
        yield "meta.release is missing or names an unknown audience"
    if not meta.get("owner"):
        yield "meta.owner is missing"
    if meta.get("scope") not in SCOPES:
        yield "meta.scope is missing or unknown"
    if meta.get("scope") == "district_year" and model["config"]["materialized"] not in ("view", "incremental"):
        yield "its scope is district_year, but it is rebuilt whole"
    if meta.get("scope") != "district_year" and model["config"]["materialized"] == "incremental":
        yield "it is incremental, but its scope is not district_year"
    if model["config"]["materialized"] == "incremental" and "in_build_scope(" not in model["raw_code"]:
        yield "it is incremental and reads more than its build scope"


def _contract_faults(model: dict):
    if model["fqn"][1] not in CONTRACTED_LAYERS:
        return
    if not model["config"]["contract"]["enforced"]:
        yield "its contract is not enforced"
    for name, column in model["columns"].items():
        if not column["data_type"]:
            yield f"column {name} has no data_type"


def _sql_faults(model: dict):
    code = model["raw_code"].lower()
    if re.search(r"\bselect\s+distinct\b", code):
        yield "select distinct: repair the rows where they are wrong"
    if re.search(r"\bgroup\s+by\s+all\b", code):
        yield "group by all hides the grain"
    if re.search(r"\bunion\b(?!\s+all\b)", code):
        yield "union without all drops rows"
    if model["fqn"][1] in CONTRACTED_LAYERS and re.search(r"^select\s+\*", code, re.MULTILINE):
        yield "select * in the final select of a mart"


def test_conventions__hold_for_every_model(manifest):
    assert find_faults(manifest) == []


def test_conventions__every_model_is_looked_at(manifest, repository):
    files = {path.stem for path in (repository / "dbt_project" / "models").rglob("*.sql")}
    models = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    assert files == models
    assert "mart_per_pupil_spending" in models


def _forget_key_test(model, manifest):
    for node_id, node in list(manifest["nodes"].items()):
        if node.get("attached_node") == model["unique_id"]:
            del manifest["nodes"][node_id]


def _drop_variant(model, _):
    model["config"]["meta"]["key"] = ["district_id", "metric_id", "school_year"]


def _replace_code(code):
    return lambda model, _: model.update(raw_code=code)


FAULTS = {
    "no yml": (lambda m, _: m.update(patch_path="schoolstat://models/marts/marts.yml"), "no yml of its own name"),
    "no grain": (lambda m, _: m.update(description="The wide mart."), '"One row per"'),
    "no columns": (lambda m, _: m.update(columns={}), "no column is described"),
    "blank column": (lambda m, _: m["columns"]["basis"].update(description=" "), "column basis is not described"),
    "no key test": (_forget_key_test, "no unique_key test"),
    "no key": (lambda m, _: m["config"]["meta"].pop("key"), "meta.key is missing"),
    "key order": (lambda m, _: m["config"]["meta"]["key"].reverse(), "district_id is not first"),
    "key without variant": (_drop_variant, "two counts of pupils would meet"),
    "key column": (lambda m, _: m["columns"].pop("basis"), "not described"),
    "no release": (lambda m, _: m["config"]["meta"].pop("release"), "meta.release"),
    "odd audience": (lambda m, _: m["config"]["meta"].update(release=["everyone"]), "meta.release"),
    "no owner": (lambda m, _: m["config"]["meta"].pop("owner"), "meta.owner"),
    "no scope": (lambda m, _: m["config"]["meta"].pop("scope"), "meta.scope"),
    "whole, by scope": (lambda m, _: m["config"]["meta"].update(scope="district_year"), "rebuilt whole"),
    "incremental, whole": (lambda m, _: m["config"].update(materialized="incremental"), "its scope is not"),
    "no scope read": (lambda m, _: m["config"].update(materialized="incremental"), "more than its build scope"),
    "no contract": (lambda m, _: m["config"]["contract"].update(enforced=False), "contract is not enforced"),
    "no type": (lambda m, _: m["columns"]["basis"].update(data_type=None), "column basis has no data_type"),
    "distinct": (_replace_code("select distinct a from b"), "select distinct"),
    "group by all": (_replace_code("select a from b group by all"), "group by all"),
    "union": (_replace_code("select a from b union select a from c"), "union without all"),
    "star": (_replace_code("with b as (select 1)\n\nselect *\nfrom b"), "select * in the final select"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_conventions__each_fault_is_found(manifest, name):
    broken = copy.deepcopy(manifest)
    model = broken["nodes"]["model.schoolstat.mart_metric_trend"]
    break_model, message = FAULTS[name]
    break_model(model, broken)
    assert any(message in fault for fault in find_faults(broken))


def find_exposure_faults(manifest: dict, repository) -> list[str]:
    """Name each mart that nobody uses, and each use that its own file does not show."""
    exposures = manifest["exposures"].values()
    return [*_unused(manifest, exposures), *(fault for each in exposures for fault in _unshown(each, repository))]


def _unused(manifest, exposures):
    used = {node for exposure in exposures for node in exposure["depends_on"]["nodes"]}
    for node_id, node in manifest["nodes"].items():
        is_mart = node["resource_type"] == "model" and node["fqn"][1] in CONTRACTED_LAYERS
        if is_mart and node["config"]["meta"]["release"] and node_id not in used:
            yield f"{node['name']}: no exposure says who uses it"


def _unshown(exposure, repository):
    files = [repository / name for name in exposure["config"]["meta"]["uses"]]
    told = " ".join(file.read_text(encoding="utf-8") for file in files)
    for node_id in exposure["depends_on"]["nodes"]:
        name = node_id.split(".")[-1]
        if not re.search(rf"\b{name}\b", told):
            yield f"{exposure['name']}: no file of its `uses` names {name}"


def test_exposures__name_each_mart_and_what_their_files_name(manifest, repository):
    assert find_exposure_faults(manifest, repository) == []


def test_exposures__each_fault_is_found(manifest, repository):
    broken = copy.deepcopy(manifest)
    used = broken["exposures"]["exposure.schoolstat.essa_file"]["depends_on"]["nodes"]
    used[:] = ["model.schoolstat.mart_topic"]
    broken["exposures"].pop("exposure.schoolstat.long_series")
    faults = find_exposure_faults(broken, repository)
    assert "essa_file: no file of its `uses` names mart_topic" in faults
    assert "mart_restatement: no exposure says who uses it" in faults
