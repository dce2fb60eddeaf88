"""``docs/marts.md``, made of the models' yml: `PYTHONPATH=. python -m tests.dbt_project.mart_page` makes it again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "marts.md"
HEAD = """# Marts

What a release holds, table by table: made of the models' descriptions in `dbt_project/models`
(`PYTHONPATH=. python -m tests.dbt_project.mart_page` writes the page again). Who reads it: `collaborative` is
`collaborative.duckdb`, `private` each district's own file with its rows alone, `shared` what leaves the
collaborative. Columns stand in the yml beside each model, and in `schoolstat query "describe NAME"`.
"""
FOLDERS = {
    "marts": "Marts",
    "shared": "Shared with others",
    "conformed": "Dimensions and facts",
    "measures": "Measures",
    "staging": "Staging",
}


def released_models(folder: str) -> Iterator[dict[str, Any]]:
    """The models of a folder that a release holds, by name."""
    for path in sorted((REPOSITORY / "dbt_project" / "models" / folder).rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ()):
            if model.get("config", {}).get("meta", {}).get("release"):
                yield model


def build_page() -> str:
    """The whole page."""
    parts = [HEAD]
    for folder, title in FOLDERS.items():
        rows = [_row(model) for model in released_models(folder)]
        if rows:
            parts.append(
                "\n".join(
                    [f"## {title}", "", "| table | one row | key | who reads it |", "|---|---|---|---|", *rows, ""]
                )
            )
    return "\n".join(parts)


def _row(model: dict[str, Any]) -> str:
    meta = model["config"]["meta"]
    said = " ".join(model["description"].split())
    first = said.split(". ")[0].rstrip(".").removeprefix("One row ").replace("|", "\\|")
    key = ", ".join(f"`{name}`" for name in meta["key"])
    return f"| `{model['name']}` | {first} | {key} | {', '.join(meta['release'])} |"


if __name__ == "__main__":
    PAGE.write_text(build_page(), encoding="utf-8")
