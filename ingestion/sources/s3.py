"""A bucket of an S3-compatible service, by pyarrow.

pyarrow is there already and needs nothing beside it; it tells size and time of an object, and no etag. Does not belong
here: which objects are complete (``drop.py``).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from ingestion.sources.configuration import S3Source
from ingestion.sources.drop import Entry
from ingestion.sources.outcomes import FileFault, SourceFault, SourceWord

if TYPE_CHECKING:
    from pyarrow import fs

Result = TypeVar("Result")

FAULTS: tuple[tuple[str, SourceWord, str], ...] = (
    (r"ACCESS_DENIED|InvalidAccessKeyId|INVALID_ACCESS_KEY|SIGNATURE|403", "refused", "refuses the key"),
    (r"NO_SUCH_BUCKET|NoSuchBucket|404", "refused", "has no such bucket, or shows none to this key"),
    (r"[Tt]imed? ?out|TIMEOUT", "timed_out", "did not answer in time; it is tried again next time"),
)
"""What the library's words mean: by the first that is found in them."""


class S3Place:
    """A prefix of one bucket."""

    def __init__(self, source: S3Source) -> None:
        self._where = f"the bucket {source.bucket}" + (f" at {source.endpoint}" if source.endpoint else "")
        self._top = "/".join(filter(None, (source.bucket, source.path.strip("/"))))
        self._store = _connect(source)

    def entries(self) -> Iterator[Entry]:
        """All objects below the prefix; none while nothing was put there."""
        from pyarrow import fs

        for one in self._guarded(self._list):
            if one.type == fs.FileType.File:
                yield _entry(one.path.removeprefix(f"{self._top}/"), one)

    def _list(self) -> list[fs.FileInfo]:
        from pyarrow import fs

        try:
            return self._store.get_file_info(fs.FileSelector(self._top, recursive=True))
        except FileNotFoundError:
            return []  # a bucket that is not there is another error

    def look(self, path: str) -> Entry:
        """One object as it stands now."""
        from pyarrow import fs

        found = self._guarded(lambda: self._store.get_file_info(f"{self._top}/{path}"))
        if found.type != fs.FileType.File:
            raise FileFault("it is gone")
        return _entry(path, found)

    def copy(self, path: str, target: BinaryIO) -> None:
        """Write an object's bytes to the target."""
        try:
            with self._guarded(lambda: self._store.open_input_stream(f"{self._top}/{path}")) as source:
                self._guarded(lambda: shutil.copyfileobj(source, target, 1 << 20))
        except FileNotFoundError:
            raise FileFault("it is gone") from None

    def close(self) -> None:
        """Nothing is held."""

    def _guarded(self, ask: Callable[[], Result]) -> Result:
        """Ask the service; what goes wrong is said in words.

        Raises:
            FileNotFoundError: one object is not there.
            SourceFault: the service cannot be used.
        """
        try:
            return ask()
        except FileNotFoundError as error:
            if "bucket" not in str(error).lower():
                raise
            raise SourceFault("refused", f"{self._where} is not there, or is not shown to this key") from None
        except OSError as error:
            for words, outcome, meaning in FAULTS:
                if re.search(words, str(error)):
                    raise SourceFault(outcome, f"{self._where} {meaning}") from None
            raise SourceFault("unreachable", f"{self._where} cannot be reached; it is tried again next time") from None


def _connect(source: S3Source) -> fs.S3FileSystem:
    from pyarrow import fs

    scheme, _, host = (source.endpoint or "https://").partition("://")
    return fs.S3FileSystem(
        access_key=source.access_key_from.reveal() if source.access_key_from else None,
        secret_key=source.secret_key_from.reveal() if source.secret_key_from else None,
        region=source.region,
        scheme=scheme,
        endpoint_override=host or None,
        connect_timeout=source.timeout_seconds,
        request_timeout=source.timeout_seconds,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=2),
    )


def _entry(path: str, found: fs.FileInfo) -> Entry:
    return Entry(path, found.size or 0, found.mtime_ns or 0)
