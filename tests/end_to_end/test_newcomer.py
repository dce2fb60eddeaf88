"""A district joins with files of strange headings: added, checked, fresh in the next release, with no code changed.

Then the key of the pseudonyms is disclosed, and everybody gets another surrogate. Then it leaves again: destroyed, to
the last row.
"""

import hashlib
import shutil
from pathlib import Path

import pytest

from ingestion import forgetting
from ingestion.destruction import Scope
from ingestion.yaml_document import ConfigurationError
from schoolstat.destruction import destroy
from schoolstat.district_add import DRAFTS, add_district
from schoolstat.district_check import check_district
from tests.canaries import find_canaries
from tests.end_to_end.house import House, environment_kept
from tests.end_to_end.rekeyed import rekey
from tests.end_to_end.strange_files import YEAR, write_strange_files
from tests.synthetic.counted import read_rows

pytestmark = pytest.mark.xdist_group("nights")

NEWCOMER = "99030000"
CODE = {".py", ".sql"}


def code_of(checkout: Path) -> dict[str, str]:
    """Every file of code, and its hash."""
    folders = [path for path in checkout.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return {
        str(path.relative_to(checkout)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix in CODE and path.is_file() and "target" not in path.parts
    }


def test_a_newcomer_of_strange_headings_is_fresh_in_the_next_release(house, tmp_path, repository):
    before = code_of(repository)
    collaboratives = tmp_path / "collaboratives"
    collaboratives.mkdir()
    for name in ("massachusetts", "template"):
        (collaboratives / name).symlink_to(repository / "collaboratives" / name)
    folder = shutil.copytree(house.collaborative, collaboratives / "demo")
    files = write_strange_files(tmp_path / "files", tmp_path / "work")

    added = add_district(folder, NEWCOMER, "Newcomer", folder=tmp_path / "files", year=YEAR)
    drafts = sorted((folder / DRAFTS).iterdir())
    assert len([name for name in added.change.texts if name.endswith(".yaml")]) == len(files)
    assert {path.suffix for path in collaboratives.rglob("*") if path.is_file()} <= {".csv", ".yaml"}
    assert check_district(folder, NEWCOMER, tmp_path / "files", YEAR).code != 0
    for draft in drafts:  # a person looks at each line in doubt, and takes the mark away
        text = "".join(line.split("  # ?")[0].rstrip("\n") + "\n" for line in draft.open(encoding="utf-8"))
        (folder / "mappings" / draft.name).write_text(text, encoding="utf-8")

    checked = check_district(folder, NEWCOMER, tmp_path / "files", YEAR)
    assert checked.code == 0, checked.to_dict()
    assert [(verdict.domain, verdict.admitted) for verdict in checked.verdicts] == [("student", True)]
    assert all(outcome.rows_rejected == 0 for outcome in checked.outcomes.values())

    inbox = house.inbox / NEWCOMER / str(YEAR)
    inbox.mkdir(parents=True)
    for path in files:
        shutil.copyfile(path, inbox / path.name)
    newcomers = House(house.home, house.inbox, folder)
    summary, code = newcomers.refresh()
    assert (summary.outcome, code) == ("released", 0), summary.reason
    status = "select domain, freshness from dim_delivery_status where district_id = '{}' and school_year = {}"
    assert ("student", "fresh") in newcomers.served(status.format(NEWCOMER, YEAR))
    absent = f"select count(*) from mart_student_support where district_id = '{NEWCOMER}' and metric_id = 'SS.A05'"
    assert newcomers.served(absent)[0][0] > 0
    assert code_of(repository) == before
    rekey(newcomers, NEWCOMER)
    _leave_again(newcomers)


def _leave_again(house: House) -> None:
    """The newcomer leaves: another release without it, and no byte of it in the home; killed halfway, it is resumed."""
    home, scope, arrivals = house.home, Scope(NEWCOMER), house.inbox / NEWCOMER
    ids = [row["Stu Number"] for row in read_rows(next(arrivals.rglob("SIS Student*.csv")))]
    assert find_canaries(home.archive, ids[:1])
    others = house.served("select * from mart_metric_value where basis = 'reported' order by all")
    with pytest.raises(ConfigurationError, match="is on the roster"):
        _destroy(house, scope)
    for name in ("districts.csv", "schools.csv"):
        lines = (house.collaborative / name).read_text(encoding="utf-8").splitlines(keepends=True)
        stay = "".join(line for line in lines if NEWCOMER not in line)
        (house.collaborative / name).write_text(stay, encoding="utf-8")
    with (house.collaborative / "thresholds.csv").open("a", encoding="utf-8") as thresholds:
        thresholds.write("mart_row_count_drop_share,1,A district leaves\n")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(_Killed):
        patch.setattr(forgetting, "forget", _kill)
        _destroy(house, scope)
    assert not list(home.certificates.glob("destroyed-*/certificate.json"))

    certificate = _destroy(house, scope)
    (dropped,) = certificate["releases"]  # the release before the newcomer never held it, and stays
    kept = sorted(path.name for path in home.releases.glob("r0*"))
    assert (len(kept), kept[-1], dropped["release_id"] in kept) == (2, house.current(), False)
    assert house.current() == certificate["steps"]["release"]["release_id"]
    assert find_canaries(home.path, ids) == []
    assert not list(arrivals.rglob("*.csv"))
    left = {path.split("/")[0] for path, _ in find_canaries(home.path, [NEWCOMER])}
    assert left <= {"certificates", "landing", "ledger.db"}, left
    assert {path.split("/")[1] for path, _ in find_canaries(home.path, [NEWCOMER]) if path.startswith("landing")} == {
        "_deliveries",
        "_admissions",
    }
    assert house.served("select * from mart_metric_value where basis = 'reported' order by all") == others
    page = (home.certificates / certificate["certificate_id"] / "certificate.html").read_text(encoding="utf-8")
    assert NEWCOMER in page and certificate["backups"]["expire_on"] in page and "http:" not in page
    assert all(raw["sha256"] in page for raw in certificate["raw_files"])
    assert house.refresh()[1] == 0


def _destroy(house: House, scope: Scope) -> dict:
    with environment_kept():
        return destroy(house.home, house.collaborative, house.inbox, scope, "it left").to_dict()


class _Killed(BaseException):
    pass


def _kill(*_: object) -> None:
    raise _Killed
