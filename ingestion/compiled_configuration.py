"""The configuration as dbt reads it: one Parquet file per table, under the hash of their content.

Belongs here: the tables' shapes and writing them. Does not belong here: checking the configuration.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.account_crosswalk import compile_rules, crosswalk_schema
from ingestion.agreement import NUMBERS
from ingestion.collaborative import Collaborative
from ingestion.contract import load_contracts
from ingestion.home import Home, sync_folder
from ingestion.terms import build_term_tables, term_columns

if TYPE_CHECKING:
    import pyarrow as pa

_SCHOOL = ("school_id", "district_id", "name", "school_type", "open_from", "open_to")
_SUCCESSION = ("predecessor_id", "successor_id", "kind", "school_year", "note")
_AUTHORITY = (
    "authority",
    "metric_id",
    "minimum_days",
    "minimum_days_rule",
    "minimum_days_present",
    "absence_share",
    "absence_days",
    "partial_day_rule",
    "counted_categories",
    "grades",
    "leavers",
    "exit_day_counts",
)
_FUNCTION = ("state_function", "label", "is_in_district", "display_order", "is_benefits", "is_central_office")
_FAMILY = ("variant", "ppe_family", "denominator_basis", "all_denominator_basis", "note")
_EXCLUSION = ("ppe_treatment", "shown_as", "label")
_DRIVER = ("district_id", "allocation_pool", "driver", "from_school_year", "to_school_year")
_PRICE = ("month", "value", "note")
_COST_INDEX = ("district_id", "index_year", "value", "note")
_FOUNDATION = ("state", "fiscal_year", "amount_usd", "multiplier", "reimbursement_rate", "paid_share", "note")
_NEED = ("subgroup", "weight", "from_school_year", "to_school_year", "note")
_OUTCOME = ("metric_id", "breakdown")
_SCENARIO = ("scenario", "district_id", "school_year", "amount_usd", "take_from", "give_to", "driver")
_MEAL = ("school_year", "free_lunch_usd", "usda_foods_usd", "note")
_FUEL = ("fuel", "unit", "kbtu")
_PURCHASE = ("method", "amount_usd")
_OBJECT = ("object_class", "is_addressable")
_USUAL = (
    *("metric_id", "variant", "least", "most", "largest_change"),
    *("unit_factor", "units", "is_for_parts_of_a_year"),
)
_HOURS = ("isodow", "opens_minute", "closes_minute")
_BREAK = ("metric_id", "subgroup", "entity_type", "from_school_year", "note")


@dataclass(frozen=True)
class CompiledConfiguration:
    """Where one compiled configuration lies.

    Attributes:
        config_hash: hash of every table's rows.
        folder: holds ``<table>.parquet`` for each table.
    """

    config_hash: str
    folder: Path

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.parquet")))


def compile_configuration(collaborative: Collaborative, home: Home) -> CompiledConfiguration:
    """Write the configuration's tables below the home, unless the same content stands there already."""
    rows = build_tables(collaborative)
    config_hash = hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()[:20]
    compiled = CompiledConfiguration(config_hash, home.configuration / config_hash)
    if not compiled.folder.is_dir():
        home.configuration.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=home.configuration))
        try:
            _write(rows, draft)
            draft.chmod(0o755)
            draft.rename(compiled.folder)
            sync_folder(home.configuration)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return compiled


