"""The columns of an extract with their exact types, and the select that asks for them.

Belongs here: which type a column lands in, and how it is asked for so that nothing is lost on the way. Does not belong
here: reading rows (``sql_rows.py``). Names come from the database itself and are quoted by its dialect; values are
bound.

A number with a declared scale becomes a decimal, never a float. What has no exact type of its own (a numeric without
scale, times, intervals, JSON) becomes the database's own text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import types as sql

from ingestion.sources.outcomes import FileFault
from ingestion.sources.sql_extract import Slice, SqlExtract

if TYPE_CHECKING:
    import pyarrow as pa

_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_OIDS: dict[int, type[sql.TypeEngine[Any]]] = {
    16: sql.Boolean, 20: sql.BigInteger, 21: sql.BigInteger, 23: sql.BigInteger,
    700: sql.Float, 701: sql.Float, 1082: sql.Date, 1114: sql.DateTime, 17: sql.LargeBinary,
}  # fmt: skip
"""PostgreSQL's own numbers of types, for the columns of a query."""

UNREADABLE = "a row cannot be read: declare text under types for what has no exact type"


@dataclass(frozen=True)
class PlannedColumn:
    """One column as it is asked for.

    Attributes:
        name: its name in the database and in the file.
        type: its exact type.
        raw: the column itself, for comparisons.
        compared: what a watermark is compared with: of a type of texts when these are compared.
        asked: what is selected: the column, or its text.
        comes_as_text: whether the database is asked for its text.
    """

    name: str
    type: pa.DataType
    raw: sa.ColumnElement[Any]
    compared: sa.ColumnElement[Any]
    asked: sa.ColumnElement[Any]
    comes_as_text: bool

    @property
    def is_kept_as_text(self) -> bool:
        """Whether the database orders its values as texts."""
        return isinstance(self.compared.type, sql.String)

    def since(self, mark: Any) -> sa.ColumnElement[bool]:
        """The rows at a watermark and after; some before it where only texts can be compared, none too few."""
        return self.compared >= (_shortest(mark) if self.is_kept_as_text else mark)


@dataclass(frozen=True)
class Plan:
    """The columns of an extract, and where they are."""

    extract: SqlExtract
    origin: sa.FromClause
    columns: tuple[PlannedColumn, ...]

    @property
    def schema(self) -> pa.Schema:
        """The file's columns and types."""
        import pyarrow as pa

        return pa.schema([pa.field(column.name, column.type) for column in self.columns])

    @property
    def asked(self) -> str:
        """Hash of the question: while it is the same, a file can be brought up to date."""
        return hashlib.sha256(f"{self.extract.content_hash}\n{self.schema}".encode()).hexdigest()[:20]

    def column(self, name: str) -> PlannedColumn:
        """The column with that name.

        Raises:
            FileFault: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise FileFault(f"there is no column '{name}': correct what sources.yaml says of {self.extract.extract}")

    def select(self, one: Slice, since: Any = None) -> sa.Select[Any]:
        """The rows of one slice, all or those since a watermark; rows without one are always asked for."""
        query = sa.select(*(column.asked.label(column.name) for column in self.columns)).select_from(self.origin)
        if one.code is not None and self.extract.district_column:
            query = query.where(self._is(self.extract.district_column, one.code))
        if one.school_year and self.extract.year_column:
            query = query.where(self._is(self.extract.year_column, str(one.school_year)))
        if since is not None:
            column = self.column(str(self.extract.watermark))
            query = query.where(column.since(since) | column.raw.is_(None))
        return query

    def other_codes(self) -> sa.Select[Any]:
        """The codes of districts that no slice takes, compared as the slices compare them."""
        name = str(self.extract.district_column)
        raw = self.column(name).raw
        is_taken = sa.or_(*(self._is(name, code) for code in self.extract.districts))
        return sa.select(sa.cast(raw, sa.Text)).select_from(self.origin).where(~is_taken).distinct()

    def count_empty(self, name: str) -> sa.Select[Any]:
        """How many rows have nothing in a column."""
        return sa.select(sa.func.count()).select_from(self.origin).where(self.column(name).raw.is_(None))

    def _is(self, name: str, value: str) -> sa.ColumnElement[bool]:
        """A column's comparison with a text of the configuration, as the column's own type."""
        import pyarrow as pa

        column = self.column(name)
        if not pa.types.is_integer(column.type):
            return column.raw == value
        if not re.fullmatch(r"-?\d+", value):
            raise FileFault(f"column '{name}' holds whole numbers, and what sources.yaml gives for it is none")
        return column.raw == int(value)


def plan_extract(connection: sa.Connection, extract: SqlExtract) -> Plan:
    """Ask the database for the columns of a table or a query.

    Raises:
        FileFault: a column that is named is not there, or cannot be had.
        NoSuchTableError: the table is not there.
    """
    origin, found = _find_table(connection, extract) if extract.table else _find_query(connection, extract)
    missing = sorted({*extract.columns, *extract.types} - found.keys())
    if missing:
        raise FileFault(f"there is no column '{missing[0]}': correct what sources.yaml says of {extract.extract}")
    names = extract.columns or tuple(found)
    dialect = connection.dialect.name
    columns = tuple(_plan(name, origin.c[name], found[name], extract.types.get(name), dialect) for name in names)
    plan = Plan(extract, origin, columns)
    for name in (*extract.key, *filter(None, (extract.watermark, extract.district_column, extract.year_column))):
        plan.column(name)
    return plan


def _find_table(
    connection: sa.Connection, extract: SqlExtract
) -> tuple[sa.FromClause, Mapping[str, sql.TypeEngine[Any]]]:
    *schema, name = str(extract.table).split(".")
    table = sa.Table(name, sa.MetaData(), schema=".".join(schema) or None, autoload_with=connection, resolve_fks=False)
    return table, {column.name: column.type for column in table.columns}


def _find_query(
    connection: sa.Connection, extract: SqlExtract
) -> tuple[sa.FromClause, Mapping[str, sql.TypeEngine[Any]]]:
    """A query's columns; without a type where only PostgreSQL or ``types`` could say it."""
    text = str(extract.query).strip().rstrip(";").replace("\\:", ":").replace(":", "\\:")
    unnamed = sa.text(text).columns().subquery("asked")
    result = connection.execute(sa.select(sa.text("*")).select_from(unnamed).where(sa.false()))
    described = result.cursor.description if result.cursor is not None else ()
    found = {column[0]: _described(column, connection.dialect.name) for column in described or ()}
    result.close()
    named = (sa.column(name, type_) for name, type_ in found.items())
    return sa.text(text).columns(*named).subquery("asked"), found


