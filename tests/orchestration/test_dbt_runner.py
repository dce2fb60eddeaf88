"""When dbt's unit tests run: until the project's files as they stand have passed them, once per checkout."""

import pytest

from ingestion.home import Home
from orchestration import dbt_runner
from orchestration.dbt_runner import DOWNSTREAM, NO_UNIT_TESTS, UPSTREAM, DbtOutcome, DbtRunner


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What dbt was asked to do; set ``asked.outcome`` to what it answers."""

    class Asked(list):
        outcome = DbtOutcome(success=True, nodes={})

        def build(self, select=UPSTREAM, *, from_nothing=True):
            DbtRunner().build(Home(tmp_path), select, from_nothing=from_nothing)
            return self[-1][-2:] == list(NO_UNIT_TESTS)

    calls = Asked()

    def invoke(self, home, arguments):
        calls.append(arguments)
        return calls.outcome

    monkeypatch.setattr(DbtRunner, "_invoke", invoke)
    monkeypatch.setattr(dbt_runner, "MANIFEST", tmp_path / "manifest.json")
    monkeypatch.setattr(dbt_runner, "project_fingerprint", lambda: "these files")
    return calls


def test_build__leaves_unit_tests_out_once_they_have_passed(asked):
    assert [asked.build(), asked.build(), asked.build(from_nothing=False)] == [False, True, True]
    assert "--full-refresh" in asked[1] and "--full-refresh" not in asked[2]


def test_build__runs_unit_tests_again_after_a_failure(asked):
    asked.outcome = DbtOutcome(success=False, nodes={})
    assert [asked.build(), asked.build()] == [False, False]


def test_build__proves_each_half_by_itself(asked):
    assert [asked.build(UPSTREAM), asked.build(DOWNSTREAM)] == [False, False]


def test_build__runs_unit_tests_of_changed_files(asked, monkeypatch):
    asked.build()
    monkeypatch.setattr(dbt_runner, "project_fingerprint", lambda: "other files")
    assert not asked.build()


def test_build__runs_unit_tests_anew_where_it_may_not_write(asked, monkeypatch):
    monkeypatch.setattr(dbt_runner.os, "access", lambda *_: False)
    assert [asked.build(), asked.build()] == [False, False]
