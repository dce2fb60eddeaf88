"""Each kind of bad input ends in its named outcome; nothing is partly loaded, and everybody else goes on."""

import re
from contextlib import closing

import pytest

from ingestion import inbox_pass, reading
from ingestion.ledger import open_ledger
from tests.corpus.cases import CASES, write
from tests.corpus.cases_of_finance import FINANCE
from tests.corpus.page import PARTS, build_finance_table, build_table
from tests.corpus.place import LINES, LINES_HEAD, REPOSITORY, A, B, make_place
from tests.expectations.ledger_scene import find

OTHER = f"{B}/lines_2020.csv"


@pytest.fixture(scope="module")
def first_night(tmp_path_factory):
    return make_place(tmp_path_factory.mktemp("corpus") / "place")


@pytest.fixture
def place(first_night, tmp_path):
    return first_night.copy(tmp_path / "place")


def disturb(case, path, monkeypatch):
    """What happens to the file while the night is at it."""
    read_sheet, hash_file = reading.read_sheet, inbox_pass.hash_file

    def read(source, options):
        sheet = read_sheet(source, options)
        if source == path and case.during == "grow":
            with path.open("ab") as handle:
                handle.write(b"Teachers,Still more,1\n")
        if source == path and case.during == "vanish":
            path.unlink()
            path.read_bytes()
        return sheet

    def hashed(source):
        if source == path and case.during == "forbid":
            raise PermissionError(13, "Permission denied")
        return hash_file(source)

    if case.during:
        monkeypatch.setattr(reading, "read_sheet", read)
        monkeypatch.setattr(inbox_pass, "hash_file", hashed)


def places(place, file):
    """Rule, severity, line and column of everything that was said about a file."""
    found = [(each.rule_id, each.severity, each.line, each.column) for each in file.findings]
    if file.delivery_id:
        with closing(open_ledger(place.home)) as ledger:
            rejects = ledger.rejects(file.delivery_id)
        found += [(each["rule_id"], "error", each["line"], each["column_name"]) for each in rejects]
    return found


def test_the_corpus__has_all_72_cases():
    assert {int(re.match(r"\d+", case.number)[0]) for case in CASES} == set(range(1, 73))
    assert len({case.number for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_a_bad_delivery__ends_in_its_named_outcome(case, place, monkeypatch):
    path = write(case, place.inbox)
    (place.inbox / OTHER).write_text("\n".join([LINES_HEAD, *LINES, "Teachers,One more,1"]) + "\n", encoding="utf-8")
    outside, landed = place.files_outside(), place.landed()
    disturb(case, path, monkeypatch)
    files, held = place.night(door=case.door is not None)
    monkeypatch.undo()

    before = place.first[case.replaces]
    mine = place.serving(before)[A]
    file = files.get(case.file)
    assert (file.outcome if file else "") == case.outcome, file
    if file is None:
        assert mine == before
    else:
        assert_said(case, place, file)
        assert mine == (file.delivery_id if case.serves else before)
        assert set(files) == set(place.first) - {case.file} | {case.file}, "an outcome for each file, and no other"
        assert file.rows_in == file.rows_landed + file.rows_rejected + file.rows_duplicate
        if case.outcome not in ("landed", "unchanged"):
            assert len(place.landed()) == len(landed) + 1
    assert held == ({A: case.door} if case.door else {})
    assert files[OTHER].outcome == "landed"
    assert place.serving(place.first[OTHER])[B] == files[OTHER].delivery_id
    assert place.files_outside() <= outside
    assert not list(place.home.work.glob("unpacked/*"))


def assert_said(case, place, file):
    """Rule, severity, line and column are named, and the message has the case's words."""
    if case.rule:
        named = (case.rule, case.severity, case.line, case.column)
        assert named in places(place, file), places(place, file)
    if case.words:
        said = " ".join([file.message, *(finding.message for finding in file.findings)])
        assert case.words in said
    if case.rows is not None:
        assert (file.rows_in, file.rows_landed, file.rows_rejected, file.rows_duplicate) == case.rows
    if case.outcome == "quarantined":
        assert all(finding.what_to_do for finding in file.findings if finding.severity == "error")
    if case.then:
        case.then(place, file)


def test_what_was_left_for_the_next_night__is_read_then(place, monkeypatch):
    case = next(case for case in CASES if case.number == "28")
    path = write(case, place.inbox)
    with monkeypatch.context() as disturbed:
        disturb(case, path, disturbed)
        files, _ = place.night()
    assert files[case.file].outcome == "unreadable"
    files, _ = place.night()
    assert (files[case.file].outcome, files[case.file].rows_in) == ("landed", 22)


@pytest.mark.parametrize("case", FINANCE, ids=lambda case: case.number)
def test_bad_finances__are_named_and_nothing_is_said_of_sound_ones(case):
    assert find(case.rule, *case.sound) == (0, "")
    found = find(case.rule, *case.bad)
    assert found is not None and found[0] > 0
    assert case.words in found[1]


def test_the_page__lists_every_case_as_it_is_tested():
    text = (REPOSITORY / "docs" / "bad_input.md").read_text(encoding="utf-8")
    tables = {title: build_table(cases) for title, cases in PARTS.items()} | {"Finances": build_finance_table(FINANCE)}
    for title, table in tables.items():
        section = text.split(f"## {title}\n")[1].split("\n## ")[0]
        assert [line for line in section.splitlines() if line.startswith("|")] == table
