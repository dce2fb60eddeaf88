"""Candidates: what landed and waits for a verdict, and the rows that the rules of door 1 look at.

Belongs here: which district-years wait, the slots that make up each candidate, and a DuckDB over their files.
Does not belong here: the rules (``expectations/``) or what is decided (``admission.py``).

A candidate is the last admitted slots of a domain overlaid with what a door held of the district, and with the newest
delivery that nobody has judged. What door 2 held comes up again with whatever is admitted of the district; what it left
out, with what is new in its domain and year. What door 1 held is judged again, as if it had come now: it may have
lacked what has come since. An older delivery of the same slot is superseded, unless its contract keeps vintages: then
it waits for the next round, so that :func:`candidates` is asked until it gives nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from ingestion.account_crosswalk import compile_rules, crosswalk_schema, select_mapped_accounts
from ingestion.baselines import Known, build_file_baselines, build_slot_baselines, look_up
from ingestion.candidate_relations import create_relations, related_contracts
from ingestion.code_shares import TABLES as CODE_TABLES
from ingestion.code_shares import create_code_shares
from ingestion.contract import Contract, load_contracts
from ingestion.home import Home, HomeError
from ingestion.landing_views import select_landed
from ingestion.ledger import Ledger, Row
from ingestion.ledger_tables import admission, delivery, delivery_slot
from ingestion.selection import eligible_deliveries, held_by, last_held
from ingestion.sql_text import quote
from ingestion.vintages import in_order, is_older

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from ingestion.collaborative import Collaborative

SlotKey = tuple[str, str, int]

MEMORY = "320MB"
"""What the rules hold at once; more goes to the home's work folder."""
UNJUDGED = "door_1_could_not_run"
"""Who decided on what is held because a rule of door 1 could not run: it still waits for a verdict."""
REOPENED = "waiver"
"""Who decided on what a door held by rules that are waived since. What door 1 held stays held and waits for a verdict
again; what door 2 held is admitted as it was before, and door 1 is not asked about it again."""
LEFT_OUT = "left_out"
"""Who decided on what was released and fails a rule of door 2 now: it comes up again with what is new in its domain and
year, where the correction will be, and does not hold up the district's other domains."""
AT_DOOR_2 = ("door_2", LEFT_OUT)
"""Who decided on what door 1 had admitted."""
WAITS_ON = (UNJUDGED, REOPENED)
"""Who decided on what is held and waits for a verdict all the same."""
ROWS_WORTH_A_VIEW = 2_000
"""Slots of as many rows on average are read where they lie, by each rule anew: it reads some columns, a copy takes all.
Below that, opening the files for each rule costs more than the copy."""


class Candidate(NamedTuple):
    """A domain of one district and school year in which something new waits for a verdict."""

    district_id: str
    domain: str
    school_year: int


def candidates(ledger: Ledger) -> list[Candidate]:
    """District-years with landed deliveries that nobody has judged, sorted."""
    return sorted({candidate_of(row) for row in _waiting(ledger)})


def candidate_slots(ledger: Ledger) -> list[Row]:
    """The slots that make up the candidates, sorted, with the delivery that would serve each.

    Each row has ``district_id, extract, contract, domain, school_year, delivery_id, file_name, vintage,
    data_through, n_rows``; ``is_new`` says that it must pass all rules now, ``was_held`` that it did not when it came.
    """
    newest, _ = newest_and_superseded(ledger)
    again = held_before(ledger, newest)
    judged = {candidate_of(row) for row in [*newest, *again]}
    eligible = eligible_deliveries(ledger, districts={candidate.district_id for candidate in judged})
    serving = [row for row in eligible if row["is_current"] and candidate_of(row) in judged]
    overlaid = {slot_of(row): row | {"is_new": False, "was_held": False} for row in serving}
    for row in again:
        current = overlaid.get(slot_of(row))
        if not (current and keeps_vintages(row) and is_older(row, current)):
            overlaid[slot_of(row)] = row | {"is_new": row["held_by"] == "door_1", "was_held": True}
    overlaid |= {slot_of(row): row | {"is_new": True, "was_held": False} for row in newest}
    names = _slot_schema().names
    return [{name: overlaid[slot][name] for name in names} for slot in sorted(overlaid)]


def newest_and_superseded(ledger: Ledger) -> tuple[list[Row], list[Row]]:
    """Of each slot the newest delivery that waits, and those that it supersedes."""
    by_slot: dict[SlotKey, list[Row]] = defaultdict(list)
    for row in _waiting(ledger):
        by_slot[slot_of(row)].append(row)
    newest, superseded = [], []
    for rows in by_slot.values():
        if keeps_vintages(rows[0]):
            rows = in_order(rows)
        newest.append(rows[-1])
        superseded += [row for row in rows[:-1] if not keeps_vintages(row) or row["vintage"] == rows[-1]["vintage"]]
    return newest, superseded


