"""The three doors: each judges its rules, leaves a receipt, and says whom to blame.

Belongs here: the order of a door's work and its result. Does not belong here: the rules, Great Expectations, and
what the night does with a result (``orchestration``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import duckdb

from expectations.admission_rules import judge_candidates
from expectations.blame import find_blamed, find_standing, let_stand
from expectations.content_hash import Content, hash_content, is_same_rows, quoted, sum_hashes
from expectations.evaluate import COULD_NOT_RUN, FAILED, NOTHING_TO_CHECK, PASSED, WAIVED, RuleResult, run_rules
from expectations.judge import judge
from expectations.judged_before import judged_before
from expectations.mart_rules import judge_marts
from expectations.models import ModelInfo, order_by_rows, read_models
from expectations.published_rule import judge_published
from expectations.receipts import DoorName, Receipt, RuleStatus, TableContent, read_receipt, write_receipt
from expectations.rules import NOT_PASSED, Registry, Rule, load_registry
from expectations.shown_views import ShownView, hash_view, row_by_row_views
from expectations.waivers import apply_waivers
from ingestion.admission import Verdict
from ingestion.home import Home
from ingestion.ledger import Ledger
from ingestion.since_release import serves_as_released

if TYPE_CHECKING:
    from ingestion.build_inputs import BuildInputs
    from ingestion.collaborative import Collaborative

BOUND_BY_DOOR_2 = ("conformed", "measures")
RESULT_FIELDS = tuple(each.name for each in fields(RuleResult))
"""What the ledger keeps of a result."""
MEMORY = "320MB"
"""What a door holds of a build at once; more goes to the home's work folder."""


class DoorBroken(Exception):
    """A door could not do its work at all; its message holds no row and no value."""


@dataclass(frozen=True)
class DoorResult:
    """What door 2 or 3 said about a build.

    Attributes:
        passed: the build may go on.
        blamed: the districts at fault, if every failure can be laid at a district's door; else empty.
        failed: ids of the rules that failed and block.
        could_not_run: ids of the rules that could not be evaluated; these block too.
        messages: one sentence per rule that did not pass.
        rows: the results of the rules.
        standing: one sentence for each failure that keeps the door open, as it stands in the last release already.
    """

    passed: bool
    blamed: frozenset[str]
    failed: tuple[str, ...]
    could_not_run: tuple[str, ...]
    messages: tuple[str, ...]
    rows: tuple[RuleResult, ...]
    standing: tuple[str, ...] = ()

    def failed_by(self, district: str) -> tuple[str, ...]:
        """The blocking rules that failed in a district."""
        own = {row.rule_id for row in self.rows if row.status == FAILED and row.district_id == district}
        return tuple(rule for rule in self.failed if rule in own)

    def places_of(self, district: str, waivable: Collection[str]) -> frozenset[tuple[str | None, int | None]]:
        """In which domains and years a district failed blocking rules; None where a rule speaks of all of them.

        Of rules that may be waived only where it failed no other: what those say is in doubt, not known to be wrong.
        """
        own = [row for row in self.rows if row.status == FAILED and row.district_id == district]
        failed = [row for row in own if row.rule_id in self.failed]
        wrong = [row for row in failed if row.rule_id not in waivable]
        return frozenset((row.domain, row.school_year) for row in wrong or failed)


def door_1(home: Home, ledger: Ledger, collaborative: Collaborative) -> list[Verdict]:
    """Judge what landed and was not judged yet: a verdict for each (district, domain, school year)."""
    return judge_candidates(home, ledger, load_registry(), collaborative)


def door_2(home: Home, ledger: Ledger, inputs: BuildInputs, collaborative: Collaborative) -> DoorResult:
    """Judge conformed and measure tables of the build at work, across all districts.

    What the rules compare with reaches their SQL in the build file.
    """
    refused = _refused_before(ledger, inputs.build_id)
    if refused:
        return refused
    registry, models = load_registry(), read_models(home.dbt_target)
    with _open_build(home) as connection:
        found = apply_waivers(
            run_rules(connection, registry, 2),
            collaborative.waivers,
            collaborative.today(),
            lambda rule_id, district: _stands(home, ledger, rule_id, district),
        )
        tables = sum_models(connection, [model for model in models if is_bound_by_door_2(model)])
    results = let_stand(home, ledger, collaborative, registry, found)
    statuses = judge(home.work, registry.expected(2), results)
    receipt = _receipt("door_2", inputs, statuses, tables, None)
    return _close(home, ledger, registry, receipt, results)


