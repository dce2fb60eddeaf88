"""Whatever form a table is written in, the same cells are read, and nothing is lost or invented."""

import csv
import gzip
import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.archives import list_members, unpack
from ingestion.mapping_parts import FixedWidth, JsonRecords
from ingestion.readers import read_sheet
from ingestion.sheet import ReadOptions
from tests.ingestion.delivered_files import CONFIGURATION, LINES, load_little, read

HEADINGS = ("code", "name of it", "amount")
LETTERS = st.characters(codec="cp1252", exclude_categories=["Cc", "Cs"])
CELLS = st.text(st.one_of(LETTERS, st.sampled_from(" ,;|^\t\"'")), max_size=9).map(str.strip)
MANY_LINES = st.text(st.one_of(LETTERS, st.sampled_from('\n," ')), max_size=9).map(str.strip)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6)
WITH_LINES = st.lists(st.tuples(MANY_LINES, MANY_LINES, MANY_LINES), max_size=6)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "detect")
TEXTS = st.tuples(
    st.sampled_from(",\t;|^"),
    st.sampled_from(ENCODINGS),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)


def kept(rows):
    """The rows that a sheet has: not blank, and not the headings again."""
    return [tuple(row) for row in rows if any(cell.strip() for cell in row) and tuple(row) != HEADINGS]


def cells(path, **options):
    table = read_sheet(path, ReadOptions(HEADINGS, **options)).table
    assert table.column("cells").to_pylist() == [0] * table.num_rows
    return list(zip(*(table.column(f"c{number}").to_pylist() for number in range(len(HEADINGS))), strict=True))


def delimited(rows, delimiter, encoding, end, quoting):
    text = io.StringIO(newline="")
    if end == "\r":
        quoting = csv.QUOTE_ALL  # Python 3.11's writer leaves a cell with a line feed bare where that ends no line
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([HEADINGS, *rows])
    return text.getvalue().encode("utf-8" if encoding == "detect" else encoding)


@given(ROWS | WITH_LINES, TEXTS, st.sampled_from(["", ".gz", ".zip"]))
@settings(max_examples=80, deadline=None)
def test_delimited_text(tmp_path_factory, rows, form, packed):
    folder = tmp_path_factory.mktemp("text")
    content = delimited(rows, *form)
    path = folder / f"file.csv{packed}"
    if packed == ".gz":
        path.write_bytes(gzip.compress(content))
    elif packed == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("file.csv", content)
    else:
        path.write_bytes(content)
    if packed:
        (member,) = list_members(path)
        unpack(path, {folder / "out.csv": member})
        path = folder / "out.csv"
        assert path.read_bytes() == content
    encoding = "utf-8" if form[1] == "utf-8-sig" else form[1]
    assert cells(path, delimiter=form[0], encoding=encoding) == kept(rows)


@given(ROWS.filter(bool))
@settings(max_examples=40, deadline=None)
def test_parquet_json_and_workbooks_give_the_same_cells(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("forms")
    columns = [[row[place] for row in rows] for place in range(len(HEADINGS))]
    arrays = [pa.array(column, pa.string()) for column in columns]
    pq.write_table(pa.table(arrays, names=list(HEADINGS)), folder / "a.parquet")
    records = [dict(zip(HEADINGS, row, strict=True)) for row in rows]
    (folder / "lines.json").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    (folder / "list.json").write_text(json.dumps({"a": {"b": records}}, ensure_ascii=False), encoding="utf-8")
    with xlsxwriter.Workbook(folder / "a.xlsx", {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate([HEADINGS, *rows]):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
    everything = [tuple(row) for row in rows]
    assert cells(folder / "a.parquet") == everything
    assert cells(folder / "lines.json", json=JsonRecords()) == everything
    assert cells(folder / "list.json", json=JsonRecords(records="a.b")) == everything
    assert cells(folder / "a.xlsx") == kept(rows)


@given(ROWS.filter(bool))
@settings(max_examples=40, deadline=None)
def test_columns_of_fixed_width(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("fixed") / "a.txt"
    path.write_text(
        "".join("".join(f"{cell:<10}" for cell in row) + "\n" for row in rows), encoding="utf-8", newline=""
    )
    places = {heading: {"start": 1 + 10 * place, "width": 10} for place, heading in enumerate(HEADINGS)}
    assert cells(path, fixed_width=FixedWidth.model_validate({"columns": places})) == kept(rows)


# Through a mapping

AMOUNTS = st.decimals(-10_000, 10_000, places=2).map(str)
LEDGER = st.lists(st.tuples(st.sampled_from(["Teachers", "Tuition"]), AMOUNTS), min_size=1, max_size=12)


@given(LEDGER, st.randoms(use_true_random=False), st.sampled_from([",", ";", "|"]))
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_and_the_form_change_no_figure(tmp_path_factory, ledger, random, delimiter):
    folder = tmp_path_factory.mktemp("order")
    forms = {"mappings/lines.yaml": LINES + "delimiter: detect\n"}
    little = load_little(folder, **(CONFIGURATION | forms))
    rows = [f"{category},item {number},{amount}" for number, (category, amount) in enumerate(ledger)]
    first = read(little, folder, "00010000/lines_2020.csv", ["category,item,amount", *rows])
    random.shuffle(rows)
    again = [line.replace(",", delimiter) for line in ("category,item,amount", *rows)]
    second = read(little, folder, "00020000/lines_2020.csv", again)

    def figures(reading):
        names = ("state_function", "line_item", "amount_usd")
        return sorted(tuple(row[name] for name in names) for row in reading.table.to_pylist())

    assert first.state == second.state == "accepted"
    assert figures(first) == figures(second)


@given(LEDGER, st.data())
@settings(max_examples=15, deadline=None)
def test_a_file_that_is_split_gives_the_rows_of_both_parts(tmp_path_factory, ledger, data):
    folder = tmp_path_factory.mktemp("split")
    little = load_little(folder)
    rows = [f"{category},item {number},{amount}" for number, (category, amount) in enumerate(ledger)]
    cut = data.draw(st.integers(0, len(rows)))
    parts = [part for part in (rows[:cut], rows[cut:]) if part]
    readings = [
        read(little, folder / str(number), "00010000/lines_2020.csv", ["category,item,amount", *part])
        for number, part in enumerate(parts)
    ]
    whole = read(little, folder / "whole", "00010000/lines_2020.csv", ["category,item,amount", *rows])
    landed = sorted(row["line_item"] for reading in readings for row in reading.table.to_pylist())
    assert landed == sorted(whole.table.column("line_item").to_pylist())
    assert sum(reading.rows_in for reading in readings) == whole.rows_in == len(rows)
