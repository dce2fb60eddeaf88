"""Small readings made by hand, so that landing and admission are tested without any file format."""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from ingestion.account_crosswalk import crosswalk_schema
from ingestion.admission import Verdict, candidates, record_admissions
from ingestion.collaborative import Collaborative, District, Period, Sender, StateFunction, Threshold
from ingestion.compiled_configuration import CompiledConfiguration
from ingestion.contract import load_contracts
from ingestion.findings import Finding, IdentityFailure, Reading, Reject
from ingestion.home import Home
from ingestion.landing import LandedDelivery, land
from ingestion.ledger import Ledger
from ingestion.mapping import Mapping
from ingestion.rows_to_land import RowsToLand
from ingestion.vintages import name_undeclared

EOYR = load_contracts()["eoyr_report"]
VOLUME_THRESHOLDS = {
    "volume_loss_share_last": "0.05",
    "volume_loss_share_year_before": "0.5",
    "volume_growth_share": "1",
    "same_time_of_year_days": "31",
    "rollover_days": "92",
    "file_loss_share_last": "0.05",
    "file_loss_share_year_before": "0.1",
    "first_load_roster_share": "0.5",
}
D02_FAILED = Finding("D02", "file", "error", 1, "Amount", "the heading is missing", "restore the heading", 3, 1)


def make_mapping(mapping: str = "spending", file: str = r"spending.*\.csv", title: str = "Spending") -> Mapping:
    return Mapping.model_validate(
        {
            "mapping": mapping,
            "title": title,
            "sender": None if "<district_id>" in file else "state",
            "file": file,
            "contract": "eoyr_report",
            "contract_version": EOYR.version,
            "columns": {"amount": {"heading": "Amount", "type": "number"}},
            "rows": [{"amount_usd": {"column": "amount"}}],
        }
    )


def make_table(districts: dict[str, list[str]], school_year: int = 2017) -> pa.Table:
    """One row per amount of each district, deliberately in no order."""
    rows = [
        {
            "district_id": district_id,
            "school_year": school_year,
            "fiscal_year": school_year,
            "state_function": "teachers",
            "line_item": f"line {number}",
            "fund_group": "all_funds",
            "amount_usd": Decimal(amount).quantize(Decimal("0.01")),
            "source_line": number + 2,
        }
        for district_id, amounts in districts.items()
        for number, amount in enumerate(amounts)
    ]
    return pa.Table.from_pylist(rows[::-1], schema=EOYR.arrow_schema())


def make_reading(
    source: Path,
    districts: dict[str, list[str]],
    *,
    mapping: Mapping | None = None,
    school_year: int = 2017,
    vintage: str | None = "2018",
    data_through: date | None = date(2017, 6, 30),
    state: str = "accepted",
    sender: str = "state",
    rejects: tuple[Reject, ...] = (),
    findings: tuple[Finding, ...] = (),
    identity_failures: tuple[IdentityFailure, ...] = (),
) -> Reading:
    """A reading of ``source``, whose bytes need not hold the rows."""
    table = make_table({} if state == "quarantined" else districts, school_year)
    refused = sum(map(len, districts.values())) if state == "quarantined" else len(rejects)
    file_sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    return Reading(
        file_name=source.name,
        relative_path=source.name,
        file_sha256=file_sha256,
        size=source.stat().st_size,
        mapping=mapping or make_mapping(),
        contract=EOYR,
        extract="eoyr_report",
        domain="finance",
        school_year=school_year,
        vintage=vintage or name_undeclared(file_sha256),
        data_through=data_through,
        sender=sender,
        state=state,
        rows_in=table.num_rows + refused,
        rows_landed=table.num_rows,
        rows_rejected=refused,
        rows_duplicate=0,
        rows=RowsToLand(table, (*EOYR.key, "source_line")),
        rejects=rejects,
        findings=findings,
        identity_failures=identity_failures,
    )


def make_collaborative(*districts: str, mappings: tuple[Mapping, ...] = ()) -> Collaborative:
    periods = [Period("year", year, year, date(year - 1, 7, 1), date(year, 6, 30)) for year in range(2015, 2022)]
    return Collaborative(
        id="small",
        name="Small",
        state="ma",
        folder=Path("small"),
        time_zone="America/New_York",
        nightly_hour=3,
        docs_url="",
        owners=(),
        releases_kept=3,
        senders=(Sender("state", "The state", True),),
        districts=tuple(District(district, district, "regular") for district in districts),
        periods=tuple(periods),
        threshold_rows=tuple(Threshold(name, Decimal(value)) for name, value in VOLUME_THRESHOLDS.items()),
        value_ranges=(),
        state_functions=(StateFunction("teachers", "Teachers", True, 1),),
        mappings=mappings,
    )


@dataclass
class Place:
    """A home with its ledger and a folder of sources."""

    home: Home
    ledger: Ledger
    inbox: Path
    written: int = field(default=0)

    def deliver(self, districts: dict[str, list[str]], **facts) -> LandedDelivery:
        """Land a new file of those districts' amounts."""
        self.written += 1
        source = self.inbox / f"spending_{self.written}.csv"
        source.write_text(f"{self.written} {districts} {facts}", encoding="utf-8")
        return land(self.home, self.ledger, make_reading(source, districts, **facts), source)

    def judge(self, *refused: str) -> None:
        """Admit everything that waits, save the refused districts."""
        verdicts = [
            Verdict(*candidate, admitted=candidate.district_id not in refused, rule_id="Q01", reason="too few rows")
            if candidate.district_id in refused
            else Verdict(*candidate, admitted=True)
            for candidate in candidates(self.ledger)
        ]
        record_admissions(self.home, self.ledger, verdicts)

    def release(self, build_id: str) -> None:
        """Make a build the current release, as publishing does."""
        self.ledger.mark_released(build_id)
        release_id = f"r-{build_id}"
        self.ledger.record_release(release_id, build_id, "content", None)
        (self.home.releases / release_id).mkdir(exist_ok=True)
        self.home.current_release.unlink(missing_ok=True)
        self.home.current_release.symlink_to(release_id)


def make_compiled(folder: Path, config_hash: str = "config") -> CompiledConfiguration:
    """A compiled configuration of the tables that a build's own views read."""
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"threshold": ["max_age_days_finance"]}), folder / "thresholds.parquet")
    pq.write_table(crosswalk_schema().empty_table(), folder / "account_crosswalk.parquet")
    return CompiledConfiguration(config_hash, folder)
