"""Reading one delivered file: from its bytes to typed rows, refusals and findings. It stores nothing.

Belongs here: the order of the steps, and the accounting. Does not belong here: the steps themselves
(``readers.py``, ``headings.py``, ``delivery_facts.py``, ``casting.py``, ``row_rules.py``,
``identities.py``, ``control_totals.py``), landing the rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.casting import Casting
from ingestion.collaborative import Collaborative
from ingestion.contract import Contract
from ingestion.control_totals import check_control_totals
from ingestion.data_through import find_data_through
from ingestion.delivery_facts import (
    FileFacts,
    Manifest,
    check_promises,
    file_error,
    find_content,
    find_school_year,
    hash_file,
    read_manifest,
)
from ingestion.findings import Finding, IdentityFailure, Reading, Reject, State
from ingestion.foreign_districts import check_foreign_districts
from ingestion.headings import check_headings
from ingestion.identities import check_identities
from ingestion.mapping import Mapping
from ingestion.pupil_rules import create_surrogates, reject_disputed
from ingestion.readers import read_sheet
from ingestion.row_rules import PUPIL_RULE, ROW_RULES, create_good, create_rejects
from ingestion.sheet import ReadOptions, Remark, Sheet, UnreadableFile
from ingestion.vault import Vault, open_throwaway_vault
from ingestion.vintages import name_undeclared

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["Reading", "read_delivery"]

ROWS_WORTH_A_THREAD = 100_000
"""A second thread costs each query some milliseconds: below so many rows that is more than it saves."""


@dataclass
class _Progress:
    """What is known about a file while it is being read."""

    findings: list[Finding] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    identity_failures: list[IdentityFailure] = field(default_factory=list)
    manifest: Manifest = field(default_factory=Manifest)
    school_year: int | None = None
    rows_in: int = 0
    rows_duplicate: int = 0
    rows_ignored: int = 0
    states_about_pupils: bool = False
    has_headings: bool = False
    table: pa.Table | None = None

    @property
    def is_refused(self) -> bool:
        """Whether something refuses the file as a whole."""
        return any(finding.scope == "file" and finding.severity == "error" for finding in self.findings)


def read_delivery(
    path: Path,
    relative_path: str,
    mapping: Mapping,
    contract: Contract,
    collaborative: Collaborative,
    vault: Vault | None = None,
) -> Reading:
    """Read one file by its mapping.

    Whatever is wrong with the file is told in the result; only faults of the machine are raised (``OSError``).

    Args:
        path: the file.
        relative_path: its path below the inbox, with forward slashes.
        mapping: the mapping it belongs to.
        contract: the contract that the mapping fills.
        collaborative: the configuration, for roster and calendar.
        vault: where ids of pupils become surrogates; by default one that nothing is kept of.
    """
    vault = vault or open_throwaway_vault()
    facts = hash_file(path, relative_path)
    match = mapping.match(relative_path)
    sender = mapping.sender or (match["district_id"] if match else "")
    progress = _Progress()
    progress.manifest, faults = read_manifest(path)
    progress.findings += faults
    sheet = _read_rows(facts, mapping, progress)
    progress.school_year, faults = find_school_year(match, progress.manifest, sheet, mapping, collaborative)
    if sheet is not None:
        progress.findings += faults
        progress.findings += [_as_finding(remark) for remark in sheet.remarks]
        progress.findings += check_headings(sheet, mapping, contract)
        progress.findings += _check_sender(sender, progress.school_year, mapping, collaborative)
        if not progress.is_refused and (progress.school_year is not None or mapping.holds_many_years):
            _cast(Casting(mapping, contract, collaborative, sheet, progress.school_year, sender), progress, vault)
        n_rows = progress.rows_in + progress.rows_ignored
        progress.findings += check_promises(facts, progress.manifest, mapping, contract, n_rows)
        if progress.states_about_pupils and not progress.is_refused:
            vault.keep_statements()
    vintage = match["vintage"] if match and "vintage" in mapping.match_groups else None
    return _conclude(facts, mapping, contract, collaborative, sender, vintage, progress)


def _read_rows(facts: FileFacts, mapping: Mapping, progress: _Progress) -> Sheet | None:
    try:
        sheet = read_sheet(facts.path, ReadOptions.of(mapping))
        progress.rows_in = sheet.table.num_rows
    except UnreadableFile as fault:
        progress.findings.append(file_error(fault.rule_id, fault.message, fault.what_to_do, fault.line))
        return None
    if facts.path.stat().st_mtime_ns != facts.mtime_ns or facts.path.stat().st_size != facts.size:
        message = "the file changed while it was being read"
        progress.findings.append(file_error("Q01", message, "wait until it is complete; it will be read again"))
    progress.has_headings = True
    return sheet


def _as_finding(remark: Remark) -> Finding:
    return Finding("D02", "file", remark.severity, remark.line, "", remark.message, remark.what_to_do, 1, 0)


def _check_sender(
    sender: str, school_year: int | None, mapping: Mapping, collaborative: Collaborative
) -> list[Finding]:
    """A district's own file is about a district that is a member in that year."""
    if mapping.districts is not None or school_year is None:
        return []
    district = collaborative.district(sender)
    if district is not None and district.is_member(school_year):
        return []
    message = f"the sender {sender} is not a district of the roster in the school year {school_year}"
    return [file_error("Q04", message, "correct the file's name, or the district's years in districts.csv")]


