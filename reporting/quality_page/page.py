"""The quality page as HTML: no request goes out, no script runs, and it prints.

Belongs here: handing the contents to the template beside this module, and the words of both. Does not belong here:
what stands on the page.
"""

from __future__ import annotations

from reporting.plain_text import count
from reporting.quality_page.contents import Finding, Mark, QualityPage
from reporting.templates import load_template

WORDS = {
    "could_not_run": "could not run",
    "failed": "failed",
    "waived": "failed, waived",
    "warned": "warned",
    "passed": "passed",
    "nothing": "nothing judged",
}
TONES = {"could_not_run": "bad", "failed": "bad", "waived": "fair", "warned": "fair", "passed": "good"}
DOORS = {1: "after landing: each district, domain and school year", 2: "after the measures", 3: "after the marts"}
OUTCOMES = {"released": "good", "nothing to build": "good", "refused": "bad", "failed": "bad"}
SEVERITIES = {"error": "holds or blocks", "warn": "warns"}


def render_page(page: QualityPage) -> str:
    """The page as HTML."""
    words = {"WORDS": WORDS, "TONES": TONES, "DOORS": DOORS, "OUTCOMES": OUTCOMES, "SEVERITIES": SEVERITIES}
    return load_template("quality_page/page.html.j2").render(page=page, tell=tell, about=about, **words)


def tell(mark: Mark) -> str:
    """A mark in words: ``2026-11-22 03:00: 2 failed, 40 passed``."""
    said = ", ".join(f"{number:,} {WORDS[what]}" for what, number in mark.counts.items() if number)
    return f"{mark.night}: {said or WORDS['nothing']}"


def about(finding: Finding) -> str:
    """Where a finding is: district, domain, year; and how many."""
    where = (finding.who or "everybody", finding.domain, str(finding.school_year or ""))
    share = f" ({finding.n_failed:,} of {count(finding.n_checked, 'thing')})" if finding.n_checked else ""
    return " ".join(part for part in where if part) + share
