from rich.console import Console

from reporting.source_report import FileNote, SourceLine, build_record, build_renderable, describe_line

DOWN = SourceLine("vendor", "sftp", "unreachable", "10.0.0.1:22 cannot be reached; it is tried again next time")
WAITING = SourceLine(
    "drop",
    "folder",
    "fetched",
    n_fetched=1,
    n_waiting=1,
    files=(FileNote("incoming/drop/a.csv", "waiting", "it waits for its manifest"),),
    ended_at="2026-01-12T04:00:00+00:00",
)


def printed(renderable) -> str:
    console = Console(width=120, record=True, file=None)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_build_renderable__says_what_is_wrong_before_the_table():
    text = printed(build_renderable([DOWN, WAITING]))
    assert text.index("10.0.0.1:22 cannot be reached") < text.index("last outcome")
    assert "waiting: it waits for its manifest" in text
    assert "2026-01-12 04:00" in text


def test_build_renderable__says_how_to_begin_where_there_is_none():
    assert "write sources.yaml" in printed(build_renderable([]))


def test_describe_line__is_one_line():
    assert describe_line(DOWN).plain == "vendor cannot be reached"
    assert describe_line(WAITING).plain == "drop fetched: 1 file, 1 waiting"
    lost = FileNote("incoming/books/gl.parquet", "failed", "the column amount holds what is no decimal")
    books = SourceLine("books", "sql", "nothing_new", files=(lost,))
    assert describe_line(books).plain == "books nothing new, 1 file not taken"
    broken = SourceLine("books", "sql", "failed", "the server went away", n_fetched=2)
    assert describe_line(broken).plain == "books broke off: 2 files"


def test_build_record__holds_every_file():
    assert build_record([WAITING])["sources"][0]["files"][0]["path"] == "incoming/drop/a.csv"
