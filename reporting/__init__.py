"""Texts and tables for people; no numbers of its own."""
