"""The 72 kinds of bad input: how each is made, and what becomes of it.

Belongs here: one entry for each kind, some with variants. Does not belong here: running them (``test_corpus.py``).
"""

import gzip
import io
import json
import stat
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

STRUCTURE = [
    refused(
        "31", "a renamed heading", lines(head="category,line item,total"), line=1, column="amount", rows=(20, 0, 20, 0)
    ),
    taken(
        "32",
        "columns in another order",
        rows("amount,category,line item", [f"{n}.10,Teachers,Item {n}" for n in range(1, 21)]),
    ),
    taken(
        "33",
        "a column more",
        lines(lambda r: [line + ",x" for line in r], LINES_HEAD + ",note"),
        rule="D02",
        severity="warning",
        line=1,
    ),
    refused(
        "34",
        "a required column less",
        rows("category,line item", [line.rpartition(",")[0] for line in LINES]),
        line=1,
        column="amount",
        rows=(20, 0, 20, 0),
    ),
    taken(
        "35",
        "a column less that may be absent",
        rows("ticket,opened,hold", [line.rpartition(",")[0] for line in TICKETS[1:]]),
        n=5,
        file=HELPDESK,
        rule="D02",
        severity="warning",
        line=1,
    ),
    refused(
        "36",
        "a heading twice",
        lines(lambda r: [line + ",1" for line in r], LINES_HEAD + ",amount"),
        line=1,
        column="amount",
        rows=(20, 0, 20, 0),
    ),
    taken(
        "37",
        "headings in other capitals and with other blanks",
        lines(head="CATEGORY,  Line  Item ,Amount"),
        rule="D02",
        severity="passed",
        line=1,
    ),
    row_out("38", "a row with a cell less", tickets(3, "T2,2020-01-02 08:00,1.5"), "D02", 3, file=HELPDESK),
    row_out("39", "a row with a cell more", tickets(3, "T2,2020-01-02 08:00,1.5,phone,x"), "D02", 3, file=HELPDESK),
    refused("40", "semicolons where commas are declared", GOOD.replace(b",", b";"), line=1),
    refused("41", "tabs where commas are declared", GOOD.replace(b",", b"\t"), line=1),
    row_out(
        "42", "text in place of a number", tickets(3, "T2,2020-01-02 08:00,two,phone"), "D03", 3, "hold", file=HELPDESK
    ),
    row_out("43", "a row of totals among the data", tickets(6, "Total,,7.5,"), "Q03", 6, "opened", file=HELPDESK),
    taken("44", "the headings twice", lines(lambda r: [LINES_HEAD, *r]), rule="D02", severity="warning", line=2),
    taken("45", "blank rows at the end", GOOD + b",,\n , ,\n\n"),
]