def build_tables(collaborative: Collaborative) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, sorted by key."""
    districts = sorted(collaborative.districts, key=lambda district: district.district_id)
    periods = sorted(collaborative.periods, key=lambda period: (period.school_year, period.period))
    functions = sorted(collaborative.state_functions, key=lambda function: function.display_order)
    return {
        "collaborative": [_pick(collaborative, "name", "state", "time_zone", collaborative_id=collaborative.id)],
        "districts": [
            _pick(row, "district_id", "name", "district_type", "member_from", "member_to") for row in districts
        ],
        "schools": [_pick(row, *_SCHOOL) for row in sorted(collaborative.schools, key=lambda school: school.school_id)],
        "entity_succession": [_pick(row, *_SUCCESSION) for row in collaborative.entity_successions],
        "series_breaks": [_pick(row, *_BREAK) for row in collaborative.series_breaks],
        "periods": [_pick(row, "period", "school_year", "fiscal_year", "starts_on", "ends_on") for row in periods],
        "thresholds": [_pick(row, "threshold", "value") for row in collaborative.threshold_rows],
        "value_ranges": [_pick(row, "metric_id", "minimum", "maximum") for row in collaborative.value_ranges],
        "attendance_authorities": [_pick(row, *_AUTHORITY) for row in collaborative.attendance_authorities],
        "ppe_exclusions": [_pick(row, *_EXCLUSION) for row in collaborative.ppe_exclusions],
        "spending_families": [_pick(row, *_FAMILY) for row in collaborative.spending_families],
        "allocation_drivers": [_pick(row, *_DRIVER) for row in collaborative.allocation_drivers],
        "allocation_weights": list(_weights(collaborative)),
        "account_crosswalk": compile_rules(collaborative.account_crosswalk, collaborative.district_ids),
        "state_functions": [_pick(row, *_FUNCTION) for row in functions],
        "cpi_u": [_pick(row, *_PRICE) for row in collaborative.cpi_u],
        "cwift": [_pick(row, *_COST_INDEX) for row in collaborative.cwift],
        "state_foundation": [_pick(row, *_FOUNDATION) for row in collaborative.state_foundation],
        "need_weights": [_pick(row, *_NEED) for row in collaborative.need_weights],
        "quadrant_outcomes": [_pick(row, *_OUTCOME) for row in collaborative.quadrant_outcomes],
        "spending_scenarios": [_pick(row, *_SCENARIO) for row in collaborative.spending_scenarios],
        "meal_rates": [_pick(row, *_MEAL) for row in collaborative.meal_rates],
        "fuel_kbtu": [_pick(row, *_FUEL) for row in collaborative.fuel_kbtu],
        "procurement_threshold": [_pick(row, *_PURCHASE) for row in collaborative.procurement_thresholds],
        "addressable_objects": [_pick(row, *_OBJECT) for row in collaborative.addressable_objects],
        "business_hours": [_pick(row, *_HOURS) for row in collaborative.business_hours],
        "usual_ranges": [_pick(row, *_USUAL) for row in collaborative.usual_ranges],
        "topics": [_pick(row, "topic", "title", questions="\n".join(row.questions)) for row in collaborative.topics],
        "topic_metrics": list(_topic_metrics(collaborative)),
        "topic_breakdowns": [
            {"topic": row.topic, "dimension": name} for row in collaborative.topics for name in row.breakdowns
        ],
        "expected_extracts": sorted(_expected(collaborative), key=lambda row: (row["extract"], row["school_year"])),
        **build_term_tables(collaborative.terms, collaborative.state, collaborative.whole_years),
        **collaborative.agreement.tables(),
    }


def _expected(collaborative: Collaborative) -> Iterator[dict[str, Any]]:
    """Each extract and year that a mapping is meant for; several mappings may fill the same."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    years = sorted({period.school_year for period in collaborative.periods})
    for mapping in collaborative.mappings:
        contract = load_contracts()[mapping.contract]
        for year in filter(mapping.covers, years):
            extract = contract.extract(mapping.report)
            row = found.setdefault(
                (extract, year), {"extract": extract, "domain": mapping.domain or contract.domain, "school_year": year}
            )
            row["statewide"] = row.get("statewide", False) or mapping.districts is not None
    yield from found.values()


def _topic_metrics(collaborative: Collaborative) -> Iterator[dict[str, Any]]:
    """The metrics of each topic, and what is shown beside them, in the order of reading."""
    for row in collaborative.topics:
        named = [("metric", name) for name in row.metrics] + [("context", name) for name in row.context]
        for place, (role, metric_id) in enumerate(named, start=1):
            yield {"topic": row.topic, "metric_id": metric_id, "role": role, "place": place}


def _weights(collaborative: Collaborative) -> Iterator[dict[str, Any]]:
    """The weights of central cost's drivers, each with its school's district."""
    for row in collaborative.allocation_weights:
        school = collaborative.school(row.school_id)
        if school is not None:
            yield _pick(row, "school_year", "school_id", "driver", "weight", district_id=school.district_id)


def _pick(row: Any, *names: str, **more: Any) -> dict[str, Any]:
    return {**more, **{name: getattr(row, name) for name in names}}


