"""What arrived tonight, and who is admitted: landing and door 1 as one step of the night.

Belongs here: the order of fetching, landing, judging and report cards, and what the night's record says of them. Does
not belong here: what each of them does, the build (``steps``), and Dagster.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from expectations.doors import door_1
from expectations.quality_history import begin_night
from expectations.rules import load_registry
from ingestion.admission import Verdict, record_admissions, reopen_waived
from ingestion.delivery_status import refused_whole
from ingestion.inbox import InboxResult, process_inbox
from ingestion.ledger import Ledger
from ingestion.night_record import start_night
from ingestion.report_card import RuleText
from ingestion.report_cards import make_report_cards
from ingestion.selection import last_held
from ingestion.sources.fetch import fetch_sources
from ingestion.sources.outcomes import SourceOutcome
from orchestration.warehouse import Warehouse

ROWS_OF_A_FILE = ("rows_in", "rows_landed", "rows_rejected", "rows_duplicate", "rows_ignored")
OF_A_FILE = ("relative_path", "outcome", *ROWS_OF_A_FILE, "message")
"""What the night's record says of a file: never a finding, as its message may quote what the file says."""

REFUSED_WHOLE = "The file of {extract} was refused as a whole. 'schoolstat check FILE' says where and why."


@dataclass(frozen=True)
class LandedSlot:
    """A slot that tonight's deliveries filled."""

    contract: str
    district_id: str
    school_year: int
    n_rows: int


@dataclass(frozen=True)
class HeldSlot:
    """A slot whose newest delivery is held or was refused whole, tonight or earlier: by which rule, and why."""

    contract: str
    district_id: str
    school_year: int
    rule_id: str
    reason: str = ""
    is_of_tonight: bool = False


@dataclass(frozen=True)
class Intake:
    """What arrived, which slots it filled, and what door 1 said about each (district, domain, school year).

    Attributes:
        inbox: what became of each file.
        slots: slots that were filled.
        verdicts: what was decided now.
        held_slots: every slot that is held, also by an earlier decision.
        sources: what became of each source, where they were asked.
        report_cards: the page of each sender's report card that was written now.
        statewide: who sends for many districts.
    """

    inbox: InboxResult
    slots: tuple[LandedSlot, ...]
    verdicts: tuple[Verdict, ...]
    held_slots: tuple[HeldSlot, ...] = ()
    sources: tuple[SourceOutcome, ...] = ()
    report_cards: dict[str, Path] = field(default_factory=dict)
    statewide: tuple[str, ...] = ()

    def held(self) -> list[Verdict]:
        """Verdicts that keep a district's domain on its last admitted slots."""
        return [verdict for verdict in self.verdicts if not verdict.admitted]


def land_and_admit(
    warehouse: Warehouse,
    districts: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    *,
    fetches: bool = False,
) -> Intake:
    """Land what is new in the inbox, judge it at door 1, and record who is admitted.

    Args:
        warehouse: the opened home.
        districts: only these districts' slots; None for all.
        years: only these school years; None for all.
        fetches: take what the collaborative's sources have, first.
    """
    home, ledger = warehouse.home, warehouse.ledger
    with home.lock():
        begin_night(home, ledger)
        fetched = fetch_sources(home, ledger, warehouse.collaborative.sources) if fetches else ()
        result = process_inbox(
            home,
            ledger,
            warehouse.collaborative,
            warehouse.inbox,
            districts=set(districts) if districts else None,
            years=set(years) if years else None,
        )
        reopen_waived(home, ledger, warehouse.collaborative)
        verdicts: list[Verdict] = []
        # Vintages of one slot are judged one after the other; a rule that could not run is not tried twice a night.
        while all(verdict.is_judged for verdict in verdicts):
            judged = door_1(home, ledger, warehouse.collaborative)
            if not judged:
                break
            record_admissions(home, ledger, judged)
            verdicts += judged
        cards = make_report_cards(home, ledger, warehouse.collaborative, result.files, rule_texts())
    intake = Intake(
        result,
        tuple(_landed_slots(ledger, result)),
        tuple(verdicts),
        tuple(_held_slots(warehouse, result)),
        fetched,
        {page.parent.name: page for page in cards.written},
        tuple(sender.sender_id for sender in warehouse.collaborative.senders if sender.statewide),
    )
    held = intake.held()
    start_night(
        home,
        sources=[asdict(source) for source in fetched],
        files=[{name: getattr(file, name) for name in OF_A_FILE} for file in result.files],
        verdicts=[asdict(verdict) for verdict in held],
        report_cards={
            "written": len(cards.written),
            "n_not_copied": cards.n_not_copied,
            "why_not_copied": cards.why_not_copied,
            **asdict(cards.mail),
        },
        door_1={"result": "failed" if held else "passed", "messages": _door_1_messages(verdicts, held)},
    )
    return intake


def rule_texts() -> dict[str, RuleText]:
    """Why each rule is there and what to do when it failed, for report cards."""
    return {rule.id: RuleText(rule.why, rule.what_to_do) for rule in load_registry().rules}


def _landed_slots(ledger: Ledger, result: InboxResult) -> list[LandedSlot]:
    contracts = {row["delivery_id"]: row["contract"] for row in ledger.deliveries()}
    return [
        LandedSlot(contracts[file.delivery_id], slot["district_id"], slot["school_year"], slot["n_rows"])
        for file in result.files
        if file.outcome == "landed" and file.delivery_id
        for slot in ledger.slots(file.delivery_id)
    ]


def _held_slots(warehouse: Warehouse, result: InboxResult) -> list[HeldSlot]:
    tonight = {file.delivery_id for file in result.files if file.outcome in ("landed", "quarantined")}
    contracts = {row["delivery_id"]: row["contract"] for row in warehouse.ledger.deliveries()}
    held = last_held(warehouse.ledger)
    refused = [
        row | {"district_id": row["sender"], "reason": REFUSED_WHOLE.format(extract=row["extract"])}
        for row in refused_whole(warehouse.ledger, warehouse.collaborative)
    ]
    return [
        HeldSlot(
            contract=contracts[row["delivery_id"]],
            district_id=row["district_id"],
            school_year=row["school_year"],
            rule_id=str(row["rule_id"]),
            reason=row["reason"] or "",
            is_of_tonight=row["delivery_id"] in tonight,
        )
        for row in [*held, *refused]
    ]


def _door_1_messages(verdicts: list[Verdict], held: list[Verdict]) -> list[str]:
    if not verdicts:
        return ["nothing new to judge"]
    years = f"{len(verdicts) - len(held):,} of {len(verdicts):,} district-years admitted"
    rules = sorted({str(verdict.rule_id) for verdict in held})
    return [f"{years}; held by {', '.join(rules)}" if held else years]
