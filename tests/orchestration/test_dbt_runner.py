"""When dbt parses, and when its unit tests run: until the project's files as they stand have passed them."""

import os
from types import SimpleNamespace

import pytest

from ingestion.home import Home
from orchestration import dbt_runner
from orchestration.dbt_runner import DOWNSTREAM, NO_UNIT_TESTS, UPSTREAM, DbtOutcome, DbtRunner


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What dbt was asked to do; set ``asked.outcome`` to what it answers."""

    class Asked(list):
        outcome = DbtOutcome(success=True, nodes={})
        changed = ()
        without_rows = ()

        def build(self, select=UPSTREAM, *, from_nothing=True):
            left = {"changed": ["days"], "without_rows": [("conformed", "fct_lines")]}
            DbtRunner().build(Home(tmp_path), select, from_nothing=from_nothing, **left)
            return self[-1][-2:] == list(NO_UNIT_TESTS)

    calls = Asked()

    def invoke(self, home, arguments, changed=None, without_rows=()):
        calls.append(arguments)
        calls.changed = (*calls.changed, changed)
        calls.without_rows = (*calls.without_rows, without_rows)
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


def test_build__leaves_models_only_in_a_copy_of_what_the_unit_tests_have_passed(asked):
    asked.build(from_nothing=False)
    asked.build(from_nothing=False)
    asked.build(from_nothing=True)
    assert asked.changed == (None, ["days"], None)
    assert asked.without_rows == ((), [("conformed", "fct_lines")], [("conformed", "fct_lines")])


def test_build__says_whether_the_file_is_a_copy(asked):
    asked.build(from_nothing=False)
    assert os.environ["SCHOOLSTAT_BUILD_IS_COPY"] == "yes"
    asked.build(from_nothing=True)
    assert os.environ["SCHOOLSTAT_BUILD_IS_COPY"] == ""


@pytest.fixture
def dbt(tmp_path, monkeypatch):
    """Stands in for dbt: notes its commands; parsing writes a manifest. The project's files are ``dbt.files``."""
    from dbt.cli import main

    state = SimpleNamespace(commands=[], files="these files", parses=True)
    path = Home(tmp_path).dbt_target / "manifest.json"

    class Stand:
        def __init__(self, manifest=None, callbacks=()):
            self.manifest = manifest

        def invoke(self, arguments):
            state.commands.append((arguments[0], self.manifest))
            if arguments[0] == "parse" and state.parses:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(state.files)
            return SimpleNamespace(success=state.parses, result=f"parsed {state.files}", exception=None)

    monkeypatch.setattr(main, "dbtRunner", Stand)
    monkeypatch.setattr(dbt_runner, "project_fingerprint", lambda: state.files)
    monkeypatch.setattr(dbt_runner, "_outcome", lambda result: DbtOutcome(success=result.success, nodes={}))
    runner = DbtRunner()
    state.invoke = lambda: runner._invoke(Home(tmp_path), ["build"])
    state.manifest = path
    return state


def test_invoke__parses_once(dbt):
    dbt.invoke(), dbt.invoke()
    assert dbt.commands == [("parse", None), ("build", "parsed these files"), ("build", "parsed these files")]


@pytest.mark.parametrize("what", ["project", "manifest", "lost"])
def test_invoke__parses_again_when_something_changed(dbt, what):
    dbt.invoke()
    if what == "project":
        dbt.files = "other files"
    elif what == "manifest":
        dbt.manifest.write_text("these files, but for one")
    else:
        dbt.manifest.unlink()
    dbt.invoke()
    assert dbt.commands[2:] == [("parse", None), ("build", f"parsed {dbt.files}")]
    assert dbt.manifest.read_text() == dbt.files


def test_invoke__builds_nothing_of_what_does_not_parse(dbt):
    dbt.parses = False
    assert not dbt.invoke().success
    assert dbt.commands == [("parse", None)]


def test_leave_out__tags_what_is_left_now_and_nothing_that_was_left_before():
    nodes = {name: SimpleNamespace(tags=["night"]) for name in ("days", "lines")}
    manifest = SimpleNamespace(nodes=nodes)
    for left in (("days",), ("lines",), ("lines",)):
        assert dbt_runner.leave_out(manifest, left) == ["--exclude", f"tag:{dbt_runner.LEFT}"]
    assert {name: node.tags for name, node in nodes.items()} == {"days": ["night"], "lines": ["night", dbt_runner.LEFT]}
