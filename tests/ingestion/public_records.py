"""The page docs/public_records.md: each public file by the mapping that it belongs to, and what is left out and why.

Massachusetts has a page of its own (docs/massachusetts_files.md).
"""

from __future__ import annotations

import csv
import gzip
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ingestion.collaborative import Collaborative, District, Sender
from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from ingestion.findings import Reading
from ingestion.mapping import find_mapping
from ingestion.mapping_files import find_shipped, load_mapping
from ingestion.reading import read_delivery

STATES = {
    "ny_osc_finance": "new_york",
    "nyc_community_districts": "new_york_city",
    "tx_tea_finance_2012_2016": "texas",
    "tx_school_meals_2023": "texas",
    "co_cde_district": "colorado",
    "ct_attendance_2020_2022": "connecticut",
    "or_nerds_school_ppe_2019": "oregon",
    "us_f33_saipe_edfacts": "",
}
"""By folder of files, the collaborative that reads it; the federal file is of none, poverty of Oregon's."""

LEFT_OUT = {
    "calpads_sample/calpads_sample_data.xlsx": "Made-up pupils, 56 rows under banners and merged cells",
    "cep_isp_by_school/": "Shares of identified pupils, by school, of eight states: no file says its school year",
    "co_cde_district/2017-Grad-District-Race.xlsx": "Cohorts of 4 to 7 years by group, 125 columns; not mapped yet",
    "co_cde_district/Discipline Action by Gender.xlsx": "Counts by action, without pupils and school year",
    "co_cde_district/Discipline Action by Race.xlsx": "Counts by action, without pupils and school year",
    "co_cde_district/Discipline by Gender 2017-18 Corrected.xlsx": "Counts by action without the pupils they are of",
    "co_cde_district/RescissionsFY2017-18 with Per Pupil Funding.xls": "Funding that was granted, not spending",
    "co_kidscount_messy/": "A third party's collection, names for ids; cells such as `#VALUE!`, `81.6*`, `LNE`",
    "ct_attendance_2020_2022/locations_table.csv": "A directory of schools with addresses; no measures",
    "nyc_community_districts/demographic-snapshot-2017-18-to-2021-22.xlsx": "Shares are top-coded "
    "(`Above 95%`), which is neither a number nor one of the two meanings that a marker can have",
    "ny_osc_finance/ORIGIN_README.md": "A description of the files beside it",
    "or_nerds_school_ppe_2019/nerds.csv": "Its ids were damaged by a spreadsheet program (`4.10102E+11` in all rows)",
    "or_nerds_school_ppe_2019/or_schools.csv": "Shares of pupils with free meals under the state's own ids, no year",
    "tx_school_meals_2023/tea_StudPgmStateDistrict23.csv": "Pupils by program, masked as `-999`; no metric",
    "tx_tea_finance_2012_2016/recapture.csv": "Columns are shifted against their headings, cells hold `#ERROR!`",
    "us_f33_saipe_edfacts/f33_2016_subset_no_ids.csv.gz": "Districts by name only, dollars in thousands",
}
"""By file, or by folder, why no mapping covers it."""

ELSEWHERE = {
    "ma_dese_profiles/": "[Massachusetts' files](massachusetts_files.md)",
    "ma_public_schools_2017/": "[Massachusetts' files](massachusetts_files.md)",
    "ea_vendor_samples/": "assessment vendors' samples, `mappings/<vendor>`",
    "edfi_grandbend_xml_v5.2/": "Ed-Fi interchange, XML",
    "opensdp_synth_texas/": "made-up pupils of a third party",
    "sgpdata_long/": "made-up pupils of a third party, never shipped",
    "econometrics_textbook/": "textbook samples",
}
"""Folders that are no public records of districts by state, or that stand on a page of their own."""


