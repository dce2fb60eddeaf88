"""Which source rows are refused, and why (rules D02 and D03 on rows, Q03, Q04), in DuckDB SQL.

Belongs here: one query for each way in which a row can be wrong, over ``typed``. Does not belong here: how a cell is
read (``casting.py``); what refuses a whole file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingestion.casting import Casting
from ingestion.school_years import in_its_year
from ingestion.sql_text import literal, literals, quote

if TYPE_CHECKING:
    import duckdb

ROW_RULES = ("D02", "D03", "Q03", "Q04")
PUPIL_RULE = "Q13"
HASHES_SORTED = 5_000_000
"""Up to so many hashes are held in memory to be sorted, 40 MB; more are counted by the database, which may spill."""
_EMPTY = "the cell is empty; fill it in, or leave the row out"
_SAME_KEY = "the row has the same key as another and different values; keep the right one and send the file again"
_UNKNOWN_TEXT = "the text is not one that the mapping knows{}; correct it, or add it to the mapping's codes"
_TEXTS_NAMED = 8
_NOT_OF_THE_PATTERN = "the code is not written as the mapping expects; export it again, with its leading zeros"
_UNKNOWN_YEAR = "the text is not a school year that calendar and mapping know; correct it, or add the year to both"
_TWO_DAYS = "the date is another day in each of the ways in which the file writes dates; export it as year-month-day"
_UNREADABLE = {
    "date": ("D03", "the cell is not a date written as the mapping expects; export it again, dates as year-month-day"),
    "timestamp": ("D03", "the cell is not a day and a time as the mapping expects; export it as 2026-01-31 14:05:00"),
    "boolean": ("D03", "the cell is neither of the two texts that mean true and false; correct it"),
}
"""By type, the rule and the reason that refuse a cell which cannot be read as it."""


def create_rejects(connection: duckdb.DuckDBPyConnection, casting: Casting, n_rows: int) -> bool:
    """Create ``rejects(line, column_name, rule_id, reason)``, one row for each fault, and ``repeats``.

    Args:
        connection: where ``typed`` is.
        casting: the file.
        n_rows: how many rows it has.

    Returns:
        True when every row is good: most files are, and nothing has to be asked of the two tables then.
    """
    connection.execute("CREATE TEMP TABLE rejects(line INTEGER, column_name VARCHAR, rule_id VARCHAR, reason VARCHAR)")
    connection.execute("CREATE TEMP TABLE repeats(line INTEGER, is_conflict BOOLEAN)")
    are_all_good = not _find_repeats(connection, casting, n_rows)
    faults = [_ragged(casting), *_year_faults(casting), *_district_faults(casting)]
    faults += [fault for name in casting.mapping.columns for fault in _column_faults(casting, name)]
    if not _is_any_wrong(connection, faults):
        return are_all_good
    found = connection.execute(f"SELECT {', '.join(fault.count for fault in faults)} FROM typed").fetchone() or ()
    for fault, number in zip(faults, found, strict=True):
        if number:
            connection.execute(f"INSERT INTO rejects {fault.rows}")
            are_all_good = False
    return are_all_good


def _is_any_wrong(connection: duckdb.DuckDBPyConnection, faults: list[_Fault]) -> bool:
    """Whether a row is wrong in any way: to ask that of a good file costs a third of counting each kind."""
    conditions = " OR ".join(f"({fault.condition})" for fault in faults)
    return connection.execute(f"SELECT 1 FROM typed WHERE {conditions} LIMIT 1").fetchone() is not None


def create_good(connection: duckdb.DuckDBPyConnection, *, are_all: bool) -> None:
    """Create the view ``good``, the rows of ``typed`` that land."""
    without = "" if are_all else " ANTI JOIN rejects USING (line) ANTI JOIN repeats USING (line)"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW good AS FROM typed{without}")


def _are_all_different(connection: duckdb.DuckDBPyConnection, key: str, where: str, n_rows: int) -> bool:
    """Whether no two rows have the same hash of their key; to sort the hashes costs a tenth of counting them."""
    if n_rows > HASHES_SORTED:
        return connection.execute(f"SELECT count(*) = count(DISTINCT hash({key})) {where}").fetchone() == (True,)
    hashes: Any = connection.execute(f"SELECT hash({key}) AS hash {where}").fetchnumpy()["hash"]
    hashes.sort()
    return not bool((hashes[1:] == hashes[:-1]).any())


def _find_repeats(connection: duckdb.DuckDBPyConnection, casting: Casting, n_rows: int) -> bool:
    """Fill ``repeats(line, is_conflict)``: rows that share their key; of equal ones, all but the first.

    Returns:
        False when there are certainly none.
    """
    names = casting.key_columns
    optional = [name for name in names if casting.targets(name) and not any(t.required for t in casting.targets(name))]
    # a pupil whom nobody knows is the same in every row: an empty cell is equal to another, as a text is
    key = ", ".join(f"coalesce({quote(name)}, '')" if name in optional else quote(name) for name in names)
    known = " AND ".join(f"{quote(name)} IS NOT NULL" for name in names if name not in optional)
    where = f"FROM typed WHERE cells = 0 AND {known}"
    if _are_all_different(connection, key, where, n_rows):
        return False
    content = [quote(name) for name in casting.mapping.columns]
    content += [quote(f"{name}_status") for name in casting.mapping.columns if casting.is_number(name)]
    connection.execute(
        f"""INSERT INTO repeats
        WITH keyed AS (SELECT *, row({key}) AS _key {where}),
        twins AS (SELECT _key FROM keyed GROUP BY ALL HAVING count(*) > 1),
        judged AS (
            SELECT line, min(line) OVER same AS first_line,
                min(row({", ".join(content)})) OVER same IS DISTINCT FROM max(row({", ".join(content)})) OVER same
                    AS is_conflict
            FROM keyed JOIN twins USING (_key)
            WINDOW same AS (PARTITION BY _key)
        )
        SELECT line, is_conflict FROM judged WHERE is_conflict OR line <> first_line"""
    )
    connection.execute(
        f"INSERT INTO rejects SELECT line, '', 'Q03', {literal(_SAME_KEY)} FROM repeats WHERE is_conflict"
    )
    return True


@dataclass(frozen=True)
class _Fault:
    """One way in which a row can be wrong.

    Attributes:
        column: heading of the column at fault.
        rule: the rule that refuses the row.
        reason: SQL of what is wrong and what to do.
        condition: SQL of what is true of such a row.
        is_of_cells: whether it is about a column, which only a row with the right number of cells has.
    """

    column: str
    rule: str
    reason: str
    condition: str
    is_of_cells: bool = True

    @property
    def where(self) -> str:
        """SQL of which rows are wrong in this way."""
        return f"cells = 0 AND {self.condition}" if self.is_of_cells else self.condition

    @property
    def count(self) -> str:
        """SQL that counts such rows: all kinds are counted in one pass, as most files have none."""
        return f"count(*) FILTER ({self.where})"

    @property
    def rows(self) -> str:
        """SQL of the rejects."""
        return f"SELECT line, {literal(self.column)}, {literal(self.rule)}, {self.reason} FROM typed WHERE {self.where}"


def _ragged(casting: Casting) -> _Fault:
    expected = f" cells where the headings are {len(casting.sheet.headings)}; a separator is missing or too many"
    return _Fault("", "D02", f"'the row has ' || cells || {literal(expected)}", "cells <> 0", is_of_cells=False)


def _in_its_year(casting: Casting, condition: Callable[[int], str]) -> str:
    return in_its_year(casting.years, casting.mapping.year_column is not None, condition)


def _its_year(casting: Casting) -> str:
    """The school year that a row is of, in words."""
    if casting.school_year is not None:
        return f"the school year {casting.school_year}"
    return "its school year" if casting.mapping.year_column else f"each school year from {casting.years[0]} on"


def _year_faults(casting: Casting) -> list[_Fault]:
    """Rows whose school year is not known, or in which the sender is no member."""
    name = casting.mapping.year_column
    if name is None:
        return []
    heading = casting.mapping.heading(name)
    faults = [_Fault(heading, "Q04", literal(_UNKNOWN_YEAR), "_school_year IS NULL")]
    if casting.mapping.districts is None:
        district = casting.collaborative.district(casting.sender)
        years = [str(year) for year in casting.years if district and district.is_member(year)]
        reason = literal("the sender is not a member in the school year of the row; correct the year, or districts.csv")
        faults.append(_Fault(heading, "Q04", reason, f"_school_year NOT IN ({', '.join(years) or 'NULL'})"))
    return faults


def _district_faults(casting: Casting) -> list[_Fault]:
    districts = casting.mapping.districts
    if districts is None:
        return []
    heading = casting.mapping.heading(districts.column)
    lost = (
        f"the code is not {districts.width} digits: leading zeros were probably lost when a spreadsheet program saved "
        "the file; export it again, or format the column as text"
    )
    unknown = (
        f" is not a district of the roster in {_its_year(casting)}; "
        "correct the code, or add the district to districts.csv with its years"
    )
    code = "_district_id" if districts.entity == "school" else quote(districts.column)
    named = f"'the code ' || {code} || {literal(unknown)}"
    entities = _unknown_schools(casting, heading) if districts.entity == "school" else []

    def is_member(year: int) -> str:
        return f"_district_id IN ({literals(each.district_id for each in casting.collaborative.roster(year))})"

    is_unknown = f"{_of_a_known_year(casting)}NOT _is_total AND NOT coalesce({_in_its_year(casting, is_member)}, false)"
    return [
        _Fault(heading, "Q03", literal(lost), "_district_id IS NULL"),
        _Fault(heading, "Q04", named, f"_district_id IS NOT NULL AND {is_unknown}"),
        *entities,
    ]


def _of_a_known_year(casting: Casting) -> str:
    """SQL that leaves out rows that are refused for their year already."""
    return "_school_year IS NOT NULL AND " if casting.mapping.year_column else ""


def _unknown_schools(casting: Casting, heading: str) -> list[_Fault]:
    """Codes of schools that the roster does not have open in that year, or has under another district."""
    unknown = (
        f" is not a school of the roster in {_its_year(casting)}; "
        "correct the code, or add the school to schools.csv with its years"
    )
    named = f"'the code ' || _entity_id || {literal(unknown)}"

    def is_open(year: int) -> str:
        schools = casting.collaborative.schools_open(year)
        known = literals(f"{school.district_id}/{school.school_id}" for school in schools)
        return f"_district_id || '/' || _entity_id IN ({known})"

    is_unknown = f"{_of_a_known_year(casting)}NOT _is_total AND NOT coalesce({_in_its_year(casting, is_open)}, false)"
    return [_Fault(heading, "Q04", named, f"_entity_id IS NOT NULL AND {is_unknown}")]


def _column_faults(casting: Casting, name: str) -> list[_Fault]:
    column = casting.mapping.columns[name]
    is_required = any(target.required for target in casting.targets(name))
    if column.type == "number":
        return [_number_faults(casting, name, is_required), *_other_fiscal_years(casting, name)]
    is_missing, is_empty = f"{quote(name)} IS NULL", quote(f"{name}_is_empty")
    if not (column.type in _UNREADABLE or column.pattern or column.extract or casting.codes(name)):
        faults = [_Fault(casting.mapping.heading(name), "Q03", literal(_EMPTY), is_missing)] if is_required else []
        return faults + _strange_schools(casting, name)
    rule, unreadable = _UNREADABLE.get(column.type, ("Q04", _UNKNOWN_TEXT.format(_texts_known(casting, name))))
    if column.pattern or (column.type == "code" and column.extract and not casting.codes(name)):
        rule, unreadable = "Q13" if name in casting.pseudonyms else "Q03", _NOT_OF_THE_PATTERN
    reason = literal(unreadable)
    if column.type == "date":
        reason = f"CASE WHEN {quote(f'{name}_is_ambiguous')} THEN {literal(_TWO_DAYS)} ELSE {reason} END"
    faults = [_Fault(casting.mapping.heading(name), rule, reason, f"{is_missing} AND NOT {is_empty}")]
    if is_required:
        faults.append(_Fault(casting.mapping.heading(name), "Q03", literal(_EMPTY), f"{is_missing} AND {is_empty}"))
    return faults + _strange_schools(casting, name)


def _texts_known(casting: Casting, name: str) -> str:
    """The first texts of a closed list, in words."""
    known = list(casting.codes(name))
    more = ", …" if known[_TEXTS_NAMED:] else ""
    return f" ({', '.join(known[:_TEXTS_NAMED])}{more})" if known else ""


def _strange_schools(casting: Casting, name: str) -> list[_Fault]:
    """Codes that are not a school of the row's district; nothing is said where the roster lists no schools."""
    if not casting.collaborative.schools or not any(target.refers_to == "school" for target in casting.targets(name)):
        return []

    def is_open(year: int) -> str:
        schools = casting.collaborative.schools_open(year)
        if casting.mapping.districts is None:
            known = literals(school.school_id for school in schools if school.district_id == casting.sender)
            return f"{quote(name)} IN ({known})"
        known = literals(f"{school.district_id}/{school.school_id}" for school in schools)
        return f"_district_id || '/' || {quote(name)} IN ({known})"

    is_known = _in_its_year(casting, is_open)
    unknown = (
        f"the code is not a school that the roster lists for the district in {_its_year(casting)}; "
        "correct the code, or add the school to schools.csv with its years"
    )
    where = f"{quote(name)} IS NOT NULL AND NOT coalesce({is_known}, false)"
    return [_Fault(casting.mapping.heading(name), "Q04", literal(unknown), where)]


