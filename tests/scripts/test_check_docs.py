"""The documents hold to the program, and their marked blocks run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from scripts.check_docs import (
    broken_links,
    help_of,
    make_targets,
    refreshed,
    runnable,
    stale_help,
    unknown_commands,
)

from secret_server import SecretServer

Project = Callable[[dict[str, str]], Path]
TOP = Path(__file__).resolve().parents[2]
STALE = "# Locum\n\n<!-- help: locum -->\n```text\nold words\n```\n"


def test_a_stale_help_block_is_found_and_refreshed() -> None:
    assert [finding.line for finding in stale_help("README.md", STALE)] == [3]
    fresh = refreshed(STALE)
    assert fresh.startswith("# Locum\n\n<!-- help: locum -->\n```text\nUsage: locum")
    assert list(stale_help("README.md", fresh)) == []
    assert refreshed(fresh) == fresh


def test_the_help_of_an_unknown_command_is_empty() -> None:
    assert help_of("locum no-such-command") == ""


@pytest.mark.parametrize(
    "text",
    [
        "Type `make biscuits`.",
        "```sh\n$ make setup biscuits\n```",
        "Type `locum no-such-command`.",
        "```bash\nlocum init --no-such-option \\\n  x\n```",
    ],
)
def test_a_command_that_does_not_exist_is_found(text: str) -> None:
    assert [finding.rule for finding in unknown_commands("README.md", text, {"setup"})] == ["command"]


@pytest.mark.parametrize(
    "text",
    [
        "Type `make setup` and `locum init --data-dir DIR`.",
        "```sh\n# make biscuits\nmake setup  # not biscuits\nlocum init --data-dir x | grep --color y\n```",
        "```text\nmake biscuits\n```",
        "We make biscuits.",
    ],
)
def test_commands_that_exist_pass(text: str) -> None:
    assert list(unknown_commands("README.md", text, {"setup"})) == []


def test_links_lead_to_files_and_headings(project: Project) -> None:
    root = project({"a.md": "# One thing, twice\n", "docs/b.md": "# Two\n", "picture.svg": ""})
    fine = (
        "[a](a.md) [p](a.md#one-thing-twice) [b](docs/b.md) ![p](picture.svg) [w](https://x.example) `[x](y.md)`"
    )
    assert list(broken_links("c.md", fine, root)) == []
    assert list(broken_links("docs/c.md", "[a](../a.md)", root)) == []
    broken = "[no](no.md)\n[no part](a.md#three)\n![no picture](no.svg)\n"
    assert [finding.line for finding in broken_links("c.md", broken, root)] == [1, 2, 3]


def test_makefile_targets_are_read() -> None:
    assert make_targets("A := 1\nsetup: x ## Set up\n$(B): c\n.PHONY: d\ntest-full:\n") == {"setup", "test-full"}


def test_marked_blocks_of_a_document_are_one_script() -> None:
    text = "<!-- run -->\n```sh\nx=1\n```\nwords\n```sh\nexit 1\n```\n<!-- run -->\n```sh\ntest $x = 1\n```\n"
    assert runnable(text) == "x=1\n\ntest $x = 1\n"
    assert runnable("words") == ""


def test_the_check_fails_on_a_finding_and_repairs_help(project: Project) -> None:
    root = project({"Makefile": "setup:\n", "README.md": STALE})
    command = [sys.executable, "-m", "scripts.check_docs", "--root", str(root)]
    first = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert (first.returncode, "[help]" in first.stdout) == (1, True)
    repaired = subprocess.run([*command, "--write"], cwd=TOP, capture_output=True, text=True, check=False)
    assert (repaired.returncode, repaired.stdout) == (0, "README.md: help refreshed\ndocs: 1 documents hold\n")


@pytest.mark.timeout(300)
def test_what_the_documents_tell_to_type_works(tmp_path: Path, secret_server: SecretServer) -> None:
    """Each document's marked blocks run in an empty folder with `locum` on the PATH, and with a server to ask.

    `TOKEN` is an administrator's.
    """
    for document in sorted((TOP / "docs").rglob("*.md")):
        script = runnable(document.read_text())
        folder = tmp_path / document.relative_to(TOP).as_posix().replace("/", "-")
        folder.mkdir()
        token = str(secret_server.admin.authorization).removeprefix("Bearer ")
        environment = {**os.environ, **secret_server.env(TOKEN=token), "HOME": str(folder)}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{document}: {done.stderr}"