@dataclass(frozen=True)
class Row:
    """One file of the table."""

    file: str
    mapping: str
    years: str
    rows_in: int
    landed: int
    rejected: int
    duplicate: int
    ignored: int
    figures: int
    checks: str


@cache
def table_rows(repository: Path, records: Path) -> tuple[Row, ...]:
    """Every file that a mapping covers, read."""
    found = []
    for folder, name in STATES.items():
        collaborative = load_collaborative(repository / "collaboratives" / (name or "new_york"))
        for path in sorted((records / folder).rglob("*")):
            if path.is_file():
                reading = read_public_file(
                    path, path.relative_to(records).as_posix(), collaborative if name else None, repository
                )
                found += [_row(path.relative_to(records).as_posix(), reading)] if reading else []
    return tuple(found)


def read_public_file(path: Path, file: str, collaborative: Collaborative | None, repository: Path) -> Reading | None:
    """One file of the records; None when no mapping covers it. Without a collaborative it is the federal files'."""
    name, oregon = file.removesuffix(".gz"), repository / "collaboratives" / "oregon"
    with tempfile.TemporaryDirectory() as folder:
        if name != file:
            path = _unpacked(path, Path(folder) / Path(name).name)
        collaborative = collaborative or _of_all_districts(path, name, repository) or load_collaborative(oregon)
        mapping = find_mapping(collaborative.mappings, name)
        if mapping is None:
            return None
        return read_delivery(path, name, mapping, load_contracts()[mapping.contract], collaborative)


def _unpacked(path: Path, to: Path) -> Path:
    to.write_bytes(gzip.decompress(path.read_bytes()))
    return to


def _of_all_districts(path: Path, name: str, repository: Path) -> Collaborative | None:
    """A collaborative of every district that the federal file names: nobody keeps such a roster."""
    mappings = tuple(load_mapping(each)[0] for each in find_shipped("us_census", repository / "mappings"))
    if find_mapping(mappings, name) is None:
        return None
    with path.open(encoding="utf-8", newline="") as handle:
        districts = tuple(District(row["LEAID"], "", "district") for row in csv.DictReader(handle))
    some = load_collaborative(repository / "collaboratives" / "new_york")
    return replace(
        some,
        districts=districts,
        mappings=mappings,
        senders=(Sender("us_census", "The Census Bureau", statewide=True),),
    )


def _row(file: str, reading: Reading) -> Row:
    years = sorted(set(reading.table.column("school_year").to_pylist())) or [reading.school_year]
    said = [finding for finding in reading.findings if finding.rule_id in ("I01", "CT1") and finding.n_checked]
    checks = [f"{f.rule_id} {f.n_checked - f.n_failed:,} of {f.n_checked:,}" for f in said if f.rule_id == "I01"]
    checks += [f"CT1 {'holds' if f.severity == 'passed' else 'fails'}" for f in said if f.rule_id == "CT1"]
    return Row(
        file,
        reading.mapping.mapping,
        str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}",
        reading.rows_in,
        reading.rows_landed,
        reading.rows_rejected,
        reading.rows_duplicate,
        reading.rows_ignored,
        reading.table.num_rows,
        ", ".join(dict.fromkeys(checks)) or "none",
    )


def build_page(repository: Path, records: Path) -> str:
    """The page's text."""
    rows = table_rows(repository, records)
    covered = {row.file for row in rows}
    lines = [
        *_HEAD,
        *(
            f"| `{r.file}` | `{r.mapping}` | {r.years} | {r.rows_in:,} | {r.landed:,} | {r.rejected:,} "
            f"| {r.duplicate:,} | {r.ignored:,} | {r.figures:,} | {r.checks} |"
            for r in rows
        ),
        "",
        *_NOTES,
        "",
        "## Not covered",
        "",
        "| file or folder | reason |",
        "|---|---|",
        *(f"| `{name}` | {reason} |" for name, reason in LEFT_OUT.items()),
        "",
        "Elsewhere: " + "; ".join(f"`{name}`: {where}" for name, where in ELSEWHERE.items()) + ".",
    ]
    _check_that_each_file_is_accounted_for(records, covered)
    return "\n".join(lines) + "\n"


