"""Rule Q04 on a district's own file: it speaks of that district alone.

Belongs here: telling that such a file names schools of another district. Does not belong here: codes that nobody knows
(``row_rules.py``), who a file is from (``reading.py``).

One row of another district refuses the whole file: it was exported by somebody who can see both, or under the wrong
name, and then no row of it is to be believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.casting import Casting
from ingestion.delivery_facts import file_error
from ingestion.findings import Finding
from ingestion.sql_text import literals, quote

if TYPE_CHECKING:
    import duckdb


def check_foreign_districts(connection: duckdb.DuckDBPyConnection, casting: Casting) -> list[Finding]:
    """Find rows of ``typed`` with a school of another district of the roster than the one that sent the file."""
    schools = casting.collaborative.schools
    if casting.mapping.districts is not None or not schools:
        return []
    ours = {school.school_id for school in schools if school.district_id == casting.sender}
    others = literals(sorted({school.school_id for school in schools} - ours))
    named = [name for name in casting.mapping.columns if any(t.refers_to == "school" for t in casting.targets(name))]
    found = []
    for name in named:
        query = f"SELECT min(line), count(*) FROM typed WHERE cells = 0 AND {quote(name)} IN ({others})"
        line, n_rows = connection.execute(query).fetchone() or (0, 0)
        if n_rows:
            found.append(_refuse(casting, name, line, n_rows))
    return found


def _refuse(casting: Casting, name: str, line: int, n_rows: int) -> Finding:
    message = f"rows are about a school of another district than {casting.sender}: {n_rows}, the first on line {line}"
    what_to_do = "export the district's own rows alone, or send the file under the name of the district it is about"
    return file_error("Q04", message, what_to_do, line, casting.mapping.heading(name))