VALUES = [
    row_out(
        "46",
        "a code that lost its leading zeros",
        rates(2, '1,100,"$1,000.00",10'),
        "Q03",
        2,
        "code",
        file=RATES_FILE,
        n=2,
    ),
    row_out(
        "47",
        "a code in scientific notation",
        rates(2, '1.00E+00,100,"$1,000.00",10'),
        "Q03",
        2,
        "code",
        file=RATES_FILE,
        n=2,
    ),
    refused(
        "48",
        "commas of thousands that are not declared",
        lines(lambda r: at(5, 'Teachers,Item 4,"1,234.00"', r)),
        "D03",
        5,
        column="amount",
        rows=(20, 0, 20, 0),
    ),
    refused(
        "49",
        "a decimal comma that is not declared",
        lines(lambda r: at(5, 'Teachers,Item 4,"1234,50"', r)),
        "D03",
        5,
        column="amount",
        rows=(20, 0, 20, 0),
    ),
    refused(
        "50",
        "a negative number in brackets that is not declared",
        lines(lambda r: at(5, 'Teachers,Item 4,"(1,234)"', r)),
        "D03",
        5,
        column="amount",
        rows=(20, 0, 20, 0),
    ),
    row_out("51a", "NaN", tickets(3, "T2,2020-01-02 08:00,NaN,phone"), "D03", 3, "hold", file=HELPDESK),
    row_out("51b", "infinity", tickets(3, "T2,2020-01-02 08:00,inf,phone"), "D03", 3, "hold", file=HELPDESK),
    row_out("51c", "1e400", tickets(3, "T2,2020-01-02 08:00,1e400,phone"), "D03", 3, "hold", file=HELPDESK),
    taken(
        "52",
        "negative spending (a credit is one; what no metric can be is refused at door 3, rule M06)",
        lines(lambda r: at(5, "Teachers,Item 4,-4.10", r)),
    ),
    Case(
        "53",
        "a rate of another scale than its parts",
        rates(2, '0001,100,"$1,000.00",0.10'),
        "landed",
        "I01",
        "warning",
        2,
        "per pupil",
        rows=(2, 2, 0, 0),
        file=RATES_FILE,
        door="I01",
    ),
    row_out(
        "54",
        "a date that could be two days",
        enrolled(4, pupil("02/03/2020")),
        "D03",
        4,
        "entry_date",
        file=ENROLLMENTS,
    ),
    row_out("55", "31 February", enrolled(4, pupil("2020-02-31")), "D03", 4, "entry_date", file=ENROLLMENTS),
    row_out(
        "56",
        "a spreadsheet's number of a day that is not declared",
        enrolled(4, pupil("43890")),
        "D03",
        4,
        "entry_date",
        file=ENROLLMENTS,
    ),
    taken("57a", "29 February of a leap year", enrolled(4, pupil("2028-02-29")), n=5, file=ENROLLMENTS),
    row_out(
        "57b", "29 February of another year", enrolled(4, pupil("2027-02-29")), "D03", 4, "entry_date", file=ENROLLMENTS
    ),
    taken(
        "58",
        "half past two in the night in which that hour is left out (times are kept as the district writes them)",
        tickets(3, "T2,2020-03-08 02:30,1.5,phone"),
        n=5,
        file=HELPDESK,
    ),
    taken(
        "59a",
        "a time without a zone (it is the district's own)",
        tickets(3, "T2,2020-01-02T08:00:00,1.5,phone"),
        n=5,
        file=HELPDESK,
    ),
    row_out(
        "59b",
        "a time with a zone",
        tickets(3, "T2,2020-01-02T08:00:00-05:00,1.5,phone"),
        "D03",
        3,
        "opened",
        file=HELPDESK,
    ),
    taken("60", "the school year as 2019-20", rates(2, '0001,100,"$1,500.00",15'), n=2, file="rates_2019-20.csv"),
    row_out(
        "61",
        "a school that nobody knows",
        enrolled(4, pupil(school="00010099")),
        "Q04",
        4,
        "school_id",
        file=ENROLLMENTS,
    ),
    refused(
        "62",
        "a school of another district",
        enrolled(4, pupil(school="00020010")),
        "Q04",
        4,
        column="school_id",
        rows=(5, 0, 5, 0),
        file=ENROLLMENTS,
    ),
    taken("63", "a row twice", lines(lambda r: [*r, r[3]]), rows=(21, 20, 0, 1)),
    row_out(
        "64",
        "two rows with one key and other values",
        tickets(3, "T1,2020-01-01 09:00,1.5,phone"),
        "Q03",
        2,
        file=HELPDESK,
        n_bad=2,
    ),
    taken(
        "65a",
        "a declared marker (it is withheld, never a number)",
        rates(2, "0001,less than 6,less than 6,less than 6"),
        n=2,
        file=RATES_FILE,
        then=suppressed_is_no_number,
    ),
    row_out("65b", "a marker that is not declared", rates(2, "0001,*,*,*"), "D03", 2, "pupils", file=RATES_FILE, n=2),
    taken(
        "66",
        "a formula as text (kept as it is)",
        lines(lambda r: at(5, 'Teachers,"=HYPERLINK(""http://x.example"")",4', r)),
        then=item_is('=HYPERLINK("http://x.example")'),
    ),
    taken(
        "67",
        "SQL as text",
        lines(lambda r: at(5, "Teachers,'; drop table delivery; --,4", r)),
        then=item_is("'; drop table delivery; --"),
    ),
]

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

CASES = (*BYTES, *STRUCTURE, *VALUES, *DELIVERY)


def write(case: Case, inbox: Path) -> Path:
    """Put the case's file into the inbox."""
    path = inbox / case.file
    path.parent.mkdir(parents=True, exist_ok=True)
    if callable(case.content):
        case.content(path)
    elif case.content is not None:
        path.write_bytes(case.content)
    elif not case.outcome:
        path.unlink()
    if case.manifest is not None:
        path.with_name(path.name + ".manifest.json").write_text(json.dumps(case.manifest), encoding="utf-8")
    return path
