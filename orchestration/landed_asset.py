"""What an intake means for the partitions of one landed asset.

Belongs here: which contracts share an asset, which partition a slot belongs to, and what the UI shows of it: rows, held
districts, door 1's result, the files. Does not belong here: the assets themselves (``landing.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import dagster as dg

from ingestion.configuration import Collaborative
from ingestion.contract import Contract
from orchestration.docs_link import link_docs
from orchestration.intake import HeldSlot, Intake, LandedSlot
from reporting.plain_text import list_some

COUNTS = ("rows_in", "rows_landed", "rows_rejected", "rows_duplicate")
DOOR_1 = "door_1"
LISTED = 20
"""Districts named with a reason before the rest is only counted; ``held_districts`` names them all."""

Slot = TypeVar("Slot", LandedSlot, HeldSlot)


@dataclass(frozen=True)
class LandedAsset:
    """The contracts of one domain, or one contract of many reports, as an asset.

    Attributes:
        name: the domain, or the contract.
        contracts: the contracts whose deliveries it shows.
        is_statewide: whether its partitions are school years; else they are districts.
    """

    name: str
    contracts: tuple[Contract, ...]
    is_statewide: bool

    @property
    def key(self) -> dg.AssetKey:
        """``landing/<name>``."""
        return dg.AssetKey(["landing", self.name])

    def column_schema(self) -> dg.TableSchema:
        """The columns that land; among several contracts each is named after its own."""
        prefixes = {each.name: f"{each.name}." if len(self.contracts) > 1 else "" for each in self.contracts}
        columns = [
            dg.TableColumn(name=f"{prefixes[contract.name]}{c.name}", type=c.type, description=c.description)
            for contract in self.contracts
            for c in contract.columns
        ]
        return dg.TableSchema(columns=columns)

    def partition(self, district_id: str, school_year: int) -> str:
        """Partition that a slot belongs to."""
        return str(school_year) if self.is_statewide else district_id

    def partitions_filled(self, intake: Intake) -> list[str]:
        """Partitions that tonight's deliveries filled, sorted."""
        return sorted({self._partition_of(slot) for slot in self._own(intake.slots)})

    def partitions_judged(self, intake: Intake) -> list[str]:
        """Partitions that tonight's deliveries filled, or would have filled had they not been refused whole; sorted."""
        refused = [slot for slot in self._own(intake.held_slots) if slot.is_of_tonight]
        return sorted({*self.partitions_filled(intake), *(self._partition_of(slot) for slot in refused)})

    def describe(self, intake: Intake, partition: str) -> dict[str, dg.MetadataValue]:
        """What landed in one partition, in all and by contract, and how many districts of it are held."""
        slots = self._filled_in(intake, partition)
        held = {slot.district_id for slot in self.held_in(intake, partition)}
        rows: Counter[str] = Counter()
        for slot in slots:
            rows[slot.contract] += slot.n_rows
        by_contract = rows if len(self.contracts) > 1 else {}
        return {
            "records_landed": dg.MetadataValue.int(rows.total()),
            **{f"records_landed/{name}": dg.MetadataValue.int(n_rows) for name, n_rows in sorted(by_contract.items())},
            "slots": dg.MetadataValue.int(len(slots)),
            "districts_held": dg.MetadataValue.int(len(held)),
            **self._report_card(intake, partition),
        }

    def _report_card(self, intake: Intake, partition: str) -> dict[str, dg.MetadataValue]:
        """The page of the district's report card, where one was written now; of a statewide source its senders'."""
        pages = {sender: page for sender, page in intake.report_cards.items() if sender == partition}
        if self.is_statewide:
            pages = {
                sender: intake.report_cards[sender] for sender in intake.statewide if sender in intake.report_cards
            }
        return {
            "report_card" if len(pages) == 1 else f"report_card/{sender}": dg.MetadataValue.path(str(page))
            for sender, page in sorted(pages.items())
        }

    def judge(self, intake: Intake, partition: str) -> dg.AssetCheckEvaluation:
        """Door 1's result for one partition: who is held in it now, also by what an earlier night decided.

        To be logged as an event of the run: without a run Dagster keeps but one result per partition for ever.
        """
        held = self.held_in(intake, partition)
        not_admitted = {(slot.contract, slot.district_id, slot.school_year) for slot in held}
        admitted = {
            (slot.district_id, slot.school_year)
            for slot in self._filled_in(intake, partition)
            if (slot.contract, slot.district_id, slot.school_year) not in not_admitted
        }
        return dg.AssetCheckEvaluation(
            asset_key=self.key,
            check_name=DOOR_1,
            passed=not held,
            partition=partition,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "admitted": dg.MetadataValue.int(len(admitted)),
                "held": dg.MetadataValue.int(len({slot.district_id for slot in held})),
                "held_districts": dg.MetadataValue.text(", ".join(sorted({s.district_id for s in held})) or "none"),
                "held_extracts": dg.MetadataValue.text(", ".join(sorted({s.contract for s in held})) or "none"),
                "rules": dg.MetadataValue.text(", ".join(sorted({s.rule_id for s in held})) or "none"),
                "why": _describe_reasons(held),
            },
        )

    def held_in(self, intake: Intake, partition: str) -> list[HeldSlot]:
        """Slots of one partition that are held."""
        return [slot for slot in self._own(intake.held_slots) if self._partition_of(slot) == partition]

    def _filled_in(self, intake: Intake, partition: str) -> list[LandedSlot]:
        return [slot for slot in self._own(intake.slots) if self._partition_of(slot) == partition]

    def _own(self, slots: Iterable[Slot]) -> list[Slot]:
        names = {contract.name for contract in self.contracts}
        return [slot for slot in slots if slot.contract in names]

    def _partition_of(self, one: LandedSlot | HeldSlot) -> str:
        return self.partition(one.district_id, one.school_year)

    def partitions(self, collaborative: Collaborative) -> dg.StaticPartitionsDefinition:
        """School years of the calendar, or districts of the roster: both are configuration."""
        if self.is_statewide:
            return dg.StaticPartitionsDefinition(sorted({str(period.school_year) for period in collaborative.periods}))
        return dg.StaticPartitionsDefinition([district.district_id for district in collaborative.districts])


