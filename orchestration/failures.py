"""What of an error may be seen in Dagster: our own words, never a row or a value.

Dagster keeps messages and tracebacks in its storage in plain text, and database errors quote whole rows. So every
step runs inside :func:`sanitized`: messages of our own exceptions pass, anything else becomes its class and the name
of a restricted file. Does not belong here: deciding what is an error.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg

from ingestion.configuration import ConfigurationError
from ingestion.home import Home, HomeBusy, HomeError
from ingestion.inbox import InboxError
from ingestion.night_record import record_night
from ingestion.unfinished_exchange import ExchangeUnfinished
from orchestration.steps import NightRefused
from publishing.release import ReleaseRefused

REFUSALS = (NightRefused, ReleaseRefused)
"""A door said no: the night ends without a new release, and that is no fault of the machine."""

SPOKEN = (ConfigurationError, ExchangeUnfinished, HomeBusy, HomeError, InboxError)
"""Exceptions whose messages are written for people and hold no value of a record."""


@contextmanager
def sanitized(step: str, home: Home) -> Iterator[None]:
    """Turn every exception of ``step`` into a :class:`dagster.Failure` that is safe to store.

    Args:
        step: name of the step, for the message.
        home: where the full traceback is kept (restricted archive).
    """
    try:
        yield
    except dg.Failure:
        raise
    except REFUSALS as error:
        record_night(home, refused=str(error))
        raise dg.Failure(description=str(error), allow_retries=False) from None
    except SPOKEN as error:
        record_night(home, failure=str(error))
        raise dg.Failure(description=str(error), allow_retries=False) from None
    except Exception as error:
        where = _keep_traceback(home)
        message = f"{step}: {type(error).__name__}; details are in {where}, readable by the operator alone"
        record_night(home, failure=message)
        raise dg.Failure(description=message, allow_retries=False) from None


def _keep_traceback(home: Home) -> str:
    folder = home.ensure().archive / "errors"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.txt"
    path.touch(mode=0o600)
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return f"archive/errors/{path.name}"