def recall_door_2(ledger: Ledger, build_id: str) -> DoorResult | None:
    """What door 2 said of a build that it refused; None of any other."""
    build = ledger.build(build_id)
    if build is None or build["refused_at_door"] != 2:
        return None
    registry = load_registry()
    known = {rule.id: rule for rule in registry.expected(2)}
    kept = [row for row in ledger.rule_results(build_id) if row["door"] == 2 and row["rule_id"] in known]
    results = [RuleResult(**{name: row[name] for name in RESULT_FIELDS}) for row in kept]
    statuses = [_recall_status(rule, results) for rule in known.values()]
    return _say(registry, [status for status in statuses if status.blocks], results)


def _recall_status(rule: Rule, results: Sequence[RuleResult]) -> RuleStatus:
    own = [row for row in results if row.rule_id == rule.id]
    found = {row.status for row in own}
    status = COULD_NOT_RUN if COULD_NOT_RUN in found else FAILED if FAILED in found else PASSED
    n_checked, n_failed = (sum(getattr(row, name) for row in own) for name in ("n_checked", "n_failed"))
    return RuleStatus(id=rule.id, status=status, severity=rule.severity, n_checked=n_checked, n_failed=n_failed)


def _stands(home: Home, ledger: Ledger, rule_id: str, district_id: str) -> bool:
    """Whether a district serves nothing but what the last release did, in which this rule was waived for it."""
    released = ledger.released_build(home.current_release)
    waived = released is not None and any(
        (row["rule_id"], row["district_id"], row["status"]) == (rule_id, district_id, WAIVED)
        for row in ledger.rule_results(released["build_id"])
    )
    return waived and serves_as_released(home, ledger, district_id)


def door_3(home: Home, ledger: Ledger, inputs: BuildInputs, collaborative: Collaborative) -> DoorResult:
    """Judge the marts of the build at work, and bind every table that may be released."""
    refused = _refused_before(ledger, inputs.build_id)
    if refused:
        return refused
    registry, models = load_registry(), read_models(home.dbt_target)
    before = read_receipt(home, inputs.build_id, "door_2")
    with _open_build(home) as connection:
        seen = sum_models(connection, [model for model in models if is_bound_by_door_2(model)])
        tables = hash_models(connection, [model for model in models if _is_bound(model)])
        published = judge_published(connection, home, registry.rule("P02"), models)
    results = [
        _unchanged_since(registry.rule("M05"), before, seen, inputs),
        *judge_marts(
            home,
            registry,
            models,
            tables,
            judged_before(home, ledger, registry, inputs),
            collaborative.thresholds["mart_row_count_drop_share"],
        ),
        published,
    ]
    statuses = judge(home.work, registry.expected(3), results)
    receipt = _receipt("door_3", inputs, statuses, tables, before.sha256 if before else None)
    return _close(home, ledger, registry, receipt, results)


def is_bound_by_door_2(model: ModelInfo) -> bool:
    """Whether door 2's receipt holds the model's content (views over landing are fixed by the selection)."""
    return model.layer in BOUND_BY_DOOR_2 and model.materialized in ("table", "incremental")


def _is_bound(model: ModelInfo) -> bool:
    """Whether door 3's receipt holds the model's content."""
    return model.is_mart or bool(model.audiences)


def sum_models(connection: duckdb.DuckDBPyConnection, models: Sequence[ModelInfo]) -> dict[str, TableContent]:
    """What tells whether each model is the same at door 3 as it was at door 2.

    Raises:
        DoorBroken: a model cannot be read.
    """
    found = {}
    for model in models:
        with _reading(model):
            found[model.name] = TableContent(**vars(sum_hashes(connection, quoted(model.schema, model.name))))
    return found


def hash_models(connection: duckdb.DuckDBPyConnection, models: Sequence[ModelInfo]) -> dict[str, TableContent]:
    """Content of each model in the build file; rows that several models show are hashed once.

    Raises:
        DoorBroken: a model cannot be read.
    """
    contents: dict[str, Content] = {}
    database = connection.execute("select current_database()").fetchall()[0][0]
    places = {model.name: (database, model.schema, model.name) for model in models}
    shown = row_by_row_views(connection, models, database)
    for model in order_by_rows(models):
        with _reading(model):
            contents[model.name] = _hash_model(connection, model, places, shown, contents)
    return {model.name: TableContent(**vars(contents[model.name])) for model in models}


@contextmanager
def _reading(model: ModelInfo) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise DoorBroken(f"{model.schema}.{model.name} cannot be read ({type(error).__name__})") from None


def _hash_model(
    connection: duckdb.DuckDBPyConnection,
    model: ModelInfo,
    places: Mapping[str, tuple[str, str, str]],
    shown: Mapping[str, ShownView],
    contents: Mapping[str, Content],
) -> Content:
    relation, table = quoted(*places[model.name]), model.rows_of or ""
    if model.name in shown:
        return hash_view(connection, places[model.name], shown[model.name], contents[table])
    if table in contents and is_same_rows(connection, relation, quoted(*places[table])):
        return contents[table]
    return hash_content(connection, relation, model.key)


