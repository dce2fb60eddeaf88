"""Releases, their audiences, and what others have seen."""
