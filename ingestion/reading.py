"""Reading one delivered file: from its bytes to typed rows, refusals and findings. It stores nothing.

Belongs here: the order of the steps, and the accounting. Does not belong here: the steps themselves
(``readers.py``, ``headings.py``, ``delivery_facts.py``, ``casting.py``, ``row_rules.py``,
``identities.py``, ``control_totals.py``), landing the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
from ingestion.findings import Finding, IdentityFailure, Reading, State
from ingestion.foreign_districts import check_foreign_districts
from ingestion.headings import check_headings
from ingestion.identities import check_identities
from ingestion.mapping import Mapping
from ingestion.pupil_rules import create_surrogates, reject_disputed
from ingestion.readers import read_sheet
from ingestion.refusals import Refusals, fetch_refusals
from ingestion.row_rules import PUPIL_RULE, ROW_RULES, create_good, create_rejects
from ingestion.rows_to_land import NAME, RowsToLand
from ingestion.sheet import ReadOptions, Remark, UnreadableFile
from ingestion.spill import scratch_database
from ingestion.typed_rows import TypedRows
from ingestion.vault import Vault, open_throwaway_vault
from ingestion.vintages import name_undeclared

if TYPE_CHECKING:
    import duckdb

__all__ = ["Reading", "read_delivery"]


@dataclass
class _Progress:
    """What is known about a file while it is being read."""

    findings: list[Finding] = field(default_factory=list)
    manifest: Manifest = field(default_factory=Manifest)
    refusals: Refusals = field(default_factory=Refusals)
    identity_failures: list[IdentityFailure] = field(default_factory=list)
    school_year: int | None = None
    rows_in: int = 0
    rows_duplicate: int = 0
    rows_ignored: int = 0
    states_about_pupils: bool = False
    has_headings: bool = False
    rows: RowsToLand | None = None

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
    spill_folder: str = "",
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
        spill_folder: where rows go that memory does not hold, closed to others; by default nowhere.
    """
    vault = vault or open_throwaway_vault()
    facts = hash_file(path, relative_path)
    match = mapping.match(relative_path)
    sender = mapping.sender or (match["district_id"] if match else "")
    manifest, findings = read_manifest(path)
    progress = _Progress(list(findings), manifest)
    connection = scratch_database(spill_folder).cursor()
    try:
        sheet = read_sheet(path, ReadOptions.of(mapping))
        progress.school_year, faults = find_school_year(match, manifest, sheet, mapping, collaborative)
        casting = Casting(mapping, contract, collaborative, sheet, progress.school_year, sender)
        rows = TypedRows(connection, casting)
        _read_rows(rows, casting, facts, progress, faults)
        if not progress.is_refused:
            _judge_rows(rows, casting, progress, vault)
            progress.rows = rows.to_land(spill_folder)
        progress.findings += check_promises(facts, manifest, mapping, contract, rows.n_rows)
        if progress.states_about_pupils and not progress.is_refused:
            vault.keep_statements()
    except UnreadableFile as fault:
        error = file_error(fault.rule_id, fault.message, fault.what_to_do, fault.line)
        progress = _Progress([*findings, error], manifest)
        progress.school_year, _ = find_school_year(match, manifest, None, mapping, collaborative)
    finally:
        if progress.rows is None or not progress.rows.is_streamed:
            connection.close()
    return _conclude(facts, mapping, contract, collaborative, sender, match.groupdict() if match else {}, progress)


def _read_rows(
    rows: TypedRows, casting: Casting, facts: FileFacts, progress: _Progress, about_year: list[Finding]
) -> None:
    """Read the rows, or only count them when what stands above them refuses the file.

    Raises:
        UnreadableFile: a row cannot be read.
    """
    sheet = casting.sheet
    about_head = check_headings(sheet, casting.mapping, casting.contract) + _check_sender(casting, progress.school_year)
    is_refused = any(finding.severity == "error" for finding in (*progress.findings, *about_year, *about_head))
    for batch in sheet.batches:
        rows.count(batch) if is_refused else rows.add(batch)
    progress.rows_in, progress.has_headings = rows.n_rows, True
    remarks = [_as_finding(remark) for remark in sheet.remarks]
    progress.findings += [*_check_unchanged(facts), *about_year, *remarks, *about_head]


def _check_unchanged(facts: FileFacts) -> list[Finding]:
    status = facts.path.stat()
    if (status.st_mtime_ns, status.st_size) == (facts.mtime_ns, facts.size):
        return []
    message = "the file changed while it was being read"
    return [file_error("Q01", message, "wait until it is complete; it will be read again")]


def _as_finding(remark: Remark) -> Finding:
    return Finding("D02", "file", remark.severity, remark.line, "", remark.message, remark.what_to_do, 1, 0)


def _check_sender(casting: Casting, school_year: int | None) -> list[Finding]:
    """A district's own file is about a district that is a member in that year."""
    if casting.mapping.districts is not None or school_year is None:
        return []
    district = casting.collaborative.district(casting.sender)
    if district is not None and district.is_member(school_year):
        return []
    message = f"the sender {casting.sender} is not a district of the roster in the school year {school_year}"
    return [file_error("Q04", message, "correct the file's name, or the district's years in districts.csv")]


