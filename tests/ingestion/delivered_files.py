"""Small deliveries and a small collaborative, written to a folder, for the tests of reading."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingestion.collaborative import Collaborative
from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from ingestion.findings import Reading
from ingestion.mapping import find_mapping
from ingestion.reading import read_delivery
from ingestion.yaml_document import ConfigurationError

COLLABORATIVE = """\
collaborative: little
name: A little collaborative
state: MA
time_zone: America/New_York
nightly_hour: 4
releases_kept: 3
owners: [data@little.example]
senders:
  - {sender: state, name: The state, statewide: true}
mappings: [mappings]
"""

RATES = """\
mapping: rates
title: Spending per pupil
sender: state
file: 'rates_(?P<school_year>[0-9-]+)\\.(?:csv|xlsx)'
contract: state_reported_measures
contract_version: 1
report: rates
domain: finance
columns:
  code: {heading: Code, type: code}
  pupils: {heading: Pupils, type: number, thousands: ','}
  dollars: {heading: Dollars, type: number, symbols: $, thousands: ','}
  rate: {heading: Per Pupil, type: number}
ignored_headings: [Name]
markers: {'': not_reported, less than 6: suppressed}
districts: {column: code, width: 4, suffix: '0000', totals: ['0000']}
every: {variant: v, period: year, subgroup: all, breakdown: all}
rows:
  - {metric_id: N, value: {column: pupils}}
  - metric_id: RATE
    value: {column: rate}
    numerator: {column: dollars}
    denominator: {column: pupils}
    n: {column: pupils}
control_totals:
  pupils: {tolerance: 0}
  dollars: {tolerance: 0.05}
  rate: {weight: pupils, tolerance: 0.01}
"""

LINES = """\
mapping: lines
title: Lines of a district's report
file: '(?P<district_id>[0-9]{8})/lines_(?P<school_year>[0-9]{4})\\.csv'
contract: eoyr_report
contract_version: 1
columns:
  category: {heading: category, type: text, codes: {Teachers: teachers, Tuition: out_of_district}}
  item: {heading: item, type: text}
  amount: {heading: amount, type: number}
rows:
  - fiscal_year: {delivery: school_year}
    state_function: {column: category}
    line_item: {column: item}
    fund_group: all_funds
    amount_usd: {column: amount}
"""

CONFIGURATION = {
    "collaborative.yaml": COLLABORATIVE,
    "districts.csv": (
        "district_id,name,district_type,member_from,member_to\n"
        "00010000,Abel,town,,\n00020000,Baker,town,,\n00030000,Cole,town,,\n00090000,Gone,town,,2015\n"
    ),
    "periods.csv": "period,school_year,fiscal_year,starts_on,ends_on\nyear,2020,2020,2019-07-01,2020-06-30\n",
    "state_functions.csv": (
        "state_function,label,is_in_district,display_order\nteachers,Teachers,true,1\nout_of_district,Out,false,2\n"
    ),
    "mappings/rates.yaml": RATES,
    "mappings/lines.yaml": LINES,
}

RATES_ROWS = [
    "Code,Name,Pupils,Dollars,Per Pupil",
    '0001,Abel,100,"$1,000.00",10',
    '0002,Baker,"1,000","$20,000.00",20',
    "0003,Cole,less than 6,,",
    '0000,STATE,"1,100","$21,000.00",19.0909',
]
LINES_ROWS = ["category,item,amount", "Teachers,Classroom,100.10", "Teachers,Specialists,0", "Tuition,Charter,-5.5"]


def write_configuration(folder: Path, **changed: str) -> Path:
    """Write the little collaborative; ``changed`` replaces files, by name with ``__`` for ``/`` and ``_csv`` kept."""
    return write_texts(folder, {**CONFIGURATION, **changed})


def write_texts(folder: Path, texts: Mapping[str, str]) -> Path:
    """Write files of text into a folder, by their names."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def load_little(folder: Path, **changed: str) -> Collaborative:
    return load_collaborative(write_configuration(folder, **changed))


def refuse_configuration(folder: Path, **changed: str) -> list[str]:
    """What a configuration that does not load is told."""
    write_configuration(folder, **changed)
    with pytest.raises(ConfigurationError) as caught:
        load_collaborative(folder)
    return caught.value.messages


def read(
    collaborative: Collaborative, inbox: Path, name: str, content: bytes | str | list[str], *, row_by_row: bool = False
) -> Reading:
    """Write a file into the inbox and read it by the mapping it belongs to."""
    if isinstance(content, list):
        content = "\n".join(content) + "\n"
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_path(collaborative, path, name, row_by_row=row_by_row)


def read_path(collaborative: Collaborative, path: Path, relative_path: str, *, row_by_row: bool = False) -> Reading:
    """Read a file; ``row_by_row`` takes what can be read also where rows are parts of a sum."""
    mapping = find_mapping(collaborative.mappings, relative_path)
    assert mapping is not None, relative_path
    contract = load_contracts()[mapping.contract]
    if row_by_row:
        contract = contract.model_copy(update={"parts_of_a_sum": False})
    reading = read_delivery(path, relative_path, mapping, contract, collaborative)
    assert reading.rows_in == reading.rows_landed + reading.rows_rejected + reading.rows_duplicate
    return reading


def errors(reading: Reading) -> list[tuple[str, str]]:
    """Rule and scope of each error."""
    return [(finding.rule_id, finding.scope) for finding in reading.findings if finding.severity == "error"]


def file_errors(reading: Reading) -> set[str]:
    """Rules that refused the whole file."""
    return {rule for rule, scope in errors(reading) if scope == "file"}


def faults(reading: Reading) -> list[tuple[int, str, str]]:
    """Line, column and rule of each refused row."""
    return [(reject.line, reject.column, reject.rule_id) for reject in reading.rejects]


def changed(rows, old, new):
    """The rows with a text replaced, which must stand in one of them."""
    assert any(old in row for row in rows), old
    return [row.replace(old, new) for row in rows]


def messages(reading):
    """All that a reading says and asks for."""
    return " | ".join(f"{finding.message}; {finding.what_to_do}" for finding in reading.problems)


def row_of(reading, entity_id, metric_id):
    """The one row about an entity and a metric."""
    rows = [r for r in reading.table.to_pylist() if (r["entity_id"], r["metric_id"]) == (entity_id, metric_id)]
    assert len(rows) == 1
    return rows[0]
