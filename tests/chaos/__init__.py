"""Faults at full counts (``make chaos``), and the same at a few tries in the suite.

Real processes: readers that read while releases are published, and publishers that are killed (SIGKILL, by their own
process id) at random moments. Every loop is bounded.
"""
