import pytest

from orchestration.dbt_runner import prepare_manifest


@pytest.fixture(scope="session")
def manifest():
    """dbt's manifest of the project as it stands."""
    return prepare_manifest()


@pytest.fixture
def demo(manifest, repository, tmp_path, monkeypatch):
    """The environment of the demo collaborative, on a home that nobody has used."""
    monkeypatch.setenv("SCHOOLSTAT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCHOOLSTAT_COLLABORATIVE", str(repository / "collaboratives" / "demo"))
    return tmp_path / "home"
