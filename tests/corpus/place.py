"""A small made-up collaborative of two districts with a first night behind it, copied for each case.

Belongs here: what is there before a case, and what is looked at after it. Does not belong here: the cases
(``cases_of_*.py``).
"""

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from expectations.admission_rules import judge_candidates
from expectations.rules import load_registry
from ingestion.admission import Verdict, candidates, record_admissions
from ingestion.collaborative import Collaborative
from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.inbox import process_inbox
from ingestion.inbox_pass import FileOutcome
from ingestion.ledger import Ledger, open_ledger
from ingestion.selection import current_selection
from tests.ingestion.delivered_files import write_texts

REPOSITORY = Path(__file__).resolve().parents[2]
A, B = "00010000", "00020000"

COLLABORATIVE = """\
collaborative: corpus
name: A made-up collaborative
state: MA
time_zone: America/New_York
nightly_hour: 4
releases_kept: 3
owners: [data@corpus.example]
senders:
  - {sender: state, name: The state, statewide: true}
mappings: [mappings]
"""

LINES_MAPPING = r"""
mapping: lines
title: Lines of a district's report
file: '(?P<district_id>[0-9]{8})/lines_(?P<school_year>[0-9]{4})\.(?:csv|parquet)'
contract: eoyr_report
contract_version: 1
columns:
  category: {heading: category, type: text, codes: {Teachers: teachers, Tuition: out_of_district}}
  item: {heading: line item, type: text}
  amount: {heading: amount, type: number}
rows:
  - fiscal_year: {delivery: school_year}
    state_function: {column: category}
    line_item: {column: item}
    fund_group: all_funds
    amount_usd: {column: amount}
"""

RATES_MAPPING = r"""
mapping: rates
title: Spending per pupil
sender: state
file: 'rates_(?P<school_year>[0-9-]+)\.csv'
contract: state_reported_measures
contract_version: 1
report: rates
domain: finance
columns:
  code: {heading: code, type: code}
  pupils: {heading: pupils, type: number, thousands: ','}
  dollars: {heading: dollars, type: number, symbols: $, thousands: ','}
  rate: {heading: per pupil, type: number}
markers: {less than 6: suppressed}
districts: {column: code, width: 4, suffix: '0000', totals: []}
every: {variant: v, period: year, subgroup: all, breakdown: all}
rows:
  - {metric_id: N, value: {column: pupils}}
  - metric_id: RATE
    value: {column: rate}
    numerator: {column: dollars}
    denominator: {column: pupils}
    n: {column: pupils}
identities:
  rate: {value: rate, numerator: dollars, denominator: pupils, tolerance: 0.01}
"""

HELPDESK_MAPPING = r"""
mapping: helpdesk
title: Help desk of a district
file: '(?P<district_id>[0-9]{8})/helpdesk_(?P<school_year>[0-9]{4})(?:_(?P<part>[0-9]+))?\.csv'
contract: helpdesk
contract_version: 1
columns:
  ticket: {heading: ticket, type: code}
  opened: {heading: opened, type: timestamp}
  hold: {heading: hold, type: number}
  channel: {heading: channel, type: text, optional: true}
rows:
  - {ticket_id: {column: ticket}, opened_at: {column: opened}, hold_hours: {column: hold}, channel: {column: channel}}
"""

LINES = [f"Teachers,Item {number},{number}.10" for number in range(1, 21)]
LINES_HEAD = "category,line item,amount"
RATES = ["code,pupils,dollars,per pupil", '0001,100,"$1,000.00",10', '0002,"1,000","$20,000.00",20']
TICKETS = ["ticket,opened,hold,channel"] + [f"T{number},2020-01-0{number} 08:00,1.5,phone" for number in range(1, 6)]
ENROLLED = [
    "student_local_id,school_id,entry_date,exit_date,entry_type,exit_type,grade,residency,calendar_code,primary",
    *(f"P{number},00010010,2019-09-03,,,,05,resident,R,true" for number in range(1, 6)),
]

FIRST_NIGHT = {
    f"{A}/lines_2020.csv": [LINES_HEAD, *LINES],
    f"{B}/lines_2020.csv": [LINES_HEAD, *LINES],
    f"{A}/helpdesk_2020.csv": TICKETS,
    f"{A}/2020/enrollments.csv": ENROLLED,
    "rates_2020.csv": RATES,
}

