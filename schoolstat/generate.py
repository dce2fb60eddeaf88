"""Made-up deliveries from the command line.

Belongs here: reading the options, and saying where what was written lies. Does not belong here: making it up
(``synthetic``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from rich.text import Text

from ingestion.yaml_document import ConfigurationError
from reporting.plain_text import count, show


@dataclass(frozen=True)
class Written:
    """Folders that were written: what each is, and its path."""

    n_districts: int
    years: tuple[int, ...]
    places: dict[str, Path]

    def to_dict(self) -> dict[str, object]:
        """As values for JSON."""
        return {
            "districts": self.n_districts,
            "years": list(self.years),
            "places": {name: str(path) for name, path in self.places.items()},
        }

    def render(self) -> Text:
        """For the terminal."""
        years = ", ".join(map(str, self.years))
        lines = [show(f"{count(self.n_districts, 'synthetic district')}, school years {years}")]
        lines += [show(f"  {name}: {path}") for name, path in self.places.items()]
        return Text("\n").join(lines)


def write_synthetic(folder: Path, scale: str | None, districts: int | None, seed: int, years: str) -> Written:
    """Write the made-up collaborative.

    Raises:
        ConfigurationError: an option cannot be understood.
    """
    from synthetic.generate import generate
    from synthetic.places import DEMO_DISTRICTS

    if scale is None and districts is not None and districts > DEMO_DISTRICTS:
        raise ConfigurationError([f"--districts: the demo has {DEMO_DISTRICTS}; give a --scale for more"])
    made = generate(folder, scale=_read_scale(scale), count=districts, seed=seed, years=_read_years(years))
    places = {"collaborative": made.collaborative, "first night": made.nights[0], "second night": made.nights[1]}
    return Written(len(made.districts), made.years, places | {"truth": made.truth})


def _read_scale(text: str | None) -> Fraction | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d*\.?\d+", text) or not 0 < Fraction(text) <= 1:
        raise ConfigurationError(["--scale: must be a number above 0 and up to 1, such as 0.01"])
    return Fraction(text)


def _read_years(text: str) -> tuple[int, ...]:
    years = [each.strip() for each in text.split(",")]
    if not all(re.fullmatch(r"20\d\d", each) for each in years):
        raise ConfigurationError(["--years: must be years of four digits with commas between, such as 2025,2026"])
    return tuple(sorted({int(each) for each in years}))
