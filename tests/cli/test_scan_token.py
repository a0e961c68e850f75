"""`locum scan-token` as people and hooks run it: a real process, real files, pipes and an installation."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from installation import LOCUM, Installation
from locum.identities.key_format import spelled

KEY = spelled(3**160)
OTHER = spelled(5**100)
WRONG = KEY[:-1] + ("x" if KEY[-1] != "x" else "y")
# Root reads every file unless it gives that up.
BOUNDED = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("scan") / "data")
    installation.prepare()
    installation.start()
    yield installation
    installation.stop()


def new_key(made: Installation, application: str) -> str:
    """A fresh key, in place of the application's old one."""
    admin, base = made.admin(), "/api/v1/ManagedAccount"
    admin.call("PUT", f"{base}/GenerateApiKey/{application}")
    return str(admin.call("GET", f"{base}/RevealApiKey/{application}"))


def scan(*words: str, stdin: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*BOUNDED, LOCUM, "scan-token", *words], input=stdin, capture_output=True, check=False, timeout=60, cwd=cwd
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert KEY not in out + err
    assert OTHER not in out + err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def test_a_pipe(tmp_path: Path) -> None:
    for words in ([], ["-"]):
        done = scan(*words, stdin=f"a\nkey = {KEY}\n".encode())
        assert (done.returncode, done.stdout, done.stderr) == (1, f"-:2:7: locum_ak_…{KEY[-4:]}\n", "")
    assert scan(stdin=b"nothing\n").returncode == 0
    assert scan(stdin=b"").returncode == 0


def test_standard_input_from_the_middle_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "two"
    file.write_text(f"{KEY}\n{OTHER}\n")
    with open(file, "rb") as opened:
        os.lseek(opened.fileno(), len(KEY) + 1, os.SEEK_SET)
        done = subprocess.run([LOCUM, "scan-token"], stdin=opened, capture_output=True, text=True, check=False)
    assert done.stdout == f"-:1:1: locum_ak_…{OTHER[-4:]}\n"


def test_folders_binary_files_and_utf_16(tmp_path: Path) -> None:
    (tmp_path / "a" / ".b").mkdir(parents=True)
    (tmp_path / "a" / ".b" / "core").write_bytes(bytes(range(256)) + KEY.encode() + b"\xff")
    (tmp_path / "a" / "wide.txt").write_text(f"x\n{OTHER}", encoding="utf-16-le")
    (tmp_path / "a" / "empty").touch()
    done = scan("a", cwd=tmp_path)
    assert done.stdout.splitlines() == [
        f"a/wide.txt:2:1: locum_ak_…{OTHER[-4:]}",
        f"a/.b/core:2:246: locum_ak_…{KEY[-4:]}",
    ]
    assert done.returncode == 1


def test_links_do_not_lead_out_and_pipes_do_not_hold_up(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "key").write_text(KEY)
    (inside / "folder").symlink_to(outside)
    (inside / "file").symlink_to(outside / "key")
    (inside / "loop").symlink_to(inside)
    (inside / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(inside / "pipe")
    done = scan(str(inside))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # Named on the command line, a link is what it leads to.
    assert scan(str(inside / "file")).returncode == 1
    assert scan(str(inside / "folder")).returncode == 1


def test_what_can_not_be_read_is_one_line_each_and_the_rest_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "key").write_text(KEY)
    (tmp_path / "secret").write_text(KEY)
    (tmp_path / "closed").chmod(0)
    (tmp_path / "secret").chmod(0)
    done = scan("missing", ".", "/proc/self/mem", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "locum: can't read missing: No such file or directory",
        "locum: can't read ./secret: Permission denied",
        "locum: can't read ./closed: Permission denied",
        "locum: can't read /proc/self/mem: Input/output error",
    ]
    (tmp_path / "open").write_text(OTHER)
    done = scan(".", cwd=tmp_path)
    assert done.returncode == 1, "a find weighs more than a file that could not be read"
    assert done.stdout == f"./open:1:1: locum_ak_…{OTHER[-4:]}\n"
    (tmp_path / "closed").chmod(0o700)