CONFIGURATION = {
    "collaborative.yaml": COLLABORATIVE,
    "districts.csv": (
        f"district_id,name,district_type,member_from,member_to\n{A},Abel,public_school_district,,\n"
        f"{B},Baker,public_school_district,,\n"
    ),
    "schools.csv": (
        f"school_id,district_id,name,school_type,open_from,open_to\n00010010,{A},First,elementary,,\n"
        f"00020010,{B},Second,elementary,,\n"
    ),
    "periods.csv": "period,school_year,fiscal_year,starts_on,ends_on\nyear,2020,2020,2019-07-01,2020-06-30\n",
    "state_functions.csv": (
        "state_function,label,is_in_district,display_order\nteachers,Teachers,true,1\nout_of_district,Out,false,2\n"
    ),
    "mappings/lines.yaml": LINES_MAPPING,
    "mappings/rates.yaml": RATES_MAPPING,
    "mappings/helpdesk.yaml": HELPDESK_MAPPING,
}


@dataclass
class Place:
    """A home after its first night, and its inbox.

    Attributes:
        root: the folder of all.
        collaborative: the configuration.
        first: the deliveries of the first night, by path.
    """

    root: Path
    collaborative: Collaborative
    first: dict[str, str]

    @property
    def home(self) -> Home:
        return Home(self.root / "home")

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    def copy(self, root: Path) -> "Place":
        """The same place elsewhere, times of files kept."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Place(root, self.collaborative, self.first)

    def night(self, *, door: bool = False) -> tuple[dict[str, FileOutcome], dict[str, str]]:
        """Process the inbox and admit what landed, by door 1 or unseen: outcomes by path, and who is held by what."""
        with closing(open_ledger(self.home)) as ledger:
            files = process_inbox(self.home, ledger, self.collaborative, self.inbox).files
            held = self._judge(ledger) if door else self._admit(ledger)
        return {file.relative_path: file for file in files}, held

    def serving(self, delivery_id: str) -> dict[str, str]:
        """The delivery that serves the extract of a delivery, by district."""
        with closing(open_ledger(self.home)) as ledger:
            extract = (ledger.delivery(delivery_id) or {})["extract"]
            rows = current_selection(ledger).to_pylist()
        current = (row for row in rows if row["extract"] == extract and row["is_current"])
        return {row["district_id"]: row["delivery_id"] for row in current}

    def deliveries(self) -> list[dict]:
        """Every delivery of the ledger."""
        with closing(open_ledger(self.home)) as ledger:
            return ledger.deliveries()

    def landed(self) -> set[str]:
        """Ids of the deliveries of which rows lie in landing."""
        return {path.stem for path in self.home.landing.glob("*/school_year=*/district_id=*/*.parquet")}

    def files_outside(self) -> set[str]:
        """Every file that is not in the home."""
        return {str(path) for path in self.root.parent.rglob("*") if not path.is_relative_to(self.home.path)}

    def _admit(self, ledger: Ledger) -> dict[str, str]:
        record_admissions(self.home, ledger, [Verdict(*each, admitted=True) for each in candidates(ledger)])
        return {}

    def _judge(self, ledger: Ledger) -> dict[str, str]:
        held: dict[str, str] = {}
        while verdicts := judge_candidates(self.home, ledger, load_registry(), self.collaborative):
            record_admissions(self.home, ledger, verdicts)
            held |= {verdict.district_id: verdict.rule_id or "" for verdict in verdicts if not verdict.admitted}
        return held


def make_place(root: Path) -> Place:
    """The place after its first night: everything landed and serves."""
    folder = write_texts(root / "configuration", CONFIGURATION)
    shutil.copy(
        REPOSITORY / "collaboratives" / "template" / "mappings" / "records_enrollments.yaml", folder / "mappings"
    )
    place = Place(root, load_collaborative(folder), {})
    write_texts(place.inbox, {name: "\n".join(lines) + "\n" for name, lines in FIRST_NIGHT.items()})
    place.home.ensure()
    files, _ = place.night()
    assert {file.outcome for file in files.values()} == {"landed"}, files
    place.first.update({path: file.delivery_id for path, file in files.items()})
    return place
