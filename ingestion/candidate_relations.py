"""What candidates' rows must be to each other, as the contracts say: SQL that rules of door 1 read.

Belongs here: the table ``candidate.reference`` (rows that name a pupil, a member of staff, an account, a building … of
whom nobody has told) and the view ``candidate.overlap`` (rows that stand in two parts of one extract). Does not belong
here: how many of them are too many (``expectations/rules/door_1``).

Within a domain all must be known: without a file of pupils nobody's program is anybody's. What another domain knows is
compared only where it has landed, as a ledger may well come from a district that keeps its staff to itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from ingestion.contract import KNOWN_IN, Column, Contract, load_contracts
from ingestion.home import Home
from ingestion.landing_views import select_landed
from ingestion.ledger import Ledger, Row
from ingestion.selection import eligible_deliveries
from ingestion.sql_text import literal, quote

if TYPE_CHECKING:
    import duckdb

PLACES = 3
"""Lines that are named of each file."""

NO_REFERENCE = """
    select
        null::varchar as district_id, null::integer as school_year, null::varchar as domain, null::varchar as extract,
        null::varchar as lacks, null::bigint as n_rows, null::bigint as n_orphans, null::varchar as places
    where false
"""
NO_OVERLAP = """
    select
        null::varchar as district_id, null::integer as school_year, null::varchar as domain, null::bigint as n_keys,
        null::varchar as message
    where false
"""


def references_of(contract: Contract) -> list[Column]:
    """The columns of a contract that other extracts must know."""
    return [column for column in contract.columns if column.refers_to in KNOWN_IN]


def known_in(contract: Contract, column: Column) -> list[Contract]:
    """The extracts that tell of what a column refers to; never the contract itself."""
    return [load_contracts()[name] for name in KNOWN_IN[column.refers_to or ""] if name != contract.name]


def related_contracts(slots: Iterable[Row]) -> set[str]:
    """Contracts of candidates whose rows are compared with other rows, and those that they are compared with."""
    found = {slot["contract"] for slot in slots if is_part(slot)}
    for contract in {slot["contract"] for slot in slots}:
        for column in references_of(load_contracts()[contract]):
            found |= {contract, *(known.name for known in known_in(load_contracts()[contract], column))}
    return found


def is_part(slot: Row) -> bool:
    """Whether a slot is filled by a part of an extract."""
    return "." in slot["extract"] and not load_contracts()[slot["contract"]].holds_many_reports


def create_relations(connection: duckdb.DuckDBPyConnection, home: Home, ledger: Ledger, slots: Sequence[Row]) -> None:
    """Create the relations over the candidates' tables, which are there."""
    _create_elsewhere(connection, home, ledger, slots)
    create_references(connection, {slot["contract"] for slot in slots})
    create_overlap(connection, {slot["contract"] for slot in slots if is_part(slot)})


def create_references(connection: duckdb.DuckDBPyConnection, contracts: Collection[str]) -> None:
    """Create ``candidate.reference``: by extract and file, the rows that name what is not known, and the first of them.

    A table, filled by one column after the other: as one view over all of them, DuckDB opens every file of every
    extract at once, and fifty districts' files alone pass the memory that a door may take.

    Args:
        connection: holds the candidates' tables, ``candidate.slot``, and ``elsewhere.<contract>`` of other domains.
        contracts: contracts of which there are candidates.
    """
    connection.execute(f"create table candidate.reference as {NO_REFERENCE}")
    for contract in (load_contracts()[name] for name in sorted(contracts)):
        for column in references_of(contract):
            connection.execute(f"insert into candidate.reference {_reference(contract, column)}")


def create_overlap(connection: duckdb.DuckDBPyConnection, contracts: Collection[str]) -> None:
    """Create ``candidate.overlap``: by pair of files, the keys that stand in both.

    Args:
        connection: holds the candidates' tables and ``candidate.slot``.
        contracts: contracts of which a candidate came in parts.
    """
    selects = [_overlap(load_contracts()[name]) for name in sorted(contracts)]
    connection.execute(f"create view candidate.overlap as {' union all '.join(selects) or NO_OVERLAP}")


