"""Rules about files."""

from __future__ import annotations

import pytest
from scripts.layout import mirror, names, purposes
from scripts.source import Source


@pytest.mark.parametrize(
    "paths",
    [
        ["src/locum/vault/__init__.py", "src/locum/vault/seal.py", "tests/vault/test_seal.py"],
        ["src/locum/api/wire/base.py", "tests/api/wire/test_base.py"],
        ["src/locum/vault/_blocks.py", "tests/vault/test_blocks.py"],
        ["src/locum/__main__.py", "tests/test_main.py"],
        ["src/locum/main/migrations/versions/0001_first.py"],
        ["tests/story/test_whole_story.py", "tests/security/test_headers.py", "tests/conftest.py"],
    ],
)
def test_tests_that_mirror_sources_pass(paths: list[str]) -> None:
    assert list(mirror(paths)) == []


@pytest.mark.parametrize(
    ("paths", "rule", "subject"),
    [
        (["src/locum/vault/seal.py"], "no_test_file", "src/locum/vault/seal.py"),
        (
            ["src/locum/vault/seal.py", "tests/vault/test_sealing.py", "tests/vault/test_seal.py"],
            "no_source",
            "tests/vault/test_sealing.py",
        ),
        (
            ["src/locum/api/wire/base.py", "tests/api/test_base.py"],
            "no_test_file",
            "src/locum/api/wire/base.py",
        ),
    ],
)
def test_a_missing_half_is_found(paths: list[str], rule: str, subject: str) -> None:
    assert (rule, subject) in {(finding.rule, finding.subject) for finding in mirror(paths)}


@pytest.mark.parametrize("name", ["service", "utils", "helpers", "manager", "common", "misc", "_util"])
def test_a_name_that_says_nothing_is_found(name: str) -> None:
    assert [finding.rule for finding in names([f"src/locum/vault/{name}.py"])] == ["name"]
    assert [finding.rule for finding in names([f"src/locum/{name}/seal.py"])] == ["name"]
    assert [finding.rule for finding in names([f"tests/vault/test_{name.strip('_')}.py"])] == ["name"]


def test_names_of_things_pass() -> None:
    assert list(names(["src/locum/vault/seal.py", "src/locum/api/service_account.py", "docs/misc.md"])) == []


@pytest.mark.parametrize("text", ["", '"""No full stop"""', '"""Two.\n\nLines."""', "x = 1"])
def test_a_package_without_a_purpose_is_found(text: str) -> None:
    assert [finding.rule for finding in purposes([Source.parse("src/locum/vault/__init__.py", text)])] == [
        "purpose"
    ]


def test_a_purpose_passes_and_only_packages_need_one() -> None:
    package = Source.parse("src/locum/vault/__init__.py", '"""TOOL: the only room that sees keys."""\n')
    assert list(purposes([package, Source.parse("src/locum/vault/seal.py", "x = 1")])) == []
