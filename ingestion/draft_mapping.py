"""A suggestion written down as a mapping that a person goes through.

Belongs here: the draft's YAML, with a comment on every line that needs a look. Does not belong here: what is suggested
(``suggestions.py``).

Every value is written as JSON, which YAML reads as it stands. A text of the file is written only where it is one of a
closed list whose meaning is known: a draft holds no other cell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ingestion.contract import Column, Contract
from ingestion.heading_words import Likeness, split_words
from ingestion.known_names import DISTRICT
from ingestion.mapping_form_checks import PERSONAL_TYPES
from ingestion.sample_columns import MARKERS, Sample, SampleColumn
from ingestion.suggestions import FIGURES, Suggested, Suggestion

DOUBT = "# ?"
"""What begins the comment of a line that needs a look."""
HEAD_LINES = 3
"""Lines of comment that a draft may begin with."""
FILL_IN = "FILL_IN"
"""Where only a person knows what belongs there."""

_YES_AND_NO = (("Y", "N"), ("YES", "NO"), ("T", "F"), ("1", "0"), ("TRUE", "FALSE"))
_GRADES = {"K": "KG", "KF": "KG", "KN": "KG", "0": "KG", "00": "KG", "PREK": "PK", "P": "PK", "-1": "PK"}


def write_draft(sample: Sample, suggested: Suggested, name: str, file_pattern: str, title: str = "") -> str:
    """The text of the draft.

    Args:
        sample: the file.
        suggested: what it is taken for.
        name: the mapping's name.
        file_pattern: regular expression of the files that it is meant for.
        title: its name for people.
    """
    contract = suggested.contract
    suggested = _without_what_cannot_stand(suggested)
    names = dict(_named(suggested, sample))
    lines = list(_head(sample, suggested, name, file_pattern, title or f"{contract.title}, {name.replace('_', ' ')}"))
    lines += ["columns:", *_column_lines(contract, names)]
    lines += list(_ignored_lines(suggested, sample))
    if contract.holds_many_reports:
        lines += list(_report_lines(names))
    else:
        lines += list(_row_lines(suggested, names))
    return "\n".join(lines) + "\n"


def _without_what_cannot_stand(suggested: Suggested) -> Suggested:
    """Columns that the rest of the draft leaves no place for are not read, and named as doubtful."""
    contract, columns = suggested.contract, list(suggested.columns)
    landed = {suggestion.column for suggestion in columns}
    can_differ = any(column.name in contract.key for column in suggested.missing)
    for place, suggestion in enumerate(columns):
        is_personal = suggestion.column in PERSONAL_TYPES and contract.column(suggestion.column) is None
        rivals = [each for each in columns if each.column == suggestion.column]
        best = max(rivals, key=lambda each: each.score)
        is_one_too_many = not contract.holds_many_reports and suggestion is not best and not can_differ
        if suggestion.column and (is_one_too_many or (is_personal and "person_key" not in landed)):
            columns[place] = replace(suggestion, column=None, others=(suggestion.column, *suggestion.others))
    return replace(suggested, columns=tuple(columns))


def _head(sample: Sample, suggested: Suggested, name: str, file_pattern: str, title: str) -> Iterator[str]:
    contract = suggested.contract
    yield f"# Draft, made of the headings and the first {sample.n_rows} rows of {sample.path.name}."
    yield "# Look at each line with a question mark; then: schoolstat mapping test."
    if suggested.others:
        others = ", ".join(suggested.others)
        yield f"# If it is not {contract.name}, it may be {others}: --contract makes another draft."
    yield f"mapping: {name}"
    yield f"title: {_json(title)}"
    yield f"file: {_json(file_pattern)}"
    yield f"contract: {contract.name}"
    yield f"contract_version: {contract.version}"
    if contract.holds_many_reports:
        yield f"report: {name}"
        yield "domain: student  # ? finance, student or staff"
    if sample.encoding != "utf-8":
        yield f"encoding: {sample.encoding}  # ? as far as the bytes tell"
    if sample.delimiter != ",":
        yield f"delimiter: {_json(sample.delimiter)}"


def _named(suggested: Suggested, sample: Sample) -> Iterator[tuple[str, tuple[Suggestion, SampleColumn]]]:
    """The columns that are read, by a name of their own."""
    taken: set[str] = set()
    for suggestion, column in zip(suggested.columns, sample.columns, strict=True):
        if suggestion.column is None:
            continue
        many = sum(each.column == suggestion.column for each in suggested.columns) > 1
        words = "_".join(split_words(suggestion.source.heading)) if many else suggestion.column
        base = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
        base = base if base[:1].isalpha() else f"column_{base}".rstrip("_")
        name = next(each for each in (base, *(f"{base}_{n}" for n in range(2, 9999))) if each not in taken)
        taken.add(name)
        yield name, (suggestion, column)


def _column_lines(contract: Contract, names: dict[str, tuple[Suggestion, SampleColumn]]) -> Iterator[str]:
    for name, (suggestion, sample) in names.items():
        column = contract.column(suggestion.column or "")
        said, doubts = _describe(column, suggestion, sample)
        parts = ", ".join(f"{key}: {_json(value)}" for key, value in said.items())
        if not suggestion.is_sure:
            others = f"; or {' or '.join(suggestion.others)}" if suggestion.others else ""
            doubts.insert(0, f"is it {suggestion.column}{others}")
        look = f"  # ? {'; '.join(doubts)}" if doubts else ""
        yield f"  {name}: {{{parts}}}{look}"


def _describe(
    column: Column | None, suggestion: Suggestion, sample: SampleColumn
) -> tuple[dict[str, object], list[str]]:
    """A column's keys, and what a person has to look at."""
    said: dict[str, object] = {"heading": sample.heading}
    doubts: list[str] = []
    if sample.occurrence > 1:
        said["occurrence"] = sample.occurrence
    said["type"] = _type(column, suggestion, sample)
    if suggestion.column in PERSONAL_TYPES and column is None:
        said["personal"] = suggestion.column
    if said["type"] == "date" and sample.type == "date" and sample.date_format != "%Y-%m-%d":
        said["date_format"] = sample.date_format
        if sample.is_ambiguous:
            doubts.append("month first, or day first")
    if said["type"] == "date" and sample.type not in ("date", "empty"):
        doubts.append("its cells do not look like dates")
    if said["type"] == "number":
        said |= _number_form(column, sample, doubts)
    codes = _codes(column, suggestion.codes, sample, doubts)
    return said | ({"codes": codes} if codes else {}), doubts


