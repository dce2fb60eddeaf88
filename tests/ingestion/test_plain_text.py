import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion import readers
from ingestion.readers import read_sheet
from ingestion.sheet import ReadOptions, UnreadableFile

OPTIONS = ReadOptions(headings=("code", "name", "amount"))
HEADINGS = "code,name,amount\n"
PLAIN = [
    "",
    "1",
    "a b",
    '"a"',
    '""',
    '"a ""b"", c"',
    " ",
    "\xa0",
    "é",
    "\ufeff",
    "\u2028",
    "\x85",
    "\x1c",
    "NULL",
    "code",
]
NASTY = ['a"b', '"a"b', ' "a"', '"a" ', '"', '"a\nb"', '"a\r\nb"', "\r", "\n", "\0", ",", "name,amount"]
CELLS = st.sampled_from([*PLAIN * 5, *NASTY])
LINES = st.lists(st.tuples(CELLS, CELLS, CELLS).map(",".join), max_size=5)
TEXTS = st.builds(
    lambda lines, end, last: end.join(lines) + last,
    LINES,
    st.sampled_from(["\n", "\n", "\r\n", "\r"]),
    st.sampled_from(["", "\n"]),
)
DELIMITED = {"utf-8": ",", "cp1252": ";", "utf-16": "\t"}


def _plain(path, options=OPTIONS):
    return readers._read_plain(path, options)


def _carefully(path, options=OPTIONS):
    return readers._read_carefully(path, options, None)


def _write(folder, content):
    path = folder / "file.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _assert_same(one, other):
    assert (one.title_lines, one.headings, one.heading_line) == (other.title_lines, other.headings, other.heading_line)
    assert one.table.schema == other.table.schema
    assert one.table.to_pylist() == other.table.to_pylist()


@pytest.mark.parametrize(
    "content",
    [
        HEADINGS,
        HEADINGS + "1,a,2\n",
        HEADINGS + "1,a,2",
        HEADINGS + "1,,\n,,2\n",
        HEADINGS + '"","a ""b"", c","NULL"\n',
        HEADINGS + " 1 ,\ta , 2\n , \xa0,\n,,\n3,c,4\n",
        "Title\nof several,\n,,,,\n" + HEADINGS + "1,a,2\n",
        "code,  name ,amount\r\n1,é,2\r\n\x85,\u2028,\x0b\r\n",
        "\ufeff" + HEADINGS + "\ufeff1,a,2\n",
        HEADINGS + "NA,null,nan\n#N/A,-,TRUE\n",
        HEADINGS + "1,a,2\n" * 100_000,
    ],
)
def test_a_plain_file_gives_the_same_sheet_without_being_read_row_by_row(tmp_path, monkeypatch, content):
    path = _write(tmp_path, content)
    expected = _carefully(path)
    monkeypatch.setattr(readers, "_read_carefully", None)
    _assert_same(read_sheet(path, OPTIONS), expected)


@pytest.mark.parametrize(
    "content",
    [
        HEADINGS + "1,a\n",
        HEADINGS + "1,a,2,\n",
        HEADINGS + "1,a,2\n\n3,b,4\n",
        HEADINGS + '1,"a\nb",2\n',
        HEADINGS + '1,"a\nb",2\n\n',
        HEADINGS + '1,a "b" c,2\n',
        HEADINGS + '1,"a"b,2\n',
        HEADINGS + '1, "a",2\n',
        HEADINGS + '1,"a,2\n',
        HEADINGS + "1,a,2\r3,b,4\r",
        HEADINGS + "1,a,2\r\n3,b,4\n",
        HEADINGS + "1,a\r,2\n",
        HEADINGS + "1,a\0,2\n",
        HEADINGS.encode() + b"1,caf\xe9,2\n",
        HEADINGS.encode() + b"1,\xed\xa0\x80,2\n",
        HEADINGS + "1," + "x" * 131_073 + ",2\n",
        "code,name,amount,\n1,a,2,\n",
        "code;name;amount\n1;a;2\n",
        "\n" * 30 + HEADINGS + "1,a,2\n",
        HEADINGS.replace("\n", "\r") + "1,a,2\r",
    ],
)
def test_what_is_not_plain_is_left_to_the_careful_reader(tmp_path, content):
    assert _plain(_write(tmp_path, content)) is None


@given(TEXTS, st.sampled_from(sorted(DELIMITED)))
@example('1,"a""b",2\n3,,""\n', "utf-8")
@example("1,a,2\n\ufeff3,b,4\n", "utf-16")
@settings(max_examples=400)
def test_both_readers_give_the_same_sheet_or_the_plain_one_declines(tmp_path_factory, text, encoding):
    delimiter = DELIMITED[encoding]
    content = (
        (HEADINGS.replace("\n", "\r\n" if "\r\n" in text else "\n") + text)
        .replace(",", delimiter)
        .encode(encoding, errors="replace")
    )
    path = _write(tmp_path_factory.mktemp("csv"), content)
    options = ReadOptions(OPTIONS.headings, encoding, delimiter)
    found = _plain(path, options)
    try:
        expected = _carefully(path, options)
    except (UnreadableFile, UnicodeError):
        assert found is None
    else:
        if found is not None:
            _assert_same(found, expected)


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\0\r\n", codec="utf-8")), min_size=3, max_size=3)))
def test_what_a_program_wrote_without_line_ends_in_cells_is_plain(tmp_path_factory, rows):
    import csv
    import io

    text = io.StringIO(newline="")
    csv.writer(text).writerows([["code", "name", "amount"], ["1", "2", "3"], *rows])
    path = _write(tmp_path_factory.mktemp("csv"), text.getvalue())
    found = _plain(path)
    assert found is not None
    _assert_same(found, _carefully(path))
