"""Made-up records, labelled as such."""