def _check_that_each_file_is_accounted_for(records: Path, covered: set[str]) -> None:
    known = (*LEFT_OUT, *ELSEWHERE)
    for path in records.rglob("*"):
        file = path.relative_to(records).as_posix()
        if path.is_file() and path.name not in ("README.md", "LICENSE") and file not in covered:
            assert any(file == each or (each.endswith("/") and file.startswith(each)) for each in known), file


_HEAD = [
    "# Public records, file by file",
    "",
    "What the shipped mappings (`mappings/<publisher>`) make of the files that states and the federal government",
    "published (Massachusetts has [a page of its own](massachusetts_files.md)). A row is a row of the source that the",
    "mapping is about; rows in are rows landed, refused and repeated. Ignored are rows about something else",
    "(`only_rows`, `skip_rows`). A figure is one landed value, hidden ones included. I01 are rows whose figures agree",
    "with those beside them, CT1 columns that add up to the total row. `tests/ingestion/test_public_records.py` reads",
    "every file and compares it with this page.",
    "",
    "| file | mapping | school years | rows in | landed | refused | repeated | ignored | figures | checks |",
    "|---|---|---|---|---|---|---|---|---|---|",
]

_NOTES = [
    "- What the figures of each state are, and what they are not: [Massachusetts](states/massachusetts.md),",
    "  [New York](states/new_york.md), [Texas](states/texas.md), [Oregon](states/oregon.md),",
    "  [the federal files](states/federal.md).",
    "- **New York**: the 85 lines add up to the total exactly in every row that has one. Raquette Lake had not filed",
    "  for 2012 (empty cells: not reported) and Wainscott not for 2022 (zeros, and a fiscal period of no months:",
    "  ignored). New York City is not in the file. Three mergers and one district that ended stand in",
    "  `entity_succession.csv`.",
    "- **New York City**: 399 rates of chronic absence are hidden as `s`; the other 38,539 are numerator over",
    "  denominator within 0.000005 of a percent. Ten days enrolled and one present: `SS.A11`, not the federal rate.",
    "- **Texas**: the functions add up to the operating total exactly, until 2014 without community services (a row",
    "  that does not holds its district), from 2015 with them (that is only told): five-year trends of the printed",
    "  total are no trends of one thing. Spending per pupil of all functions (`PPE.F01`) is of the same fifteen in",
    "  every year.",
    "- **Texas' meals**: 8,482 of 8,655 sites stand on the roster; 45 of districts that are not on it are refused, 128",
    "  without a whole district's number are ignored. In the file 62 sites have more lunches of an average day than",
    "  pupils, and 65 more breakfasts, 43 and 49 of them without a pupil. Of those that land each is named to its",
    "  district (rule O01): 35 for lunches and 38 for breakfasts, 25 and 32 of them as meals of nobody.",
    "- **Colorado**: chronic absence over a headcount is `SS.A12`. The revised file of 2016-17 prints 230 and 260",
    "  percent for two districts whose counts give 23 and 26: they are held until somebody corrects them. In 2020-21",
    "  the state's row counts 18,917 pupils fewer than its districts, which is declared. The state's turnover rate is",
    "  of other numbers than it prints.",
    "- **Connecticut** prints rates and pupils, no days, three years side by side in one row: three figures a row.",
    "- **Oregon**: 40 schools have no total, 20 of them without a federal number. The parts by source of money are",
    "  `NRD` in all. Poverty of the district's area stands beside them: 196 districts of the national file.",
    "- **Federal file**: total spending with capital over membership; the roster of the test is the file's own.",
]


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[2]
    (here / "docs" / "public_records.md").write_text(build_page(here, Path(sys.argv[1])), encoding="utf-8")
