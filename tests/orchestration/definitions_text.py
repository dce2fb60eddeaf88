"""The definitions of a collaborative as text that a person can read and compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg


def describe(definitions: dg.Definitions) -> str:
    """Every asset, check, job and schedule, one paragraph each."""
    graph = definitions.get_repository_def().asset_graph
    assets = [_describe_asset(graph.get(key)) for key in sorted(graph.get_all_asset_keys())]
    checks = ["\n".join(["checks", *sorted(_describe_check(graph.get(key)) for key in graph.asset_check_keys)])]
    return "\n\n".join([*assets, *checks, *_describe_jobs(definitions), *_describe_schedules(definitions)]) + "\n"


def _describe_asset(node: Any) -> str:
    lines = [f"asset {node.key.to_user_string()}"]
    lines += _line("group", [node.group_name])
    lines += _line("owners", node.owners)
    lines += _line("kinds", sorted(node.kinds))
    lines += _line("after", sorted(key.to_user_string() for key in node.parent_keys))
    if node.partitions_def:
        keys = node.partitions_def.get_partition_keys()
        lines += _line("partitions", [f"{type(node.partitions_def).__name__}, {len(keys)}: {keys[0]} to {keys[-1]}"])
    return "\n".join(lines)


def _describe_check(node: Any) -> str:
    return f"  {node.key.to_user_string()}{', blocking' if node.blocking else ''}"


def _describe_jobs(definitions: dg.Definitions) -> Iterator[str]:
    for job in sorted(definitions.get_repository_def().get_all_jobs(), key=lambda job: job.name):
        if not job.name.startswith("__"):
            steps = [f"  {node.name}" for node in job.nodes]
            yield "\n".join([f"job {job.name}, executor {job.executor_def.name}", *sorted(steps)])


def _describe_schedules(definitions: dg.Definitions) -> Iterator[str]:
    for schedule in definitions.schedules or []:
        when = f"{schedule.cron_schedule}, {schedule.execution_timezone}"
        yield f"schedule {schedule.name}: job {schedule.job_name}, {when}"


def _line(label: str, values: Any) -> list[str]:
    return [f"  {label}: {', '.join(values)}"] if values else []
