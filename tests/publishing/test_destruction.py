"""A destroyed district in what was released and published: what stood behind figures goes, what was seen stays."""

import json

import duckdb
import pytest

from ingestion.archive import hash_file
from ingestion.destruction import Scope
from ingestion.home import Home
from ingestion.published_figures import CERTIFICATE, FIGURES, SECRETS, hash_certificate, list_publications
from publishing.destruction import (
    count_figures,
    count_secrets,
    drop_releases,
    find_rows,
    forget_secrets,
    releases_holding,
    releases_with,
    tell_published,
)
from publishing.release import current_release_id, publish, verify_release
from tests.publishing.conftest import FIRST

A, B = "90010000", "90020000"


def write(path, rows, columns="district_id varchar, school_year int, basis varchar, value int"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table rows ({columns})")
        connection.executemany("insert into rows values (?, ?, ?, ?)", rows)
        connection.execute(f"copy rows to '{path}' (format parquet)")


@pytest.fixture
def home(tmp_path):
    """Two publications of two districts, one behind the other."""
    home, before = Home(tmp_path / "home").ensure(), None
    for number in (1, 2):
        folder = home.publications / f"p00000{number}-abcd"
        rows = [(district, year, "computed", number) for district in (A, B) for year in (2025, 2026)]
        for name in (FIGURES, SECRETS):
            write(folder / name, rows)
        files = {name: hash_file(folder / name) for name in (FIGURES, SECRETS)}
        told = {"publication_id": folder.name, "previous_publication_id": before, "files": files, "proof": {}}
        told["school_years"] = [2025, 2026]
        (folder / CERTIFICATE).write_text(json.dumps({**told, "sha256": hash_certificate(told)}))
        before = folder.name
    return home


def test_forget_secrets__keeps_what_others_have_seen_and_a_sound_chain(home):
    assert count_secrets(home, Scope(A)) == {"p000001-abcd": 2, "p000002-abcd": 2}
    seen = [each.certificate["files"][FIGURES] for each in list_publications(home)]
    forget_secrets(home, Scope(A), "destroyed-000001")
    publications = list_publications(home)
    assert [each.certificate["files"][FIGURES] for each in publications] == seen
    assert count_secrets(home, Scope(A)) == {} and count_secrets(home, Scope(B)) != {}
    assert count_figures(home, Scope(A)) == 4
    assert all(len(list(each.folder.iterdir())) == 3 for each in publications)
    assert all(each.certificate["destroyed"][0]["certificate_id"] == "destroyed-000001" for each in publications)


def test_forget_secrets__of_one_school_year_and_again_after_a_kill(home, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("publishing.destruction.write_atomically", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        forget_secrets(home, Scope(A, (2025,)), "destroyed-000001")
    assert count_secrets(home, Scope(A)) == {"p000001-abcd": 2, "p000002-abcd": 2}
    forget_secrets(home, Scope(A, (2025,)), "destroyed-000001")
    assert count_secrets(home, Scope(A)) == {"p000001-abcd": 1, "p000002-abcd": 1}
    assert all(len(list(each.folder.iterdir())) == 3 for each in list_publications(home))


def test_find_rows__tells_what_is_published_from_what_is_left(home):
    write(home.builds / "b" / "shared_metric_value.parquet", [(A, 2026, "computed", 1), (A, 2026, "reported", 2)])
    write(home.work / "left.parquet", [(B, 2026, "computed", 1), (A, 2025, "computed", 1)])
    shown, left = tell_published(find_rows(home, Scope(A)))
    assert shown == 4 + 1
    secrets = [f"publications/p00000{number}-abcd/{SECRETS}:rows" for number in (1, 2)]
    assert left == ["builds/b/shared_metric_value.parquet:rows", *secrets, "work/left.parquet:rows"]


def test_find_rows__of_one_school_year_looks_at_people_alone(home):
    write(
        home.work / "list.parquet",
        [(A, 2025, "x", 1)],
        "district_id varchar, school_year int, student_key varchar, n int",
    )
    assert find_rows(home, Scope(A, (2025,))) == {"work/list.parquet:rows": 1}
    assert find_rows(home, Scope(A, (2024,))) == {}


def test_drop_releases__never_the_one_that_readers_have(second):
    before = current_release_id(second.home)
    publish(second.home, second.ledger, second.inputs.build_id, second.collaborative)
    current = current_release_id(second.home)
    (second.home.releases / ".dropped-r000000-x").mkdir()
    drop_releases(second.home, [before, current])
    assert current_release_id(second.home) == current != before
    assert [path.name for path in second.home.releases.iterdir() if path.is_dir() and not path.is_symlink()] == [
        current
    ]
    verify_release(second.home)
    assert releases_with(second.home, {"no such delivery"}) == []
    assert FIRST[:8] in before


def test_releases_holding__are_those_that_know_a_district_by_their_roster_alone(home):
    for number, rows in enumerate(([(A, 2026, "x", 1)], [(B, 2026, "x", 1)], [(A, 2026, "computed", 1)]), start=1):
        name = "shared_metric_value" if number == 3 else "dim_district"
        write(home.releases / f"r00000{number}-abcd" / f"{name}.parquet", rows)
    assert releases_holding(home, Scope(A)) == {"r000001-abcd"}
