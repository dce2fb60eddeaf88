"""What a build is made of, written before dbt starts.

Belongs here: the build's id and scope, the file that dbt works on with its views and tables of inputs, and
moving it under its id or away. Does not belong here: the models (``dbt_project/``) or the doors
(``expectations/``).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingestion.account_crosswalk import select_mapped_accounts
from ingestion.archive import hash_file
from ingestion.blank_build import BlankBuild, copy_models, find_models_without_rows, open_blank
from ingestion.build_slices import DistrictYear, divide
from ingestion.code_hash import hash_code
from ingestion.contract import load_contracts
from ingestion.delivery_status import build_delivery_status
from ingestion.destroyed_slots import destroyed_years
from ingestion.earlier_release import EarlierRelease, select_earlier
from ingestion.home import ALL_DISTRICTS, Home, sync_folder, write_atomically
from ingestion.landing_views import select_landed
from ingestion.ledger import Ledger, Row
from ingestion.published_figures import find_serving, hash_serving, list_publications, select_published
from ingestion.selection import COLUMNS, current_selection, hash_selection
from ingestion.sql_text import literal, quote
from ingestion.waivers import states_at_door_2

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from ingestion.collaborative import Collaborative
    from ingestion.compiled_configuration import CompiledConfiguration

SCOPE_COLUMNS = ("extract", "delivery_id", "content_hash", "is_current", "vintage")
"""What makes a district-year of the selection differ from the copied build's."""

SELECTION_FILE = "selection.parquet"
BUILD_HASH = "warehouse.sha256"
"""SHA-256 of a finished build's file: a build that somebody changed is never built upon."""


PUBLISHED = "published_figures"
"""The source of computed figures that were published."""

PUBLISHED_HASH = "published.sha256"
"""Which publications served a finished build."""


@dataclass(frozen=True)
class BuildInputs:
    """One build, before or after it runs.

    Attributes:
        build_id: hash of all that follows, and of what waivers of door 2 are worth; the same id has the same content.
        selection_hash: hash of the selection.
        status_hash: hash of ``delivery_status``: that a district is held shows in a release.
        config_hash: hash of the compiled configuration.
        code_hash: hash of the product's source.
        published_hash: hash of the publications that serve.
        as_of: the day the build speaks of; never the clock's.
        scope: district-years that incremental models make anew, sorted.
        slices: the slice of each of them; those models are made slice by slice.
        changed: contracts of which other deliveries serve than in the copied build, sorted, and PUBLISHED where
            another publication does; what follows from the others alone is left as it was copied.
        without_rows: models (schema, name) that have no row, whatever the configuration says, as none of the contracts
            that give them rows is served, now or in the copied build; the build file holds them already.
        from_nothing: True when no earlier build could be copied.
        already: ``released`` when the current release is this build, ``rolled_back`` when somebody went back from
            it, ``refused`` when a door refused it; then nothing was written.
        n_slots: slots that serve.
    """

    build_id: str
    selection_hash: str
    status_hash: str
    config_hash: str
    code_hash: str
    published_hash: str
    as_of: date
    scope: tuple[DistrictYear, ...]
    slices: tuple[int, ...]
    changed: tuple[str, ...]
    without_rows: tuple[tuple[str, str], ...]
    from_nothing: bool
    already: Literal["released", "rolled_back", "refused"] | None
    n_slots: int


def prepare_build(
    home: Home,
    ledger: Ledger,
    collaborative: Collaborative,
    compiled: CompiledConfiguration,
    as_of: date | None = None,
    earlier: EarlierRelease | None = None,
) -> BuildInputs:
    """Work out tonight's build and, unless it is known, write the file that dbt works on.

    Args:
        home: the home; the caller holds its lock.
        ledger: the ledger.
        collaborative: roster and calendar.
        compiled: the configuration as dbt reads it.
        as_of: the day the build speaks of; by default the latest ``data_through`` that serves.
        earlier: the release that this one's figures are compared with.
    """
    selection = current_selection(ledger, roster=collaborative.district_ids)
    status = build_delivery_status(ledger, collaborative, selection)
    serving = find_serving(list_publications(home))
    hashes = {
        "selection_hash": hash_selection(selection),
        "status_hash": hash_selection(status),
        "config_hash": compiled.config_hash,
        "code_hash": hash_code(),
        "published_hash": hash_serving(serving),
    }
    day = as_of or _latest_data(selection, collaborative)
    waived = states_at_door_2(collaborative.waivers, collaborative.today())
    named = json.dumps([hashes, day.isoformat(), *waived], sort_keys=True)
    build_id = hashlib.sha256(named.encode()).hexdigest()[:20]
    released = ledger.released_build(home.current_release)
    base = _copyable(home, released, hashes)
    already = _already(home, ledger.build(build_id), released)
    blank = open_blank() if already is None else None
    scope = () if already == "released" else _scope(selection, base)
    inputs = BuildInputs(
        build_id=build_id,
        **hashes,
        as_of=day,
        scope=scope,
        slices=divide(scope, _count_rows(selection)),
        without_rows=find_models_without_rows(blank, _served(selection, base)) if blank else (),
        changed=() if already == "released" else _changed(selection, hashes["published_hash"], base),
        from_nothing=base is None,
        already=already,
        n_slots=sum(selection["is_current"].to_pylist()),
    )
    if already is None:
        ledger.start_build(build_id, hashes["selection_hash"], hashes["code_hash"], hashes["config_hash"], day)
        destroyed = _destroyed(ledger, collaborative)
        before = select_earlier(earlier, inputs.code_hash, inputs.config_hash, destroyed)
        views = {PUBLISHED: select_published(serving)} | before
        _write_build_file(home, inputs, base or blank, selection, status, compiled, views)
    write_atomically(_record_path(home), json.dumps(asdict(inputs), default=date.isoformat, indent=1) + "\n")
    return inputs