def held_before(ledger: Ledger, newest: Collection[Row]) -> list[Row]:
    """Slots that a door held of the districts that the newest deliveries are of, with the delivery that it held.

    ``held_by`` says who. Not those for which one of the newest waits (but each other publication left out), nor
    what door 1 held of a delivery that is admitted whole: that goes with all its districts.
    """
    waiting = {slot_of(row): row for row in newest}
    districts, places = {row["district_id"] for row in newest}, {candidate_of(row) for row in newest}
    held = {
        (row["delivery_id"], *slot_of(row)): row["decided_by"]
        for row in last_held(ledger)
        if row["decided_by"] in ("door_1", "door_2") and row["district_id"] in districts and slot_of(row) not in waiting
    }
    if held:
        slots = ledger.read(_slots().where(delivery_slot.c.delivery_id.in_({delivery_id for delivery_id, *_ in held})))
        named = [row | {"held_by": held.get((row["delivery_id"], *slot_of(row)))} for row in slots]
    else:
        named = []
    again = [row for row in named if row["held_by"] == "door_2" or (row["held_by"] and not _is_whole(row))]
    left_out = [row for row in held_by(ledger, {LEFT_OUT}) if candidate_of(row) in places]
    return again + [row | {"held_by": LEFT_OUT} for row in left_out if _is_another(row, waiting.get(slot_of(row)))]


def _is_another(row: Row, newest: Row | None) -> bool:
    """Whether a delivery serves beside the newest one of its slot."""
    return newest is None or (keeps_vintages(row) and row["vintage"] != newest["vintage"])


def _is_whole(row: Row) -> bool:
    return load_contracts()[row["contract"]].admission == "whole"


