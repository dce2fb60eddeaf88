"""Codes of deliveries: how often each code of a watched column stands in a new slot, and in what it is compared with.

Belongs here: which deliveries are compared, and counts by code. Does not belong here: how far apart they may be
(``expectations/rules/door_1/D01.sql`` and the thresholds), nor what a code may be: that is the contract's, and a row
with a code that it does not know has not landed.

Codes are compared whatever the mapping: that one was mapped anew is what is to be seen. A slot is compared with the
delivery that serves it, unless that one is of the first weeks of the school year, and with the year before: of a
cumulative extract, and in those weeks of any, at the same time of the year only (:mod:`ingestion.baselines`). Where the
year before comes the same night, with that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ingestion.baselines import Known, SlotKey, is_preliminary, name_delivery, same_time_of, slot_key
from ingestion.contract import Contract, load_contracts
from ingestion.home import Home
from ingestion.landing_views import select_landed
from ingestion.ledger import Row
from ingestion.sql_text import literal, quote

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from ingestion.collaborative import Collaborative

TABLES = {"code_baseline", "code_count"}
"""What is only made for a rule that reads it."""


def create_code_shares(
    connection: duckdb.DuckDBPyConnection, home: Home, known: Known, new: Iterable[Row], collaborative: Collaborative
) -> None:
    """Create ``candidate.code_baseline``, a row for each pair of deliveries, and ``candidate.code_count``."""
    pairs = list(_pairs(known, list(new), collaborative))
    connection.register("rows", _as_table(pairs))
    connection.execute("create table candidate.code_baseline as from rows")
    connection.unregister("rows")
    connection.execute("""
        create table candidate.code_count (
            contract varchar, district_id varchar, school_year integer, delivery_id varchar,
            subject varchar, code varchar, n_rows bigint
        )
    """)
    for name in sorted({pair["contract"] for pair in pairs}):
        contract = load_contracts()[name]
        own = [pair for pair in pairs if pair["contract"] == name]
        connection.execute(f"insert into candidate.code_count {_select_counts(home, contract, _slots_of(own))}")


def watched_columns(contract: Contract) -> list[str]:
    """Names of the columns of a contract whose codes are compared."""
    return [column.name for column in contract.columns if column.is_watched]


def _pairs(known: Known, new: list[Row], collaborative: Collaborative) -> Iterator[Row]:
    """Each new slot of a contract with watched columns, with the deliveries that it is compared with."""
    tonight = {slot_key(slot): slot["delivery_id"] for slot in new}
    for slot in new:
        if not watched_columns(load_contracts()[slot["contract"]]):
            continue
        for years, other in (
            (0, _last(known, slot, collaborative)),
            (-1, _before(known, slot, tonight, collaborative)),
        ):
            if other is None:
                continue
            names = ("contract", "extract", "domain", "district_id", "school_year", "delivery_id")
            yield {name: slot[name] for name in names} | {
                "file_name": known.deliveries[slot["delivery_id"]]["file_name"],
                "is_year_before": years < 0,
                "other_year": slot["school_year"] + years,
                "other_id": other,
                "other_delivery": name_delivery(known, other),
            }


def _last(known: Known, slot: Row, collaborative: Collaborative) -> str | None:
    """The delivery that serves a slot, unless it shows the first weeks of a school year."""
    serving = known.serving.get(slot_key(slot))
    return None if is_preliminary(known, serving, slot, collaborative) else serving


def _before(known: Known, slot: Row, tonight: dict[SlotKey, str], collaborative: Collaborative) -> str | None:
    """The delivery of the year before: the one that came the same night, else the one that serves it."""
    key = slot_key(slot, -1)
    arrived = [tonight[key]] if key in tonight else []
    is_part_of_a_year = is_preliminary(known, slot["delivery_id"], slot, collaborative)
    if load_contracts()[slot["contract"]].is_cumulative or is_part_of_a_year:
        nearest = same_time_of(known, slot, [*arrived, *known.admitted.get(key, ())], collaborative.thresholds)
        return next(iter(nearest), None)
    return next(iter(arrived), None) or known.serving.get(key)


def _as_table(pairs: list[Row]) -> pa.Table:
    import pyarrow as pa

    texts = ("contract", "extract", "domain", "district_id", "delivery_id", "file_name", "other_id", "other_delivery")
    fields = [(name, pa.string()) for name in texts] + [(name, pa.int32()) for name in ("school_year", "other_year")]
    return pa.Table.from_pylist(pairs, schema=pa.schema([*fields, ("is_year_before", pa.bool_())]))


def _slots_of(pairs: list[Row]) -> list[Row]:
    """The slots that pairs are of, each once."""
    own = {(pair["district_id"], pair["school_year"], pair["delivery_id"]) for pair in pairs}
    others = {(pair["district_id"], pair["other_year"], pair["other_id"]) for pair in pairs}
    names = ("district_id", "school_year", "delivery_id")
    return [dict(zip(names, slot, strict=True)) for slot in sorted(own | others)]


def _select_counts(home: Home, contract: Contract, slots: list[Row]) -> str:
    """SQL of the rows by code, of those columns alone; an empty cell counts as well, an ordinary one does not."""
    values = ", ".join(
        f"({literal(slot['district_id'])}, {slot['school_year']}, {literal(slot['delivery_id'])})" for slot in slots
    )
    names = ", ".join(map(quote, watched_columns(contract)))
    ordinary = [column for column in contract.columns if column.ordinary]
    kept = "".join(f" and (subject, code) is distinct from ({_pair(each.name, each.ordinary)})" for each in ordinary)
    return f"""
        with chosen (district_id, school_year, delivery_id) as (values {values}),
        codes as (
            select district_id, school_year, delivery_id, {names}
            from ({select_landed(home, contract, slots, "chosen")})
        )
        select {literal(contract.name)}, district_id, school_year, delivery_id, subject, code, count(*)
        from codes unpivot include nulls (code for subject in ({names}))
        where true{kept}
        group by all
    """


def _pair(name: str, code: str | None) -> str:
    return f"{literal(name)}, {literal(code or '')}"