def arrange_landed_assets(collaborative: Collaborative, contracts: Iterable[Contract]) -> list[LandedAsset]:
    """The contracts of one domain share an asset; one that carries many reports has its own."""
    by_name: dict[str, list[Contract]] = {}
    for contract in contracts:
        by_name.setdefault(contract.name if contract.holds_many_reports else contract.domain, []).append(contract)
    return [
        LandedAsset(name, tuple(own), is_statewide=any(_is_from_statewide(collaborative, each) for each in own))
        for name, own in sorted(by_name.items())
    ]


def _is_from_statewide(collaborative: Collaborative, contract: Contract) -> bool:
    """Whether it carries reports of a statewide sender; a domain is shown by district, whoever sends its files."""
    senders = [collaborative.sender(m.sender or "") for m in collaborative.mappings if m.contract == contract.name]
    return contract.holds_many_reports and any(sender is not None and sender.statewide for sender in senders)


def _describe_reasons(held: list[HeldSlot]) -> dg.MetadataValue:
    """One sentence for each reason, with the districts that it holds: text, since a check's page shows no table."""
    by_reason: dict[str, set[str]] = {}
    for slot in held:
        why = slot.reason if slot.reason.startswith(slot.rule_id) else f"{slot.rule_id}: {slot.reason}"
        by_reason.setdefault(why, set()).add(f"{slot.district_id} {slot.school_year}")
    lines = [f"{list_some(sorted(whom), LISTED)}: {reason}" for reason, whom in sorted(by_reason.items())]
    return dg.MetadataValue.text("\n".join(lines) or "nobody is held")


def _describe_sources(intake: Intake) -> dict[str, dg.MetadataValue]:
    """Each source's outcome; nothing where there is none."""
    names = ("source", "kind", "outcome", "message")
    schema = dg.TableSchema(columns=[*map(dg.TableColumn, names), dg.TableColumn("n_fetched", "int")])
    records = [
        dg.TableRecord({**{name: getattr(source, name) for name in names}, "n_fetched": source.count("fetched")})
        for source in intake.sources
    ]
    return {"sources": dg.MetadataValue.table(records=records, schema=schema)} if records else {}


def describe_files(intake: Intake, collaborative: Collaborative) -> dict[str, dg.MetadataValue]:
    """Tonight's accounting and each file's outcome; files without a mapping come last."""
    files = sorted(intake.inbox.files, key=lambda file: (file.outcome == "no_mapping", file.relative_path))
    schema = dg.TableSchema(
        columns=[
            dg.TableColumn("file"),
            dg.TableColumn("outcome"),
            *(dg.TableColumn(name, "int") for name in COUNTS),
            dg.TableColumn("message"),
        ]
    )
    names = ("outcome", *COUNTS, "message")
    records = [
        dg.TableRecord({"file": file.relative_path, **{name: getattr(file, name) for name in names}}) for file in files
    ]
    return {
        **{name: dg.MetadataValue.int(sum(getattr(f, name) for f in files)) for name in COUNTS},
        "districts_held": dg.MetadataValue.int(len({v.district_id for v in intake.held()})),
        "files": dg.MetadataValue.table(records=records, schema=schema),
        **_describe_sources(intake),
        "docs": link_docs(collaborative.docs_url, "architecture.md"),
    }
