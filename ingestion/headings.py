"""Rule D02: a file's headings are the ones that its mapping was written for.

Belongs here: comparing headings. Does not belong here: finding the row they stand in (``readers.py``).

A new heading of a file about pupils is counted and never quoted: when the line break after the headings is lost, the
first pupil's cells stand among them.
"""

from __future__ import annotations

from collections import Counter

from ingestion.contract import Contract
from ingestion.findings import Finding
from ingestion.mapping import Mapping
from ingestion.sheet import Sheet

ALL_OTHERS = "*"
"""In ``ignored_headings``: whatever else the file has."""

_LONGEST_SHOWN = 60
_MOST_PLACES = 20


def check_headings(sheet: Sheet, mapping: Mapping, contract: Contract) -> list[Finding]:
    """Compare the file's headings with the mapping's: missing or doubled ones refuse the file, new ones are told."""
    times: dict[str, int] = {}
    for column in filter(lambda each: each.has_cells, mapping.columns.values()):
        times[column.heading] = max(column.occurrence, times.get(column.heading, 0))
    wanted = list(times)
    counts = Counter(sheet.headings)
    missing = [heading for heading in wanted if counts[heading] < times[heading]]
    doubled = [heading for heading in wanted if counts[heading] > times[heading]]
    added = [heading for heading in counts if heading and heading not in wanted and not _is_ignored(heading, mapping)]
    shown = _places(sheet, added) if contract.holds_people else _shown(added)
    renamed = f"; the file has new headings ({shown}): was one renamed?" if added else ""
    findings = [_error(sheet, heading, f"the column '{heading}' is missing{renamed}", wanted) for heading in missing]
    findings += [
        _error(sheet, heading, f"the heading '{heading}' stands {counts[heading]} times, not {times[heading]}", wanted)
        for heading in doubled
    ]
    if added and not missing:
        message = f"the file has columns that nobody asked for: {shown}; they were not read"
        what_to_do = "nothing, unless one of them replaces a column that is read"
        findings.append(Finding("D02", "file", "warning", sheet.heading_line, "", message, what_to_do, len(wanted), 0))
    if not findings:
        passed = "every expected heading is there, once"
        findings.append(Finding("D02", "file", "passed", None, "", passed, "", len(wanted), 0))
    return findings


def _is_ignored(heading: str, mapping: Mapping) -> bool:
    return heading in mapping.ignored_headings or ALL_OTHERS in mapping.ignored_headings


def _error(sheet: Sheet, heading: str, message: str, wanted: list[str]) -> Finding:
    what_to_do = "restore the heading as the sender's export has it; if the report has changed, correct the mapping"
    return Finding("D02", "file", "error", sheet.heading_line, heading, message, what_to_do, len(wanted), 1)


def _shown(headings: list[str]) -> str:
    return ", ".join(f"'{heading[:_LONGEST_SHOWN]}'" for heading in headings)


def _places(sheet: Sheet, headings: list[str]) -> str:
    """How many columns have these headings, and which they are: not one word of the file."""
    unknown = set(headings)
    places = [str(place) for place, heading in enumerate(sheet.headings, start=1) if heading in unknown]
    more = ", …" if len(places) > _MOST_PLACES else ""
    return f"{len(places)} not known, in place {', '.join(places[:_MOST_PLACES])}{more}"
