"""What the dbt tests share: one parsed manifest and one small build."""

import json

import duckdb
import pytest

from tests.dbt_project.build_file import write_build_file
from tests.dbt_project.dbt_runs import build_models, run_dbt
from tests.dbt_project.small_collaborative import small_collaborative


@pytest.fixture(scope="session")
def manifest(tmp_path_factory) -> dict:
    """dbt's manifest of the project, from ``dbt parse``."""
    folder = tmp_path_factory.mktemp("parse")
    result = run_dbt(folder / "warehouse.duckdb", folder, "parse")
    assert result.success, result.exception
    return json.loads((folder / "target" / "manifest.json").read_text())


@pytest.fixture(scope="session")
def built_file(tmp_path_factory):
    """The small collaborative's build, with every dbt test run."""
    folder = tmp_path_factory.mktemp("build")
    path = write_build_file(folder / "warehouse.duckdb", small_collaborative(), folder / "parquet")
    build_models(path, folder)
    return path


@pytest.fixture
def built(built_file):
    """A read-only connection to the small collaborative's build."""
    with duckdb.connect(str(built_file), read_only=True) as connection:
        yield connection
