"""Bad input by what was delivered before."""

from tests.corpus.contents import (
    GOOD,
    LINES_FILE,
    Case,
    at,
    lines,
    packed,
    taken,
    two_versions,
    zipped,
)
from tests.corpus.place import A

DELIVERY = [
    Case("68a", "the same file again", None, "unchanged", serves=False),
    Case("68b", "the same bytes under another name", GOOD, "duplicate", file=f"again/{LINES_FILE}"),
    taken("69", "a correction", lines(lambda r: at(5, "Teachers,Item 4,400", r)), then=two_versions),
    Case(
        "70",
        "a full extract that lost half of its rows",
        lines(lambda r: r[:10]),
        "landed",
        rows=(10, 10, 0, 0),
        door="Q02",
    ),
    Case(
        "71a",
        "a name with a letter of another alphabet",
        GOOD,
        "unreadable",
        file=f"{A}/l\u0456nes_2020.csv",
        words="letters of two alphabets",
    ),
    packed("71b", "an entry with such a name", zipped({"l\u0456nes_2020.csv": GOOD}), "letters of two alphabets"),
    packed(
        "71c",
        "an entry with NUL in its name",
        zipped({"lines?2020.csv": GOOD}).replace(b"lines?", b"lines\0"),
        "cannot be seen",
    ),
    packed("71d", "an entry with a name of 300 letters", zipped({"l" * 300 + ".csv": GOOD}), "longer than 255 bytes"),
    Case("72", "a district that sends nothing", None, "", serves=False),
]