def _type(column: Column | None, suggestion: Suggestion, sample: SampleColumn) -> str:
    if column is None:
        return PERSONAL_TYPES.get(suggestion.column or "", "code")
    if column.is_number:
        return "number"
    if column.type == "text" and not column.allowed and sample.type == "text":
        return "text"
    return column.type if column.type in ("date", "timestamp", "boolean") else "code"


def _number_form(column: Column | None, sample: SampleColumn, doubts: list[str]) -> dict[str, object]:
    said: dict[str, object] = {}
    if sample.symbols:
        said["symbols"] = sample.symbols
    if sample.thousands:
        said["thousands"] = sample.thousands
    markers = {text: MARKERS[text] for text in sample.markers}
    if column is None or not column.required:
        markers = {"": "not_reported"} | markers
    if markers:
        said["markers"] = markers
    if set(markers) - {""}:
        doubts.append("what the markers mean")
    if sample.type not in ("number", "empty"):
        doubts.append("its cells do not look like numbers")
    return said


def _codes(
    column: Column | None, learned: Mapping[str, str], sample: SampleColumn, doubts: list[str]
) -> dict[str, str] | None:
    """What each text of a closed list means, as far as that can be told."""
    if column is None or sample.type == "empty":
        return None
    if column.type == "boolean":
        return _boolean_codes(sample, doubts)
    if not column.allowed or (sample.texts and set(sample.texts) <= set(column.allowed)):
        return None
    known = {text: meant for text, meant in learned.items() if meant in column.allowed}
    if sample.texts and set(sample.texts) <= set(known):
        return known
    found = {text: meant for text in sample.texts if (meant := _meaning(text, column, known))}
    if len(found) < len(sample.texts) or not sample.texts:
        doubts.append(f"say what each text means: {', '.join(column.allowed[:6])}{', …' if column.allowed[6:] else ''}")
    return found or None


