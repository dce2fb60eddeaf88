"""Nights up to door 1, and the report cards that they leave."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from expectations.rules import load_registry
from ingestion.admission import Verdict, candidates, record_admissions
from ingestion.collaborative import Collaborative
from ingestion.home import Home
from ingestion.inbox import process_inbox
from ingestion.ledger import Ledger, open_ledger
from ingestion.report_card_rules import RuleText
from ingestion.report_card_shelf import latest_card
from ingestion.report_cards import make_report_cards
from reporting.report_card.card import ReportCard
from tests.ingestion.pupil_files import A

RULES = {rule.id: RuleText(rule.why, rule.what_to_do) for rule in load_registry().rules}


@dataclass
class Nights:
    """A home, its inbox, and nights up to door 1, which admits everything but what it is told to hold."""

    home: Home
    ledger: Ledger
    collaborative: Collaborative
    inbox: Path

    def run(self, *held: str):
        result = process_inbox(self.home, self.ledger, self.collaborative, self.inbox)
        verdicts = [
            Verdict(*each, admitted=each.district_id not in held, rule_id="Q03, Q04", reason="Q03 failed")
            for each in candidates(self.ledger)
        ]
        record_admissions(self.home, self.ledger, verdicts)
        return make_report_cards(self.home, self.ledger, self.collaborative, result.files, RULES)

    def card(self, district: str = A) -> ReportCard:
        card = latest_card(self.home, district)
        assert card is not None
        return card


@contextmanager
def open_nights(folder: Path, collaborative: Collaborative) -> Iterator[Nights]:
    """Nights of a new home in a folder."""
    home = Home(folder / "home").ensure()
    (folder / "inbox").mkdir()
    with closing(open_ledger(home)) as ledger:
        yield Nights(home, ledger, collaborative, folder / "inbox")
