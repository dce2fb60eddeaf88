"""Headings as words: what two of them have in common, however each is written.

Belongs here: splitting, writing out abbreviations, and likeness of one heading with another. Does not belong here:
what the headings mean (``known_names.py``, ``suggestions.py``).

Likeness is the weighted share of common words (a word that stands in many names weighs little), or how alike the names
are letter by letter where that says more, for words that run together.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache

_ABBREVIATIONS = {
    "acct": "account",
    "actl": "actual",
    "admin": "administration",
    "amt": "amount",
    "assess": "assessment",
    "att": "attendance",
    "avg": "average",
    "beg": "begin",
    "birthdate": "birth date",
    "bldg": "building",
    "bud": "budget",
    "cal": "calendar",
    "campus": "school",
    "cat": "category",
    "cd": "code",
    "cde": "code",
    "curr": "current",
    "desc": "description",
    "dist": "district",
    "dob": "birth date",
    "dt": "date",
    "dte": "date",
    "eff": "effective",
    "enr": "enrollment",
    "enrl": "enrollment",
    "enrolled": "enrollment",
    "enrolment": "enrollment",
    "ended": "end",
    "ethn": "ethnicity",
    "finish": "end",
    "fname": "first name",
    "fy": "fiscal year",
    "gr": "grade",
    "grd": "grade",
    "hisp": "hispanic",
    "identifier": "id",
    "incid": "incident",
    "lang": "language",
    "lev": "level",
    "lname": "last name",
    "lvl": "level",
    "mins": "minutes",
    "mth": "math",
    "mathematics": "math",
    "nbr": "number",
    "no": "number",
    "num": "number",
    "obj": "object",
    "org": "organization",
    "pct": "percent",
    "per": "period",
    "perf": "performance",
    "pctile": "percentile",
    "pgm": "program",
    "prof": "proficiency",
    "prog": "program",
    "ptile": "percentile",
    "pupil": "student",
    "pupils": "student",
    "rdg": "reading",
    "rnk": "rank",
    "sch": "school",
    "sci": "science",
    "sd": "start date",
    "skl": "school",
    "ss": "scale score",
    "stat": "status",
    "started": "start",
    "stu": "student",
    "stud": "student",
    "studid": "student id",
    "subj": "subject",
    "tot": "total",
    "trans": "transaction",
    "txn": "transaction",
    "voucher": "transaction",
    "yr": "year",
    "usrnk": "rank",
}
"""How headings are usually shortened, and words that mean the same in them."""

_SMALL = {"of", "the", "a", "an", "and", "in", "for", "to", "or"}
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[#%$]")
_SIGNS = {"#": "number", "%": "percent", "$": "amount"}
LETTERS_ALIKE = 0.82
"""Letter by letter, from how alike on two names count as the same name in another spelling."""


@cache
def split_words(heading: str) -> tuple[str, ...]:
    """The heading's words in lower case, in the singular, abbreviations written out."""
    words: list[str] = []
    for part in map(str, _WORDS.findall(heading)):
        word = _SIGNS.get(part, part.lower())
        words += _ABBREVIATIONS.get(word, word).split()
    found = tuple(_singular(word) for word in words if word not in _SMALL)
    return found or tuple(word.lower() for word in _WORDS.findall(heading))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


class Likeness:
    """How alike headings are, given all the names that are known."""

    def __init__(self, names: Iterable[str]) -> None:
        known = [set(split_words(name)) for name in names]
        self._number = len(known) + 1
        self._times = Counter(word for words in known for word in words)
        self._sums: dict[tuple[str, ...], float] = {}

    def weight(self, word: str) -> float:
        """How much a word says: the rarer among the known names, the more."""
        return math.log(1 + self._number / (1 + self._times[word]))

    def compare(self, one: str, other: str) -> float:
        """0 for nothing in common, 1 for the same words."""
        left, right = split_words(one), split_words(other)
        if left == right:
            return 1.0
        return max(0.97 * self._shared(left, right), _letters("".join(left), "".join(right)))

    def _shared(self, left: tuple[str, ...], right: tuple[str, ...]) -> float:
        common, shortened = _in_common(left, right)
        if not common and not shortened:
            return 0.0
        both = sum(map(self.weight, common)) + 0.8 * sum(map(self.weight, shortened))
        return 2 * both / (self._sum(left) + self._sum(right))

    def _sum(self, words: tuple[str, ...]) -> float:
        if words not in self._sums:
            self._sums[words] = sum(map(self.weight, set(words)))
        return self._sums[words]


@cache
def _in_common(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Words that both have, and those of the first that are short for one of the second, or its long form."""
    ours, theirs = frozenset(left), frozenset(right)
    return ours & theirs, tuple(word for word in ours - theirs if _shortened(word, theirs - ours))


def _shortened(word: str, words: frozenset[str]) -> bool:
    """Whether one of the words begins as this one does, as a shortened word and its long form do."""
    return any(min(len(word), len(each)) >= 3 and (word.startswith(each) or each.startswith(word)) for each in words)


@cache
def _letters(one: str, other: str) -> float:
    if one[:1] != other[:1] or abs(len(one) - len(other)) > 4 or min(len(one), len(other)) < 4:
        return 0.0
    ratio = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return 0.9 * ratio if ratio >= LETTERS_ALIKE else 0.0
