"""Where mappings stand: a collaborative's own, shipped ones, and what extends what."""

from pathlib import Path

import pytest

from ingestion import mapping_files
from ingestion.contract import load_contracts
from ingestion.mapping import find_mapping
from ingestion.mapping_checks import check_mapping
from ingestion.mapping_files import find_shipped, load_mapping
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import COLLABORATIVE, LINES, RATES, load_little

DISTRICTS_OWN = (
    "extends: shipped:vendor/lines.yaml\nmapping: abels_lines\n"
    "file: '(?P<district_id>00010000)/lines_(?P<school_year>[0-9]{4})\\.csv'\ncolumns:\n  amount: {heading: Euros}\n"
)


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A product that ships two publishers' mappings."""
    folder = tmp_path / "product"
    files = {"state/rates.yaml": RATES, "vendor/lines.yaml": LINES, "vendor/_part.yaml": "title: Part of a mapping\n"}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(mapping_files, "SHIPPED", folder)
    return folder


def _load(tmp_path, use, mappings="mappings: [mappings]", **changed):
    settings = COLLABORATIVE.replace("mappings: [mappings]", f"{mappings}\nuse_mappings: {use}")
    none = {"mappings/rates.yaml": "title: not read\n", "mappings/lines.yaml": "title: not read\n"}
    return load_little(tmp_path / "ours", **{"collaborative.yaml": settings, **none, **changed})


@pytest.mark.parametrize("use", ["[state, vendor]", "[state/rates, vendor/lines]", "[vendor, vendor/lines, state]"])
def test_a_collaborative_uses_what_the_product_ships_by_publisher_or_by_mapping(tmp_path, shipped, use):
    found = _load(tmp_path, use, mappings="")
    assert [mapping.mapping for mapping in found.mappings] == ["lines", "rates"]


def test_a_district_overrides_single_lines_of_the_mapping_that_serves_its_vendors_other_customers(tmp_path, shipped):
    own = {"mappings/rates.yaml": RATES, "mappings/lines.yaml": DISTRICTS_OWN}
    found = _load(tmp_path, "[vendor]", **own)
    abels = find_mapping(found.mappings, "00010000/lines_2020.csv")
    bakers = find_mapping(found.mappings, "00020000/lines_2020.csv")
    assert abels is not None and bakers is not None
    assert (abels.mapping, abels.extended, abels.columns["amount"].heading) == ("abels_lines", ("lines",), "Euros")
    assert (bakers.mapping, bakers.extended, bakers.columns["amount"].heading) == ("lines", (), "amount")
    assert abels.columns["item"] == bakers.columns["item"]


def test_what_extends_what_is_no_part_of_what_a_mapping_says(tmp_path):
    (tmp_path / "a.yaml").write_text(LINES, encoding="utf-8")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n", encoding="utf-8")
    first, second = (load_mapping(tmp_path / name)[0] for name in ("a.yaml", "b.yaml"))
    assert second.extended == ("lines",)
    assert first.content_hash == second.content_hash


@pytest.mark.parametrize("name", ["nobody", "vendor/_part", "../product/vendor", "/", "."])
def test_a_mapping_that_is_not_shipped_is_a_fault_of_the_configuration(tmp_path, shipped, name):
    assert find_shipped(name) == []
    with pytest.raises(ConfigurationError, match=r"collaborative.yaml:\d+:\d+: use_mappings: no mapping"):
        _load(tmp_path, f"[{name}]")


def test_a_collaborative_without_any_mapping_is_refused(tmp_path, shipped):
    with pytest.raises(ConfigurationError, match="needs folders of its own"):
        _load(tmp_path, "[]", mappings="")


def test_only_extends_says_what_is_extended(tmp_path):
    (tmp_path / "a.yaml").write_text(LINES + "extended: [other]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="write extends"):
        load_mapping(tmp_path / "a.yaml")


def _shipped_mappings() -> list[Path]:
    return sorted(path for path in mapping_files.SHIPPED.glob("*/*.yaml") if not mapping_files.is_part(path))


@pytest.mark.parametrize("path", _shipped_mappings(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_each_shipped_mapping_fits_its_contract_and_has_a_name_of_its_own(path):
    mapping, _ = load_mapping(path)
    assert list(check_mapping(mapping, load_contracts())) == []
    assert [other for other in _shipped_mappings() if load_mapping(other)[0].mapping == mapping.mapping] == [path]
