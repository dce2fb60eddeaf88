"""Small build files for tests, and dbt run over them.

Belongs here: the inputs that a build starts from (schemas ``landing``, ``build``, ``collaborative``), written from
Python rows, and the two dbt invocations. Does not belong here: how the product prepares a build.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import duckdb

from ingestion.account_crosswalk import crosswalk_schema, select_mapped_accounts
from ingestion.agreement import NUMBERS as AGREEMENT_NUMBERS
from ingestion.published_figures import COLUMNS as PUBLISHED_COLUMNS

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
BEFORE_DOOR_2 = ("fqn:schoolstat.staging", "fqn:schoolstat.conformed", "fqn:schoolstat.measures")
AFTER_DOOR_2 = ("fqn:schoolstat.marts", "fqn:schoolstat.shared")

Row = Mapping[str, object]

COLUMNS = {
    "landing.state_reported_measures": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "entity_type": "VARCHAR",
        "entity_id": "VARCHAR",
        "metric_id": "VARCHAR",
        "variant": "VARCHAR",
        "period": "VARCHAR",
        "subgroup": "VARCHAR",
        "breakdown": "VARCHAR",
        "value": "DECIMAL(38,10)",
        "numerator": "DECIMAL(38,6)",
        "denominator": "DECIMAL(38,6)",
        "n": "DECIMAL(38,6)",
        "value_status": "VARCHAR",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.eoyr_report": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "fiscal_year": "INTEGER",
        "state_function": "VARCHAR",
        "line_item": "VARCHAR",
        "fund_group": "VARCHAR",
        "amount_usd": "DECIMAL(18,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.calendar": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "school_id": "VARCHAR",
        "calendar_code": "VARCHAR",
        "date": "DATE",
        "is_instructional": "BOOLEAN",
        "day_minutes": "INTEGER",
        "event": "VARCHAR",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.students": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "student_key": "BIGINT",
        "person_key": "BIGINT",
        "sex": "VARCHAR",
        "race_eth": "VARCHAR",
        "is_hispanic": "BOOLEAN",
        "first_lang": "VARCHAR",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.enrollments": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "student_key": "BIGINT",
        "school_id": "VARCHAR",
        "entry_date": "DATE",
        "exit_date": "DATE",
        "entry_type": "VARCHAR",
        "exit_type": "VARCHAR",
        "grade": "VARCHAR",
        "residency": "VARCHAR",
        "calendar_code": "VARCHAR",
        "is_primary": "BOOLEAN",
        "is_first_time_grade9": "BOOLEAN",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.programs": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "student_key": "BIGINT",
        "program": "VARCHAR",
        "begin_date": "DATE",
        "end_date": "DATE",
        "environment": "VARCHAR",
        "is_direct_certified": "BOOLEAN",
        "first_el_date": "DATE",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.attendance": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "student_key": "BIGINT",
        "school_id": "VARCHAR",
        "date": "DATE",
        "category": "VARCHAR",
        "absent_minutes": "INTEGER",
        "day_minutes": "INTEGER",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.assessments": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "student_key": "BIGINT",
        "assessment_id": "VARCHAR",
        "subject": "VARCHAR",
        "admin_date": "DATE",
        "grade_tested": "VARCHAR",
        "scale_score": "DECIMAL(10,2)",
        "is_proficient": "BOOLEAN",
        "sgp": "DECIMAL(5,2)",
        "is_valid": "BOOLEAN",
        "participation": "VARCHAR",
        "el_progress_target": "DECIMAL(10,2)",
        "met_target": "BOOLEAN",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.discipline": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "incident_id": "VARCHAR",
        "student_key": "BIGINT",
        "action_seq": "INTEGER",
        "school_id": "VARCHAR",
        "incident_date": "DATE",
        "behavior": "VARCHAR",
        "action": "VARCHAR",
        "start_date": "DATE",
        "days_assigned": "DECIMAL(6,2)",
        "days_served": "DECIMAL(6,2)",
        "action_type": "VARCHAR",
        "behavior_type": "VARCHAR",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.survey_responses": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "survey_id": "VARCHAR",
        "version": "VARCHAR",
        "question_id": "VARCHAR",
        "respondent_key": "BIGINT",
        "school_id": "VARCHAR",
        "respondent_group": "VARCHAR",
        "scale": "VARCHAR",
        "value": "DECIMAL(18,4)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.survey_invitations": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "survey_id": "VARCHAR",
        "version": "VARCHAR",
        "respondent_group": "VARCHAR",
        "invited": "INTEGER",
        "due_date": "DATE",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.chart_of_accounts": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "fiscal_year": "INTEGER",
        "account_id": "VARCHAR",
        "account_type": "VARCHAR",
        "fund": "VARCHAR",
        "fund_type": "VARCHAR",
        "function_local": "VARCHAR",
        "object_local": "VARCHAR",
        "program": "VARCHAR",
        "school_id": "VARCHAR",
        "state_function": "VARCHAR",
        "nces_function": "VARCHAR",
        "nces_object": "VARCHAR",
        "source": "VARCHAR",
        "ppe_treatment": "VARCHAR",
        "allocation_pool": "VARCHAR",
        "cost_centre": "VARCHAR",
        "grant_id": "VARCHAR",
        "is_restricted": "BOOLEAN",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.gl_actuals": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "fiscal_year": "INTEGER",
        "period": "INTEGER",
        "account_id": "VARCHAR",
        "txn_id": "VARCHAR",
        "amount_usd": "DECIMAL(18,2)",
        "school_id": "VARCHAR",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.buildings": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "building_id": "VARCHAR",
        "school_id": "VARCHAR",
        "sqft": "INTEGER",
        "sqft_cleaned": "INTEGER",
        "sqft_maintained": "INTEGER",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.transport_routes": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "route_id": "VARCHAR",
        "as_of": "DATE",
        "mode": "VARCHAR",
        "buses": "INTEGER",
        "avg_daily_riders": "DECIMAL(9,2)",
        "school_id": "VARCHAR",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.work_orders": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "work_order_id": "VARCHAR",
        "building_id": "VARCHAR",
        "order_type": "VARCHAR",
        "received_date": "DATE",
        "completed_date": "DATE",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.energy": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "building_id": "VARCHAR",
        "month": "DATE",
        "fuel": "VARCHAR",
        "quantity": "DECIMAL(14,3)",
        "unit": "VARCHAR",
        "cost_usd": "DECIMAL(18,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.helpdesk": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "ticket_id": "VARCHAR",
        "opened_at": "TIMESTAMP",
        "resolved_at": "TIMESTAMP",
        "hold_hours": "DECIMAL(8,2)",
        "first_contact_resolved": "BOOLEAN",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.devices": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "device_id": "VARCHAR",
        "assigned_to": "VARCHAR",
        "acquired_date": "DATE",
        "status": "VARCHAR",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.network": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "site_id": "VARCHAR",
        "month": "DATE",
        "provisioned_mbps": "DECIMAL(12,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.positions": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "position_id": "VARCHAR",
        "as_of": "DATE",
        "school_id": "VARCHAR",
        "role": "VARCHAR",
        "budgeted_fte": "DECIMAL(6,3)",
        "filled_fte": "DECIMAL(6,3)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.staff_absences": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "absence_id": "VARCHAR",
        "staff_key": "BIGINT",
        "absence_date": "DATE",
        "days": "DECIMAL(6,2)",
        "reason": "VARCHAR",
        "sub_requested": "BOOLEAN",
        "sub_filled": "BOOLEAN",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.gl_balances": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "fiscal_year": "INTEGER",
        "period": "INTEGER",
        "account_id": "VARCHAR",
        "fund_balance_class": "VARCHAR",
        "balance_usd": "DECIMAL(18,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.transport_monthly": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "month": "DATE",
        "mode": "VARCHAR",
        "is_out_of_district": "BOOLEAN",
        "miles": "DECIMAL(12,2)",
        "runs": "INTEGER",
        "late_runs": "INTEGER",
        "preventable_accidents": "INTEGER",
        "direct_cost_usd": "DECIMAL(18,2)",
        "indirect_cost_usd": "DECIMAL(18,2)",
        "contractor_cost_usd": "DECIMAL(18,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.food_service": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "school_id": "VARCHAR",
        "service_date": "DATE",
        "covers": "VARCHAR",
        "breakfasts": "INTEGER",
        "lunches": "INTEGER",
        "snacks": "INTEGER",
        "a_la_carte_usd": "DECIMAL(18,2)",
        "labor_hours": "DECIMAL(12,2)",
        "serving_days": "INTEGER",
        "food_usd": "DECIMAL(18,2)",
        "labor_usd": "DECIMAL(18,2)",
        "labor_benefits_usd": "DECIMAL(18,2)",
        "commodity_usd": "DECIMAL(18,2)",
        "other_usd": "DECIMAL(18,2)",
        "revenue_usd": "DECIMAL(18,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.course_grades": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "student_key": "BIGINT",
        "section_id": "VARCHAR",
        "term": "VARCHAR",
        "school_id": "VARCHAR",
        "term_type": "VARCHAR",
        "subject": "VARCHAR",
        "is_core": "BOOLEAN",
        "credit_attempted": "DECIMAL(6,3)",
        "credit_earned": "DECIMAL(6,3)",
        "mark_type": "VARCHAR",
        "mark": "VARCHAR",
        "numeric_mark": "DECIMAL(6,2)",
        "grade_points": "DECIMAL(4,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.screeners": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "student_key": "BIGINT",
        "tool": "VARCHAR",
        "domain": "VARCHAR",
        "test_date": "DATE",
        "school_id": "VARCHAR",
        "window": "VARCHAR",
        "status": "VARCHAR",
        "score": "DECIMAL(10,2)",
        "benchmark_level": "VARCHAR",
        "intervention_id": "VARCHAR",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.interventions": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "intervention_id": "VARCHAR",
        "student_key": "BIGINT",
        "school_id": "VARCHAR",
        "domain": "VARCHAR",
        "tier": "INTEGER",
        "referral_date": "DATE",
        "is_eligible": "BOOLEAN",
        "start_date": "DATE",
        "planned_end_date": "DATE",
        "end_date": "DATE",
        "planned_sessions": "INTEGER",
        "session_minutes": "INTEGER",
        "goal_roi": "DECIMAL(8,4)",
        "progress_tool": "VARCHAR",
        "exit_tier": "INTEGER",
        "exit_reason": "VARCHAR",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.intervention_sessions": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "intervention_id": "VARCHAR",
        "student_key": "BIGINT",
        "session_date": "DATE",
        "minutes": "INTEGER",
        "attended": "BOOLEAN",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.staff": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "staff_key": "BIGINT",
        "hire_date": "DATE",
        "years_exp_state": "DECIMAL(5,2)",
        "years_exp_total": "DECIMAL(5,2)",
        "termination_date": "DATE",
        "termination_reason": "VARCHAR",
        "licence_type": "VARCHAR",
        "licence_begin": "DATE",
        "licence_end": "DATE",
        "waiver": "BOOLEAN",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.staff_assignments": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "staff_key": "BIGINT",
        "school_id": "VARCHAR",
        "role": "VARCHAR",
        "begin_date": "DATE",
        "end_date": "DATE",
        "fte": "DECIMAL(5,3)",
        "in_field": "BOOLEAN",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.out_of_district": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "fiscal_year": "INTEGER",
        "placement_id": "VARCHAR",
        "student_key": "BIGINT",
        "placement_type": "VARCHAR",
        "is_sped_placement": "BOOLEAN",
        "fte": "DECIMAL(5,3)",
        "tuition_usd": "DECIMAL(18,2)",
        "transport_cost_usd": "DECIMAL(18,2)",
        "cb_eligible_cost_usd": "DECIMAL(18,2)",
        "cb_net_claim_usd": "DECIMAL(18,2)",
        "cb_reimbursed_usd": "DECIMAL(18,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.payroll_benefits": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "fiscal_year": "INTEGER",
        "period": "INTEGER",
        "staff_key": "BIGINT",
        "account_id": "VARCHAR",
        "pay_type": "VARCHAR",
        "amount_usd": "DECIMAL(18,2)",
        "tier": "VARCHAR",
        "member_status": "VARCHAR",
        "employer_cost_usd": "DECIMAL(18,2)",
        "employee_cost_usd": "DECIMAL(18,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.procurement_ap": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "record_type": "VARCHAR",
        "record_id": "VARCHAR",
        "requisition_date": "DATE",
        "award_date": "DATE",
        "received_date": "DATE",
        "due_date": "DATE",
        "paid_date": "DATE",
        "is_voided": "BOOLEAN",
        "amount_usd": "DECIMAL(18,2)",
        "method": "VARCHAR",
        "is_competitive": "BOOLEAN",
        "is_cooperative": "BOOLEAN",
        "object_class": "VARCHAR",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.payroll_runs": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "fiscal_year": "INTEGER",
        "period": "INTEGER",
        "payments": "INTEGER",
        "errors": "INTEGER",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.risk_costs": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "fiscal_year": "INTEGER",
        "insurance_line": "VARCHAR",
        "premium_usd": "DECIMAL(18,2)",
        "paid_usd": "DECIMAL(18,2)",
        "reserve_usd": "DECIMAL(18,2)",
        "retained_usd": "DECIMAL(18,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.grants": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "grant_id": "VARCHAR",
        "award_date": "DATE",
        "first_available_date": "DATE",
        "amount_usd": "DECIMAL(18,2)",
        "is_restricted": "BOOLEAN",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "landing.gl_budget": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "fiscal_year": "INTEGER",
        "account_id": "VARCHAR",
        "version": "VARCHAR",
        "version_date": "DATE",
        "amount_usd": "DECIMAL(18,2)",
        "delivery_id": "VARCHAR",
        "source_line": "INTEGER",
    },
    "build.selection": {
        "district_id": "VARCHAR",
        "extract": "VARCHAR",
        "contract": "VARCHAR",
        "domain": "VARCHAR",
        "school_year": "INTEGER",
        "delivery_id": "VARCHAR",
        "vintage": "VARCHAR",
        "vintage_order": "INTEGER",
        "is_current": "BOOLEAN",
        "data_through": "DATE",
        "content_hash": "VARCHAR",
    },
    "build.build_scope": {"district_id": "VARCHAR", "school_year": "INTEGER"},
    "build.delivery_status": {
        "district_id": "VARCHAR",
        "domain": "VARCHAR",
        "school_year": "INTEGER",
        "state": "VARCHAR",
        "is_held": "BOOLEAN",
        "held_rule": "VARCHAR",
        "data_through": "DATE",
    },
    "build.build_info": {"build_id": "VARCHAR", "as_of": "DATE", "selection_hash": "VARCHAR"},
    "collaborative.collaborative": {
        "collaborative_id": "VARCHAR",
        "name": "VARCHAR",
        "state": "VARCHAR",
        "time_zone": "VARCHAR",
    },
    "collaborative.districts": {
        "district_id": "VARCHAR",
        "name": "VARCHAR",
        "district_type": "VARCHAR",
        "member_from": "INTEGER",
        "member_to": "INTEGER",
    },
    "collaborative.schools": {
        "school_id": "VARCHAR",
        "district_id": "VARCHAR",
        "name": "VARCHAR",
        "school_type": "VARCHAR",
        "open_from": "INTEGER",
        "open_to": "INTEGER",
    },
    "collaborative.entity_succession": {
        "predecessor_id": "VARCHAR",
        "successor_id": "VARCHAR",
        "kind": "VARCHAR",
        "school_year": "INTEGER",
        "note": "VARCHAR",
    },
    "collaborative.series_breaks": {
        "metric_id": "VARCHAR",
        "subgroup": "VARCHAR",
        "entity_type": "VARCHAR",
        "from_school_year": "INTEGER",
        "note": "VARCHAR",
    },
    "collaborative.periods": {
        "period": "VARCHAR",
        "school_year": "INTEGER",
        "fiscal_year": "INTEGER",
        "starts_on": "DATE",
        "ends_on": "DATE",
    },
    "collaborative.attendance_authorities": {
        "authority": "VARCHAR",
        "metric_id": "VARCHAR",
        "minimum_days": "INTEGER",
        "minimum_days_rule": "VARCHAR",
        "minimum_days_present": "INTEGER",
        "absence_share": "DECIMAL(18,6)",
        "absence_days": "DECIMAL(18,6)",
        "partial_day_rule": "VARCHAR",
        "counted_categories": "VARCHAR",
        "grades": "VARCHAR",
        "leavers": "VARCHAR",
        "exit_day_counts": "BOOLEAN",
    },
    "collaborative.thresholds": {"threshold": "VARCHAR", "value": "DECIMAL(18,6)"},
    "collaborative.value_ranges": {
        "metric_id": "VARCHAR",
        "minimum": "DECIMAL(38,6)",
        "maximum": "DECIMAL(38,6)",
    },
    "collaborative.state_functions": {
        "state_function": "VARCHAR",
        "label": "VARCHAR",
        "is_in_district": "BOOLEAN",
        "display_order": "INTEGER",
        "is_benefits": "BOOLEAN",
        "is_central_office": "BOOLEAN",
    },
    "collaborative.spending_families": {
        "variant": "VARCHAR",
        "ppe_family": "VARCHAR",
        "denominator_basis": "VARCHAR",
        "all_denominator_basis": "VARCHAR",
        "note": "VARCHAR",
    },
    "collaborative.ppe_exclusions": {"ppe_treatment": "VARCHAR", "shown_as": "VARCHAR", "label": "VARCHAR"},
    "collaborative.allocation_drivers": {
        "district_id": "VARCHAR",
        "allocation_pool": "VARCHAR",
        "driver": "VARCHAR",
        "from_school_year": "INTEGER",
        "to_school_year": "INTEGER",
    },
    "collaborative.allocation_weights": {
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "school_id": "VARCHAR",
        "driver": "VARCHAR",
        "weight": "DECIMAL(18,6)",
    },
    "collaborative.account_crosswalk": {
        field.name: "INTEGER" if str(field.type) == "int32" else "VARCHAR" for field in crosswalk_schema()
    },
    "collaborative.cpi_u": {"month": "DATE", "value": "DECIMAL(18,6)", "note": "VARCHAR"},
    "collaborative.cwift": {
        "district_id": "VARCHAR",
        "index_year": "INTEGER",
        "value": "DECIMAL(18,6)",
        "note": "VARCHAR",
    },
    "collaborative.state_foundation": {
        "state": "VARCHAR",
        "fiscal_year": "INTEGER",
        "amount_usd": "DECIMAL(18,6)",
        "multiplier": "DECIMAL(18,6)",
        "reimbursement_rate": "DECIMAL(18,6)",
        "paid_share": "DECIMAL(18,6)",
        "note": "VARCHAR",
    },
    "collaborative.need_weights": {
        "subgroup": "VARCHAR",
        "weight": "DECIMAL(18,6)",
        "from_school_year": "INTEGER",
        "to_school_year": "INTEGER",
        "note": "VARCHAR",
    },
    "build.published_figures": {name: kind.upper() for name, kind in PUBLISHED_COLUMNS.items()},
    "collaborative.agreement": dict.fromkeys(AGREEMENT_NUMBERS, "INTEGER"),
    "collaborative.agreement_coding": {"from_n": "INTEGER", "to_n": "INTEGER", "share": "DECIMAL(18,6)"},
    "collaborative.agreement_dimensions": {"subgroup": "VARCHAR", "dimension": "VARCHAR"},
    "collaborative.agreement_shared": {"entity_type": "VARCHAR", "shows_groups": "BOOLEAN"},
    "collaborative.quadrant_outcomes": {"metric_id": "VARCHAR", "breakdown": "VARCHAR"},
    "collaborative.suspension_rules": {
        "metric_id": "VARCHAR",
        "variant": "VARCHAR",
        "counts_in_school": "BOOLEAN",
        "counts_out_of_school": "BOOLEAN",
        "least_days": "DECIMAL(18,6)",
    },
    "collaborative.comparison_risks": {
        "variant": "VARCHAR",
        "school_year": "INTEGER",
        "subgroup": "VARCHAR",
        "suspended": "DECIMAL(18,6)",
        "enrolled": "DECIMAL(18,6)",
    },
    "collaborative.status_offenses": {
        "behavior": "VARCHAR",
    },
    "collaborative.mobility_start": {
        "start_rule": "VARCHAR",
    },
    "collaborative.exit_types": {
        "exit_type": "VARCHAR",
        "effect": "VARCHAR",
    },
    "collaborative.identified_programs": {
        "program": "VARCHAR",
    },
    "collaborative.idea_environment": {
        "environment": "VARCHAR",
        "is_mostly_in_class": "BOOLEAN",
    },
    "collaborative.el_attainment": {
        "rule": "VARCHAR",
        "subject": "VARCHAR",
        "least_score": "DECIMAL(18,6)",
    },
    "collaborative.pupil_windows": {
        "school_year": "INTEGER",
        "purpose": "VARCHAR",
        "assessment_id": "VARCHAR",
        "begins_on": "DATE",
        "ends_on": "DATE",
    },
    "collaborative.survey_scales": {
        "survey_id": "VARCHAR",
        "scale": "VARCHAR",
        "least_answer": "DECIMAL(18,6)",
        "favourable_from": "DECIMAL(18,6)",
        "most_answer": "DECIMAL(18,6)",
    },
    "collaborative.core_cuts": {
        "metric_id": "VARCHAR",
        "variant": "VARCHAR",
        "breakdown": "VARCHAR",
        "level": "INTEGER",
        "low": "DECIMAL(18,6)",
        "high": "DECIMAL(18,6)",
    },
    "collaborative.staff_ratios": {"metric_id": "VARCHAR", "role": "VARCHAR"},
    "collaborative.licence_types": {"licence_type": "VARCHAR", "is_full": "BOOLEAN"},
    "collaborative.in_field_shares": {"school_year": "INTEGER", "share": "DECIMAL(18,6)"},
    "collaborative.screening_windows": {
        "school_year": "INTEGER",
        "screening_window": "VARCHAR",
        "begins_on": "DATE",
        "ends_on": "DATE",
        "snapshot_on": "DATE",
        "grades": "VARCHAR",
    },
    "collaborative.term_types": {"term_type": "VARCHAR", "semesters": "DECIMAL(18,6)"},
    "collaborative.course_marks": {"mark": "VARCHAR", "standing": "VARCHAR", "grade_points": "DECIMAL(18,6)"},
    "collaborative.on_track_rules": {
        "rule": "VARCHAR",
        "grade": "VARCHAR",
        "least_credits": "DECIMAL(18,6)",
        "graduation_share": "DECIMAL(18,6)",
        "most_core_failures": "DECIMAL(18,6)",
    },
    "collaborative.readiness_rules": {
        "rule": "VARCHAR",
        "grade": "VARCHAR",
        "least_average": "DECIMAL(18,6)",
        "least_attendance_share": "DECIMAL(18,6)",
        "subjects": "VARCHAR",
    },
    "collaborative.early_warning_rules": {
        "rule": "VARCHAR",
        "flag": "VARCHAR",
        "indicator": "VARCHAR",
        "comparison": "VARCHAR",
        "bound": "DECIMAL(18,6)",
        "subjects": "VARCHAR",
    },
    "collaborative.spending_scenarios": {
        "scenario": "VARCHAR",
        "district_id": "VARCHAR",
        "school_year": "INTEGER",
        "amount_usd": "DECIMAL(18,2)",
        "take_from": "VARCHAR",
        "give_to": "VARCHAR",
        "driver": "VARCHAR",
    },
    "collaborative.meal_rates": {
        "school_year": "INTEGER",
        "free_lunch_usd": "DECIMAL(18,6)",
        "usda_foods_usd": "DECIMAL(18,6)",
        "note": "VARCHAR",
    },
    "collaborative.fuel_kbtu": {"fuel": "VARCHAR", "unit": "VARCHAR", "kbtu": "DECIMAL(18,6)"},
    "collaborative.procurement_threshold": {"method": "VARCHAR", "amount_usd": "DECIMAL(18,6)"},
    "collaborative.addressable_objects": {"object_class": "VARCHAR", "is_addressable": "BOOLEAN"},
    "collaborative.business_hours": {"isodow": "INTEGER", "opens_minute": "INTEGER", "closes_minute": "INTEGER"},
    "collaborative.topics": {"topic": "VARCHAR", "title": "VARCHAR", "questions": "VARCHAR"},
    "collaborative.topic_metrics": {
        "topic": "VARCHAR",
        "metric_id": "VARCHAR",
        "role": "VARCHAR",
        "place": "INTEGER",
    },
    "collaborative.topic_breakdowns": {"topic": "VARCHAR", "dimension": "VARCHAR"},
    "collaborative.usual_ranges": {
        "metric_id": "VARCHAR",
        "variant": "VARCHAR",
        "least": "DECIMAL(18,6)",
        "most": "DECIMAL(18,6)",
        "largest_change": "DECIMAL(18,6)",
        "unit_factor": "DECIMAL(18,6)",
        "units": "VARCHAR",
        "is_for_parts_of_a_year": "BOOLEAN",
    },
    "collaborative.expected_extracts": {
        "extract": "VARCHAR",
        "domain": "VARCHAR",
        "school_year": "INTEGER",
        "statewide": "BOOLEAN",
    },
}
"""Every table that a build starts from, with its columns and types in order."""

DEFAULTS: dict[str, Row] = {
    "landing.state_reported_measures": {
        "entity_type": "district",
        "variant": "state_functional",
        "period": "year",
        "subgroup": "all",
        "breakdown": "all",
        "value_status": "reported",
        "source_line": 2,
    },
    "landing.eoyr_report": {"fund_group": "all_funds", "source_line": 2},
    "landing.calendar": {"calendar_code": "std", "is_instructional": True, "day_minutes": 360},
    "landing.enrollments": {"calendar_code": "std", "grade": "05", "is_primary": True},
    "landing.attendance": {"category": "unexcused", "absent_minutes": 360, "day_minutes": 360},
    "landing.chart_of_accounts": {"account_type": "expenditure", "fund": "1", "fund_type": "general", "source_line": 2},
    "landing.gl_actuals": {"period": 1, "source_line": 2},
    "landing.gl_budget": {"version": "adopted", "source_line": 2},
    "build.selection": {
        "extract": "state_reported_measures.ma_ppe_by_function",
        "contract": "state_reported_measures",
        "domain": "finance",
        "vintage": "2018-01-01",
        "vintage_order": 1,
        "is_current": True,
        "data_through": "2017-06-30",
    },
    "build.delivery_status": {"domain": "finance", "state": "admitted", "is_held": False},
    "collaborative.attendance_authorities": {
        "minimum_days_rule": "at_least",
        "minimum_days_present": 0,
        "counted_categories": "excused unexcused tardy partial OSS",
        "leavers": "count",
        "exit_day_counts": True,
    },
    "collaborative.districts": {"district_type": "district"},
    "collaborative.schools": {"school_type": "public_school"},
    "collaborative.periods": {"period": "year"},
}
"""What a row means when it leaves a column out."""


def write_build_file(path: Path, rows: Mapping[str, Sequence[Row]], parquet: Path) -> Path:
    """Write, or bring up to date, the inputs of a build file.

    Args:
        path: the DuckDB file; the models that an earlier build left in it stay.
        rows: rows of each table, by ``schema.table``; a table left out is empty.
        parquet: folder for the Parquet files under ``landing`` and ``collaborative``; a new one for each call.

    Returns:
        The path of the build file.
    """
    unknown = set(rows) - set(COLUMNS)
    if unknown:
        raise KeyError(f"no such input: {', '.join(sorted(unknown))}")
    parquet.mkdir(parents=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        for name in COLUMNS:
            _write_table(connection, name, rows.get(name, ()), parquet / f"{name}.parquet")
        mapped = select_mapped_accounts("landing.chart_of_accounts", "collaborative.account_crosswalk")
        connection.execute(f"create or replace view landing.mapped_accounts as {mapped}")
    return path


def _write_table(connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Row], parquet: Path) -> None:
    schema, columns = name.split(".")[0], COLUMNS[name]
    connection.execute(f"create schema if not exists {schema}")
    table = name if schema == "build" else "staged_rows"
    definition = ", ".join(f'"{column}" {data_type}' for column, data_type in columns.items())
    connection.execute(f"create or replace table {table} ({definition})")
    for row in rows:
        full = {**DEFAULTS.get(name, {}), **row}
        if set(full) - set(columns):
            raise KeyError(f"{name} has no column {', '.join(sorted(set(full) - set(columns)))}")
        places = ", ".join("?" for _ in columns)
        connection.execute(f"insert into {table} values ({places})", [_bind(full.get(column)) for column in columns])
    if table == "staged_rows":
        connection.execute(f"copy staged_rows to '{parquet}' (format parquet)")
        connection.execute("drop table staged_rows")
        connection.execute(f"create or replace view {name} as select * from read_parquet('{parquet}')")


def _bind(value: object) -> object:
    """DuckDB 1.5.5 binds a Decimal with a positive exponent as another number: ``Decimal("1E+3")`` arrives as 1.000."""
    return format(value, "f") if isinstance(value, Decimal) else value


@contextmanager
def _environment(build_file: Path, state: Path, is_copy: bool):
    """Tell dbt which file it builds and what is in it, and to write nothing into its project."""
    names = {
        "SCHOOLSTAT_BUILD_FILE": str(build_file),
        "SCHOOLSTAT_BUILD_IS_COPY": "yes" if is_copy else "",
        "DBT_TARGET_PATH": str(state / "target"),
        "DBT_LOG_PATH": str(state / "logs"),
    }
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def run_dbt(build_file: Path, state: Path, *arguments: str, is_copy: bool = False):
    """Run one dbt command in this process.

    Args:
        build_file: the DuckDB file that dbt builds.
        state: folder for dbt's target and logs.
        is_copy: whether the file holds an earlier build of the same code.
        arguments: the command and its options, for example ``"build", "--select", "fqn:schoolstat.marts"``.

    Returns:
        The ``dbtRunnerResult``.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    with _environment(build_file, state, is_copy):
        result = dbtRunner().invoke(
            [
                *arguments,
                "--project-dir",
                str(DBT_PROJECT),
                "--profiles-dir",
                str(DBT_PROJECT),
                "--quiet",
            ]
        )
        DuckDBConnectionManager.close_all_connections()
    return result


def build_models(
    build_file: Path, state: Path, *, tests: bool = True, is_copy: bool = False, left: Sequence[str] = ()
) -> None:
    """Build every model in the two invocations between which the second door stands.

    Args:
        build_file: the DuckDB file with its inputs written.
        state: folder for dbt's target and logs; keep it between builds to parse once.
        tests: whether dbt's data and unit tests run too.
        is_copy: whether the file holds an earlier build of the same code.
        left: models that stay as they were copied.
    """
    options = () if tests else ("--resource-type", "model", "--resource-type", "seed")
    if left:
        options = (*options, "--exclude", *left)
    for selection in (BEFORE_DOOR_2, AFTER_DOOR_2):
        result = run_dbt(build_file, state, "build", "--select", *selection, *options, is_copy=is_copy)
        if not result.success:
            raise AssertionError("dbt refused: " + describe_failures(result))


def describe_failures(result) -> str:
    """Name each node that failed, with dbt's message."""
    if result.exception is not None:
        return str(result.exception)
    failed = [item for item in result.result if item.status not in ("success", "pass", "skipped")]
    return "; ".join(f"{item.node.name}: {item.message}" for item in failed)
