"""A district joins with files of strange headings: added, checked, fresh in the next release, with no code changed."""

import hashlib
import shutil
from pathlib import Path

import pytest

from schoolstat.district_add import DRAFTS, add_district
from schoolstat.district_check import check_district
from tests.end_to_end.house import House
from tests.end_to_end.strange_files import YEAR, write_strange_files

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
