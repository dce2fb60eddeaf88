"""A few tries of each fault; ``make chaos`` tries each at full count."""

from tests.chaos import on_disk, on_files, on_intake, on_postgres
from tests.publishing.conftest import finished_home, second_home
from tests.publishing.targets.conftest import database

__all__ = ["database", "finished_home", "second_home"]


def test_night__killed_while_landed(tmp_path, monkeypatch):
    for name in ("KEY", "KEY_FILE", "KEY_PREVIOUS", "KEY_PREVIOUS_FILE"):
        monkeypatch.delenv(f"SCHOOLSTAT_PSEUDONYM_{name}", raising=False)
    seen = on_intake.kill_while_landed(tmp_path, 5)
    assert (seen["sound"], seen["next night works"]) == (5, 5)


def test_night__killed_while_built(second_home, tmp_path):
    seen = on_intake.kill_while_built(tmp_path, second_home, 2)
    assert (seen["sound"], seen["next night works"]) == (2, 2)


def test_night__killed_while_judged(second_home, tmp_path):
    seen = on_intake.kill_while_judged(tmp_path, second_home, 2)
    assert (seen["sound"], seen["next night works"]) == (2, 2)


def test_files__readers_across_publishes(second_home, tmp_path):
    seen, n_published = on_files.read_files(tmp_path, second_home, 2, 25)
    assert seen == {"good": 50}
    assert n_published > 0


def test_files__killed_while_released(second_home, tmp_path):
    seen = on_files.kill_while_released(tmp_path, second_home, 4)
    assert (seen["sound"], seen["next night works"], seen["old"] + seen["new"]) == (4, 4, 4)


def test_files__disk_full_while_released(second_home, tmp_path):
    seen = on_disk.fill_while_released(tmp_path, second_home, (4_096, 120_000))
    assert seen == {"said so": 2, "sound": 2, "next night works": 2}


def test_files__killed_while_switched(second_home, tmp_path):
    seen = on_files.kill_while_switched(tmp_path, second_home, 10)
    assert seen == {"killed": 10, "sound": 10}


def test_postgres__readers_across_publishes(database, tmp_path):
    seen, n_published = on_postgres.read_postgres(tmp_path, database.uri, database.target, 2, 100)
    assert seen == {"good": 200}
    assert n_published > 0


def test_postgres__killed_while_loaded(database, tmp_path):
    seen = on_postgres.kill_while_loaded(tmp_path, database.uri, database.target, 4)
    assert (seen["good"], seen["next night works"], seen["old"] + seen["new"]) == (4, 4, 4)


def test_postgres__killed_while_switched(database, tmp_path):
    seen = on_postgres.kill_while_switched(tmp_path, database.uri, database.target, 4)
    assert (seen["good"], seen["one of both"]) == (4, 4)


def test_judge__notices_what_must_not_be():
    sound = [(view, n, 3, 3, "r3") for view, n in on_postgres.VIEWS.items()]
    assert on_postgres.judge(sound) == "good"
    assert on_postgres.judge([*sound[:-1], (sound[-1][0], 0, None, None, None)]) == "empty"
    assert on_postgres.judge([*sound[:-1], (*sound[-1][:2], 2, 2, "r2")]) == "mixed"
    assert on_postgres.judge([*sound[:-1], (sound[-1][0], 1, 3, 3, "r3")]) == "mixed"