def _judge_rows(rows: TypedRows, casting: Casting, progress: _Progress, vault: Vault) -> None:
    """Apply every rule that looks at rows, and exchange ids of pupils for surrogates."""
    connection = rows.connection
    rows.finish()
    progress.rows_in, progress.rows_ignored = rows.n_rows - rows.n_ignored, rows.n_ignored
    are_all_good = create_rejects(connection, casting, rows.n_rows)
    create_good(connection, are_all=are_all_good)
    if not are_all_good:  # a school of another district is none of the sender's, so that its rows are refused already
        progress.findings += check_foreign_districts(connection, casting)
    progress.findings += check_control_totals(connection, casting.mapping, casting.school_year)
    findings, progress.identity_failures = check_identities(connection, casting.mapping, casting.school_year)
    progress.findings += findings
    n_disputed = reject_disputed(connection, casting, vault)
    progress.states_about_pupils = n_disputed is not None
    if n_disputed:
        are_all_good = False
        create_good(connection, are_all=False)
    create_surrogates(connection, casting, vault)
    if not are_all_good:
        progress.refusals = fetch_refusals(connection)
        progress.rows_duplicate = _count_duplicates(connection)
    progress.findings += _row_findings(progress, casting.contract)


def _count_duplicates(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute("SELECT count(*) FROM repeats ANTI JOIN rejects USING (line)").fetchone()
    return found[0] if found else 0


def _row_findings(progress: _Progress, contract: Contract) -> list[Finding]:
    """One finding for each rule that looks at rows, and one for the file when nothing is left of it."""
    rules = (*ROW_RULES, PUPIL_RULE) if contract.holds_people else ROW_RULES
    refusals = progress.refusals
    findings = [_row_finding(rule, refusals, progress.rows_in) for rule in rules]
    if progress.rows_in and refusals.n_rows == progress.rows_in:
        rule, message = refusals.worst_rule, "not one row of the file could be landed"
        findings.append(file_error(rule, message, "correct the rows that are listed"))
    elif refusals.n_rows and contract.parts_of_a_sum:
        message = "its lines add up to a total: without the refused ones every figure would be wrong, so none is taken"
        findings.append(file_error("Q01", message, "correct the lines that are listed and send the whole file again"))
    return findings


def _row_finding(rule: str, refusals: Refusals, rows_in: int) -> Finding:
    refused = refusals.by_rule.get(rule)
    if refused is None:
        return Finding(rule, "row", "passed", None, "", "no row was refused", "", rows_in, 0)
    message = f"{refused.n_rows} of {rows_in} rows were refused, the first on line {refused.first_line}"
    if not refusals.are_all_listed:
        message += f"; of all refusals of the file the first {len(refusals.listed)} are listed"
    what_to_do = "correct the rows that are listed and send the whole file again"
    return Finding(rule, "row", "error", refused.first_line, "", message, what_to_do, rows_in, refused.n_rows)


def _conclude(
    facts: FileFacts,
    mapping: Mapping,
    contract: Contract,
    collaborative: Collaborative,
    sender: str,
    name_says: dict[str, str | None],
    progress: _Progress,
) -> Reading:
    n_rejected = progress.refusals.n_rows
    state: State = "quarantined" if progress.is_refused else "accepted_with_rejects" if n_rejected else "accepted"
    rows = progress.rows
    if rows is None or progress.is_refused:
        n_rejected, progress.rows_duplicate, progress.identity_failures = progress.rows_in, 0, []
        if rows is not None:
            rows.close()
        rows = RowsToLand(contract.arrow_schema().empty_table())
    year = progress.school_year
    return Reading(
        file_name=facts.path.name,
        relative_path=facts.relative_path,
        file_sha256=facts.sha256,
        size=facts.size,
        mapping=mapping,
        contract=contract,
        extract=contract.extract(mapping.report, name_says.get("part") or ""),
        domain=mapping.domain or contract.domain,
        school_year=year,
        vintage=name_says.get("vintage") or progress.manifest.vintage or name_undeclared(facts.sha256),
        data_through=find_data_through(
            facts, progress.manifest, contract, rows, collaborative, year or _last_year(rows)
        ),
        sender=sender,
        state=state,
        rows_in=progress.rows_in,
        rows_landed=progress.rows_in - n_rejected - progress.rows_duplicate,
        rows_rejected=n_rejected,
        rows_duplicate=progress.rows_duplicate,
        rows_ignored=progress.rows_ignored,
        rows=rows,
        rejects=progress.refusals.listed,
        findings=tuple(progress.findings),
        identity_failures=tuple(progress.identity_failures),
        content=find_content(facts, progress.rows_in, has_headings=progress.has_headings),
    )


def _last_year(rows: RowsToLand) -> int | None:
    """The last school year that landed, of a file of many."""
    return rows.query(f"SELECT max(school_year) FROM {NAME}")[0][0]
