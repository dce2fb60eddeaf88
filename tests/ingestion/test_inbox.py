import dataclasses
import os

import pytest

from ingestion import inbox_pass
from ingestion.findings import Reject
from ingestion.inbox import InboxError, process_inbox
from ingestion.inbox_pass import hash_reference
from ingestion.ledger import Ledger
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.small_deliveries import D02_FAILED, make_collaborative, make_mapping, make_reading

A = "00350000"


@pytest.fixture
def reads(monkeypatch):
    """Reading as a table of what to make of each file's text; gives the paths that were read."""
    paths = []

    def read(path, relative_path, mapping, contract, collaborative, vault, spill_folder):
        paths.append(relative_path)
        text = path.read_text(encoding="utf-8")
        if "vanish" in text:
            path.unlink()
            return path.read_bytes()
        is_known = collaborative.district(A) is not None
        refused = (Reject(2, "Code", "Q04", "unknown code"),) if "partly" in text and not is_known else ()
        reading = make_reading(
            path,
            {A: [str(len(text))]},
            mapping=mapping,
            state="quarantined" if "bad" in text else "accepted_with_rejects" if refused else "accepted",
            rejects=refused,
            findings=(D02_FAILED,) if "bad" in text else (),
        )
        return dataclasses.replace(reading, relative_path=relative_path)

    monkeypatch.setattr("ingestion.reading.read_delivery", read)
    return paths


def write(place, name, text="1"):
    path = place.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def run(place, *mappings, districts=(A,), **options):
    collaborative = make_collaborative(*districts, mappings=mappings or (make_mapping(),))
    result = process_inbox(place.home, place.ledger, collaborative, place.inbox, **options)
    return {file.relative_path: file for file in result.files}


def outcomes(files):
    return {path: file.outcome for path, file in files.items()}


def test_process_inbox__names_an_outcome_for_every_file(place, reads):
    write(place, "spending_a.csv")
    write(place, "b/spending_bad.csv", "bad")
    write(place, "b/enrollment.csv")
    write(place, "z/spending_copy.csv")
    files = run(place)
    assert outcomes(files) == {
        "b/enrollment.csv": "no_mapping",
        "b/spending_bad.csv": "quarantined",
        "spending_a.csv": "landed",
        "z/spending_copy.csv": "duplicate",
    }
    assert list(files) == sorted(files)
    assert reads == ["b/spending_bad.csv", "spending_a.csv"]
    assert files["z/spending_copy.csv"].delivery_id == files["spending_a.csv"].delivery_id
    for file in files.values():
        assert file.rows_in == file.rows_landed + file.rows_rejected + file.rows_duplicate
    assert [finding.rule_id for finding in files["b/spending_bad.csv"].findings] == ["D02"]


def test_process_inbox__again_neither_reads_nor_hashes(place, reads, monkeypatch):
    write(place, "spending_a.csv")
    write(place, "spending_bad.csv", "bad")
    first = run(place)
    monkeypatch.setattr(inbox_pass, "hash_file", None)
    assert outcomes(run(place)) == dict.fromkeys(first, "unchanged")
    assert len(reads) == 2


def test_process_inbox__a_touched_file_is_a_duplicate_and_then_unchanged(place, reads):
    path = write(place, "spending_a.csv")
    run(place)
    os.utime(path, ns=(1, 1))
    assert outcomes(run(place)) == {"spending_a.csv": "duplicate"}
    assert outcomes(run(place)) == {"spending_a.csv": "unchanged"}


def test_process_inbox__new_bytes_under_the_old_name_land(place, reads):
    write(place, "spending_a.csv")
    run(place)
    write(place, "spending_a.csv", "22")
    assert outcomes(run(place)) == {"spending_a.csv": "landed"}
    assert len(place.ledger.deliveries()) == 2


def test_process_inbox__a_corrected_mapping_reads_the_file_again(place, reads):
    write(place, "spending_a.csv")
    first = run(place)["spending_a.csv"]
    corrected = make_mapping(title="Spending, corrected")
    second = run(place, corrected)["spending_a.csv"]
    assert (second.outcome, second.delivery_id == first.delivery_id) == ("landed", False)
    assert outcomes(run(place, corrected)) == {"spending_a.csv": "unchanged"}


def test_process_inbox__a_corrected_manifest_reads_the_file_again(place, reads):
    write(place, "spending_a.csv", "bad")
    run(place)
    write(place, "spending_a.csv.manifest.json", '{"rows": 3}')
    assert outcomes(run(place)) == {"spending_a.csv": "quarantined"}
    assert outcomes(run(place)) == {"spending_a.csv": "unchanged"}
    assert len(reads) == 2


def test_process_inbox__a_corrected_name_reads_the_file_again(place, reads):
    mapping = make_mapping(file=r"spending_(?P<school_year>\d{4})\.csv")
    path = write(place, "spending_2071.csv", "bad")
    run(place, mapping)
    path.rename(place.inbox / "spending_2017.csv")
    assert outcomes(run(place, mapping)) == {"spending_2017.csv": "quarantined"}
    assert len(reads) == 2


