"""What a file's bytes say about its encoding and its separator, where a mapping leaves that to the file.

Belongs here: finding them, and saying what was found. Does not belong here: reading the rows (``readers.py``).

Of five encodings only: a mark at the start decides, then whether the bytes are UTF-8, which other text never is by
chance. What is left is one byte for each letter: cp1252, or latin-1 where a byte has no meaning in cp1252. That is a
guess, and said as one.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from ingestion.sheet import Remark

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe", "^": "caret"}
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_BLOCK = 1 << 20


def detect_encoding(path: Path) -> tuple[str, Remark]:
    """The encoding of a text file, and what to say about it."""
    with path.open("rb") as handle:
        start = handle.read(4)
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding, Remark("passed", None, f"the file begins with the mark of {encoding}")
    if _is_in(path, "utf-8"):
        return "utf-8", Remark("passed", None, "the file is utf-8 text")
    encoding = "cp1252" if _is_in(path, "cp1252") else "latin-1"
    message = f"the file is not utf-8; it was read as {encoding}, which is a guess"
    what_to_do = f"look at a name with an accent; if it is right, write 'encoding: {encoding}' into the mapping"
    return encoding, Remark("warning", None, message, what_to_do)


def tell_delimiter(delimiter: str) -> Remark:
    """What to say about a separator that was found."""
    return Remark("passed", None, f"the cells are separated by a {DELIMITERS[delimiter]}")


def _is_in(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            yield block
