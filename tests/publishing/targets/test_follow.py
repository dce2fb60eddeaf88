"""Several targets: what goes wrong with one of them, on whichever side, costs the other nothing."""

import errno

import duckdb
import pytest

from publishing.targets import bucket as bucket_target
from publishing.targets import postgres
from tests.publishing.targets.conftest import follow
from tests.publishing.targets.made_release import make_release


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/a/file"), "(OSError: No space left on device)"),
        (duckdb.OutOfMemoryException("a row's value"), "(OutOfMemoryException)"),
    ],
)
def test_follow__an_error_on_this_side_is_told_and_the_other_target_follows(
    home, database, bucket, monkeypatch, error, message
):
    def fail(*_):
        raise error

    make_release(home, 1, rows=2)
    monkeypatch.setattr(postgres, "read_tables", fail)
    said, other = follow(home, database.target, bucket)
    assert said == f"the release could not be read or prepared here {message}"
    assert other == "copied"
    assert bucket_target.served(bucket).current == "r000001-00000001"
    assert postgres.served(database.target).current is None
