"""Objects of an S3-compatible bucket, by pyarrow, each read back after it was written.

Does not belong here: which objects a release has (``bucket``).
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ingestion.archive import hash_file
from ingestion.sources.outcomes import SourceFault
from ingestion.target_settings import BucketTarget
from publishing.targets.words import TargetFault

Result = TypeVar("Result")

PIECE = 1 << 20
NOT_THERE = "is not there, or is not shown to this key"
FAULTS = (
    (r"ACCESS_DENIED|InvalidAccessKeyId|INVALID_ACCESS_KEY|SIGNATURE|HTTP status 403", "refuses the key"),
    (r"NO_SUCH_BUCKET|NoSuchBucket|HTTP status 404", NOT_THERE),
    (r"[Tt]imed? ?out|TIMEOUT", "did not answer in time"),
)
"""What the library's words mean: by the first that is found in them, after the names of bucket and object."""


class Bucket:
    """The part of one bucket that lies below the target's prefix."""

    def __init__(self, target: BucketTarget) -> None:
        from pyarrow import fs

        self._where = f"the bucket {target.bucket}" + (f" at {target.endpoint}" if target.endpoint else "")
        self._bucket = target.bucket
        self._top = "/".join(filter(None, (target.bucket, target.path)))
        scheme, _, host = (target.endpoint or "https://").partition("://")
        try:
            keys = [one.reveal() if one else None for one in (target.access_key_from, target.secret_key_from)]
        except SourceFault as error:
            raise TargetFault(str(error)) from None
        self._store = fs.S3FileSystem(
            access_key=keys[0],
            secret_key=keys[1],
            region=target.region,
            scheme=scheme,
            endpoint_override=host or None,
            connect_timeout=target.timeout_seconds,
            request_timeout=target.timeout_seconds,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=2),
        )

    @staticmethod
    def hash_of(content: bytes) -> str:
        """As the pointer names a list of objects."""
        return hashlib.sha256(content).hexdigest()

    def read(self, name: str) -> bytes | None:
        """A small object; None when it is not there."""
        try:
            with self._ask(lambda: self._store.open_input_stream(f"{self._top}/{name}")) as stream:
                return self._ask(stream.readall)
        except FileNotFoundError:
            self._require_bucket()
            return None

    def write(self, name: str, content: bytes) -> None:
        """Write a small object whole, and read it back."""
        with self._ask(lambda: self._store.open_output_stream(f"{self._top}/{name}")) as stream:
            self._ask(lambda: stream.write(content))
            self._ask(stream.close)
        if self.read(name) != content:
            raise TargetFault(f"{self._where} does not give back what was written: {name}")

    def put_file(self, name: str, path: Path) -> dict[str, Any]:
        """Write a file's bytes, read them back, and give their number and hash."""
        with (
            path.open("rb") as source,
            self._ask(lambda: self._store.open_output_stream(f"{self._top}/{name}")) as stream,
        ):
            self._ask(lambda: shutil.copyfileobj(source, stream, PIECE))
            self._ask(stream.close)
        wanted = {"bytes": path.stat().st_size, "sha256": hash_file(path)}
        if self._look(name) != wanted:
            raise TargetFault(f"{self._where} does not give back what was written: {name}")
        return wanted

    def folders(self, name: str) -> list[str]:
        """Names right below a prefix."""
        from pyarrow import fs

        def look() -> list[Any]:
            return self._store.get_file_info(fs.FileSelector(f"{self._top}/{name}", allow_not_found=True))

        return sorted(one.base_name for one in self._ask(look) if one.type == fs.FileType.Directory)

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        try:
            self._ask(lambda: self._store.delete_file(f"{self._top}/{name}"))
        except FileNotFoundError:
            return

    def remove_below(self, name: str) -> None:
        """Remove all objects below a prefix."""
        self._ask(lambda: self._store.delete_dir(f"{self._top}/{name}"))

    def _look(self, name: str) -> dict[str, Any]:
        digest, size = hashlib.sha256(), 0
        with self._ask(lambda: self._store.open_input_stream(f"{self._top}/{name}")) as stream:
            while piece := self._ask(lambda: stream.read(PIECE)):
                digest.update(piece)
                size += len(piece)
        return {"bytes": size, "sha256": digest.hexdigest()}

    def _require_bucket(self) -> None:
        """Tell a bucket that is not there from an object that is not: the library says the same of both."""
        from pyarrow import fs

        if self._ask(lambda: self._store.get_file_info(self._bucket)).type == fs.FileType.NotFound:
            raise TargetFault(f"{self._where} {NOT_THERE}")

    def _ask(self, ask: Callable[[], Result]) -> Result:
        """Ask the service; what goes wrong is said in words.

        Raises:
            FileNotFoundError: an object is not there, or its bucket is not.
            TargetFault: the service cannot be used.
        """
        try:
            return ask()
        except FileNotFoundError:
            raise
        except OSError as error:
            said = str(error).rpartition("AWS Error ")[2]  # what comes before it names the object
            for words, meaning in FAULTS:
                if re.search(words, said):
                    raise TargetFault(f"{self._where} {meaning}") from None
            raise TargetFault(f"{self._where} cannot be reached, or went away") from None
