"""Whether a nightly hour happens exactly once every night, whatever the clocks do.

Belongs here: that one question. Does not belong here: scheduling (``orchestration``).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

YEARS_AHEAD = range(2020, 2041)


@cache
def nights_that_go_wrong(time_zone: str, hour: int) -> tuple[list[date], list[date]]:
    """Nights of 2020-2040 on which the hour is skipped, and on which it happens twice.

    Args:
        time_zone: IANA name.
        hour: local hour, 0-23.
    """
    zone = ZoneInfo(time_zone)
    skipped, doubled = [], []
    for day in _days():
        local = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
        back = local.astimezone(UTC).astimezone(zone)
        if (back.hour, back.date()) != (hour, day):
            skipped.append(day)
        elif local.utcoffset() != local.replace(fold=1).utcoffset():
            doubled.append(day)
    return skipped, doubled


def _days() -> list[date]:
    first, last = date(YEARS_AHEAD.start, 1, 1), date(YEARS_AHEAD.stop, 1, 1)
    return [first + timedelta(days=n) for n in range((last - first).days)]
