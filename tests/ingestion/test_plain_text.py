import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion import plain_text, readers, table_head
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


def _outcome(read):
    """All of a sheet, or why there is none."""
    try:
        sheet = read()
        return sheet.title_lines, sheet.headings, sheet.heading_line, sheet.table.to_pylist(), list(sheet.remarks)
    except UnreadableFile as fault:
        return fault.rule_id, fault.line, fault.message


@given(
    st.sampled_from(["", "", "A title,,\n"]),
    TEXTS,
    st.sampled_from(sorted(DELIMITED)),
    st.sampled_from([1, 7, 20, 64, plain_text.PIECE_SIZE]),
    st.sampled_from([1, 3, table_head.BATCH_ROWS]),
    st.sampled_from([None, "code( .*)?"]),
)
@example("", '1,"a""b",2\n3,,""\n', "utf-8", 7, 1, None)
@example("", "1,a,2\n\ufeff3,b,4\n", "utf-16", 64, 1, None)
@example("", "1,a,2\n\ufeff3,b,4\n", "utf-8", 7, 1, None)
@example("A title,,\n", "1,a,2\nA title,,\ncode,name,amount\n2,b,3\nA title,,\n", "utf-8", 7, 1, None)
@example("", "1,a,2\ncode,,\ncode,name,amount\n2,b,3\ncode,,\ncode,x,\n", "utf-8", 7, 1, "code( .*)?")
@settings(max_examples=400)
def test_a_file_in_pieces_gives_the_same_sheet_or_fault_as_row_by_row(
    tmp_path_factory, title, text, encoding, piece, batch, notes
):
    delimiter = DELIMITED[encoding]
    head = (title + HEADINGS).replace("\n", "\r\n" if "\r\n" in text else "\n")
    path = _write(
        tmp_path_factory.mktemp("csv"), (head + text).replace(",", delimiter).encode(encoding, errors="replace")
    )
    options = ReadOptions(OPTIONS.headings, encoding, delimiter, notes=notes)
    expected = _outcome(lambda: _carefully(path, options))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_text, "PIECE_SIZE", piece)
        patch.setattr(readers, "PIECE_SIZE", piece)
        patch.setattr(table_head, "BATCH_ROWS", batch)
        assert _outcome(lambda: read_sheet(path, options)) == expected


@pytest.mark.parametrize("piece", [1, 5, plain_text.PIECE_SIZE])
@pytest.mark.parametrize(
    ("content", "encoding", "line"),
    [
        (b"code,name,amount\r\n1,a,2\r\n1,caf\xe9,2\r\n", "utf-8", 3),
        (b"code,name,amount\r1,a,2\r1,caf\xe9", "utf-8", 3),
        (b"code,name,amount\n1,\xc3\xa9,2\n\n1,a,\xc3", "utf-8", 4),
        (b"code,name,amount\n1,\x81,2\n", "cp1252", 2),
        ("code,name,amount\n1,\U0001f600,2\n".encode("utf-16")[:-9], "utf-16", 2),
        ("code,name,amount\n".encode("utf-16-le") + b"1", "utf-16", 2),
    ],
)
def test_the_line_of_a_byte_that_is_no_character_is_told(tmp_path, monkeypatch, content, encoding, line, piece):
    if encoding == "utf-16" and not content.startswith(b"\xff\xfe"):
        content = b"\xff\xfe" + content
    path = _write(tmp_path, content)
    monkeypatch.setattr(plain_text, "PIECE_SIZE", piece)
    monkeypatch.setattr(readers, "PIECE_SIZE", piece)
    with pytest.raises(UnreadableFile, match=f"a character is not in the encoding {encoding}") as caught:
        _ = read_sheet(path, ReadOptions(OPTIONS.headings, encoding)).table
    assert (caught.value.rule_id, caught.value.line) == ("D02", line)


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