def _destroyed(ledger: Ledger, collaborative: Collaborative) -> list[DistrictYear]:
    """Years of which anything was destroyed; a district that has left is not named, it is among all districts."""
    years = {
        (district if district in collaborative.district_ids else ALL_DISTRICTS, year)
        for district, year in destroyed_years(ledger)
    }
    return sorted(years)


def load_inputs(home: Home) -> BuildInputs | None:
    """What :func:`prepare_build` worked out last, for a step that runs in another process."""
    path = _record_path(home)
    if not path.exists():
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    if "slices" not in record:  # an earlier version prepared it
        return None
    scope = tuple((district_id, year) for district_id, year in record["scope"])
    texts = {"as_of": date.fromisoformat(record["as_of"])}
    lists = {name: tuple(record[name]) for name in ("changed", "slices")}
    without_rows = tuple((schema, name) for schema, name in record["without_rows"])
    return BuildInputs(**record | texts | lists | {"scope": scope, "without_rows": without_rows})


def finish_build(home: Home, ledger: Ledger, inputs: BuildInputs) -> Path:
    """Move the finished work file under its build id, its selection beside it; gives the build's folder."""
    import duckdb

    folder = home.build_folder(inputs.build_id)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{SELECTION_FILE}.draft"
    with duckdb.connect(home.build_file) as connection:
        order = "order by district_id, extract, school_year, vintage, delivery_id"
        connection.execute(f"copy (from build.selection {order}) to {literal(str(draft))} (format parquet)")
        connection.execute("checkpoint")
    _sync(draft)
    draft.replace(folder / SELECTION_FILE)
    _sync(home.build_file)
    write_atomically(folder / BUILD_HASH, hash_file(home.build_file) + "\n")
    write_atomically(folder / PUBLISHED_HASH, inputs.published_hash + "\n")
    home.build_file.replace(folder / home.build_file.name)
    sync_folder(folder)
    sync_folder(home.work)
    ledger.mark_built(inputs.build_id)
    return folder


def discard_build(home: Home) -> None:
    """Remove the work file: it was refused, or a run that was killed left it."""
    for suffix in ("", ".wal"):
        Path(f"{home.build_file}{suffix}").unlink(missing_ok=True)


def _record_path(home: Home) -> Path:
    return home.work / "build_inputs.json"


def _latest_data(selection: pa.Table, collaborative: Collaborative) -> date:
    """The latest day that serving data speaks of; where there is none, the first of the calendar."""
    rows = selection.select(["is_current", "data_through"]).to_pylist()
    days = [row["data_through"] for row in rows if row["is_current"] and row["data_through"] is not None]
    return max(days, default=min(period.starts_on for period in collaborative.periods))


def _already(
    home: Home, build: Row | None, released: Row | None
) -> Literal["released", "rolled_back", "refused"] | None:
    if build is None:
        return None
    if released is not None and released["build_id"] == build["build_id"]:
        return "released"
    if build["build_id"] in home.rolled_back():
        return "rolled_back"
    return "refused" if build["state"] == "refused" else None


def _copyable(home: Home, released: Row | None, hashes: dict[str, str]) -> Path | None:
    """The folder of the released build, if the same code and configuration made it and not a byte of it changed."""
    if released is None or any(released[name] != hashes[name] for name in ("code_hash", "config_hash")):
        return None
    folder = home.build_folder(released["build_id"])
    files = [folder / name for name in (SELECTION_FILE, home.build_file.name, BUILD_HASH)]
    if not all(file.is_file() for file in files):
        return None
    is_what_the_doors_saw = hash_file(files[1]) == files[2].read_text(encoding="utf-8").strip()
    return folder if is_what_the_doors_saw else None


def _scope(selection: pa.Table, base: Path | None) -> tuple[DistrictYear, ...]:
    """District-years whose selected deliveries differ from the copied build's, also those that vanished."""
    changed = _changed_rows(selection, base, ("district_id", "school_year", *SCOPE_COLUMNS))
    return tuple(sorted({(district_id, school_year) for district_id, school_year, *_ in changed}))