def _meaning(text: str, column: Column, learned: Mapping[str, str]) -> str:
    if text in column.allowed:
        return text
    if text in learned:
        return learned[text]
    grade = _GRADES.get(text.upper(), text.zfill(2) if text.isdecimal() else "")
    if grade in column.allowed:
        return grade
    alike = Likeness(column.allowed)
    best = max(column.allowed, key=lambda allowed: alike.compare(text, allowed))
    return best if alike.compare(text, best) >= 0.6 else ""


def _boolean_codes(sample: SampleColumn, doubts: list[str]) -> dict[str, str] | None:
    texts = set(sample.texts)
    if texts and {text.lower() for text in texts} <= {"true", "false"}:
        return None
    pairs = [
        (yes, no) for words in _YES_AND_NO for yes, no in (words, map(str.lower, words), map(str.capitalize, words))
    ]
    found = next(({yes: "true", no: "false"} for yes, no in pairs if texts and texts <= {yes, no}), {})
    if not found:
        doubts.append("say which text means true and which false")
    return found or None


def _ignored_lines(suggested: Suggested, sample: Sample) -> Iterator[str]:
    pairs = zip(suggested.columns, sample.columns, strict=True)
    ignored = [(suggestion, column) for suggestion, column in pairs if suggestion.column is None]
    if ignored:
        yield "ignored_headings:"
    for suggestion, column in ignored:
        perhaps = " or ".join(suggestion.others) or _unfilled(suggested, column)
        yield f"  - {_json(suggestion.source.heading)}{f'  # ? perhaps {perhaps}' if perhaps else ''}"


def _unfilled(suggested: Suggested, sample: SampleColumn) -> str:
    """What dates or amounts under an unknown heading could fill: they are not passed over without a word."""
    is_amount = sample.type == "number" and bool(sample.symbols or sample.thousands)
    filled = {suggestion.column for suggestion in suggested.columns}
    fitting = [
        column.name
        for column in suggested.contract.columns
        if column.name not in filled
        and ((sample.type == "date" and column.type == "date") or (is_amount and column.type.startswith("decimal")))
    ]
    return " or ".join(fitting)


def _row_lines(suggested: Suggested, names: dict[str, tuple[Suggestion, SampleColumn]]) -> Iterator[str]:
    """The landed row; where several columns fill one, each is a row of its own, which constants must tell apart."""
    by_target: dict[str, list[str]] = {}
    for name, (suggestion, _) in names.items():
        if suggested.contract.column(suggestion.column or "") is not None:
            by_target.setdefault(suggestion.column or "", []).append(name)
    missing = suggested.missing
    yield "rows:"
    prefix = "  - "
    for number in range(max(map(len, by_target.values()), default=1)):
        for target, sources in by_target.items():
            if len(sources) == 1 or number < len(sources):
                source = sources[0] if len(sources) == 1 else sources[number]
                yield f"{prefix}{target}: {{column: {source}}}"
                prefix = "    "
        for column in missing:
            number_of_row = f"_{number + 1}" if number and column.name in suggested.contract.key else ""
            constant = _json(column.allowed[0]) if column.allowed else f"{FILL_IN}{number_of_row}"
            why = f"# ? no heading was found for it: {_one_line(column.description)}"
            is_text = column.type == "text"
            yield (
                f"{prefix}{column.name}: {constant}  {why}" if is_text else f"    # {column.name}: {{column: …}}  {why}"
            )
            prefix = "    "
        prefix = "  - "


def _report_lines(names: dict[str, tuple[Suggestion, SampleColumn]]) -> Iterator[str]:
    code = next((name for name, (suggestion, _) in names.items() if suggestion.column == DISTRICT), None)
    if code:
        yield f"districts: {{column: {code}, width: 4, totals: []}}  # ? digits of the code, codes of total rows"
    yield "every: {variant: state, period: year, subgroup: all, breakdown: all}  # ?"
    yield "rows:  # ? one for each figure; numerator, denominator and n go with the figure that they belong to"
    for name, (suggestion, _) in names.items():
        if suggestion.column == FIGURES[0]:
            yield f"  - {{metric_id: {FILL_IN}, value: {{column: {name}}}}}"
    others = [name for name, (suggestion, _) in names.items() if suggestion.column in FIGURES[1:]]
    if others:
        yield f"  # ? not placed yet: {', '.join(others)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
