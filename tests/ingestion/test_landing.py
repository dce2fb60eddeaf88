import json
import stat
from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from ingestion import archive, landed_files, landing, sidecars
from ingestion import ledger_tables as tables
from ingestion.archive import SourceLost
from ingestion.findings import Reject
from ingestion.landing import identify_delivery, land, slot_path
from ingestion.ledger import Ledger, open_ledger
from ingestion.rows_to_land import RowsToLand
from tests.ingestion.small_deliveries import D02_FAILED, EOYR, make_mapping, make_reading

TWO_DISTRICTS = {"00490000": ["10.00", "20.50", "7"], "00350000": ["1.25"]}


def read_slot(place, delivery_id, district_id="00490000", school_year=2017):
    return slot_path(place.home, "eoyr_report", school_year, district_id, delivery_id)


def test_land__writes_one_sorted_file_per_slot(place):
    landed = place.deliver(TWO_DISTRICTS)
    assert [(slot.district_id, slot.school_year, slot.n_rows) for slot in landed.slots] == [
        ("00350000", 2017, 1),
        ("00490000", 2017, 3),
    ]
    table = pq.read_table(read_slot(place, landed.delivery_id), partitioning=None, page_checksum_verification=True)
    assert table.schema == EOYR.landing_schema()
    assert table["line_item"].to_pylist() == ["line 0", "line 1", "line 2"]
    assert [str(amount) for amount in table["amount_usd"].to_pylist()] == ["10.00", "20.50", "7.00"]
    assert set(table["delivery_id"].to_pylist()) == {landed.delivery_id}


@pytest.mark.parametrize(("n_rows", "compression"), [(499, "UNCOMPRESSED"), (500, "ZSTD")])
def test_land__only_a_slot_of_many_rows_is_compressed(place, n_rows, compression):
    landed = place.deliver({"00490000": [f"{line}.00" for line in range(n_rows)]})
    column = pq.read_metadata(read_slot(place, landed.delivery_id)).row_group(0).column(0)
    assert (column.compression, column.has_dictionary_page) == (compression, n_rows == 500)


@pytest.mark.parametrize("n_rows", [3, 600])
def test_land__a_flipped_byte_is_noticed(place, n_rows):
    path = read_slot(place, place.deliver({"00490000": ["1.00"] * n_rows}).delivery_id)
    column = pq.read_metadata(path).row_group(0).column(0)
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    content[start + column.total_compressed_size - 1] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"(?i)crc"), pq.ParquetFile(path, page_checksum_verification=True) as file:
        file.read()


def test_land__closes_its_files(place):
    landed = place.deliver(TWO_DISTRICTS)
    raw = archive.archived_path(place.home, "spending_1.csv", place.ledger.delivery(landed.delivery_id)["file_sha256"])
    assert stat.S_IMODE(read_slot(place, landed.delivery_id).stat().st_mode) == 0o444
    assert stat.S_IMODE(raw.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (raw.parent, place.home.archive)} == {0o700}
    assert raw.read_bytes() == (place.inbox / "spending_1.csv").read_bytes()


def test_land__the_same_again_changes_nothing(place):
    source = place.inbox / "spending.csv"
    source.write_text("bytes", encoding="utf-8")
    first = land(place.home, place.ledger, make_reading(source, TWO_DISTRICTS), source)
    before = snapshot(place)
    again = land(place.home, place.ledger, make_reading(source, TWO_DISTRICTS), source)
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.delivery_id, again.slots) == (first.delivery_id, first.slots)
    assert snapshot(place) == before


def test_land__content_hash_knows_neither_line_nor_delivery(place):
    one = place.deliver({"00490000": ["5", "6"]}).slots[0]
    same = place.deliver({"00350000": ["1"], "00490000": ["5", "6"]}).slots[1]
    other = place.deliver({"00490000": ["5", "6.01"]}).slots[0]
    assert one.content_hash == same.content_hash != other.content_hash


def hash_of(place, *lines):
    """The content hash of a slot with these rows: line item, group of funds, amount."""
    source = place.inbox / "spending.csv"
    source.write_text("bytes", encoding="utf-8")
    named = [dict(zip(("line_item", "fund_group", "amount_usd"), line, strict=True)) for line in lines]
    slot = {"district_id": "00490000", "school_year": 2017, "fiscal_year": 2017, "state_function": "teachers"}
    rows = [slot | row | {"source_line": line} for line, row in enumerate(named, start=2)]
    schema = pa.schema([field.with_nullable(True) for field in EOYR.arrow_schema()])
    reading = replace(make_reading(source, {}), rows=RowsToLand(pa.Table.from_pylist(rows, schema=schema)))
    return landing._hash_slots(reading)[0].content_hash