def _create_elsewhere(connection: duckdb.DuckDBPyConnection, home: Home, ledger: Ledger, slots: Sequence[Row]) -> None:
    """What serves in other domains of the candidates' districts, as far as the candidates refer to it."""
    connection.execute("create schema elsewhere")
    wanted = {known.name: known for contract, known in _across_domains({slot["contract"] for slot in slots})}
    if not wanted:
        return
    judged = {(slot["district_id"], slot["school_year"]) for slot in slots}
    candidates = {(slot["district_id"], slot["extract"], slot["school_year"]) for slot in slots}
    serving = [
        row
        for row in eligible_deliveries(ledger, districts={district for district, _ in judged})
        if row["is_current"]
        and row["contract"] in wanted
        and (row["district_id"], row["school_year"]) in judged
        and (row["district_id"], row["extract"], row["school_year"]) not in candidates
    ]
    for name, contract in wanted.items():
        own = [row for row in serving if row["contract"] == name]
        chosen = ", ".join(
            f"({literal(row['district_id'])}, {row['school_year']}, {literal(row['delivery_id'])})" for row in own
        )
        values = f"values {chosen}" if own else "select null::varchar, null::integer, null::varchar where false"
        connection.execute(
            f"create table elsewhere.slot_of_{name} as from ({values}) as slot (district_id, school_year, delivery_id)"
        )
        rows = select_landed(home, contract, own, f"elsewhere.slot_of_{name}")
        connection.execute(f"create view elsewhere.{quote(name)} as {rows}")


def _across_domains(contracts: Iterable[str]) -> list[tuple[Contract, Contract]]:
    """Contracts with those of other domains that they refer to."""
    pairs = []
    for contract in (load_contracts()[name] for name in sorted(contracts)):
        for column in references_of(contract):
            pairs += [(contract, known) for known in known_in(contract, column) if known.domain != contract.domain]
    return pairs


def _reference(contract: Contract, column: Column) -> str:
    """SQL of the rows of one contract that name what is not known."""
    known = known_in(contract, column)
    name = quote(column.name)
    told = " union ".join(
        f"select district_id, school_year, {name} as id from {place}" for place in _places(contract, known)
    )
    is_comparable = ""
    if all(each.domain != contract.domain for each in known):
        is_comparable = f"where (file.district_id, file.school_year) in (select district_id, school_year from ({told}))"
    lacks = f"no {column.refers_to} in {' or '.join(each.name for each in known)}"
    return f"""
        select
            file.district_id, file.school_year, file.domain, {literal(contract.name)} as extract,
            {literal(lacks)} as lacks, file.n_rows, file.n_orphans,
            slot.file_name || ':' || array_to_string(file.lines, ', ') as places
        from (
            select
                line.district_id, line.school_year, line.domain, line.delivery_id, count(*) as n_rows,
                count(*) filter (where told.id is null) as n_orphans,
                min(line.source_line, {PLACES}) filter (where told.id is null) as lines
            from candidate.{quote(contract.name)} as line
            left join ({told}) as told
                on line.district_id = told.district_id and line.school_year = told.school_year
                and line.{name} = told.id
            where line.{name} is not null
            group by all
        ) as file
        left join candidate.slot as slot
            on file.district_id = slot.district_id and file.school_year = slot.school_year
            and file.delivery_id = slot.delivery_id and slot.contract = {literal(contract.name)}
        {is_comparable}
    """


def _places(contract: Contract, known: Iterable[Contract]) -> list[str]:
    """Tables that hold what is known: of candidates, and of other domains also what serves there."""
    found = []
    for each in known:
        found.append(f"candidate.{quote(each.name)}")
        if each.domain != contract.domain:
            found.append(f"elsewhere.{quote(each.name)}")
    return found


def _overlap(contract: Contract) -> str:
    """SQL of the keys of one contract that stand in two files, by the first two of them."""
    key = ", ".join(map(quote, contract.key))
    slot = "slot.district_id = twice.district_id and slot.school_year = twice.school_year"
    return f"""
        select
            twice.district_id, twice.school_year, twice.domain, twice.n_keys,
            one.file_name || ' and ' || other.file_name || ' both have ' || twice.n_keys || ' of the rows of '
            || {literal(contract.name)} || ', the first on line ' || twice.line || ' of ' || one.file_name
            || ': send each row in one part, and take back what the parts replace (schoolstat revoke)' as message
        from (
            select
                district_id, school_year, domain, deliveries[1] as one, deliveries[2] as other, count(*) as n_keys,
                min(line) as line
            from (
                select
                    {key}, domain, list_sort(list(delivery_id)) as deliveries,
                    arg_min(source_line, delivery_id) as line
                from candidate.{quote(contract.name)}
                group by {key}, domain
                having count(*) > 1
            )
            group by all
        ) as twice
        inner join candidate.slot as one on {slot.replace("slot.", "one.")} and one.delivery_id = twice.one
        inner join candidate.slot as other on {slot.replace("slot.", "other.")} and other.delivery_id = twice.other
    """
