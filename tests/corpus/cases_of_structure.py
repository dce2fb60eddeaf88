"""Bad input by its structure."""

from tests.corpus.contents import (
    GOOD,
    HELPDESK,
    lines,
    refused,
    row_out,
    rows,
    taken,
    tickets,
)
from tests.corpus.place import LINES, LINES_HEAD, TICKETS

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