def test_look_alikes_only_with_all(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(f"{WRONG}\n")
    assert scan("file", cwd=tmp_path).returncode == 0
    done = scan("--all", "file", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == f"file:1:1: locum_ak_…{WRONG[-4:]} (not a key: its checksum is wrong)\n"


def test_json_and_names_that_a_terminal_would_act_on(tmp_path: Path) -> None:
    name = "evil\x1b[2J\n\udcff"
    (tmp_path / name).write_text(KEY)
    done = scan("--json", ".", cwd=tmp_path)
    assert json.loads(done.stdout) == {
        "path": f"./{name}", "line": 1, "column": 1, "end": KEY[-4:], "genuine": True,
    }  # fmt: skip
    done = scan(".", cwd=tmp_path)
    assert done.stdout == f"./evil\\x1b[2J\\n\\udcff:1:1: locum_ak_…{KEY[-4:]}\n"


def test_memory_is_bounded_whatever_the_size() -> None:
    """One line of 300 MB, where the process may have 120 MB in all."""

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (120 * 2**20, 120 * 2**20))

    with subprocess.Popen(
        [LOCUM, "scan-token"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=bounded
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        piece = b"locum_ak_ab" * 100_000
        for _ in range(270):
            process.stdin.write(piece)
        process.stdin.write(KEY.encode())
        process.stdin.close()
        assert process.stdout.read().decode() == f"-:1:{270 * len(piece) + 1}: locum_ak_…{KEY[-4:]}\n"
    assert process.returncode == 1


def test_a_hook_keeps_a_key_from_being_committed(tmp_path: Path) -> None:
    def git(*words: str) -> subprocess.CompletedProcess[str]:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        return subprocess.run(
            ["git", *identity, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    assert git("init", "-q").returncode == 0
    hook = tmp_path / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\ngit diff --cached | {LOCUM} scan-token\n")
    hook.chmod(0o755)
    (tmp_path / "settings").write_text("url = https://locum.example.org\n")
    git("add", ".")
    assert git("commit", "-qm", "without").returncode == 0
    (tmp_path / "settings").write_text(f"key = {KEY}\n")
    refused = git("commit", "-aqm", "with")
    assert refused.returncode == 1
    assert f"locum_ak_…{KEY[-4:]}" in refused.stdout + refused.stderr
    assert git("rev-list", "--count", "HEAD").stdout.strip() == "1"


class TestWithAnInstallation:
    """Whose a key is, from the running server or the database."""

    def test_the_application_and_whether_the_key_works(self, made: Installation, tmp_path: Path) -> None:
        robot = made.admin().call("POST", "/api/v1/ManagedAccount/CreateApplicationUser", {"name": "robot"})["id"]
        old, new = new_key(made, robot), new_key(made, robot)
        file = tmp_path / "keys"
        file.write_text(f"{old}\n{new}\n{KEY}\n{WRONG}\n")
        wanted = [
            f"{file}:1:1: locum_ak_…{old[-4:]} (robot: revoked)",
            f"{file}:2:1: locum_ak_…{new[-4:]} (robot: still works)",
            f"{file}:3:1: locum_ak_…{KEY[-4:]} (not a key of this installation)",
            f"{file}:4:1: locum_ak_…{WRONG[-4:]} (not a key: its checksum is wrong)",
        ]
        words = ["--all", "--data-dir", str(made.data), str(file)]
        assert scan(*words).stdout.splitlines() == wanted
        found = [json.loads(line) for line in scan("--json", *words).stdout.splitlines()]
        assert [(line["application"], line["works"], line["refusal"]) for line in found] == [
            ("robot", False, "revoked"), ("robot", True, None), (None, False, None), (None, False, None),
        ]  # fmt: skip
        assert made.stop() == 0
        assert scan(*words).stdout.splitlines() == wanted, "without a server the database answers"
        with sqlite3.connect(made.data / "locum.db") as database:
            dump = "\n".join(database.iterdump())
        assert dump.count('"api_key.holders"') == 3, "each use is audited"
        for key in (old, new):
            assert key not in dump + made.log()
        made.start()

    def test_more_keys_than_one_question_holds(self, made: Installation) -> None:
        many = "\n".join(spelled(number) for number in range(1200))
        done = scan("--data-dir", str(made.data), stdin=many.encode())
        assert done.stdout.count("not a key of this installation") == 1200

    def test_a_directory_that_is_no_installation(self, tmp_path: Path) -> None:
        done = scan("--data-dir", str(tmp_path), stdin=KEY.encode())
        assert done.returncode == 2
        assert "never initialised" in done.stderr
