"""What arrives in a case: the shape of a case, and the bytes that cases are made of.

Belongs here: what the cases of several pages share. Does not belong here: the cases (``cases_of_*.py``).
"""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.corpus.place import ENROLLED, LINES, LINES_HEAD, RATES, TICKETS, A

LINES_FILE, HELPDESK = f"{A}/lines_2020.csv", f"{A}/helpdesk_2020.csv"
ENROLLMENTS, RATES_FILE = f"{A}/2020/enrollments.csv", "rates_2020.csv"
PARQUET, GZIP, ZIP = f"{A}/lines_2020.parquet", f"{A}/lines_2020.csv.gz", f"{A}/sent.zip"
GOOD = ("\n".join([LINES_HEAD, *LINES]) + "\n").encode()


@dataclass(frozen=True)
class Case:
    """One kind of bad input.

    Attributes:
        number: its number, with a letter where it has variants.
        what: what arrives, in words.
        file: where, below the inbox.
        content: the bytes, or what writes them.
        outcome: of the file (or of the archive).
        rule: the rule that says it, with severity ``error``, ``warning`` or ``passed``; empty when none does.
        severity: see rule.
        line: where.
        column: where.
        rows: in, landed, rejected, duplicate; None where no row is read.
        words: words of the message.
        serves: whether the new delivery serves afterwards, not the one before.
        door: judged by door 1 in earnest; the rule that holds the district.
        during: what happens to the file while the night is at it.
        manifest: what the sender promised.
        then: what else is to be seen.
    """

    number: str
    what: str
    content: bytes | Callable[[Path], object] | None
    outcome: str
    rule: str = ""
    severity: str = "error"
    line: int | None = None
    column: str = ""
    rows: tuple[int, int, int, int] | None = None
    words: str = ""
    file: str = LINES_FILE
    serves: bool = False
    door: str | None = None
    during: str = ""
    manifest: dict | None = None
    then: Callable | None = None

    @property
    def replaces(self) -> str:
        """The file of the first night that it comes in place of."""
        if self.file in (HELPDESK, ENROLLMENTS):
            return self.file
        return RATES_FILE if "rates" in self.file else LINES_FILE


def rows(head, lines):
    return ("\n".join([head, *lines]) + "\n").encode()


def lines(change=lambda rows: rows, head=LINES_HEAD):
    """The district's file with its rows changed."""
    return rows(head, change(list(LINES)))


def at(number, line, of=LINES):
    """Rows with one exchanged, the first being on line 2."""
    return [*of[: number - 2], line, *of[number - 1 :]]


def tickets(number, line):
    return rows(TICKETS[0], at(number, line, TICKETS[1:]))


def enrolled(number, line):
    return rows(ENROLLED[0], at(number, line, ENROLLED[1:]))


def rates(number, line):
    return rows(RATES[0], at(number, line, RATES[1:]))


def pupil(entry="2019-09-03", school="00010010", local_id="P3"):
    return f"{local_id},{school},{entry},,,,05,resident,R,true"


def refused(number, what, content, rule="D02", line=None, **more):
    return Case(number, what, content, "quarantined", rule, "error", line, **more)


def taken(number, what, content, *, n=20, **more):
    return Case(number, what, content, "landed", serves=True, rows=more.pop("rows", (n, n, 0, 0)), **more)


def row_out(number, what, content, rule, line, column="", **more):
    """One row is refused, the others land."""
    n = more.pop("n", 5)
    n_bad = more.pop("n_bad", 1)
    counts = (n, n - n_bad, n_bad, 0)
    serves = more.get("file") != RATES_FILE  # there the row is all that the district has
    return Case(number, what, content, "landed", rule, "error", line, column, counts, serves=serves, **more)


def packed(number, what, content, words, file=ZIP):
    """An archive that is not unpacked."""
    return Case(number, what, content, "refused", "D02", "error", words=words, file=file)


def workbook(path):
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate([LINES_HEAD, *LINES]):
            *texts, amount = line.split(",")
            sheet.write_row(number, 0, [*texts, float(amount) if number else amount])


def parquet():
    import pyarrow as pa
    import pyarrow.parquet as pq

    category, item, amount = zip(*(line.split(",") for line in LINES), strict=True)
    out = io.BytesIO()
    columns = {"category": category, "line item": item, "amount": [Decimal(each) for each in amount]}
    pq.write_table(pa.table(columns), out, write_page_checksum=True, compression="none")
    return out.getvalue()


def flipped(content, mark):
    changed = bytearray(content)
    changed[content.index(mark) + 1] ^= 1
    return bytes(changed)


def zipped(entries, mode=0o100644):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


def encrypted(content):
    changed = bytearray(content)
    changed[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def claiming(content, size):
    """A zip whose list says that each file is of that size."""
    changed, start = bytearray(content), 0
    while (start := content.find(b"PK\x01\x02", start)) >= 0:
        changed[start + 24 : start + 28] = size.to_bytes(4, "little")
        start += 4
    return bytes(changed)


def item_is(text):
    def look(place, file):
        import pyarrow.parquet as pq

        (path,) = place.home.landing.glob(f"eoyr_report/*/district_id={A}/{file.delivery_id}.parquet")
        assert text in pq.ParquetFile(path).read().column("line_item").to_pylist()

    return look


def two_versions(place, file):
    ours = [row for row in place.deliveries() if row["sender"] == A and row["extract"] == "eoyr_report"]
    assert [row["state"] for row in ours] == ["accepted", "accepted"]
    assert {row["delivery_id"] for row in ours} <= place.landed()


def suppressed_is_no_number(place, file):
    import pyarrow.parquet as pq

    (path,) = place.home.landing.glob(f"state_reported_measures/*/district_id={A}/{file.delivery_id}.parquet")
    found = {(row["metric_id"], row["value"], row["value_status"]) for row in pq.ParquetFile(path).read().to_pylist()}
    assert ("N", None, "suppressed") in found