def open_candidates(
    home: Home,
    ledger: Ledger,
    collaborative: Collaborative | None = None,
    contracts: Collection[str] | None = None,
    slots: list[Row] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a database with the schema ``candidate``; the caller closes it.

    It holds one table or view per contract (landing's columns, ``extract``, ``domain``, ``is_new``), the table ``slot``
    (one row per candidate slot), the view ``candidate`` (one row per verdict wanted) and the tables ``roster``,
    ``thresholds``, ``state_functions`` (with their years), ``slot_baseline`` and ``file_baseline`` (what was there
    before, :mod:`ingestion.baselines`), ``code_baseline`` and ``code_count`` (:mod:`ingestion.code_shares`), the views
    ``reference`` and ``overlap`` (:mod:`ingestion.candidate_relations`), and ``mapped_accounts``: the charts with what
    the account crosswalk adds.

    Args:
        home: the home.
        ledger: the ledger.
        collaborative: whose roster; by default the one that the home serves.
        contracts: names of the contracts that are looked at, and ``mapped_accounts``; all by default.
        slots: what :func:`candidate_slots` gave, when the caller has asked it.
    """
    import duckdb

    slots = candidate_slots(ledger) if slots is None else slots
    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(home.work / "candidates.spill")})
    connection.execute("create schema candidate")
    _create_slots(connection, slots)
    collaborative = collaborative or _served(home)
    _create_roster(connection, collaborative, {slot["school_year"] for slot in slots})
    known, new = look_up(ledger), [slot for slot in slots if slot["is_new"]]
    _create_baselines(connection, known, new, collaborative)
    if contracts is None or CODE_TABLES & set(contracts):
        create_code_shares(connection, home, known, new, collaborative)
    is_mapped = contracts is None or "mapped_accounts" in contracts
    wanted = set(load_contracts()) if contracts is None else {*contracts, *related_contracts(slots)}
    wanted |= {"chart_of_accounts"} if is_mapped else set()
    for contract in load_contracts().values():
        if contract.name in wanted:
            _create_rows(connection, home, contract, [slot for slot in slots if slot["contract"] == contract.name])
    create_relations(connection, home, ledger, slots)
    if is_mapped:
        _create_mapped_accounts(connection, collaborative)
    return connection


def keeps_vintages(row: Row) -> bool:
    """Whether a delivery's contract keeps earlier publications beside the current one."""
    return load_contracts()[row["contract"]].keeps_vintages


def candidate_of(row: Row) -> Candidate:
    """The candidate that a slot's row belongs to."""
    return Candidate(row["district_id"], row["domain"], row["school_year"])


def slot_of(row: Row) -> SlotKey:
    """The slot that a row is about."""
    return row["district_id"], row["extract"], row["school_year"]


def _waiting(ledger: Ledger) -> list[Row]:
    """Landed slots on which nobody has decided since they landed or were reopened, in order of slot and arrival."""
    slot, reopened = delivery_slot, admission.alias("reopened")
    names = ("delivery_id", "district_id", "extract", "school_year")
    last_reopened = sa.select(sa.func.coalesce(sa.func.max(reopened.c.seq), -1)).where(
        *(reopened.c[name] == slot.c[name] for name in names), _waits_on(reopened)
    )
    judged = sa.exists().where(
        *(admission.c[name] == slot.c[name] for name in names),
        ~_waits_on(admission),
        admission.c.seq > last_reopened.correlate(slot).scalar_subquery(),
    )
    return ledger.read(_slots().where(~judged))


def _waits_on(decided: sa.FromClause) -> sa.ColumnElement[bool]:
    return decided.c.decided_by.in_(WAITS_ON) & (decided.c.decision == "held")


def _slots() -> sa.Select[Any]:
    """Slots with what is known of their delivery, in order of slot and arrival."""
    slot = delivery_slot
    return (
        sa.select(
            slot,
            *(delivery.c[name] for name in ("contract", "domain", "vintage", "data_through")),
            *(delivery.c[name] for name in ("file_sha256", "file_name")),
            delivery.c.seq.label("delivery_seq"),
        )
        .join(delivery, delivery.c.delivery_id == slot.c.delivery_id)
        .order_by(slot.c.district_id, slot.c.extract, slot.c.school_year, delivery.c.seq)
    )


def _slot_schema() -> pa.Schema:
    import pyarrow as pa

    texts = ("district_id", "extract", "contract", "domain", "file_name")
    fields = [(name, pa.string()) for name in texts]
    fields += [("school_year", pa.int32()), ("delivery_id", pa.string()), ("vintage", pa.string())]
    fields += [("data_through", pa.date32())]
    return pa.schema([*fields, ("n_rows", pa.int64()), ("is_new", pa.bool_()), ("was_held", pa.bool_())])


def _create_slots(connection: duckdb.DuckDBPyConnection, slots: list[Row]) -> None:
    import pyarrow as pa

    connection.register("slots", pa.Table.from_pylist(slots, schema=_slot_schema()))
    connection.execute("create table candidate.slot as from slots")
    connection.unregister("slots")
    connection.execute(
        "create view candidate.candidate as select distinct district_id, domain, school_year from candidate.slot"
    )


def _create_roster(connection: duckdb.DuckDBPyConnection, collaborative: Collaborative, years: set[int]) -> None:
    import pyarrow as pa

    pairs = [(district.district_id, year) for year in sorted(years) for district in collaborative.roster(year)]
    roster = pa.table(
        {
            "district_id": pa.array([pair[0] for pair in pairs], pa.string()),
            "school_year": pa.array([pair[1] for pair in pairs], pa.int32()),
        }
    )
    connection.register("members", roster)
    connection.execute("create table candidate.roster as from members")
    connection.unregister("members")


def _create_baselines(
    connection: duckdb.DuckDBPyConnection, known: Known, new: list[Row], collaborative: Collaborative
) -> None:
    import pyarrow as pa

    thresholds = {
        "threshold": pa.array([row.threshold for row in collaborative.threshold_rows], pa.string()),
        "value": pa.array([row.value for row in collaborative.threshold_rows], pa.decimal128(18, 6)),
    }
    functions = collaborative.state_functions
    years = {
        "state_function": pa.array([row.state_function for row in functions], pa.string()),
        "from_school_year": pa.array([row.from_school_year or 0 for row in functions], pa.int32()),
        "to_school_year": pa.array([row.to_school_year or 9999 for row in functions], pa.int32()),
    }
    tables = {
        "thresholds": pa.table(thresholds),
        "state_functions": pa.table(years),
        "slot_baseline": build_slot_baselines(known, new, collaborative),
        "file_baseline": build_file_baselines(known, new, collaborative),
    }
    for name, table in tables.items():
        connection.register("rows", table)
        connection.execute(f"create table candidate.{name} as from rows")
        connection.unregister("rows")


def _create_rows(connection: duckdb.DuckDBPyConnection, home: Home, contract: Contract, slots: list[Row]) -> None:
    is_large = sum(slot["n_rows"] for slot in slots) >= ROWS_WORTH_A_VIEW * len(slots) > 0
    connection.execute("set threads = 1")  # two open many small files no faster, and cost twice as much
    connection.execute(f"""
        create {"view" if is_large else "table"} candidate.{quote(contract.name)} as
        select landed.*, slot.extract, slot.domain, slot.is_new
        from ({select_landed(home, contract, slots, "candidate.slot")}) as landed
        join candidate.slot as slot
            on slot.district_id = landed.district_id
            and slot.school_year = landed.school_year
            and slot.delivery_id = landed.delivery_id
    """)
    connection.execute("reset threads")


def _create_mapped_accounts(connection: duckdb.DuckDBPyConnection, collaborative: Collaborative) -> None:
    import pyarrow as pa

    rules = compile_rules(collaborative.account_crosswalk, collaborative.district_ids)
    connection.register("rules", pa.Table.from_pylist(rules, schema=crosswalk_schema()))
    mapped = select_mapped_accounts("candidate.chart_of_accounts", "rules")
    connection.execute(f"create table candidate.mapped_accounts as {mapped}")
    connection.unregister("rules")


def _served(home: Home) -> Collaborative:
    from ingestion.configuration import load_collaborative

    served = home.served()
    if served is None:
        raise HomeError(f"{home.path} serves no collaborative yet: run refresh with -c first")
    return load_collaborative(served[1])
