"""The report card: what arrived from a sender, what it is worth, and what to do; as a page, tables and text."""
