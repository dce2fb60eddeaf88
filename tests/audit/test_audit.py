"""The audit of the supply chain judges what its tools say now, never what they said another day."""

import shutil
import subprocess
from pathlib import Path

import pytest

CI = Path(__file__).parents[2] / ".ci"
NOTHING = '{"dependencies": []}'
"""What a list says in which nothing is known of anything."""
ASKED = f"""[ "$0" = .venv/audit/bin/detect-secrets-hook ] && exit "$FOUND"
[ "$0" = .venv/audit/bin/pip-audit ] || exit 0
for each; do last=$each; done
[ -z "$ANSWER" ] && {{ echo no network >&2; exit 1; }}
echo '{NOTHING}' > "$last"
"""


def audit(place: Path, **said: str) -> subprocess.CompletedProcess[str]:
    """The audit, with tools that say what they are told to and end well otherwise."""
    tools = [f".venv/audit/bin/{name}" for name in ("cyclonedx-py", "pip-licenses", "detect-secrets-hook", "pip-audit")]
    for tool in (".venv/bin/python", "bin/git", *tools):
        path = place / tool
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{ASKED}", encoding="utf-8")
        path.chmod(0o755)
    (place / ".ci").mkdir()
    for name in ("audit", "secrets.baseline"):
        shutil.copy(CI / name, place / ".ci")
    environment = {"PATH": f"{place}/bin:/usr/bin:/bin", "ANSWER": "a list", "FOUND": "0", **said}
    return subprocess.run([place / ".ci" / "audit"], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("answer", "passes"), [("a list", True), ("", False)])
def test_audit__another_days_list_of_vulnerabilities_is_never_judged(tmp_path, answer, passes):
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "vulnerabilities.json").write_text(NOTHING, encoding="utf-8")
    ended = audit(tmp_path, ANSWER=answer)
    assert (ended.returncode == 0) == passes, ended.stderr
    assert ("no network" in ended.stdout) != passes


@pytest.mark.parametrize(("found", "passes"), [("1", False), ("3", True)])
def test_audit__a_secret_ends_it_and_a_line_that_moved_does_not(tmp_path, found, passes):
    """detect-secrets ends with 3 where a place that somebody has looked at is on another line now."""
    ended = audit(tmp_path, FOUND=found)
    assert (ended.returncode == 0) == passes, ended.stdout + ended.stderr
    assert ("vulnerabilities.json" in {path.name for path in (tmp_path / "audit").iterdir()}) == passes
