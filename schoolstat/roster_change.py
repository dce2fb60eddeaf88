"""A change of a collaborative's folder: first beside it, checked as a whole, then in its place.

Belongs here: rows put into its tables, in order, and files added. Does not belong here: which rows and files
(``district_add.py``).

The folder is copied beside itself, so that what its mappings extend is found from there too; nothing in it has changed
until the copy has been loaded as a night would load it.
"""

from __future__ import annotations

import csv
import difflib
import io
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.yaml_document import ConfigurationError
from schoolstat.configured import load_whole


@dataclass
class FolderChange:
    """What is to become of a folder's files.

    Attributes:
        folder: the collaborative's folder.
        texts: by path below it, the new text.
    """

    folder: Path
    texts: dict[str, str] = field(default_factory=dict)

    def read(self, name: str) -> str:
        """The file's text as it is going to be; empty when there is none."""
        path = self.folder / name
        if name in self.texts:
            return self.texts[name]
        return path.read_bytes().decode("utf-8-sig") if path.is_file() else ""

    def add_file(self, name: str, text: str) -> None:
        """Add a file.

        Raises:
            ConfigurationError: it is there already.
        """
        if name in self.texts or (self.folder / name).exists():
            raise ConfigurationError([f"{self.folder / name}: is there already; nothing has been changed"])
        self.texts[name] = text

    def add_rows(self, name: str, key: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Put rows into a table where its order wants them; every other line stays as it is.

        Raises:
            ConfigurationError: the folder has no such table, or it lacks the heading of the key.
        """
        records = _split_records(self.read(name))
        headings = next(csv.reader(io.StringIO(records[0], newline="")), []) if records else []
        if key not in headings:
            raise ConfigurationError(
                [f"{self.folder / name}: needs a table with the heading {key}; nothing has been changed"]
            )
        end = "\r\n" if records[0].endswith("\r\n") else "\n"
        if not records[-1].endswith("\n"):
            records[-1] += end
        place = headings.index(key)
        for row in rows:
            at = next((n for n, record in enumerate(records) if n and _cell(record, place) > row[key]), len(records))
            records.insert(at, _write_row(headings, row) + end)
        self.texts[name] = "".join(records)

    def diff(self) -> str:
        """The change as a unified difference."""
        parts = []
        for name, text in sorted(self.texts.items()):
            path = self.folder / name
            old = path.read_bytes().decode("utf-8-sig").splitlines(keepends=True) if path.is_file() else []
            new = text.splitlines(keepends=True)
            parts += difflib.unified_diff(old, new, f"a/{name}" if old else "/dev/null", f"b/{name}", n=1)
        return "".join(parts)

    def check(self) -> None:
        """Load the folder as it is going to be.

        Raises:
            ConfigurationError: it would not be valid; nothing has been changed.
        """
        beside = Path(tempfile.mkdtemp(prefix=".change-", dir=self.folder.resolve().parent))
        try:
            shutil.copytree(self.folder, beside, dirs_exist_ok=True)
            self._write(beside)
            load_whole(beside)
        except ConfigurationError as error:
            said = [message.replace(str(beside), str(self.folder)) for message in error.messages]
            raise ConfigurationError(said) from None
        finally:
            shutil.rmtree(beside)

    def apply(self) -> None:
        """Write the files, each whole."""
        self._write(self.folder)

    def _write(self, folder: Path) -> None:
        for name, text in self.texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{path.name}.new")
            new.write_bytes(text.encode())
            os.replace(new, path)  # noqa: PTH105 -- replaces in one step on every system


def _split_records(text: str) -> list[str]:
    """A table's rows as they are written, each with its line end; a cell may hold line ends of its own."""
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines)
    ends = [reader.line_num for _ in reader]
    return ["".join(lines[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _cell(record: str, place: int) -> str:
    cells = next(csv.reader(io.StringIO(record, newline="")), [])
    return cells[place] if place < len(cells) else ""


def _write_row(headings: Sequence[str], row: Mapping[str, str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([row.get(heading, "") for heading in headings])
    return out.getvalue()