def test_process_inbox__a_corrected_roster_reads_only_what_was_refused(place, reads):
    write(place, "spending_a.csv")
    write(place, "spending_b.csv", "partly")
    before = run(place, districts=("00490000",))
    assert before["spending_b.csv"].rows_rejected == 1
    after = run(place, districts=("00490000", A))
    assert outcomes(after) == {"spending_a.csv": "unchanged", "spending_b.csv": "landed"}
    assert after["spending_b.csv"].rows_rejected == 0
    later = run(place, districts=("00490000", A, "02010000"))
    assert outcomes(later) == {"spending_a.csv": "unchanged", "spending_b.csv": "unchanged"}
    assert len(reads) == 3


def test_process_inbox__what_vanishes_or_cannot_be_read_is_an_outcome(place, reads, monkeypatch):
    write(place, "spending_a.csv")
    write(place, "spending_gone.csv", "vanish")
    locked = write(place, "spending_locked.csv", "locked")
    real = inbox_pass.hash_file

    def refuse(path):
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(inbox_pass, "hash_file", refuse)
    files = run(place)
    assert outcomes(files) == {
        "spending_a.csv": "landed",
        "spending_gone.csv": "unreadable",
        "spending_locked.csv": "unreadable",
    }
    assert "No such file" in files["spending_gone.csv"].message
    assert "Permission denied" in files["spending_locked.csv"].message


def test_process_inbox__a_file_that_grows_while_it_is_read_waits(place, reads, monkeypatch):
    write(place, "spending_a.csv")
    monkeypatch.setattr(inbox_pass, "hash_file", lambda _: "0" * 64)
    files = run(place)
    assert files["spending_a.csv"].outcome == "unreadable"
    assert "changed while it was read" in files["spending_a.csv"].message
    assert place.ledger.deliveries() == []


def test_process_inbox__follows_no_link_and_skips_what_is_hidden(place, reads, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "spending_x.csv").write_text("x", encoding="utf-8")
    (place.inbox / "spending_link.csv").symlink_to(outside / "spending_x.csv")
    (place.inbox / "folder").symlink_to(outside)
    write(place, ".hidden/spending.csv")
    write(place, ".spending.csv")
    write(place, "spending.csv.manifest.json", "{}")
    assert run(place) == {}


def test_process_inbox__a_name_that_is_not_utf8_is_an_outcome(place, reads):
    (place.inbox / os.fsdecode(b"spending_\xff.csv")).write_text("1", encoding="utf-8")
    assert [(file.outcome, "rename" in file.message) for file in run(place).values()] == [("unreadable", True)]


def test_process_inbox__two_mappings_for_one_file_land_nothing(place, reads):
    write(place, "spending_a.csv")
    with pytest.raises(ConfigurationError, match="is claimed by"):
        run(place, make_mapping(), make_mapping(mapping="second"))
    assert place.ledger.deliveries() == []


def test_process_inbox__needs_a_folder(place):
    with pytest.raises(InboxError, match="--inbox"):
        process_inbox(place.home, place.ledger, make_collaborative(), place.inbox / "nowhere")


def test_process_inbox__keeps_to_districts_and_years(place, reads):
    own = make_mapping(mapping="own", file=r"own_(?P<district_id>\d{8})_(?P<school_year>\d{4})\.csv")
    own = own
    for name in ("own_00350000_2017.csv", "own_00350000_2018.csv", "own_00490000_2017.csv", "spending_all.csv"):
        write(place, name, name)
    mappings = (own, make_mapping())
    wanted = run(place, *mappings, districts=(A, "00490000"), years={2017})
    assert set(wanted) == {"own_00350000_2017.csv", "own_00490000_2017.csv", "spending_all.csv"}


def test_process_inbox__keeps_to_districts_but_not_for_statewide_senders(place, reads):
    own = make_mapping(mapping="own", file=r"own_(?P<district_id>\d{8})\.csv")
    for name in ("own_00350000.csv", "own_00490000.csv", "spending_all.csv"):
        write(place, name, name)
    collaborative = make_collaborative(A, "00490000", mappings=(own, make_mapping()))
    result = process_inbox(place.home, place.ledger, collaborative, place.inbox, districts={"00490000"})
    assert [file.relative_path for file in result.files] == ["own_00490000.csv", "spending_all.csv"]


class Killed(BaseException):
    pass


def test_process_inbox__killed_before_the_ledger_completes_although_the_file_is_gone(place, reads, monkeypatch):
    path = write(place, "spending_a.csv")

    def die(*arguments):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "record_delivery", die)
        with pytest.raises(Killed):
            run(place)
    path.unlink()
    write(place, "spending_b.csv", "another")
    assert outcomes(run(place)) == {"spending_b.csv": "landed"}
    assert [row["seq"] for row in place.ledger.deliveries()] == [1, 2]


def test_process_inbox__killed_before_the_inbox_row_finds_a_duplicate(place, reads, monkeypatch):
    write(place, "spending_a.csv")

    def die(*arguments):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "record_inbox_file", die)
        with pytest.raises(Killed):
            run(place)
    assert outcomes(run(place)) == {"spending_a.csv": "duplicate"}
    assert len(place.ledger.deliveries()) == 1


def test_hash_reference__changes_with_the_roster():
    assert hash_reference(make_collaborative(A)) != hash_reference(make_collaborative())
