"""What was destroyed of a district: a line or two for the terminal, and the certificate as a page that stands alone.

Belongs here: words and layout. Does not belong here: what was found and removed (``schoolstat.destruction``).
"""

from __future__ import annotations

from typing import Any

from reporting.plain_text import clean, count
from reporting.templates import load_template

STEPS = {
    "inbox": "files of the inbox and of sources",
    "admissions": "what serves: no delivery of it any more",
    "release": "a new release, made from an empty file without it",
    "releases": "earlier releases that held it, and their builds",
    "publications": "what stood behind published figures",
    "landing": "landed rows",
    "archive": "raw files, and the texts of errors",
    "vault": "surrogates that no landed row holds, and statements",
    "ledger": "lists of refused lines and differences, marks of sources",
    "cards": "report cards, the outbox, the quality page",
    "runs": "records of runs and compiled configurations",
    "targets": "copies on PostgreSQL and in a bucket",
    "again": "files about people, read again from the archive under the new key",
    "exchange": "rows, decisions, vault and key exchanged",
    "search": "a search of every file for rows of it",
}
STAYS = (
    ("figures that others have seen", "they were published, and others have them; publications are never changed"),
    ("in the ledger, that deliveries existed", "id, name, hash and counts of each: what was received can be proved"),
    ("in the ledger, what rules counted and who decided", "rows of that kind are never changed; they hold no value"),
    ("rows that others sent and that name the district", "they are the others' own"),
    ("this certificate", "what was destroyed, when, and who asked for it"),
)


def describe_plan(plan: dict[str, Any]) -> str:
    """What goes, in a few lines."""
    years = ", ".join(map(str, plan["school_years"])) or "all school years"
    rows = sum(slot["n_rows"] for slot in plan["slots"])
    lines = [
        f"{clean(plan['district_id'])}, {years}:",
        f"  {count(rows, 'landed row')} in {count(len(plan['slots']), 'slot')} of "
        f"{count(len(plan['deliveries']), 'delivery').replace('deliverys', 'deliveries')}",
        f"  {count(len(plan['raw_files']), 'raw file')}, {count(len(plan['arrivals']), 'file')} of the inbox",
        f"  {count(len(plan['releases']), 'release')} that hold it",
    ]
    lines += [f"  not read again: {clean(one['file_name'])}: {one['why']}" for one in plan.get("not_read_again", ())]
    lines += [f"  stays: {clean(raw['file_name'])} of {clean(raw['sender'])}" for raw in plan["raw_files_staying"][:5]]
    lines += [
        f"  by hand: {clean(each['path'])} holds files of others too" for each in plan["archives_to_remove_by_hand"]
    ]
    lines += [f"  by hand: {clean(each['path'])} {each['why']}" for each in plan.get("left_by_hand", ())]
    return "\n".join(lines)


def render_certificate(certificate: dict[str, Any]) -> str:
    """The certificate as HTML; every text is escaped, and what a browser would obey is replaced."""
    return load_template("destruction_certificate.html.j2").render(
        certificate=certificate, steps={name: STEPS[name] for name in certificate["steps"]}, stays=STAYS
    )
