"""Complete delivery, on a folder of this machine; the other kinds of place follow the same rule."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from ingestion.sources.drop import Entry, find_unsafe
from ingestion.sources.folder import FolderPlace
from ingestion.sources.outcomes import FileFault
from tests.ingestion.sources.conftest import words


@pytest.fixture
def drop(tmp_path):
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


def folder_source(drop, complete="stable", **more):
    return {"source": "cedar", "kind": "folder", "path": str(drop), "complete": complete, **more}


def write(path, text, seconds=1_000_000):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (seconds, seconds))


def write_manifest(path, **said):
    manifest = path.with_name(path.name + ".manifest.json")
    manifest.write_text(json.dumps(said), encoding="utf-8")
    os.utime(manifest, (1_000_000, 1_000_000))


def test_stable__takes_a_file_at_the_second_look_that_finds_it_the_same(fetching, drop):
    write(drop / "2025" / "a.csv", "half")
    source = folder_source(drop)
    looks = [words(fetching.fetch(source))]
    fetching.wait(minutes=4)
    looks.append(words(fetching.fetch(source)))  # too soon
    write(drop / "2025" / "a.csv", "half and half", seconds=1_000_060)
    fetching.wait(minutes=5)
    looks.append(words(fetching.fetch(source)))  # it grew
    assert fetching.arrived() == {}
    fetching.wait(minutes=5)
    looks.append(words(fetching.fetch(source)))
    looks.append(words(fetching.fetch(source)))
    assert [look["a.csv"] for look in looks] == ["waiting", "waiting", "waiting", "fetched", "unchanged"]
    assert fetching.arrived() == {"cedar/2025/a.csv": b"half and half"}


def test_done__waits_for_a_mark_that_is_not_older_than_the_file(fetching, drop):
    source = folder_source(drop, "done")
    write(drop / "a.csv", "one", seconds=100)
    assert words(fetching.fetch(source)) == {"a.csv": "waiting"}
    write(drop / "a.csv.done", "", seconds=100)
    assert words(fetching.fetch(source)) == {"a.csv": "fetched"}
    write(drop / "a.csv", "half of tw", seconds=200)
    assert words(fetching.fetch(source)) == {"a.csv": "waiting"}
    assert fetching.arrived() == {"cedar/a.csv": b"one"}
    write(drop / "a.csv", "two", seconds=200)
    write(drop / "a.csv.done", "", seconds=201)
    assert words(fetching.fetch(source)) == {"a.csv": "fetched"}
    assert fetching.arrived() == {"cedar/a.csv": b"two"}


def test_manifest__waits_until_both_agree_and_takes_both(fetching, drop):
    source = folder_source(drop, "manifest")
    write(drop / "a.csv", "one")
    assert words(fetching.fetch(source)) == {"a.csv": "waiting"}
    write_manifest(drop / "a.csv", sha256=hashlib.sha256(b"whole").hexdigest())
    outcome = fetching.fetch(source)
    assert words(outcome) == {"a.csv": "waiting"}
    assert "other bytes" in outcome.files[0].message
    assert fetching.arrived() == {}
    write(drop / "a.csv", "whole")
    assert words(fetching.fetch(source)) == {"a.csv": "fetched"}
    assert set(fetching.arrived()) == {"cedar/a.csv", "cedar/a.csv.manifest.json"}


def test_manifest__without_a_hash_must_not_be_older_than_the_file(fetching, drop):
    write(drop / "a.csv", "one", seconds=1_000_001)
    write_manifest(drop / "a.csv", rows=1)
    source = folder_source(drop, "manifest")
    assert words(fetching.fetch(source)) == {"a.csv": "waiting"}
    write(drop / "a.csv", "one", seconds=1_000_000)
    assert words(fetching.fetch(source)) == {"a.csv": "fetched"}


def test_manifest__one_that_changes_alone_is_taken_and_the_file_stays(fetching, drop):
    source = folder_source(drop, "manifest")
    write(drop / "a.csv", "one")
    write_manifest(drop / "a.csv", rows=1)
    fetching.fetch(source)
    before = (fetching.home.incoming / "cedar" / "a.csv").stat().st_mtime_ns
    write_manifest(drop / "a.csv", rows=12345)
    assert words(fetching.fetch(source)) == {"a.csv": "unchanged"}
    assert json.loads(fetching.arrived()["cedar/a.csv.manifest.json"]) == {"rows": 12345}
    assert (fetching.home.incoming / "cedar" / "a.csv").stat().st_mtime_ns == before


def test_fetch__reads_no_bytes_while_size_and_time_stay(fetching, drop, monkeypatch):
    write(drop / "a.csv", "one")
    write(drop / "a.csv.done", "")
    source = folder_source(drop, "done")
    fetching.fetch(source)

    def refuse(*arguments):
        raise AssertionError("read again")

    monkeypatch.setattr(FolderPlace, "copy", refuse)
    assert words(fetching.fetch(source)) == {"a.csv": "unchanged"}
    monkeypatch.undo()
    write(drop / "a.csv", "one", seconds=1_000_000 - 1)  # touched: the bytes are read and are the same
    assert words(fetching.fetch(source)) == {"a.csv": "unchanged"}


def test_fetch__brings_back_a_file_that_is_gone_from_incoming(fetching, drop):
    write(drop / "a.csv", "one")
    write(drop / "a.csv.done", "")
    fetching.fetch(folder_source(drop, "done"))
    (fetching.home.incoming / "cedar" / "a.csv").unlink()
    assert words(fetching.fetch(folder_source(drop, "done"))) == {"a.csv": "fetched"}


def test_fetch__does_not_take_again_what_was_destroyed_here(fetching, drop):
    source = folder_source(drop, "done")
    for name in ("a.csv", "b.csv"):
        write(drop / name, "one")
        write(drop / f"{name}.done", "")
    fetching.fetch(source)
    arrival = {"arrived_as": "incoming/cedar/a.csv", "sha256": hashlib.sha256(b"one").hexdigest()}
    plan = fetching.home.certificates / "destroyed-000001" / "plan.json"
    plan.parent.mkdir(parents=True)
    plan.write_text(json.dumps({"arrivals": [arrival]}), encoding="utf-8")
    for name in ("a.csv", "b.csv"):
        (fetching.home.incoming / "cedar" / name).unlink()
    assert words(fetching.fetch(source)) == {"a.csv": "unchanged", "b.csv": "fetched"}
    write(drop / "a.csv", "one", seconds=999_999)  # touched
    assert words(fetching.fetch(source)) == {"a.csv": "unchanged", "b.csv": "unchanged"}
    assert fetching.arrived() == {"cedar/b.csv": b"one"}
    write_manifest(drop / "a.csv", rows=1)
    assert words(fetching.fetch(source))["a.csv"] == "fetched", "whoever comes back sends it with a new manifest"


@pytest.mark.parametrize("change", ["grows", "is replaced"])
def test_fetch__a_file_that_changes_while_it_is_read_leaves_nothing(fetching, drop, monkeypatch, change):
    write(drop / "a.csv", "one")
    write(drop / "a.csv.done", "", seconds=3_000_000)
    copy = FolderPlace.copy

    def change_meanwhile(place, path, target):
        if change == "grows":
            write(drop / "a.csv", "one and more")
        copy(place, path, target)
        if change == "is replaced":
            write(drop / "a.csv", "two", seconds=2_000_000)

    monkeypatch.setattr(FolderPlace, "copy", change_meanwhile)
    assert words(fetching.fetch(folder_source(drop, "done"))) == {"a.csv": "waiting"}
    assert fetching.arrived() == {}


def test_fetch__one_file_that_cannot_be_read_costs_the_others_nothing(fetching, drop, monkeypatch):
    for name in ("a.csv", "b.csv"):
        write(drop / name, name)
        write(drop / f"{name}.done", "")
    copy = FolderPlace.copy

    def lose_a(place, path, target):
        if path == "a.csv":
            (drop / path).unlink()
        copy(place, path, target)

    monkeypatch.setattr(FolderPlace, "copy", lose_a)
    outcome = fetching.fetch(folder_source(drop, "done"))
    assert words(outcome) == {"a.csv": "failed", "b.csv": "fetched"}
    assert fetching.arrived() == {"cedar/b.csv": b"b.csv"}


def test_fetch__takes_what_is_asked_for_under_the_folders_that_are_given(fetching, drop, tmp_path):
    (tmp_path / "secret.csv").write_text("not a delivery", encoding="utf-8")
    (drop / "link.csv").symlink_to(tmp_path / "secret.csv")
    for name in ("ledger.csv", "notes.txt", ".hidden.csv", "large.csv"):
        write(drop / name, "x" * (2 << 20) if name == "large.csv" else name)
        write(drop / f"{name}.done", "")
    more = {"files": r".*\.csv", "under": "00490000/2025", "largest_megabytes": 1}
    outcome = fetching.fetch(folder_source(drop, "done", **more))
    assert words(outcome) == {"large.csv": "refused", "ledger.csv": "fetched"}
    assert fetching.arrived() == {"cedar/00490000/2025/ledger.csv": b"ledger.csv"}
    kept = fetching.home.incoming / "cedar" / "00490000" / "2025" / "ledger.csv"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in list(kept.parents)[:4]} == {0o700}


@pytest.mark.parametrize(
    "path", ["../a.csv", "a/../../b", "/etc/passwd", "a//b", "a\\b", "a\nb", ".", "", "x\udc80.csv"]
)
def test_find_unsafe__names_paths_that_could_lead_elsewhere(path):
    assert find_unsafe(path)


def test_find_unsafe__lets_plain_paths_be():
    assert find_unsafe("Übersicht 2025/Ledger (final).csv") == ""


def test_fetch__a_hostile_listing_writes_nothing_outside(fetching, drop, monkeypatch):
    monkeypatch.setattr(FolderPlace, "entries", lambda _: iter([Entry("../../evil.csv", 1, 1)]))
    outcome = fetching.fetch(folder_source(drop))
    assert [file.outcome for file in outcome.files] == ["refused"]
    assert fetching.arrived() == {}


def test_fetch__a_source_that_is_down_costs_the_others_nothing_and_is_remembered(fetching, drop, tmp_path):
    from ingestion.sources.memory import runs

    write(drop / "a.csv", "one")
    write(drop / "a.csv.done", "")
    nowhere = folder_source(tmp_path / "nowhere", "done") | {"source": "birch"}
    outcomes = fetching.fetch_all(fetching.load(nowhere, folder_source(drop, "done")))
    assert [(one.source, one.outcome) for one in outcomes] == [("birch", "unreachable"), ("cedar", "fetched")]
    kept = runs(fetching.ledger)
    assert kept["birch"]["succeeded_at"] is None
    assert (kept["cedar"]["outcome"], kept["cedar"]["n_fetched"]) == ("fetched", 1)
    assert kept["cedar"]["succeeded_at"] == fetching.now.isoformat()


def test_fetch__refuses_a_source_that_nobody_configured(fetching, drop):
    from ingestion.yaml_document import ConfigurationError

    with pytest.raises(ConfigurationError, match=r"--source elm: sources\.yaml has no such source"):
        fetching.fetch(folder_source(drop), only=["elm"])


def test_fetch__an_error_that_nobody_foresaw_ends_its_source_alone_and_tells_no_value(
    fetching, drop, tmp_path, monkeypatch, caplog
):
    for name in ("a.csv", "b.csv"):
        write(drop / name, name)
        write(drop / f"{name}.done", "")
    copy, secret = FolderPlace.copy, "a pupil's name"

    def fail_at_b(place, path, target):
        if path == "b.csv":
            raise RuntimeError(secret)
        copy(place, path, target)

    monkeypatch.setattr(FolderPlace, "copy", fail_at_b)
    other = tmp_path / "other"
    write(other / "c.csv", "c")
    write(other / "c.csv.done", "")
    birch = folder_source(other, "done") | {"source": "birch"}
    outcomes = fetching.fetch_all(fetching.load(folder_source(drop, "done"), birch))
    assert [(one.outcome, words(one)) for one in outcomes] == [
        ("failed", {"a.csv": "fetched"}),
        ("fetched", {"c.csv": "fetched"}),
    ]
    assert "RuntimeError" in outcomes[0].message
    assert "fail_at_b" in caplog.text
    assert secret not in caplog.text + outcomes[0].message


def test_fetch__an_incoming_folder_that_cannot_be_made_ends_its_source_alone(fetching, drop):
    fetching.home.incoming.mkdir(parents=True, exist_ok=True)
    (fetching.home.incoming / "cedar").write_text("in the way", encoding="utf-8")
    write(drop / "a.csv", "one")
    write(drop / "a.csv.done", "")
    assert fetching.fetch(folder_source(drop, "done")).outcome == "failed"


def test_fetch__a_file_that_goes_between_listing_and_looking_costs_nothing(fetching, drop, monkeypatch):
    for name in ("a.csv", "b.csv"):
        write(drop / name, name)
        write(drop / f"{name}.done", "")
    scandir = os.scandir

    def rename_meanwhile(folder):
        found = list(scandir(folder))
        (drop / "a.csv").rename(drop / "taken")
        return found

    monkeypatch.setattr(os, "scandir", rename_meanwhile)
    outcome = fetching.fetch(folder_source(drop, "done"))
    assert (outcome.outcome, words(outcome)) == ("fetched", {"b.csv": "fetched"})


@pytest.mark.parametrize("text", ["two", "one"])
def test_fetch__a_manifest_that_its_place_has_no_more_goes_here_too(fetching, drop, text):
    source = folder_source(drop, "done")
    write(drop / "a.csv", "one")
    write(drop / "a.csv.done", "", seconds=3_000_000)
    write_manifest(drop / "a.csv", sha256=hashlib.sha256(b"one").hexdigest())
    fetching.fetch(source)
    assert set(fetching.arrived()) == {"cedar/a.csv", "cedar/a.csv.manifest.json"}
    (drop / "a.csv.manifest.json").unlink()
    write(drop / "a.csv", text, seconds=2_000_000)
    fetching.fetch(source)
    assert fetching.arrived() == {"cedar/a.csv": text.encode()}


def test_fetch__killed_between_file_and_manifest_leaves_no_old_manifest_beside_the_new_file(
    fetching, drop, monkeypatch
):
    source = folder_source(drop, "manifest")
    write(drop / "a.csv", "one")
    write_manifest(drop / "a.csv", sha256=hashlib.sha256(b"one").hexdigest())
    fetching.fetch(source)
    write(drop / "a.csv", "two")
    write_manifest(drop / "a.csv", sha256=hashlib.sha256(b"two").hexdigest(), rows=0)
    replace = Path.replace

    def die_at_the_manifest(path, target):
        if target.name.endswith(".manifest.json"):
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", die_at_the_manifest)
    with pytest.raises(KeyboardInterrupt):
        fetching.fetch(source)
    assert fetching.arrived() == {"cedar/a.csv": b"two"}
    monkeypatch.undo()
    fetching.fetch(source)
    assert set(fetching.arrived()) == {"cedar/a.csv", "cedar/a.csv.manifest.json"}


def test_fetch__a_file_keeps_the_time_that_its_place_tells(fetching, drop, monkeypatch):
    source = folder_source(drop, "done")
    write(drop / "a.csv", "one")
    write(drop / "a.csv.done", "", seconds=3_000_000)
    fetching.fetch(source)
    here = fetching.home.incoming / "cedar" / "a.csv"
    assert here.stat().st_mtime == 1_000_000
    write(drop / "a.csv", "two")  # other bytes of the same size and time, which a manifest gives away: they must show
    write_manifest(drop / "a.csv", rows=1)
    assert words(fetching.fetch(source)) == {"a.csv": "fetched"}
    assert here.read_bytes() == b"two"
    assert here.stat().st_mtime != 1_000_000


def test_fetch__a_full_disk_here_is_not_the_places_fault(fetching, drop, monkeypatch):
    from ingestion.sources import drop as module

    class Full:
        def write(self, block):
            raise OSError(28, "No space left on device")

    with pytest.raises(FileFault, match=r"cannot be written here \(No space left on device\)"):
        module._Counted(Full(), 10).write(b"x")
