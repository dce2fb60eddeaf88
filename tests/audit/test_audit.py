"""The audit of the supply chain judges what its tools say now, never what they said another day."""

import shutil
import subprocess
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[2] / ".ci" / "audit"
NOTHING = '{"dependencies": []}'
"""What a list says in which nothing is known of anything."""
ASKED = f"""[ "$0" = .venv/audit/bin/pip-audit ] || exit 0
for each; do last=$each; done
[ -z "$ANSWER" ] && {{ echo no network >&2; exit 1; }}
echo '{NOTHING}' > "$last"
"""


@pytest.mark.parametrize(("answer", "passes"), [("a list", True), ("", False)])
def test_audit__another_days_list_of_vulnerabilities_is_never_judged(tmp_path, answer, passes):
    tools = [f".venv/audit/bin/{name}" for name in ("cyclonedx-py", "pip-licenses", "detect-secrets-hook", "pip-audit")]
    for tool in (".venv/bin/python", "bin/git", *tools):
        path = tmp_path / tool
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{ASKED}", encoding="utf-8")
        path.chmod(0o755)
    (tmp_path / ".ci").mkdir()
    shutil.copy(AUDIT, tmp_path / ".ci")
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "vulnerabilities.json").write_text(NOTHING, encoding="utf-8")
    environment = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "ANSWER": answer}
    ended = subprocess.run([tmp_path / ".ci" / "audit"], env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode == 0) == passes, ended.stderr
    assert ("no network" in ended.stdout) != passes