ONE, OTHER = ("a", "b", Decimal("1.00")), ("c", "d", Decimal("2.00"))


@pytest.mark.parametrize(
    ("rows", "others", "is_same"),
    [
        ([ONE, OTHER], [OTHER, ONE], True),
        ([ONE, OTHER], [ONE], False),
        ([ONE, ONE], [ONE], False),
        ([ONE, ONE, OTHER], [ONE, OTHER, OTHER], False),
        ([("a", "bc", None)], [("ab", "c", None)], False),
        ([("a,1:b", "c", None)], [("a", "b,1:c", None)], False),
        ([("a", None, None)], [("a", "", None)], False),
        ([("a", None, None)], [("a", "-", None)], False),
        ([("a", "b", None)], [("a", "b", Decimal("0.00"))], False),
        ([("é", "b", None)], [("e", "b", None)], False),
    ],
)
def test_land__content_hash_is_of_the_rows_whatever_their_order(place, rows, others, is_same):
    assert (hash_of(place, *rows) == hash_of(place, *others)) is is_same


def test_land__a_quarantined_reading_fills_no_slot_but_is_kept(place):
    reject = Reject(4, "Amount", "D03", "the amount is not a number: correct it")
    landed = place.deliver(TWO_DISTRICTS, state="quarantined", rejects=(reject,), findings=(D02_FAILED,))
    delivery = place.ledger.delivery(landed.delivery_id)
    assert landed.slots == ()
    assert (delivery["state"], delivery["rows_in"], delivery["rows_rejected"]) == ("quarantined", 4, 4)
    assert archive.archived_path(place.home, "spending_1.csv", delivery["file_sha256"]).exists()
    results = place.ledger.rule_results(landed.delivery_id)
    assert [(row["door"], row["rule_id"], row["status"]) for row in results] == [(1, "D02", "failed")]
    rejects = place.ledger.rejects(landed.delivery_id)
    assert [(row["line"], row["column_name"], row["rule_id"]) for row in rejects] == [(4, "Amount", "D03")]
    assert list(place.home.landing.rglob("*.parquet")) == []


def test_land__a_source_that_changed_lands_nothing(place):
    source = place.inbox / "spending.csv"
    source.write_text("bytes", encoding="utf-8")
    reading = make_reading(source, TWO_DISTRICTS)
    source.write_text("other bytes", encoding="utf-8")
    with pytest.raises(SourceLost, match="changed while it was read"):
        land(place.home, place.ledger, reading, source)
    assert place.ledger.deliveries() == []
    assert [path for path in place.home.archive.rglob("*") if path.is_file()] == []


def test_land__refuses_a_district_that_would_leave_its_folder(place):
    with pytest.raises(ValueError, match="district_id"):
        place.deliver({"../../x": ["1"]})
    assert place.ledger.deliveries() == []


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ({}, True),
        ({"file_sha256": "b" * 64}, False),
        ({"mapping": make_mapping(title="Another title")}, False),
        ({"mapping": make_mapping(mapping="renamed")}, False),
        ({"said": {"manifest": "c" * 64}}, False),
        ({"key_id": "2026"}, False),
        ({"contract": EOYR.model_copy(update={"version": 2})}, False),
    ],
)
def test_identify_delivery__changes_with_all_that_it_depends_on(changed, is_same):
    facts = {"file_sha256": "a" * 64, "contract": EOYR, "mapping": make_mapping()}
    delivery_id = identify_delivery(**facts)
    assert len(delivery_id) == 20
    assert (identify_delivery(**facts | changed) == delivery_id) is is_same


class Killed(BaseException):
    """What a test raises where a process would die."""


STEPS = {
    "before the archive": (archive, "store"),
    "after the archive": (landing, "write_slots"),
    "before the sidecar": (sidecars, "write_delivery"),
    "before the ledger": (Ledger, "record_delivery"),
}


@pytest.mark.parametrize("step", STEPS)
def test_land__a_run_killed_at_any_step_is_completed_by_the_next(place, monkeypatch, step):
    source = place.inbox / "spending.csv"
    source.write_text("bytes", encoding="utf-8")
    reading = make_reading(source, TWO_DISTRICTS, rejects=(Reject(9, "", "Q04", "unknown code"),))
    with monkeypatch.context() as broken:
        broken.setattr(*STEPS[step], die)
        with pytest.raises(Killed):
            land(place.home, place.ledger, reading, source)
    assert place.ledger.deliveries() == []
    landed = land(place.home, place.ledger, reading, source)
    assert landed.is_new
    assert_whole(place, landed)


