"""A statewide report of one column of figures: its mapping in parts, for tests that change one of them."""

from tests.ingestion.delivered_files import load_little, read, refuse_configuration

PERIODS = "".join(f"year,{year},{year},{year - 1}-07-01,{year}-06-30\n" for year in (2019, 2020, 2021))
CALENDAR = {"periods.csv": f"period,school_year,fiscal_year,starts_on,ends_on\n{PERIODS}"}

HEAD = """\
mapping: given
title: A report
sender: state
file: 'given\\.csv'
contract: state_reported_measures
contract_version: 1
report: given
domain: finance
"""
REST = """\
districts: {column: code, width: 4, suffix: '0000', totals: []}
every: {variant: v, period: year, subgroup: all, breakdown: all}
"""
CODE = "  code: {heading: Code, type: code}\n"
VALUE = "  value: {heading: Value, type: number}\n"


def write_mapping(columns, more="", head=HEAD, rest=REST, rows="rows: [{metric_id: M, value: {column: value}}]\n"):
    return f"{head}school_year: 2020\ncolumns:\n{columns}{rest}{more}{rows}"


def read_given(tmp_path, mapping, rows, **changed):
    found = load_little(tmp_path, **{"mappings/given.yaml": mapping, **CALENDAR, **changed})
    return read(found, tmp_path / "inbox", "given.csv", rows)


def values_of(reading, *names):
    return [tuple(row[name] for name in names) for row in reading.table.to_pylist()]


def refuse_given(tmp_path, mapping, **changed):
    return "\n".join(refuse_configuration(tmp_path, **{"mappings/given.yaml": mapping, **CALENDAR, **changed}))