def _count_rows(selection: pa.Table) -> dict[DistrictYear, int]:
    """Rows of the deliveries that serve, earlier vintages among them."""
    rows = selection.group_by(["district_id", "school_year"]).aggregate([("n_rows", "sum")]).to_pylist()
    return {(row["district_id"], row["school_year"]): row["n_rows_sum"] for row in rows}


def _changed_contracts(selection: pa.Table, base: Path | None) -> tuple[str, ...]:
    """Contracts of which any row of the selection, in any of its columns, is another than the copied build's."""
    place = COLUMNS.index("contract")
    return tuple(sorted({row[place] for row in _changed_rows(selection, base, COLUMNS)}))


def _changed_rows(selection: pa.Table, base: Path | None, columns: Sequence[str]) -> set[tuple]:
    """Rows, of these columns, that are in the selection or in the copied build's, and not in both."""
    import pyarrow.parquet as pq

    before = pq.read_table(base / SELECTION_FILE, columns=list(columns)) if base else selection.slice(0, 0)
    tonight, then = (
        set(zip(*(table[name].to_pylist() for name in columns), strict=True)) for table in (selection, before)
    )
    return tonight ^ then


def _served(selection: pa.Table, base: Path | None) -> frozenset[str]:
    """Contracts of which any delivery serves, or did in the copied build."""
    import pyarrow.parquet as pq

    columns = [selection["contract"]]
    if base is not None:
        columns.append(pq.read_table(base / SELECTION_FILE, columns=["contract"])["contract"])
    return frozenset(name for column in columns for name in column.unique().to_pylist())


def _changed(selection: pa.Table, published_hash: str, base: Path | None) -> tuple[str, ...]:
    """What changed since the copied build: contracts, and publications."""
    path = base / PUBLISHED_HASH if base else None
    before = path.read_text(encoding="utf-8").strip() if path and path.is_file() else ""
    return (*_changed_contracts(selection, base), *([PUBLISHED] if before != published_hash else []))


def _write_build_file(
    home: Home,
    inputs: BuildInputs,
    base: Path | BlankBuild | None,
    selection: pa.Table,
    status: pa.Table,
    compiled: CompiledConfiguration,
    views: dict[str, str],
) -> None:
    """A copy of the last released build, or a file of the models without rows or of none, with tonight's inputs."""
    import duckdb

    home.work.mkdir(parents=True, exist_ok=True)
    discard_build(home)
    if isinstance(base, BlankBuild):
        copy_models(base, inputs.without_rows, home.build_file)
    elif base is not None:
        shutil.copyfile(base / home.build_file.name, home.build_file)
    with duckdb.connect(home.build_file) as connection:
        for schema in ("landing", "build", "collaborative"):
            connection.execute(f"create schema if not exists {schema}")
        _write_tables(connection, inputs, selection, status)
        _write_landing_views(connection, home, selection)
        for table in compiled.tables:
            path = literal(str((compiled.folder / f"{table}.parquet").resolve()))
            connection.execute(
                f"create or replace view collaborative.{quote(table)} as "
                f"from read_parquet({path}, hive_partitioning = false)"
            )
        for name, sql in views.items():
            connection.execute(f"create or replace view build.{name} as {sql}")
        mapped = select_mapped_accounts("landing.chart_of_accounts", "collaborative.account_crosswalk")
        connection.execute(f"create or replace view landing.mapped_accounts as {mapped}")


def _write_tables(
    connection: duckdb.DuckDBPyConnection, inputs: BuildInputs, selection: pa.Table, status: pa.Table
) -> None:
    import pyarrow as pa

    scope = {
        "district_id": pa.array([district for district, _ in inputs.scope], pa.string()),
        "school_year": pa.array([year for _, year in inputs.scope], pa.int32()),
        "slice": pa.array(inputs.slices, pa.int32()),
    }
    info = {
        "build_id": [inputs.build_id],
        "as_of": pa.array([inputs.as_of], pa.date32()),
        "selection_hash": [inputs.selection_hash],
    }
    tables = {
        "selection": selection,
        "delivery_status": status,
        "build_scope": pa.table(scope),
        "build_info": pa.table(info),
    }
    for name, table in tables.items():
        connection.register("rows", table)
        connection.execute(f"create or replace table build.{name} as from rows")
        connection.unregister("rows")


def _write_landing_views(connection: duckdb.DuckDBPyConnection, home: Home, selection: pa.Table) -> None:
    slots: defaultdict[str, list[Row]] = defaultdict(list)
    for row in selection.select(["contract", "district_id", "school_year", "delivery_id"]).to_pylist():
        slots[row["contract"]].append(row)
    for contract in load_contracts().values():
        select = select_landed(home, contract, slots[contract.name], "build.selection")
        connection.execute(f"create or replace view landing.{quote(contract.name)} as {select}")


def _sync(path: Path) -> None:
    """Flush a file's bytes to disk."""
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
