"""Rows of a publication's files: figures as dbt judged them, as they were seen before, and as they are written.

Belongs here: reading candidates of a build and secrets of earlier publications, and writing both files. Does not belong
here: any decision about a figure (``judged_year``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from expectations.disclosure.cells import Figure, Key
from expectations.disclosure.history import Seen
from ingestion.published_figures import COLUMNS, FrozenPublication
from ingestion.sql_text import literal

if TYPE_CHECKING:
    import duckdb

ENTITY_KEY = ("district_id", "entity_type", "entity_id", "school_year", "period", "subgroup", "breakdown")
KEY = (*ENTITY_KEY, "metric_id", "variant")
OPEN = "open"
"""The kind of figure that discloses nobody."""

SECRET_COLUMNS = {
    **{name: COLUMNS[name] for name in KEY},
    "family": "varchar",
    "dimension": "varchar",
    "kind": "varchar",
    "may_be_negative": "boolean",
    "is_printed": "boolean",
    "shown": "varchar",
    "quantity": "hugeint",
    "size": "hugeint",
    "least": "hugeint",
    "most": "hugeint",
    "quantity_now": "hugeint",
    "size_now": "hugeint",
}
"""What stands behind each figure: as others saw it, and as it is now."""

CANDIDATES = """
select
    c.*, m.quantity_micro, m.size_micro, m.least_micro, m.most_micro, printed.metric_id is not null as is_printed
from shared.int_shared__candidate as c
cross join lateral (
    select
        cast(c.quantity * 1000000 as hugeint) as quantity_micro,
        cast(case when c.kind = 'count' then c.quantity when c.kind = 'rate' then c.denominator else c.n end * 1000000
            as hugeint) as size_micro,
        cast(c.least_numerator * 1000000 as hugeint) as least_micro,
        cast(c.most_numerator * 1000000 as hugeint) as most_micro
) as m
left join (
    select {key} from marts.mart_metric_value
    where basis = 'reported' and value is not null
    group by all
) as printed using ({key})
where c.school_year = {year}
order by {order}
"""
PRINTED_KEY = ", ".join(KEY[:-1])


@dataclass(frozen=True)
class Candidate:
    """One computed figure of a build: its row as it would be shown, and what stands behind it.

    Attributes:
        row: the columns of a publication's figures.
        figure: what is to be protected; None where nothing is: it discloses nobody, or there is no value.
        is_printed: whether the state prints the same.
    """

    row: dict[str, Any]
    figure: Figure | None
    is_printed: bool = False


def read_candidates(connection: duckdb.DuckDBPyConnection, school_year: int) -> list[Candidate]:
    """Computed figures of one school year of the build that a connection has opened."""
    sql = CANDIDATES.format(key=PRINTED_KEY, year=int(school_year), order=", ".join(f"c.{name}" for name in KEY))
    return [_candidate(row) for row in _rows(connection, sql)]


def read_seen(
    connection: duckdb.DuckDBPyConnection, publications: Sequence[FrozenPublication], school_year: int
) -> dict[Key, tuple[dict[str, Any], Seen | None]]:
    """Each figure of a school year as others saw it last: its row, and what stood behind it."""
    found: dict[Key, tuple[dict[str, Any], Seen | None]] = {}
    for each in publications:
        if school_year in each.school_years:
            secrets = {key_of(row): _seen(row) for row in read_rows(connection, each.secrets, school_year)}
            rows = {key_of(row): row for row in read_rows(connection, each.figures, school_year)}
            found |= {key: (row, secrets.get(key)) for key, row in rows.items()}
    return found


def read_rows(connection: duckdb.DuckDBPyConnection, path: Path, school_year: int) -> list[dict[str, Any]]:
    """The rows of a school year in one file of a publication."""
    return _rows(connection, f"from read_parquet({literal(str(path))}) where school_year = {int(school_year)}")


def write_rows(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: dict[str, str], rows: Iterable[dict[str, Any]]
) -> None:
    """Write rows, in order of their key, into a Parquet file."""
    connection.execute(f"create or replace temp table rows ({', '.join(f'{n} {kind}' for n, kind in columns.items())})")
    values = [[row[name] for name in columns] for row in rows]
    if values:
        import pyarrow as pa

        texts = {
            name: pa.array([None if row[at] is None else str(row[at]) for row in values], pa.string())
            for at, name in enumerate(columns)
        }
        connection.register("texts", pa.table(texts))
        casts = ", ".join(f"cast({name} as {kind})" for name, kind in columns.items())
        connection.execute(f"insert into rows select {casts} from texts")
        connection.unregister("texts")
    order = ", ".join(name for name in KEY)
    connection.execute(f"copy (from rows order by {order}) to {literal(str(path))} (format parquet, compression zstd)")


def key_of(row: dict[str, Any]) -> Key:
    """What a row is of."""
    return Key(**{name: row[name] for name in ENTITY_KEY}, metric=(row["metric_id"], row["variant"]))


def secret_row(
    figure: Figure, now: Figure, shown: Literal["value", "bound", "nothing"], is_printed: bool
) -> dict[str, Any]:
    """What stands behind a figure that is published."""
    key = figure.key._asdict()
    metric_id, variant = key.pop("metric")
    least, most = figure.coded if shown == "bound" and figure.coded else (None, None)
    return {
        **key,
        "metric_id": metric_id,
        "variant": variant,
        "family": figure.family,
        "dimension": figure.dimension,
        "kind": figure.kind,
        "may_be_negative": figure.may_be_negative,
        "is_printed": is_printed,
        "shown": shown,
        "quantity": figure.quantity,
        "size": figure.size,
        "least": least,
        "most": most,
        "quantity_now": now.quantity,
        "size_now": now.size,
    }


def figure_of(secret: dict[str, Any], *, now: bool = False) -> Figure:
    """The figure behind a row of secrets: as others saw it, or as it was on the day of the publication."""
    coded = None if secret["least"] is None else (int(secret["least"]), int(secret["most"]))
    return Figure(
        key=key_of(secret),
        family=secret["family"],
        dimension=secret["dimension"],
        kind=secret["kind"],
        quantity=int(secret["quantity_now" if now else "quantity"]),
        size=int(secret["size_now" if now else "size"]),
        may_be_negative=secret["may_be_negative"],
        is_primary=secret["shown"] == "nothing",
        coded=coded,
    )


def _candidate(row: dict[str, Any]) -> Candidate:
    shown = {name: row.get(name) for name in COLUMNS}
    is_open = row["kind"] == OPEN
    shown |= {"value": row["shown_value"], "value_low": row["shown_low"], "value_high": row["shown_high"]}
    shown |= {"value_status": row["shown_status"], "level": None}
    if not is_open:
        shown |= {"numerator": None, "denominator": None, "n": None}
    figure = None if is_open or row["quantity_micro"] is None or row["size_micro"] is None else _figure(row)
    return Candidate(shown, figure, bool(row["is_printed"]))


def _figure(row: dict[str, Any]) -> Figure:
    is_coded = row["is_at_most"] or row["is_at_least"]
    return Figure(
        key=key_of(row),
        family=row["family"],
        dimension=row["dimension"],
        kind=row["kind"],
        quantity=int(row["quantity_micro"]),
        size=int(row["size_micro"]),
        may_be_negative=str(row["unit"]).startswith("usd"),
        is_primary=bool(row["is_primary"]),
        coded=(int(row["least_micro"]), int(row["most_micro"])) if is_coded else None,
    )


def _seen(secret: dict[str, Any]) -> Seen:
    return Seen(secret["shown"], figure_of(secret))


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = connection.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