def _open_build(home: Home) -> duckdb.DuckDBPyConnection:
    if not home.build_file.exists():
        raise DoorBroken("there is no build at work: refresh first")
    # Hashing in order gains nothing from a second thread and pays a fifth more for it.
    settings = {"threads": 1, "memory_limit": MEMORY, "temp_directory": str(home.work / "door.spill")}
    return duckdb.connect(str(home.build_file), read_only=True, config=settings)


def _refused_before(ledger: Ledger, build_id: str) -> DoorResult | None:
    build = ledger.build(build_id)
    if build is None or build["state"] != "refused":
        return None
    message = f"build {build_id} was refused at door {build['refused_at_door']} and stays refused: {build['reason']}"
    return DoorResult(False, frozenset(), (), (), (message,), ())


def _unchanged_since(
    rule: Rule, before: Receipt | None, seen: dict[str, TableContent], inputs: BuildInputs
) -> RuleResult:
    """M05: door 2 passed this very build, and its tables are still what it saw."""
    if before is None:
        return RuleResult(
            rule.door, rule.id, rule.scope, COULD_NOT_RUN, message="M05 could not run: no receipt of door 2"
        )
    same = (before.build_id, before.selection_hash) == (inputs.build_id, inputs.selection_hash) and before.passed
    names = set(before.tables) | set(seen)
    changed = sum(before.tables.get(name) != seen.get(name) for name in names) + (not same)
    status = FAILED if changed else PASSED
    return RuleResult(rule.door, rule.id, rule.scope, status, len(names) + 1, changed)


def _receipt(
    door: DoorName,
    inputs: BuildInputs,
    statuses: Sequence[RuleStatus],
    tables: dict[str, TableContent],
    door_2_sha256: str | None,
) -> Receipt:
    return Receipt(
        door=door,
        build_id=inputs.build_id,
        selection_hash=inputs.selection_hash,
        passed=not any(status.blocks for status in statuses),
        rules=tuple(statuses),
        tables=tables,
        door_2_sha256=door_2_sha256,
    )


def _close(
    home: Home, ledger: Ledger, registry: Registry, receipt: Receipt, results: Sequence[RuleResult]
) -> DoorResult:
    """Leave the receipt and the ledger's rows; a build that did not pass is refused for good."""
    write_receipt(home, receipt)
    record_results(ledger, receipt.build_id, results)
    said = _say(registry, [status for status in receipt.rules if status.blocks], results)
    if not receipt.passed:
        ledger.mark_refused(receipt.build_id, int(receipt.door[-1]), "; ".join(said.messages))
    return said


def _say(registry: Registry, blocking: Sequence[RuleStatus], results: Sequence[RuleResult]) -> DoorResult:
    """What the statuses that block come to."""
    failed = tuple(status.id for status in blocking if status.status == FAILED)
    return DoorResult(
        passed=not blocking,
        blamed=find_blamed([row for row in results if row.rule_id in failed and row.status == FAILED]),
        failed=failed,
        could_not_run=tuple(status.id for status in blocking if status.status != FAILED),
        messages=tuple(_message(registry.rule(status.id), status, results) for status in blocking),
        rows=tuple(results),
        standing=find_standing(results),
    )


def record_results(ledger: Ledger, subject: str, results: Iterable[RuleResult]) -> None:
    """Append results to the ledger."""
    ledger.record_rule_results(
        [{"subject": subject, **{name: getattr(result, name) for name in RESULT_FIELDS}} for result in results]
    )


def _message(rule: Rule, status: RuleStatus, results: Sequence[RuleResult]) -> str:
    """One sentence for people: counts and districts, never a value."""
    own = [result for result in results if result.rule_id == rule.id]
    if status.status in (COULD_NOT_RUN, NOTHING_TO_CHECK):
        told = [result.message for result in own if result.message]
        return f"{told[0] if told else f'{rule.id} could not run'}. {NOT_PASSED}"
    failed = [result for result in own if result.status == FAILED]
    districts = sorted({result.district_id for result in failed if result.district_id})
    where = f" in {', '.join(districts[:5])}{' and others' if len(districts) > 5 else ''}" if districts else ""
    what = "".join(f" ({result.message})" for result in failed if result.message)
    n_failed = sum(result.n_failed for result in failed)
    return f"{rule.id} failed{where}: {n_failed} of {status.n_checked}{what}. {rule.why} {rule.what_to_do}"
