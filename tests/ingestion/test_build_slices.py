"""Slices of a build: whole district-years in order, each slice of as many rows as it may have."""

import pytest

from ingestion.build_slices import divide

A, B, C, D = (("0001", 2025), ("0001", 2026), ("0002", 2025), ("0003", 2025))


@pytest.mark.parametrize(
    ("rows", "slices"),
    [
        ({A: 1, B: 1, C: 1, D: 1}, (1, 1, 1, 1)),
        ({A: 5, B: 5, C: 5, D: 5}, (1, 1, 2, 2)),
        ({A: 5, B: 6, C: 4, D: 1}, (1, 2, 2, 3)),
        ({A: 50, B: 1, C: 50, D: 1}, (1, 2, 3, 4)),
        ({A: 10, D: 1}, (1, 1, 1, 2)),
        ({}, (1, 1, 1, 1)),
    ],
)
def test_divide__fills_each_slice_up_to_its_rows(rows, slices):
    assert divide((A, B, C, D), rows, most=10) == slices


def test_divide__of_nothing_is_nothing():
    assert divide((), {A: 1}) == ()
