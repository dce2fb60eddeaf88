"""The warehouse's page: one file that opens by itself, with every model, and with no row and no path of the machine."""

import json
import tempfile
from pathlib import Path

import pytest

from orchestration.dbt_docs import write_docs
from orchestration.dbt_runner import MANIFEST

pytestmark = pytest.mark.xdist_group("definitions")


@pytest.fixture(scope="module")
def page(manifest, tmp_path_factory):
    output = tmp_path_factory.mktemp("docs") / "warehouse.html"
    write_docs(output)
    return output.read_text(encoding="utf-8")


def test_page__has_every_model_and_every_use(page):
    told = json.loads(MANIFEST.read_text(encoding="utf-8"))
    names = [*told["nodes"], *told["exposures"]]
    assert len(names) > 400
    assert [name for name in names if f'"{name}"' not in page] == []
    assert "MANIFEST.JSON INLINE DATA" not in page and "CATALOG.JSON INLINE DATA" not in page


def test_page__holds_no_path_of_the_machine_and_no_table_s_contents(page, repository):
    for place in (repository, Path.home(), Path(tempfile.gettempdir())):
        assert f"{place}/" not in page, place
    catalog, _ = json.JSONDecoder().raw_decode(page, page.index("catalog:{") + len("catalog:"))
    assert (catalog["nodes"], catalog["sources"]) == ({}, {})