def test_land__killed_between_two_slots_leaves_no_half_file(place, monkeypatch):
    source = place.inbox / "spending.csv"
    source.write_text("bytes", encoding="utf-8")
    reading = make_reading(source, TWO_DISTRICTS)
    real, calls = landed_files._write_groups, []

    def die_at_second(sink, portions, **options):
        calls.append(1)
        if len(calls) == 2:
            sink.write(b"PAR1 half a file")
            raise Killed
        real(sink, portions, **options)

    with monkeypatch.context() as broken:
        broken.setattr(landed_files, "_write_groups", die_at_second)
        with pytest.raises(Killed):
            land(place.home, place.ledger, reading, source)
    assert len(list(place.home.landing.rglob("[!.]*.parquet"))) == 1
    assert_whole(place, land(place.home, place.ledger, reading, source))


def test_land__a_draft_that_a_killed_run_left_closed_is_replaced(place):
    source = place.inbox / "spending.csv"
    source.write_text("bytes", encoding="utf-8")
    reading = make_reading(source, TWO_DISTRICTS)
    path = read_slot(place, identify_delivery(reading.file_sha256, EOYR, reading.mapping))
    path.parent.mkdir(parents=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(b"PAR1 half a file")
    draft.chmod(0o444)
    landed = land(place.home, place.ledger, reading, source, path.stem)
    assert_whole(place, landed)
    assert not draft.exists()


def test_catch_up__takes_in_what_only_the_sidecar_knows(place, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "record_delivery", die)
        with pytest.raises(Killed):
            place.deliver(TWO_DISTRICTS)
    assert sidecars.catch_up(place.home, place.ledger) == 1
    assert sidecars.catch_up(place.home, place.ledger) == 0
    assert [row["seq"] for row in place.ledger.deliveries()] == [1]


def test_rebuild_ledger__equals_the_one_it_replaces(place):
    reject = Reject(4, "Amount", "D03", "the amount is not a number: correct it")
    place.deliver(TWO_DISTRICTS, state="accepted_with_rejects", rejects=(reject,))
    place.deliver({"00490000": ["3"]}, state="quarantined", findings=(D02_FAILED,), data_through=None)
    place.judge("00350000")
    place.ledger.start_build("b", "selection", "code", "config", date(2017, 6, 30))
    place.ledger.mark_refused("b", 2, "F05 failed")
    place.ledger.record_rule_results([D02_FAILED.__dict__ | {"door": 2, "subject": "b", "status": "failed"}])
    before = {name: rows_of(place.ledger, table) for name, table in tables.metadata.tables.items()}
    place.ledger.close()
    rebuilt = sidecars.rebuild_ledger(place.home)
    after = {name: rows_of(rebuilt, table) for name, table in tables.metadata.tables.items()}
    rebuilt.close()
    assert after == before
    assert len(before["admission"]) == len(before["delivery_slot"]) == 2
    assert len(list(place.home.path.glob("ledger-before-*.db"))) == 1


def test_rebuild_ledger__says_when_the_old_one_cannot_be_read(place, caplog):
    place.deliver(TWO_DISTRICTS)
    place.ledger.close()
    for path in place.home.path.glob("ledger.db*"):
        path.unlink()
    place.home.ledger_path.write_bytes(b"not a database" * 100)
    rebuilt = sidecars.rebuild_ledger(place.home)
    assert len(rebuilt.deliveries()) == 1
    assert "must come from a backup" in caplog.text
    rebuilt.close()


def die(*arguments, **options):
    raise Killed


def assert_whole(place, landed):
    """The delivery stands once, and its files hold what its slots say."""
    fresh = open_ledger(place.home)
    assert [row["delivery_id"] for row in fresh.deliveries()] == [landed.delivery_id]
    for slot in fresh.slots(landed.delivery_id):
        path = read_slot(place, landed.delivery_id, slot["district_id"])
        assert pq.read_metadata(path).num_rows == slot["n_rows"]
    fresh.close()
    files = duckdb.sql(f"select count(*) from read_parquet('{place.home.landing}/eoyr_report/*/*/*.parquet')")
    assert files.fetchall() == [(4,)]


def rows_of(ledger, table):
    columns = [column for column in table.columns if column.name != "id"]
    return sorted(ledger.read(sa.select(*columns)), key=lambda row: json.dumps(row, default=str))


def snapshot(place):
    files = {path: path.stat().st_mtime_ns for path in place.home.landing.rglob("*") if path.is_file()}
    return files, place.ledger.deliveries()
