"""The judge of licences: an unknown package and a licence that nobody looked at are faults."""

import pytest

from tests.audit.licences import Policy, judge, runtime_packages

POLICY = Policy.read()


@pytest.mark.parametrize(
    ("licence", "may_be"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("Apache Software License; BSD License", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-2.0-only OR GPL-3.0-only", False),
        ("LGPL-3.0-only", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_may_be__all_of_several_and_one_of_alternatives(licence, may_be):
    assert POLICY.may_be("some-package", licence) is may_be


def test_may_be__what_was_looked_at_holds_for_that_package_and_licence_alone():
    assert POLICY.may_be("psycopg_binary", "LGPL-3.0-only")
    assert not POLICY.may_be("psycopg", "GPL-3.0-only")
    assert all(why for why in POLICY.looked_at.values())


def test_judge__a_package_that_nothing_is_known_of_is_a_fault():
    rows = [{"Name": "duckdb", "License": "MIT"}]
    assert judge(rows, ["duckdb"], POLICY) == []
    (fault,) = judge(rows, ["duckdb", "dagster"], POLICY)
    assert fault.startswith("dagster:")


def test_runtime_packages__are_those_of_the_project_and_theirs_without_what_only_tests_need():
    packages = runtime_packages()
    assert {"duckdb", "dagster", "paramiko", "cryptography", "psycopg-binary"} <= set(packages)
    assert not {"schoolstat", "pytest", "moto"} & set(packages)