def _write(tables: dict[str, list[dict[str, Any]]], folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name, schema in configuration_schemas().items():
        table = pa.Table.from_pylist([_quantize(row, schema) for row in tables[name]], schema=schema)
        pq.write_table(table, folder / f"{name}.parquet", write_page_checksum=True)


def _quantize(row: dict[str, Any], schema: pa.Schema) -> dict[str, Any]:
    scales = {field.name: field.type.scale for field in schema if hasattr(field.type, "scale")}
    return {
        name: value.quantize(Decimal(1).scaleb(-scales[name])) if name in scales and value is not None else value
        for name, value in row.items()
    }


def configuration_schemas() -> dict[str, pa.Schema]:
    """Names and types of each table's columns."""
    import pyarrow as pa

    text, whole, yes_no, day = pa.string(), pa.int32(), pa.bool_(), pa.date32()
    bound, number = pa.decimal128(38, 6), pa.decimal128(18, 6)
    columns = {
        "collaborative": {"collaborative_id": text, "name": text, "state": text, "time_zone": text},
        "districts": {
            "district_id": text,
            "name": text,
            "district_type": text,
            "member_from": whole,
            "member_to": whole,
        },
        "schools": dict.fromkeys(_SCHOOL, text) | {"open_from": whole, "open_to": whole},
        "entity_succession": dict.fromkeys(_SUCCESSION, text) | {"school_year": whole},
        "series_breaks": dict.fromkeys(_BREAK, text) | {"from_school_year": whole},
        "periods": {"period": text, "school_year": whole, "fiscal_year": whole, "starts_on": day, "ends_on": day},
        "thresholds": {"threshold": text, "value": pa.decimal128(18, 6)},
        "value_ranges": {"metric_id": text, "minimum": bound, "maximum": bound},
        "attendance_authorities": dict.fromkeys(_AUTHORITY, text)
        | dict.fromkeys(("minimum_days", "minimum_days_present"), whole)
        | dict.fromkeys(("absence_share", "absence_days"), pa.decimal128(18, 6))
        | {"exit_day_counts": yes_no},
        "ppe_exclusions": dict.fromkeys(_EXCLUSION, text),
        "spending_families": dict.fromkeys(_FAMILY, text),
        "allocation_drivers": dict.fromkeys(_DRIVER, text) | {"from_school_year": whole, "to_school_year": whole},
        "allocation_weights": {
            "district_id": text,
            "school_year": whole,
            "school_id": text,
            "driver": text,
            "weight": pa.decimal128(18, 6),
        },
        "state_functions": dict.fromkeys(_FUNCTION, text)
        | {"is_in_district": yes_no, "display_order": whole, "is_benefits": yes_no, "is_central_office": yes_no},
        "cpi_u": {"month": day, "value": number, "note": text},
        "cwift": {"district_id": text, "index_year": whole, "value": number, "note": text},
        "state_foundation": dict.fromkeys(_FOUNDATION, number) | {"state": text, "fiscal_year": whole, "note": text},
        "need_weights": dict.fromkeys(_NEED, text)
        | {"weight": number, "from_school_year": whole, "to_school_year": whole},
        "quadrant_outcomes": dict.fromkeys(_OUTCOME, text),
        "spending_scenarios": dict.fromkeys(_SCENARIO, text)
        | {"school_year": whole, "amount_usd": pa.decimal128(18, 2)},
        "meal_rates": dict.fromkeys(_MEAL, number) | {"school_year": whole, "note": text},
        "fuel_kbtu": dict.fromkeys(_FUEL, text) | {"kbtu": number},
        "procurement_threshold": {"method": text, "amount_usd": number},
        "addressable_objects": {"object_class": text, "is_addressable": yes_no},
        "business_hours": dict.fromkeys(_HOURS, whole),
        "usual_ranges": dict.fromkeys(_USUAL, number)
        | {"metric_id": text, "variant": text, "units": text, "is_for_parts_of_a_year": yes_no},
        "topics": {"topic": text, "title": text, "questions": text},
        "topic_metrics": {"topic": text, "metric_id": text, "role": text, "place": whole},
        "topic_breakdowns": {"topic": text, "dimension": text},
        "expected_extracts": {"extract": text, "domain": text, "school_year": whole, "statewide": yes_no},
        "agreement": dict.fromkeys(NUMBERS, whole),
        "agreement_coding": {"from_n": whole, "to_n": whole, "share": number},
        "agreement_dimensions": {"subgroup": text, "dimension": text},
        "agreement_shared": {"entity_type": text, "shows_groups": yes_no},
    }
    schemas = {name: pa.schema(list(fields.items())) for name, fields in (columns | term_columns()).items()}
    return schemas | {"account_crosswalk": crosswalk_schema()}
