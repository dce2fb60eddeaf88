"""What reading a delivery says about it.

Belongs here: the records of a refused row, a rule's outcome and a whole reading, with their accounting.
Does not belong here: how a file is read, or what is done about a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.contract import Contract
    from ingestion.mapping import Mapping
    from ingestion.rows_to_land import RowsToLand

Scope = Literal["row", "file"]
Severity = Literal["error", "warning", "passed"]
State = Literal["accepted", "accepted_with_rejects", "quarantined"]
Content = Literal["rows", "header_only", "empty"]
"""What a file holds: rows, headings without a row, or nothing at all. Neither of the last two says that there is
nothing to report; a file that did not come (missing) is the third silence, which only an expectation can hear."""


@dataclass(frozen=True, order=True)
class Reject:
    """One reason why a source row was refused; a row may have several, and its values are never in them.

    Attributes:
        line: line of the source file, as a text editor or a spreadsheet counts it.
        column: heading of the column at fault; empty when the row as a whole is.
        rule_id: the quality rule that refused it.
        reason: what is wrong and what to do, in plain words.
    """

    line: int
    column: str
    rule_id: str
    reason: str


@dataclass(frozen=True)
class Finding:
    """The outcome of one rule on one file.

    Attributes:
        rule_id: the quality rule.
        scope: ``file`` when an error refuses the whole file, ``row`` when it refused rows.
        severity: ``error``, ``warning``, or ``passed`` (checked, nothing found).
        line: line of the source file, where one line is to blame.
        column: heading of the column to blame; empty when none is.
        message: what was found.
        what_to_do: what the sender does about it; empty when passed.
        n_checked: how many things the rule looked at.
        n_failed: how many of them failed.
    """

    rule_id: str
    scope: Scope
    severity: Severity
    line: int | None
    column: str
    message: str
    what_to_do: str
    n_checked: int
    n_failed: int


@dataclass(frozen=True)
class IdentityFailure:
    """A row whose numbers are not to each other what the report says (rule I01): it landed, its district is held.

    Attributes:
        district_id: whose row it is.
        identity: name of the identity in the mapping.
        line: line of the source file.
    """

    district_id: str
    identity: str
    line: int


@dataclass(frozen=True)
class Reading:
    """One file, read: its rows in the contract's shape, and everything that was found.

    ``rows_in = rows_landed + rows_rejected + rows_duplicate`` always holds; the unit is one data row of the
    source. One source row may become several of ``rows``. Rows that the mapping is not about (``only_rows``,
    ``skip_rows``) are no part of ``rows_in``; they are counted in ``rows_ignored``.

    Attributes:
        file_name: name without folders.
        relative_path: path below the inbox, with forward slashes.
        file_sha256: hash of the bytes, in hexadecimal.
        size: bytes.
        mapping: the mapping that was applied.
        contract: the contract that the mapping fills.
        extract: the slot's extract.
        domain: the domain whose extracts must agree.
        school_year: ending year, or None when the file does not say it.
        vintage: which publication of the figures this is.
        data_through: last day that the figures cover.
        sender: district or organisation that sent the file.
        state: ``accepted``, ``accepted_with_rejects`` or ``quarantined``.
        rows_in: data rows of the source that the mapping is about.
        rows_landed: source rows that landed.
        rows_rejected: source rows refused (all of them, when quarantined).
        rows_duplicate: source rows that repeat another one exactly.
        rows: rows to land, in the contract's schema; none when quarantined. To be closed when they are not needed.
        rejects: refused rows and why, the first of very many.
        findings: outcome of each rule.
        identity_failures: rows that landed although they break an identity of their own.
        content: whether the file holds rows, headings alone, or nothing.
        rows_ignored: data rows of the source that the mapping is not about.
    """

    file_name: str
    relative_path: str
    file_sha256: str
    size: int
    mapping: Mapping
    contract: Contract
    extract: str
    domain: str
    school_year: int | None
    vintage: str
    data_through: date | None
    sender: str
    state: State
    rows_in: int
    rows_landed: int
    rows_rejected: int
    rows_duplicate: int
    rows: RowsToLand
    rejects: tuple[Reject, ...]
    findings: tuple[Finding, ...]
    identity_failures: tuple[IdentityFailure, ...] = ()
    content: Content = "rows"
    rows_ignored: int = 0

    @property
    def table(self) -> pa.Table:
        """All rows to land, for what is known to be small."""
        return self.rows.table

    def close(self) -> None:
        """Let go of the rows."""
        self.rows.close()

    @property
    def problems(self) -> tuple[Finding, ...]:
        """Findings that somebody should read: errors and warnings."""
        return tuple(finding for finding in self.findings if finding.severity != "passed")
