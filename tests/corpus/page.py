"""The table of ``docs/bad_input.md``: ``PYTHONPATH=. python -m tests.corpus.page`` prints it as it must be."""

from expectations.rules import load_registry
from tests.corpus.cases import BYTES, DELIVERY, STRUCTURE, VALUES, Case
from tests.corpus.cases_of_finance import FINANCE, FinanceCase

PARTS = {"Bytes and transport": BYTES, "Structure": STRUCTURE, "Values": VALUES, "Deliveries": DELIVERY}
OUTCOMES = {
    "quarantined": "refused as a whole",
    "refused": "not unpacked",
    "unreadable": "left for the next night",
    "unchanged": "nothing to do",
    "duplicate": "known, nothing to do",
    "": "the last delivery serves on, with its date",
}


def tell_outcome(case: Case) -> str:
    if case.door:
        return "lands, and is held at door 1"
    if case.outcome == "landed":
        n_rejected, n_duplicate = (case.rows or (0, 0, 0, 0))[2:]
        if n_rejected:
            return f"lands without {n_rejected} row{'s' if n_rejected > 1 else ''}"
        if n_duplicate:
            return "lands, each row once"
        return "lands, with a warning" if case.severity == "warning" and case.rule else "lands"
    return OUTCOMES[case.outcome]


def build_table(cases: list[Case]) -> list[str]:
    lines = ["| case | what arrives | what becomes of it | rule | place |", "|---|---|---|---|---|"]
    for case in cases:
        rule = case.door or case.rule
        place = ", ".join(filter(None, (f"line {case.line}" if case.line else "", case.column and f"`{case.column}`")))
        lines.append(f"| {case.number} | {case.what} | {tell_outcome(case)} | {rule} | {place} |")
    return lines


def build_finance_table(cases: list[FinanceCase]) -> list[str]:
    registry = load_registry()
    lines = ["| case | what arrives | what becomes of it | rule | scope |", "|---|---|---|---|---|"]
    for case in cases:
        rule = registry.rule(case.rule)
        warns = rule.severity == "warn"
        outcome = f"lands, with a warning at door {rule.door}" if warns else f"lands, and is held at door {rule.door}"
        lines.append(f"| {case.number} | {case.what} | {outcome} | {case.rule} | {rule.scope} |")
    return lines


if __name__ == "__main__":
    for title, cases in PARTS.items():
        print(f"## {title}\n")
        print("\n".join(build_table(cases)) + "\n")
    print("## Finances\n")
    print("\n".join(build_finance_table(FINANCE)))
