"""The same root keys behind another provider: killed at each step one of the two unlocks, and nothing is lost."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest

import crashing_move
from installation import ADMIN, LOCUM, Installation
from locum.kit.db import open_database
from locum.kit.errors import StartError
from locum.kit.settings import Settings
from locum.main import keys, root_keys
from locum.main.one_process import alone_on
from locum.main.prepare import Wish, prepare
from locum.main.root_key_move import change_passphrase, move_root_key
from locum.main.root_keys import open_vault, root_key_path
from locum.vault import providers
from locum.vault.key_file import read_content
from locum.vault.key_text import lines_of
from locum.vault.providers import is_sealed
from locum.vault.secret import Secret
from soft_token import PIN, SoftToken, soft_token, token_of_this_process

OLD, NEW = "correct horse battery", "staple horse battery"


@dataclass
class Kept:
    """An installation and the file that unlocks its root key, if one does."""

    folder: Path
    data: Path
    unlock: Path | None = None

    def file(self, name: str, content: str) -> Path:
        made = self.folder / name
        made.write_text(content + "\n")
        return made

    def opens(self, data: Path | None = None, unlock: Path | None = None) -> str:
        """What keeps the root key, after it opened a secret of the installation."""
        settings = Settings(data_dir=data or self.data, unlock_file=unlock or self.unlock)
        vault = open_vault(settings)
        database = open_database(settings.database)
        try:
            assert keys.signing_key(database.submit_read(keys.load, vault, keys.AUDIT_SIGNING).result())
        finally:
            database.close()
        assert vault.keyring.file is not None
        return vault.keyring.file.provider_name


def moves(data: Path) -> list[dict[str, str]]:
    """What the audit log says of moves."""
    database = sqlite3.connect(data / "locum.db")
    try:
        found = database.execute("SELECT detail FROM audit_event WHERE action = 'root_key.moved' ORDER BY id")
        return [json.loads(detail) for (detail,) in found]
    finally:
        database.close()


def drafts(data: Path) -> list[str]:
    return [entry.name for entry in (data / "keys").glob(".root.key*")]


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    with token_of_this_process(tmp_path_factory.mktemp("token")) as made:
        yield made


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """Kept by `file`; a passphrase costs little to stretch, and the PIN of a token is in a file."""
    monkeypatch.setattr(root_keys, "harden", lambda: None)  # of this process, which runs other tests
    monkeypatch.setattr(providers, "_MEMORY_KIB", 64)
    monkeypatch.delenv("LOCUM_UNLOCK_FILE", raising=False)
    monkeypatch.delenv(providers.VARIABLE, raising=False)
    prepare(tmp_path / "data", Wish(ADMIN, Secret("a long enough password"), "none", "optional", None))
    return Kept(tmp_path, tmp_path / "data")


def by_passphrase(kept: Kept, monkeypatch: pytest.MonkeyPatch, passphrase: str = OLD) -> Path:
    """Move it behind a passphrase; answers the file that holds it, which unlocks from now on."""
    file = kept.file("passphrase", passphrase)
    move_root_key(kept.data, None, "passphrase", file)
    monkeypatch.setenv("LOCUM_UNLOCK_FILE", str(file))
    kept.unlock = file
    return file


def test_from_one_provider_to_the_next_and_back(
    kept: Kept, token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    clear = root_key_path(kept.data).read_text()
    by_passphrase(kept, monkeypatch)
    sealed = root_key_path(kept.data).read_text()
    assert clear.splitlines()[1].split(" ")[2] not in sealed
    assert kept.opens() == "passphrase"
    answer = move_root_key(kept.data, None, token.uri_with_pin, None)
    assert "kept by pkcs11 now, it was by passphrase" in answer["text"]
    kept.unlock = None
    assert kept.opens() == token.uri_with_pin
    monkeypatch.delenv("LOCUM_UNLOCK_FILE")
    move_root_key(kept.data, None, "file", None)
    assert kept.opens() == "file"
    monkeypatch.setenv(providers.VARIABLE, root_key_path(kept.data).read_text().strip())
    held = root_key_path(kept.data).read_text()
    move_root_key(kept.data, None, "env", None)
    assert "active" not in root_key_path(kept.data).read_text()
    monkeypatch.setenv(providers.VARIABLE, held)
    assert kept.opens() == "env"
    monkeypatch.setenv(providers.VARIABLE, held)
    move_root_key(kept.data, None, "file", None)
    assert root_key_path(kept.data).read_text() == held
    assert [(one["before"], one["kind"]) for one in moves(kept.data)] == [
        ("file", "passphrase"), ("passphrase", "pkcs11"), ("pkcs11", "file"), ("file", "env"), ("env", "file"),
    ]  # fmt: skip
    assert not drafts(kept.data)


def test_another_passphrase_unlocks_and_the_old_one_no_longer(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    old = by_passphrase(kept, monkeypatch)
    new = kept.file("new", NEW)
    answer = change_passphrase(kept.data, None, new)
    assert "locum vault rotate-root" in answer["text"]
    assert OLD not in answer["text"]
    assert NEW not in answer["text"]
    assert kept.opens(unlock=new) == "passphrase"
    with pytest.raises(StartError, match="the passphrase is wrong"):
        kept.opens(unlock=old)
    before = root_key_path(kept.data).read_bytes()
    with pytest.raises(StartError, match="the passphrase is wrong"):  # who does not know it changes nothing
        change_passphrase(kept.data, None, old)
    with pytest.raises(StartError, match="the passphrase is wrong"):
        move_root_key(kept.data, None, "file", None)
    assert root_key_path(kept.data).read_bytes() == before
    assert len(moves(kept.data)) == 2


def test_what_is_refused_changes_nothing(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    before = root_key_path(kept.data).read_bytes()

    def refused(words: str, to: str, file: Path | None = None) -> None:
        with pytest.raises(StartError, match=words):
            move_root_key(kept.data, None, to, file)
        assert root_key_path(kept.data).read_bytes() == before

    refused("kept by file already", "file")
    refused("kept by one of", "elsewhere")
    refused("12 characters at least", "passphrase", kept.file("short", "short"))
    refused("can't read the unlock file", "passphrase", kept.folder / "nowhere")
    refused("LOCUM_ROOT_KEY, which is not set", "env")
    monkeypatch.setenv(providers.VARIABLE, "not a key")
    refused("LOCUM_ROOT_KEY is not a whole", "env")
    stranger = subprocess.run([LOCUM, "vault", "new-text"], capture_output=True, text=True, check=True).stdout
    monkeypatch.setenv(providers.VARIABLE, stranger)
    refused("LOCUM_ROOT_KEY holds other root keys", "env")
    refused("a token is named by", "pkcs11:token=x")
    with pytest.raises(StartError, match="kept by file: see locum vault move-root"):
        change_passphrase(kept.data, None, kept.file("new", NEW))
    with pytest.raises(StartError, match="never initialised"):
        move_root_key(kept.folder / "nowhere", None, "file", None)
    (kept.folder / "empty").mkdir()
    with pytest.raises(StartError, match="never initialised"):
        move_root_key(kept.folder / "empty", None, "file", None)
    assert moves(kept.data) == []
    assert not drafts(kept.data)


def test_nothing_else_runs_on_the_directory_meanwhile(kept: Kept) -> None:
    with ExitStack() as stack:
        alone_on(kept.data, stack, refusal="")
        with pytest.raises(StartError, match="stop locum serve first"):
            move_root_key(kept.data, None, "passphrase", kept.file("new", NEW))
    assert kept.opens() == "file"


def test_beside_a_running_server_it_is_refused_and_afterwards_the_server_starts(tmp_path: Path) -> None:
    token = soft_token(tmp_path / "token")
    made = Installation(tmp_path / "data")
    made.prepare()
    made.start()
    before = root_key_path(made.data).read_bytes()
    around = {**os.environ, "SOFTHSM2_CONF": str(token.conf)}
    command = [LOCUM, "vault", "move-root", "--data-dir", str(made.data), "--to", token.uri_with_pin]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, env=around, timeout=60)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("locum: stop locum serve first")
    assert refused.stderr.count("\n") == 1
    assert root_key_path(made.data).read_bytes() == before
    assert made.healthy()
    assert made.stop() == 0
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=around, timeout=60)
    assert done.returncode == 0, done.stderr
    made.start(env={"SOFTHSM2_CONF": str(token.conf)})
    try:
        assert made.healthy(), made.log()
        assert json.loads(made.locum("vault", "status").stdout)["provider"] == token.uri_with_pin
        assert made.locum("vault", "rotate-root").returncode == 0
        assert made.admin().call("GET", "/api/v1/Platform")
    finally:
        made.stop()


def test_it_asks_for_the_old_one_then_twice_for_the_new_one(kept: Kept) -> None:
    move_root_key(kept.data, None, "passphrase", kept.file("passphrase", OLD))
    command = ["vault", "change-passphrase", "--data-dir", str(kept.data)]
    with pexpect.spawn(LOCUM, command, timeout=60) as child:
        child.expect_exact("Enter the passphrase of the root key: ")
        child.sendline(OLD)
        child.expect_exact("Enter a passphrase for the root key: ")
        child.sendline(NEW)
        child.expect_exact("Once more: ")
        child.sendline(NEW)
        shown = child.read().decode()
        child.close()
        assert child.exitstatus == 0
    assert "kept by passphrase now" in shown
    assert NEW not in shown
    assert kept.opens(unlock=kept.file("new", NEW)) == "passphrase"


MOVES = [
    ("passphrase", "change-passphrase"),
    pytest.param("passphrase", "pkcs11", marks=pytest.mark.full),
    pytest.param("file", "passphrase", marks=pytest.mark.full),
    pytest.param("pkcs11", "file", marks=pytest.mark.full),
]


@pytest.mark.parametrize(("before", "to"), MOVES)
def test_killed_at_each_step_one_of_the_two_unlocks(
    kept: Kept, token: SoftToken, monkeypatch: pytest.MonkeyPatch, before: str, to: str
) -> None:
    secrets = {"passphrase": kept.file("old", OLD), "change-passphrase": kept.file("new", NEW)}
    secrets |= {"pkcs11": kept.file("token-pin", PIN)}
    if before != "file":
        move_root_key(kept.data, None, token.uri if before == "pkcs11" else before, secrets[before])
        monkeypatch.setenv("LOCUM_UNLOCK_FILE", str(secrets[before]))
    wanted, new = token.uri if to == "pkcs11" else to, secrets.get(to, kept.folder / "none")
    done = subprocess.run(
        [sys.executable, crashing_move.__file__, str(kept.data), wanted, str(new)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    copies = sorted(kept.folder.glob("data.*"), key=lambda copy: int(copy.suffix[1:]))
    already = len(moves(kept.data))
    states = []
    for copy in copies:
        unlocks = which_unlocks(kept, copy, before, to, secrets)
        states.append((unlocks, len(moves(copy)) - already))
        if unlocks == before:  # run again, it is done
            again = (copy, None) if to == "change-passphrase" else (copy, None, wanted)
            (change_passphrase if to == "change-passphrase" else move_root_key)(*again, new)
            assert which_unlocks(kept, copy, before, to, secrets) == to
        assert not drafts(copy)
    assert (states[0], states[-1]) == ((before, 0), (to, 1))
    assert set(states) == {(before, 0), (before, 1), (to, 1)}


def which_unlocks(kept: Kept, copy: Path, before: str, to: str, secrets: dict[str, Path]) -> str:
    """`before` or `to`, never both or none."""
    if to == "change-passphrase":
        opened = [name for name in (before, to) if unlocked(kept, copy, secrets[name])]
        assert len(opened) == 1
        return opened[0]
    content = read_content(root_key_path(copy))
    kind = lines_of(content, "x")[1].split(" ")[0].split(":")[0] if is_sealed(content) else "file"
    assert kept.opens(copy, secrets.get(kind)).startswith(kind)
    return kind


def unlocked(kept: Kept, copy: Path, unlock: Path) -> bool:
    try:
        return bool(kept.opens(copy, unlock))
    except StartError as error:
        if error.detail != "the passphrase is wrong":
            raise
        return False
