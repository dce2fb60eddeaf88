"""The report card of files that are checked before they are sent.

Belongs here: a card from readings. Does not belong here: a card from the ledger (``report_card.py``).

Door 1 compares a file with all that its district has: it has not judged these, and a card says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from ingestion.contract import title_of, without_part
from ingestion.expected_extracts import default_needs
from ingestion.report_card import explain, sum_up
from ingestion.report_card_costs import find_costs
from ingestion.report_card_facts import PLACES_SHOWN, Key, arrival_of
from ingestion.report_card_grade import grade
from reporting.report_card.card import CardFile, Decision, ExpectedLine, Place, ReportCard, Rows, RuleLine

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.findings import Reading
    from ingestion.ledger import Row


def card_of_check(
    collaborative: Collaborative,
    sender: str,
    readings: Sequence[Reading],
    made_at: str,
    expected: Iterable[ExpectedLine],
    last: Mapping[Key, Row] | None = None,
) -> ReportCard:
    """The card of some files of one sender; it is graded by their domains alone.

    Args:
        collaborative: roster and schools.
        sender: whose files they are.
        readings: what reading them has found.
        made_at: now, UTC, ISO text.
        expected: what is expected of the sender, and what of it came before.
        last: by extract and school year, the delivery that a file would come in place of.
    """
    last, share = last or {}, collaborative.thresholds["volume_loss_share_last"]
    earlier = {id(reading): last.get((reading.extract, reading.school_year)) for reading in readings}
    files = [_file(reading, earlier[id(reading)], share) for reading in readings]
    checked = {(reading.domain, reading.school_year) for reading in readings}
    before = {(line.extract, line.school_year): line for line in expected if (line.domain, line.school_year) in checked}
    came = [_line(reading, _before(reading, before), earlier[id(reading)]) for reading in readings]
    keys = {key for line in came for key in _keys(line.extract, line.school_year)}
    lines = [*came, *(line for key, line in before.items() if key not in keys)]
    total = sum((file.rows for file in files), Rows())
    standing = sum_up(lines, files, (), admitted=any(file.rows.landed for file in files))
    known = collaborative.sender(sender)
    return ReportCard(
        kind="check",
        collaborative=collaborative.name,
        sender=sender,
        sender_name=known.name if known else sender,
        made_at=made_at,
        grade=grade(standing),
        why=explain(standing),
        rows=total,
        expected=tuple(lines),
        files=tuple(files),
        decisions=tuple(Decision(*each, "not_judged") for each in sorted(checked, key=str)),
        costs=find_costs(collaborative, sender, lines, files, ()),
    )


def _file(reading: Reading, earlier: Row | None, share: Decimal) -> CardFile:
    counts = (reading.rows_in, reading.rows_landed, reading.rows_rejected, reading.rows_duplicate, reading.rows_ignored)
    return CardFile(
        file_name=reading.file_name,
        delivery_id="",
        extract=reading.extract,
        title=title_of(reading.extract),
        school_year=reading.school_year,
        came_on="",
        data_through=str(reading.data_through or ""),
        arrival=arrival_of({"content": reading.content, "state": reading.state}),
        rows=Rows(*counts),
        rules=(*_rules(reading), *_loss(reading, earlier, share)),
        mapping=reading.mapping.mapping_id,
    )


def _rules(reading: Reading) -> tuple[RuleLine, ...]:
    return tuple(
        RuleLine(f.rule_id, f.severity, f.n_failed, f.n_checked, f.message, f.what_to_do, _places(reading, f.rule_id))
        for f in reading.findings
        if f.severity != "passed"
    )


def _loss(reading: Reading, earlier: Row | None, share: Decimal) -> tuple[RuleLine, ...]:
    """Rule Q02 as the night would find it: a file with far fewer rows than the delivery before it is held."""
    if earlier is None or earlier["mapping_hash"] != reading.mapping.content_hash:
        return ()
    n_lost = earlier["rows_landed"] - reading.rows_landed
    if n_lost <= earlier["rows_landed"] * share:
        return ()
    message = f"{n_lost:,} of the {earlier['rows_landed']:,} rows of {_named(earlier)} are gone: door 1 would hold it"
    what_to_do = "export the whole extract; if the rows are rightly gone, ask for it to be admitted"
    return (RuleLine("Q02", "warning", n_lost, earlier["rows_landed"], message, what_to_do, ()),)


def _named(delivery: Row) -> str:
    return f"{delivery['file_name']} of {delivery['received_at'][:10]}"


def _places(reading: Reading, rule_id: str) -> tuple[Place, ...]:
    own = (reject for reject in reading.rejects if reject.rule_id == rule_id)
    return tuple(Place(reject.line, reject.column, reject.reason) for reject in islice(own, PLACES_SHOWN))


def _keys(extract: str, school_year: int | None) -> list[tuple[str, int | None]]:
    """An extract of a year as it is expected: by itself, and without its part."""
    return [(extract, school_year), (without_part(extract), school_year)]


def _before(reading: Reading, before: dict[tuple[str, int | None], ExpectedLine]) -> ExpectedLine | None:
    """The line of a checked file's extract as it stands."""
    return next((before[key] for key in _keys(reading.extract, reading.school_year) if key in before), None)


def _line(reading: Reading, before: ExpectedLine | None, earlier: Row | None) -> ExpectedLine:
    """The line of a checked file: what is expected of it, what would become of it, and what serves until then."""
    compared = f"; {reading.rows_landed:,} rows, {earlier['rows_landed']:,} in {_named(earlier)}" if earlier else ""
    return ExpectedLine(
        extract=reading.extract,
        title=title_of(reading.extract),
        domain=reading.domain,
        school_year=reading.school_year,
        need=before.need if before else default_needs().get(without_part(reading.extract), "optional"),
        why_expected=(before.why_expected if before else "checked now") + compared,
        arrival=arrival_of({"content": reading.content, "state": reading.state}),
        file_name=reading.file_name,
        serves_through=before.serves_through if before else "",
    )
