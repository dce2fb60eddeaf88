"""How an older ledger becomes a newer one, step by step."""
