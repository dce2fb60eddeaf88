"""What ``destroy`` refuses before anything is planned, and what it leaves to a person."""

import shutil
from contextlib import closing

import pytest

from ingestion.admission import Verdict, record_admissions
from ingestion.candidates import candidates
from ingestion.configuration import load_collaborative
from ingestion.destruction import Scope, find_landed
from ingestion.home import Home
from ingestion.inbox import process_inbox
from ingestion.ledger import open_ledger
from ingestion.selection import eligible_deliveries
from ingestion.yaml_document import ConfigurationError
from schoolstat import destruction
from schoolstat.destruction import STEPS, destroy, look
from schoolstat.errors import DestructionStopped
from schoolstat.removals import Work
from tests.ingestion.pupil_files import ADA, BEN, CYD, A, B, write_collaborative, write_students

GONE = "90030000"


@pytest.fixture
def left(tmp_path):
    """A home after a night, whose first district has left the roster; the collaborative and the inbox."""
    folder, inbox, home = tmp_path / "collaborative", tmp_path / "inbox", Home(tmp_path / "home").ensure()
    collaborative = write_collaborative(folder)
    write_students(inbox, A, ADA)
    write_students(inbox, B, BEN)
    ledger = open_ledger(home)
    process_inbox(home, ledger, collaborative, inbox)
    ledger.close()
    for name in ("districts.csv", "schools.csv"):
        lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join(line for line in lines if A not in line), encoding="utf-8")
    for page in (home.path / "quality" / "index.html", home.path / "report_cards" / B / "index.html"):
        page.parent.mkdir(parents=True)
        page.write_text("a page", encoding="utf-8")
    load_collaborative(folder)
    return home, folder, inbox


@pytest.mark.parametrize("district", ["..", ".", "", "*", "_all", f"{A}/..", f"../home/report_cards/{B}"])
def test_destroy__refuses_what_is_no_district_id(left, district):
    before = sorted(left[0].path.rglob("*"))
    for act in (look, destroy):
        with pytest.raises(ConfigurationError, match="no district's id"):
            act(*left, Scope(district), "it left")
    assert sorted(left[0].path.rglob("*")) == before


def test_destroy__refuses_an_id_of_which_nothing_is_here(left):
    for act in (look, destroy):
        with pytest.raises(ConfigurationError, match=f"nothing of {GONE} is in"):
            act(*left, Scope(GONE), "it left")
    assert not left[0].certificates.exists() or not list(left[0].certificates.iterdir())
    assert (left[0].path / "quality" / "index.html").is_file()


def test_look__names_what_nothing_removes(left):
    home, folder, inbox = left
    export = inbox / A / "2026" / "Students export.csv"
    export.write_text("name\nAdacanary\n", encoding="utf-8")
    copy = inbox / "kept aside.csv"
    copy.write_bytes((inbox / A / "2026" / "students.csv").read_bytes())
    (inbox / B / "2026" / "Notes.csv").write_text("x\n", encoding="utf-8")
    shown = look(home, folder, inbox, Scope(A), "it left")
    told = {one["path"]: one["why"] for one in shown.to_dict()["left_by_hand"]}
    assert told.keys() == {str(export), str(copy)}
    assert "no night has read it" in told[str(export)] and "bytes of a raw file" in told[str(copy)]
    assert f"by hand: {export}" in shown.render().plain
    of_year = look(home, folder, inbox, Scope(A, (2026,)), "over").to_dict()
    assert {one["path"] for one in of_year["left_by_hand"]} == {str(export), str(copy)}


def test_search__stops_at_a_file_that_a_source_brought_back(left):
    home, folder, inbox = left
    shown = look(home, folder, inbox, Scope(A), "it left")
    raw = (inbox / A / "2026" / "students.csv").read_bytes()
    back = home.incoming / "drop" / "any name.csv"
    back.parent.mkdir(parents=True)
    back.write_bytes(raw)
    (inbox / A / "2026" / "students.csv").unlink()
    with closing(open_ledger(home)) as ledger, pytest.raises(DestructionStopped, match="any name"):
        dict(STEPS)["search"](Work(home, load_collaborative(folder), inbox, ledger, shown.to_dict()))


def test_archive__takes_what_the_district_sent_since_the_plan_was_made(left):
    home, folder, inbox = left
    plan = look(home, folder, inbox, Scope(A), "it left").to_dict()
    assert len(plan["raw_files"]) == 1
    late = write_students(inbox, A, CYD, school_year=2025)
    collaborative = load_collaborative(folder)
    with closing(open_ledger(home)) as ledger:
        process_inbox(home, ledger, collaborative, inbox)
        dict(STEPS)["archive"](Work(home, collaborative, inbox, ledger, plan))
    assert not late.exists() and (inbox / B / "2026" / "students.csv").is_file()
    assert len(plan["raw_files"]) == 2
    assert not any((home.path / raw["path"]).exists() for raw in plan["raw_files"])


@pytest.fixture
def nights(left, monkeypatch):
    """The district is on the roster still; nights only land and admit, after what arrives just before each of them."""
    home, folder, inbox = left
    shutil.rmtree(folder)
    collaborative, arriving = write_collaborative(folder), []

    def night(work, slots):
        if arriving:
            write_students(inbox, A, *arriving.pop(0))
        process_inbox(home, work.ledger, collaborative, inbox)
        verdicts = [Verdict(*candidate, admitted=True) for candidate in candidates(work.ledger)]
        record_admissions(home, work.ledger, verdicts)
        return {"release_id": None}

    monkeypatch.setattr(destruction, "release_without", night)
    write_students(inbox, A, ADA, CYD, school_year=2025)
    return arriving


@pytest.mark.parametrize("n_late", [1, 2])
def test_destroy__of_a_year_takes_what_arrives_in_its_own_nights(left, nights, n_late):
    home, _, inbox = left
    scope = Scope(A, (2026,))
    nights.extend([[CYD], [CYD, ADA]][:n_late])
    if n_late == 2:  # as many nights as it runs: what the last one took is found, and the same command takes it up
        with pytest.raises(DestructionStopped, match="rows are left in 1 places: landing/students/school_year=2026"):
            destroy(*left, scope, "its time is over")
    certificate = destroy(*left, scope, "its time is over").to_dict()
    assert find_landed(home, scope) == [] and not (inbox / A / "2026" / "students.csv").exists()
    assert len(certificate["slots"]) == len(certificate["raw_files"]) == 1 + n_late
    assert not any((home.path / raw["path"]).exists() for raw in certificate["raw_files"])
    with closing(open_ledger(home)) as ledger:
        serving = {(row["district_id"], row["school_year"]) for row in eligible_deliveries(ledger)}
    assert serving == {(A, 2025), (B, 2026)}, "others and other years are as they were"
    (told,) = home.certificates.glob("*/*.json")
    assert told.name == "certificate.json"