def _described(column: Any, dialect: str) -> sql.TypeEngine[Any]:
    if dialect != "postgresql":
        return sql.NullType()
    if column.type_code == 1700:
        return sql.Numeric(column.precision, column.scale)
    return _OIDS.get(column.type_code, sql.NullType)()


def _plan(
    name: str, raw: sa.ColumnElement[Any], found: sql.TypeEngine[Any], declared: str | None, dialect: str
) -> PlannedColumn:
    type_ = _exact(found) if declared is None else _declared(declared)
    if isinstance(found, sql.LargeBinary):
        raise FileFault(f"column '{name}' is binary: leave it out with columns")
    is_text_needed = _needs_text(found, type_, is_declared=declared is not None, dialect=dialect)
    asked = sa.cast(raw, sa.Text) if is_text_needed else raw
    return PlannedColumn(name, type_, raw, _compared(raw, type_, dialect), asked, is_text_needed)


def _compared(raw: sa.ColumnElement[Any], type_: pa.DataType, dialect: str) -> sa.ColumnElement[Any]:
    """What a watermark is compared with; a number that SQLite may keep as text is asked for whatever it is."""
    import pyarrow as pa

    if dialect == "sqlite" and pa.types.is_temporal(type_):
        return sa.type_coerce(raw, sa.Text)
    if dialect == "sqlite" and isinstance(raw.type, sql.NullType):
        return sa.func.ifnull(raw, sa.null())  # of no type: there a text is more than any number
    return raw


def _needs_text(found: sql.TypeEngine[Any], type_: pa.DataType, *, is_declared: bool, dialect: str) -> bool:
    """Whether the driver's own value would lose something, or is of another type."""
    import pyarrow as pa

    if dialect == "sqlite" and (pa.types.is_decimal(type_) or pa.types.is_temporal(type_)):
        return False
    return is_declared or (pa.types.is_string(type_) and not isinstance(found, sql.String))


def _exact(found: sql.TypeEngine[Any]) -> pa.DataType:
    """The exact type of a column; text where there is none."""
    import pyarrow as pa

    if isinstance(found, sql.Float):
        return pa.float64()
    if isinstance(found, sql.Numeric) and found.precision is not None and found.precision <= 38:
        return pa.decimal128(found.precision, found.scale or 0)
    if isinstance(found, sql.DateTime):
        return pa.timestamp("us", "UTC" if found.timezone else None)
    plain = ((sql.Boolean, pa.bool_()), (sql.Integer, pa.int64()), (sql.Date, pa.date32()))
    return next((type_ for kind, type_ in plain if isinstance(found, kind)), pa.string())


def _declared(words: str) -> pa.DataType:
    import pyarrow as pa

    decimal = _DECIMAL.fullmatch(words)
    if decimal:
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    return {
        "text": pa.string(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
    }[words]


def write_mark(value: Any) -> str | None:
    """A watermark as the ledger keeps it."""
    if value is None:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def read_mark(text: str, type_: pa.DataType) -> Any:
    """A watermark as the database compares it."""
    import pyarrow as pa

    if pa.types.is_integer(type_):
        return int(text)
    if pa.types.is_decimal(type_):
        return Decimal(text)
    return date.fromisoformat(text) if pa.types.is_date(type_) else datetime.fromisoformat(text)


def _shortest(mark: Any) -> str:
    """A day or a time as the beginning that all its texts have: 10:00:00 is written with and without a fraction."""
    if not isinstance(mark, datetime):
        return str(mark)
    return re.sub("( 00)?(:00)+$", "", mark.isoformat(" ", "seconds"))


def check_watermark(plan: Plan) -> None:
    """Whether the values of a plan's watermark have an order that grows, there as here.

    Raises:
        FileFault: they have not.
    """
    import pyarrow as pa

    column = plan.column(str(plan.extract.watermark))
    is_number = pa.types.is_integer(column.type) or pa.types.is_decimal(column.type)
    if not (is_number or pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
        words = f"the watermark '{column.name}' must be a number, a date or a time that grows"
        raise FileFault(words, "refused")
    if is_number and column.is_kept_as_text:
        words = f"the watermark '{column.name}' is a number that the database keeps as text, where 10 is less than 2"
        raise FileFault(f"{words}: make it a number there, or name another column", "refused")


def not_of_its_type(column: PlannedColumn) -> str:
    """What is wrong with a column that holds another type's values, and what to do; none of them is quoted."""
    words = f"column '{column.name}' holds something that is not a {column.type}"
    return f"{words}: correct it there, or declare text under types"