def _other_fiscal_years(casting: Casting, name: str) -> list[_Fault]:
    """Rows of another fiscal year than the delivery's: sums are by school year, and would take them in."""
    if all(target.name != "fiscal_year" for target in casting.targets(name)):
        return []
    fiscal_years = {year: casting.collaborative.fiscal_year(year) for year in casting.years}
    if None in fiscal_years.values():
        return []
    said = str(fiscal_years[casting.school_year]) if casting.school_year is not None else "the one"
    other = (
        f"the fiscal year is not {said}, which the calendar gives for {_its_year(casting)} of "
        "this file; correct it, or send the row with the files of its own year"
    )
    where = _in_its_year(casting, lambda year: f"{quote(name)} <> {fiscal_years[year]}")
    return [_Fault(casting.mapping.heading(name), "Q04", literal(other), where)]


def _number_faults(casting: Casting, name: str, is_required: bool) -> _Fault:
    all_markers = {**casting.mapping.markers, **casting.mapping.columns[name].markers}
    markers = ", ".join(f"'{marker}'" for marker in all_markers if marker)
    declared = f" and not a declared marker ({markers})" if markers else ""
    scale = casting.digits(name)[1]
    not_a_number = (
        f"the cell is not a number with at most {scale} decimals{declared}; {_how_numbers_are_written(casting, name)}"
    )
    marked = "the cell holds a marker where a number is required; write the number, or leave the row out"
    status = quote(f"{name}_status")
    reason = (
        f"CASE WHEN {quote(name + '_is_empty')} THEN {literal(_EMPTY)} "
        f"WHEN {status} = 'refused' THEN {literal(not_a_number)} ELSE {literal(marked)} END"
    )
    where = f"{status} <> 'reported'" if is_required else f"{status} = 'refused'"
    return _Fault(casting.mapping.heading(name), "D03", reason, where)


def _how_numbers_are_written(casting: Casting, name: str) -> str:
    """What to do about a cell that is no number: how one is written, and what the mapping could declare."""
    column = casting.mapping.columns[name]
    plain = f"-1234{column.decimal}50" if casting.digits(name)[1] else "-1234"
    undeclared = [
        *(["a sign such as $ (symbols)"] if not column.symbols else []),
        *(["commas of thousands (thousands)"] if not column.thousands else []),
    ]
    said = f"; {' and '.join(undeclared)} must be declared in the mapping" if undeclared else ""
    return f"write it as {plain}{said}"