def _cast(casting: Casting, progress: _Progress, vault: Vault) -> None:
    threads = 1 if casting.sheet.table.num_rows < ROWS_WORTH_A_THREAD else 2
    connection = _database(vault.spill_folder, threads).cursor()
    try:
        connection.register("source", casting.sheet.table)
        casting.create_typed(connection)
        _leave_out_ignored(connection, casting, progress)
        create_rejects(connection, casting)
        are_all_good = create_good(connection)
        progress.findings += check_foreign_districts(connection, casting)
        progress.findings += check_control_totals(connection, casting.mapping, casting.school_year)
        findings, progress.identity_failures = check_identities(connection, casting.mapping, casting.school_year)
        progress.findings += findings
        progress.states_about_pupils = reject_disputed(connection, casting, vault)
        if progress.states_about_pupils:
            are_all_good = create_good(connection)
        create_surrogates(connection, casting, vault)
        if not are_all_good:
            progress.rejects = _fetch_rejects(connection)
            progress.rows_duplicate = _count_duplicates(connection)
        progress.findings += _row_findings(progress, casting.contract)
        progress.table = (
            connection.execute(casting.landed_rows()).to_arrow_table().cast(casting.contract.arrow_schema())
        )
    finally:
        connection.close()


def _leave_out_ignored(connection: duckdb.DuckDBPyConnection, casting: Casting, progress: _Progress) -> None:
    """Rows that the mapping is not about are counted apart: what comes in is what it is about."""
    if casting.mapping.only_rows or casting.mapping.skip_rows:
        counted = connection.execute("SELECT count(*) FROM typed").fetchone() or (0,)
        progress.rows_in, progress.rows_ignored = counted[0], progress.rows_in - counted[0]


@cache
def _database(spill_folder: str, threads: int) -> duckdb.DuckDBPyConnection:
    """A database in memory, opened once as that costs more than a small file; each file has a cursor of its own.

    What memory does not hold goes where the vault lies, or nowhere: it may be cells about pupils.
    """
    import duckdb

    return duckdb.connect(":memory:", config={"threads": threads, "temp_directory": spill_folder})


def _fetch_rejects(connection: duckdb.DuckDBPyConnection) -> list[Reject]:
    rows = connection.execute("SELECT line, column_name, rule_id, reason FROM rejects ORDER BY ALL").fetchall()
    return [Reject(*row) for row in rows]


def _count_duplicates(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute("SELECT count(*) FROM repeats ANTI JOIN rejects USING (line)").fetchone()
    return found[0] if found else 0


def _row_findings(progress: _Progress, contract: Contract) -> list[Finding]:
    """One finding for each rule that looks at rows, and one for the file when nothing is left of it."""
    rules = (*ROW_RULES, PUPIL_RULE) if contract.holds_people else ROW_RULES
    lines = {rule: {reject.line for reject in progress.rejects if reject.rule_id == rule} for rule in rules}
    findings = [_row_finding(rule, sorted(lines[rule]), progress.rows_in) for rule in rules]
    n_rejected = len({reject.line for reject in progress.rejects})
    if progress.rows_in and n_rejected == progress.rows_in:
        rule = Counter(reject.rule_id for reject in progress.rejects).most_common(1)[0][0]
        findings.append(file_error(rule, "not one row of the file could be landed", "correct the rows that are listed"))
    elif n_rejected and contract.parts_of_a_sum:
        message = "its lines add up to a total: without the refused ones every figure would be wrong, so none is taken"
        findings.append(file_error("Q01", message, "correct the lines that are listed and send the whole file again"))
    return findings


def _row_finding(rule: str, lines: list[int], rows_in: int) -> Finding:
    if not lines:
        return Finding(rule, "row", "passed", None, "", "no row was refused", "", rows_in, 0)
    message = f"{len(lines)} of {rows_in} rows were refused, the first on line {lines[0]}"
    what_to_do = "correct the rows that are listed and send the whole file again"
    return Finding(rule, "row", "error", lines[0], "", message, what_to_do, rows_in, len(lines))


def _conclude(
    facts: FileFacts,
    mapping: Mapping,
    contract: Contract,
    collaborative: Collaborative,
    sender: str,
    vintage: str | None,
    progress: _Progress,
) -> Reading:
    n_rejected = len({reject.line for reject in progress.rejects})
    state: State = "quarantined" if progress.is_refused else "accepted_with_rejects" if n_rejected else "accepted"
    if progress.is_refused or progress.table is None:
        n_rejected, progress.rows_duplicate, progress.identity_failures = progress.rows_in, 0, []
        progress.table = contract.arrow_schema().empty_table()
    year = progress.school_year
    return Reading(
        file_name=facts.path.name,
        relative_path=facts.relative_path,
        file_sha256=facts.sha256,
        size=facts.size,
        mapping=mapping,
        contract=contract,
        extract=contract.extract(mapping.report),
        domain=mapping.domain or contract.domain,
        school_year=year,
        vintage=vintage or progress.manifest.vintage or name_undeclared(facts.sha256),
        data_through=find_data_through(
            facts, progress.manifest, contract, progress.table, collaborative, year or _last_year(progress.table)
        ),
        sender=sender,
        state=state,
        rows_in=progress.rows_in,
        rows_landed=progress.rows_in - n_rejected - progress.rows_duplicate,
        rows_rejected=n_rejected,
        rows_duplicate=progress.rows_duplicate,
        rows_ignored=progress.rows_ignored,
        table=progress.table,
        rejects=tuple(progress.rejects),
        findings=tuple(progress.findings),
        identity_failures=tuple(progress.identity_failures),
        content=find_content(facts, progress.rows_in, has_headings=progress.has_headings),
    )


def _last_year(table: pa.Table) -> int | None:
    """The last school year that landed, of a file of many."""
    return max(table.column("school_year").unique().to_pylist(), default=None)
