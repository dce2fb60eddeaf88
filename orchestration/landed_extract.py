"""What an intake means for the partitions of one landed extract.

Belongs here: which partition a slot belongs to, and what the UI shows of it: rows, held districts, door 1's result,
the files. Does not belong here: the assets themselves (``landing.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

import dagster as dg

from ingestion.configuration import Collaborative
from ingestion.contract import Contract
from orchestration.docs_link import link_docs
from orchestration.steps import HeldSlot, Intake, LandedSlot
from reporting.plain_text import list_some

COUNTS = ("rows_in", "rows_landed", "rows_rejected", "rows_duplicate")
DOOR_1 = "door_1"
LISTED = 20
"""Districts named with a reason before the rest is only counted; ``held_districts`` names them all."""


@dataclass(frozen=True)
class LandedExtract:
    """One contract's asset: its key, and whether its partitions are school years or districts."""

    contract: Contract
    is_statewide: bool

    @property
    def key(self) -> dg.AssetKey:
        """``landing/<contract>``."""
        return dg.AssetKey(["landing", self.contract.name])

    def partition(self, district_id: str, school_year: int) -> str:
        """Partition that a slot belongs to."""
        return str(school_year) if self.is_statewide else district_id

    def partitions_filled(self, intake: Intake) -> list[str]:
        """Partitions that tonight's deliveries filled, sorted."""
        return sorted({self._partition_of(slot) for slot in self._slots(intake)})

    def partitions_judged(self, intake: Intake) -> list[str]:
        """Partitions that tonight's deliveries filled, or would have filled had they not been refused whole; sorted."""
        refused = [slot for slot in intake.held_slots if slot.contract == self.contract.name and slot.is_of_tonight]
        return sorted({*self.partitions_filled(intake), *(self._partition_of(slot) for slot in refused)})

    def describe(self, intake: Intake, partition: str) -> dict[str, dg.MetadataValue]:
        """What landed in one partition, and how many districts of it are held."""
        slots = [slot for slot in self._slots(intake) if self._partition_of(slot) == partition]
        held = {slot.district_id for slot in self.held_in(intake, partition)}
        return {
            "records_landed": dg.MetadataValue.int(sum(slot.n_rows for slot in slots)),
            "slots": dg.MetadataValue.int(len(slots)),
            "districts_held": dg.MetadataValue.int(len(held)),
        }

    def judge(self, intake: Intake, partition: str) -> dg.AssetCheckEvaluation:
        """Door 1's result for one partition: who is held in it now, also by what an earlier night decided.

        To be logged as an event of the run: without a run Dagster keeps but one result per partition for ever.
        """
        held = self.held_in(intake, partition)
        filled = {
            (slot.district_id, slot.school_year)
            for slot in self._slots(intake)
            if self._partition_of(slot) == partition
        }
        admitted = filled - {(slot.district_id, slot.school_year) for slot in held}
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
                "rules": dg.MetadataValue.text(", ".join(sorted({s.rule_id for s in held})) or "none"),
                "why": _describe_reasons(held),
            },
        )

    def held_in(self, intake: Intake, partition: str) -> list[HeldSlot]:
        """Slots of one partition that are held."""
        own = [slot for slot in intake.held_slots if slot.contract == self.contract.name]
        return [slot for slot in own if self._partition_of(slot) == partition]

    def _slots(self, intake: Intake) -> list[LandedSlot]:
        return [slot for slot in intake.slots if slot.contract == self.contract.name]

    def _partition_of(self, one: LandedSlot | HeldSlot) -> str:
        return self.partition(one.district_id, one.school_year)

    def partitions(self, collaborative: Collaborative) -> dg.StaticPartitionsDefinition:
        """School years of the calendar, or districts of the roster: both are configuration."""
        if self.is_statewide:
            return dg.StaticPartitionsDefinition(sorted({str(period.school_year) for period in collaborative.periods}))
        return dg.StaticPartitionsDefinition([district.district_id for district in collaborative.districts])


def _describe_reasons(held: list[HeldSlot]) -> dg.MetadataValue:
    """One sentence for each reason, with the districts that it holds: text, since a check's page shows no table."""
    by_reason: dict[str, set[str]] = {}
    for slot in held:
        why = slot.reason if slot.reason.startswith(slot.rule_id) else f"{slot.rule_id}: {slot.reason}"
        by_reason.setdefault(why, set()).add(f"{slot.district_id} {slot.school_year}")
    lines = [f"{list_some(sorted(whom), LISTED)}: {reason}" for reason, whom in sorted(by_reason.items())]
    return dg.MetadataValue.text("\n".join(lines) or "nobody is held")


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
        "docs": link_docs(collaborative.docs_url, "architecture.md"),
    }
