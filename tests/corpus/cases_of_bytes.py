"""Bad input by its bytes and its transport."""

import gzip
import stat

from tests.corpus.contents import (
    GOOD,
    GZIP,
    PARQUET,
    Case,
    at,
    claiming,
    encrypted,
    flipped,
    lines,
    packed,
    parquet,
    refused,
    taken,
    workbook,
    zipped,
)
from tests.corpus.place import LINES_HEAD

BYTES = [
    refused("1", "an empty file", b"", "Q01", rows=(0, 0, 0, 0)),
    refused("2", "headings and no row", lines(lambda _: []), "Q01", rows=(0, 0, 0, 0)),
    refused("3", "a login page", b"<!DOCTYPE html><html><form>", line=1),
    taken("4", "a workbook named .csv", workbook),
    refused("5", "a PDF document", b"%PDF-1.7\n%\xe2\xe3", line=1),
    refused(
        "6",
        "cp1252 where utf-8 is declared",
        lines(lambda r: at(5, "Teachers,Caf\xe9,1", r)).decode().encode("cp1252"),
        line=5,
    ),
    refused("7", "UTF-16 with a mark", b"\xff\xfe" + GOOD.decode().encode("utf-16-le"), line=1, words="utf-16"),
    taken("8", "UTF-8 with a mark", b"\xef\xbb\xbf" + GOOD),
    refused("9", "a byte in the middle that is no UTF-8", GOOD.replace(b"Item 9,", b"Item \xff,"), line=10),
    refused("10", "NUL bytes", GOOD.replace(b"Item 9,", b"Item \0,"), line=10),
    taken("11", "lines that end in CR alone", GOOD.replace(b"\n", b"\r")),
    taken(
        "12", "lines that end in CR, LF and both", GOOD.replace(b"9.10\n", b"9.10\r\n").replace(b"3.10\n", b"3.10\r")
    ),
    refused("13", "cut off within a row", GOOD[: GOOD.rindex(b",")], "D02", 21, rows=(20, 0, 20, 0)),
    refused(
        "14", "cut off at the end of a row", lines(lambda r: r[:15]), "Q01", rows=(15, 0, 15, 0), manifest={"rows": 20}
    ),
    refused(
        "15", "a quotation mark that is never closed", lines(lambda r: at(10, 'Teachers,"Item 9,9.10', r)), line=10
    ),
    packed("16", "gzip, cut off", gzip.compress(GOOD)[:-20], "damaged, cut off", GZIP),
    packed("17", "gzip with something behind it", gzip.compress(GOOD) + b"more", "damaged, cut off", GZIP),
    packed("18a", "a zip bomb, by its ratio", zipped({"lines_2020.csv": b"0" * (20 << 20)}), "200 times its size"),
    packed(
        "18b",
        "a zip bomb, by its bytes",
        claiming(zipped({f"{n}.csv": GOOD for n in range(3)}), 2**32 - 2),
        "unpacks to more than",
    ),
    packed("18c", "a gzip bomb", gzip.compress(b"0" * (20 << 20)), "grows past what is allowed", GZIP),
    packed(
        "19",
        "an archive within an archive",
        zipped({"inner.zip": zipped({"lines_2020.csv": GOOD})}),
        "is an archive itself",
    ),
    packed("20", "an entry ../../lines_2020.csv", zipped({"../../lines_2020.csv": GOOD}), "leads out of its folder"),
    packed(
        "21", "an entry that is a link", zipped({"lines_2020.csv": b"/etc/passwd"}, stat.S_IFLNK | 0o777), "is a link"
    ),
    packed("22", "an encrypted archive", encrypted(zipped({"lines_2020.csv": GOOD})), "is encrypted"),
    refused("23", "Parquet, cut off", parquet()[:-30], file=PARQUET),
    refused("24", "Parquet with a flipped bit", flipped(parquet(), b"Item 17"), file=PARQUET),
    refused("25", "Parquet of no bytes", b"", "Q01", file=PARQUET),
    refused("26", "a cell of three megabytes", GOOD.replace(b"Item 9,", b"x" * 3_000_000 + b","), line=10),
    taken(
        "27",
        "five thousand columns",
        lines(lambda r: [line + ",1" * 4_997 for line in r], LINES_HEAD + "".join(f",x{n}" for n in range(4_997))),
        rule="D02",
        severity="warning",
        line=1,
    ),
    Case(
        "28",
        "a file that grows while it is read",
        GOOD + b"Teachers,More,1\n",
        "unreadable",
        during="grow",
        words="changed while it was read",
    ),
    Case(
        "29",
        "a file that may not be read",
        GOOD + b"Teachers,More,1\n",
        "unreadable",
        during="forbid",
        words="Permission denied",
    ),
    Case(
        "30", "a file that vanishes", GOOD + b"Teachers,More,1\n", "unreadable", during="vanish", words="No such file"
    ),
]
