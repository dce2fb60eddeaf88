"""The picture has its points where the figures say, and survives one point, one value and hostile names."""

from rich.console import Console

from reporting.scatter import HEIGHT, SEVERAL, WIDTH, Axis, Point, draw_scatter

ACROSS, UP = Axis("need", lambda share: f"{share:.0%}"), Axis("dollars", lambda dollars: f"${dollars:,.0f}")


def lines(points: list[Point], names: dict[str, str] | None = None) -> list[str]:
    console = Console(width=100, record=True, file=None)
    with console.capture() as captured:
        console.print(draw_scatter(points, ACROSS, UP, names or {}))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_corners__are_where_the_extremes_are() -> None:
    drawn = lines([Point("one", 0.1, 9_000), Point("two", 0.9, 21_000), Point("one", 0.1, 21_000)])
    margin = len("$21,000") + 2
    assert drawn[0] == "dollars"
    assert drawn[1] == f"$21,000 |a{' ' * (WIDTH - 2)}b"
    assert drawn[HEIGHT] == " $9,000 |a"
    assert drawn[HEIGHT + 2].split() == ["10%", "90%"]
    assert drawn[HEIGHT + 2].startswith(" " * margin + "10%")
    assert drawn[-2].split() == ["a", "one"] and drawn[-1].split() == ["b", "two"]


def test_same_place__of_two_groups_is_marked() -> None:
    drawn = lines([Point("one", 0.1, 1), Point("two", 0.1, 1), Point("two", 0.9, 2), Point("two", 0.9, 2)])
    assert drawn[HEIGHT][drawn[HEIGHT].index("|") + 1] == SEVERAL
    assert drawn[1].endswith("b")


def test_one_point__is_drawn_in_the_middle() -> None:
    drawn = lines([Point("one", 0.5, 100)])
    assert sum(line.split("|")[1].count("a") for line in drawn if "|" in line) == 1


def test_names__are_shown_as_text() -> None:
    drawn = lines([Point("[red]x", 0.5, 100)], {"[red]x": "A\x1b[31mB"})
    assert drawn[-1].split() == ["a", "[red]x", "A\N{REPLACEMENT CHARACTER}[31mB"]
