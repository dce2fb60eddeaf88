import dataclasses
import gzip
import json
import os
import stat
import zipfile

import pytest

from ingestion.archive import hash_file
from ingestion.archives import ArchiveRefused, Limits, Member, list_members, unpack
from ingestion.file_names import find_path_fault
from ingestion.home import Home
from ingestion.inbox import process_inbox
from ingestion.ledger import open_ledger
from tests.ingestion.delivered_files import LINES_ROWS, load_little

LINES = ("\n".join(LINES_ROWS) + "\n").encode()
zipfile_of = zipfile.ZipFile
SMALL = Limits(members=3, bytes=1_000_000, ratio=50, small=1_000)


def zipped(path, **entries):
    """A zip of named contents; a name is an entry or bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def entry(name, mode=0o100644):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def patched(path, old, new):
    """A zip in which bytes of the lists are others, as no program would write them."""
    path.write_bytes(path.read_bytes().replace(old, new))
    return path


def refusal(path, limits=SMALL):
    with pytest.raises(ArchiveRefused) as caught:
        list_members(path, limits)
    assert caught.value.what_to_do
    return caught.value.message


def test_list_members__gives_files_without_folders_and_hidden_ones(tmp_path):
    path = zipped(
        tmp_path / "a.zip", **{"d/": b"", "d/a.csv": LINES, "__MACOSX/d/._a.csv": b"x", ".hidden/b.csv": b"x"}
    )
    assert list_members(path) == [Member("d/a.csv", len(LINES))]
    unpack(path, {tmp_path / "out.csv": Member("d/a.csv", len(LINES))})
    assert (tmp_path / "out.csv").read_bytes() == LINES
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600


def test_list_members__of_gzip_is_its_name_without_the_ending(tmp_path):
    path = tmp_path / "a.csv.GZ"
    path.write_bytes(gzip.compress(LINES))
    (member,) = list_members(path)
    unpack(path, {tmp_path / "out.csv": member})
    assert (member.name, (tmp_path / "out.csv").read_bytes()) == ("a.csv", LINES)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"../../x.csv": b"x"}, "leads out of its folder"),
        ({"/x.csv": b"x"}, "leads out of its folder"),
        ({"C:/x.csv": b"x"}, "leads out of its folder"),
        ({"a/./x.csv": b"x"}, "leads out of its folder"),
        ({"..\\x.csv": b"x"}, "leads out of its folder"),
        ({"inner.zip": b"x"}, "is an archive itself"),
        ({"inner.tar.gz": b"x"}, "is an archive itself"),
        ({"a" * 300 + ".csv": b"x"}, "is longer than 255 bytes"),
        ({"a\u202evsc.csv": b"x"}, "signs that cannot be seen"),
        ({"l\u0456nes.csv": b"x"}, "two alphabets that look alike"),
        ({"\uff4cines.csv": b"x"}, "signs that look like others"),
        ({"a.csv": b"x", "A.csv": b"y"}, "the name of another one"),
        ({f"{n}.csv": b"x" for n in range(4)}, "more than 3 files"),
        ({"a.csv": b"0" * 100_000}, "more than 50 times its size"),
        ({"a.csv": b"0" * 1_100_000}, "unpacks to more than"),
        ({}, "holds no file"),
    ],
)
def test_list_members__refuses_a_trap_by_its_list(tmp_path, entries, words):
    assert words in refusal(zipped(tmp_path / "a.zip", **entries))


def test_list_members__refuses_links_and_devices(tmp_path):
    for mode, words in ((stat.S_IFLNK | 0o777, "is a link"), (stat.S_IFIFO | 0o600, "is not a file")):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(entry("a.csv", mode), "/etc/passwd")
        assert words in refusal(tmp_path / "a.zip")


def test_list_members__refuses_what_is_encrypted(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"a.csv": LINES})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "is encrypted" in refusal(path)


def test_list_members__refuses_a_name_with_nul(tmp_path):
    path = patched(zipped(tmp_path / "a.zip", **{"lines.csv": LINES}), b"lines.csv", b"lin\0s.csv")
    assert "signs that cannot be seen" in refusal(path)


@pytest.mark.parametrize("name", ["a.zip", "a.csv.gz"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"code,name\n"])
def test_unpack__refuses_what_is_no_archive(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ArchiveRefused, match="damaged, cut off or of a form that is not read"):
        for member in list_members(path):
            unpack(path, {tmp_path / "out": member})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-9], lambda text: text + b"garbage", lambda text: text[:-8] + b"\0" * 8]
)
def test_unpack__refuses_a_damaged_gzip_and_leaves_nothing(tmp_path, damage):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(damage(gzip.compress(LINES)))
    (member,) = list_members(path)
    with pytest.raises(ArchiveRefused, match="damaged"):
        unpack(path, {tmp_path / "out.csv": member})
    assert not (tmp_path / "out.csv").exists()


def test_unpack__stops_when_a_gzip_grows_past_its_limit(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 3_000_000))
    (member,) = list_members(path)
    with pytest.raises(ArchiveRefused, match="grows past what is allowed"):
        unpack(path, {tmp_path / "out.csv": member}, SMALL)
    assert not (tmp_path / "out.csv").exists()


def test_unpack__believes_no_size_in_the_list(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"a.csv": b"0" * 3_000_000})
    size = (3_000_000).to_bytes(4, "little")
    patched(path, size, (90).to_bytes(4, "little"))
    (member,) = list_members(path, dataclasses.replace(SMALL, ratio=10**6))
    with pytest.raises(ArchiveRefused):
        unpack(path, {tmp_path / "out.csv": member}, SMALL)
    assert not (tmp_path / "out.csv").exists()


def test_find_path_fault__lets_names_of_any_one_alphabet_pass():
    for name in (
        "d/Übersicht 2020.csv",
        "U\u0308bersicht.csv",
        "学生.csv",
        "lines_2020.v2-final(1).csv",
        "отчёт/данные",
    ):
        assert find_path_fault(name) is None, name


# An archive in the inbox


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox" / "00010000"
    folder.mkdir(parents=True)
    return folder


def night(tmp_path):
    home = Home(tmp_path / "home").ensure()
    ledger = open_ledger(home)
    result = process_inbox(home, ledger, load_little(tmp_path / "little"), tmp_path / "inbox")
    ledger.close()
    assert not list(home.work.glob("unpacked/*"))
    return {file.relative_path: file for file in result.files}


def test_process_inbox__reads_the_files_of_a_zip_and_knows_them_again(tmp_path, inbox):
    manifest = b'{"rows": 3}'
    zipped(
        inbox / "sent.zip",
        **{"lines_2020.csv": LINES, "lines_2020.csv.manifest.json": manifest, "other.txt": b"x"},
    )
    (inbox / "more.zip").write_bytes((inbox / "sent.zip").read_bytes())
    files = night(tmp_path)
    assert {path: file.outcome for path, file in files.items()} == {
        "00010000/more.zip": "unpacked",
        "00010000/more.zip/lines_2020.csv": "landed",
        "00010000/more.zip/other.txt": "no_mapping",
        "00010000/sent.zip": "unpacked",
        "00010000/sent.zip/lines_2020.csv": "duplicate",
        "00010000/sent.zip/other.txt": "no_mapping",
    }
    landed = files["00010000/more.zip/lines_2020.csv"]
    assert (landed.sender, landed.state, landed.rows_landed) == ("00010000", "accepted", 3)
    archived = [path for path in (tmp_path / "home" / "archive").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in archived] == [LINES]
    again = {path: file.outcome for path, file in night(tmp_path).items()}
    assert again == {path: "no_mapping" if "other" in path else "unchanged" for path in files}


def test_process_inbox__does_not_unpack_what_nobody_reads(tmp_path, inbox, monkeypatch):
    monkeypatch.setattr("ingestion.inbox_archives.unpack", None)
    zipped(inbox / "sent.zip", **{"a.txt": b"x", "b.txt": b"x"})
    for _ in range(2):
        (file,) = night(tmp_path).values()
        assert (file.relative_path, file.outcome) == ("00010000/sent.zip", "no_mapping")
        assert "any of the files in it" in file.message


def test_process_inbox__does_not_unpack_what_it_knows(tmp_path, inbox, monkeypatch):
    zipped(inbox / "sent.zip", **{"lines_2020.csv": LINES})
    night(tmp_path)
    monkeypatch.setattr("ingestion.inbox_archives.unpack", None)
    assert {file.outcome for file in night(tmp_path).values()} == {"unchanged"}


def test_process_inbox__unpacks_again_when_a_manifest_changed(tmp_path, inbox):
    path = inbox / "lines_2020.csv.gz"
    path.write_bytes(gzip.compress(LINES))
    assert night(tmp_path)["00010000/lines_2020.csv.gz/lines_2020.csv"].outcome == "landed"
    path.with_name(path.name + ".manifest.json").write_text('{"file": "lines_2020.csv.gz", "rows": 4}')
    files = night(tmp_path)
    assert files["00010000/lines_2020.csv.gz"].outcome == "unchanged"
    assert files["00010000/lines_2020.csv.gz/lines_2020.csv"].outcome == "quarantined"


def test_process_inbox__refuses_an_archive_with_another_hash_than_promised(tmp_path, inbox):
    path = zipped(inbox / "sent.zip", **{"lines_2020.csv": LINES})
    path.with_name(path.name + ".manifest.json").write_text('{"sha256": "00"}')
    (file,) = night(tmp_path).values()
    assert (file.outcome, [finding.rule_id for finding in file.findings]) == ("refused", ["D02"])
    assert "sha256" in file.message


def test_process_inbox__reads_nothing_of_an_archive_with_one_bad_file(tmp_path, inbox):
    path = zipped(inbox / "sent.zip", **{"lines_2020.csv": LINES, "z/other.csv": b"0123456789" * 20})
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("z/other.csv").header_offset
    content = bytearray(path.read_bytes())
    content[start + 45] ^= 0xFF
    path.write_bytes(content)
    for _ in range(2):
        (file,) = night(tmp_path).values()
        assert (file.relative_path, file.outcome) == ("00010000/sent.zip", "refused")
        assert "damaged" in file.message
    assert not [each for each in (tmp_path / "home" / "archive").rglob("*") if each.is_file()]


def test_process_inbox__two_files_of_one_name_in_an_archive_stay_apart(tmp_path, inbox):
    other = b"category,item,amount\nTeachers,Classroom,1\n"
    zipped(inbox.parent / "all.zip", **{"00010000/lines_2020.csv": LINES, "00020000/lines_2020.csv": other})
    files = night(tmp_path)
    assert [(file.sender, file.rows_landed) for file in files.values() if file.outcome == "landed"] == [
        ("00010000", 3),
        ("00020000", 1),
    ]


def test_process_inbox__knows_an_archive_with_a_promised_hash_without_reading_it_again(tmp_path, inbox, monkeypatch):
    path = zipped(inbox / "sent.zip", **{"lines_2020.csv": LINES})
    promised = {"sha256": hash_file(path)}
    path.with_name(path.name + ".manifest.json").write_text(json.dumps(promised))
    assert night(tmp_path)["00010000/sent.zip/lines_2020.csv"].outcome == "landed"
    monkeypatch.setattr("ingestion.inbox_archives.hash_file", None)
    assert {file.outcome for file in night(tmp_path).values()} == {"unchanged"}


def test_unpack__opens_an_archive_once_for_all_its_files(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", **{f"{n}.csv": b"x" for n in range(9)})
    members = {tmp_path / member.name: member for member in list_members(path)}
    opened = []
    monkeypatch.setattr("ingestion.archives.zipfile.ZipFile", lambda path: opened.append(path) or zipfile_of(path))
    unpack(path, members)
    assert (len(opened), [place.read_bytes() for place in members]) == (1, [b"x"] * 9)


def test_process_inbox__keeps_manifests_of_an_archive_beside_one_of_nearly_its_name(tmp_path, inbox):
    content = {"lines_2020.csv": LINES, "lines_2020.csv.manifest.json": b'{"rows": 4}'}
    zipped(inbox / "r.zip", **content)
    zipped(inbox / "r.zip-old.zip", **{"other.csv": b"x"})
    files = night(tmp_path)
    assert list(files)[:3] == ["00010000/r.zip", "00010000/r.zip/lines_2020.csv", "00010000/r.zip-old.zip"]
    assert files["00010000/r.zip/lines_2020.csv"].outcome == "quarantined"


def test_process_inbox__dates_a_file_of_an_archive_as_the_archive(tmp_path, inbox):
    path = zipped(inbox / "sent.zip", **{"lines_2020.csv": LINES})
    in_november_2019 = 1_574_000_000
    os.utime(path, (in_november_2019, in_november_2019))
    place = tmp_path / "lines_2020.csv"
    unpack(path, dict.fromkeys([place], list_members(path)[0]))
    assert place.stat().st_mtime == in_november_2019
    (name,) = night(tmp_path).keys() - {"00010000/sent.zip"}
    ledger = open_ledger(Home(tmp_path / "home"))
    (delivery,) = ledger.deliveries()
    ledger.close()
    assert (name, str(delivery["data_through"])) == ("00010000/sent.zip/lines_2020.csv", "2019-11-17")


def test_process_inbox__refuses_a_folder_of_the_name_of_fetched_files(tmp_path, inbox):
    fetched = tmp_path / "home" / "incoming" / "00010000"
    for folder in (fetched, tmp_path / "inbox" / "incoming" / "00010000"):
        folder.mkdir(parents=True)
        (folder / "lines_2020.csv").write_bytes(LINES)
    files = night(tmp_path)
    assert files["incoming"].outcome == "unreadable"
    assert "rename it" in files["incoming"].message
    assert set(files) == {"incoming", "incoming/00010000/lines_2020.csv"}
