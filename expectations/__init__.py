"""The doors: rules, suites over their results, receipts."""
