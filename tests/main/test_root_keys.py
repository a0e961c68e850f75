"""Every command works with each root key provider, and what does not unlock is one line that changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pexpect
import pytest

from installation import ADMIN, LOCUM, Installation
from locum.kit.errors import StartError
from locum.kit.settings import Settings
from locum.main import root_keys
from locum.main.prepare import Wish, prepare
from locum.main.root_keys import open_vault
from locum.vault import providers
from locum.vault.secret import Secret
from locum.vault.store import Vault
from soft_token import PIN, soft_token

PASSPHRASE = "correct horse battery"


@dataclass
class Kept:
    """An installation whose root key is kept by `provider`; `env` is what unlocks it."""

    made: Installation
    provider: str
    env: dict[str, str]

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [LOCUM, *arguments, "--data-dir", str(self.made.data)]
        around = {**os.environ, **(self.env if env is None else env)}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=around, stdin=subprocess.DEVNULL,
            start_new_session=True, timeout=60,
        )  # fmt: skip

    def init(self, *options: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        password = self.made.data.parent / "admin-password"
        password.write_text("a long enough password\n")
        return self.run(
            "init",
            "--admin",
            ADMIN,
            "--admin-password-file",
            str(password),
            "--admin-mfa",
            "none",
            *options,
            env=env,
        )


@pytest.fixture(
    params=[
        pytest.param("passphrase", marks=pytest.mark.full),
        "pkcs11",
        pytest.param("env", marks=pytest.mark.full),
    ]
)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    installation = Installation(tmp_path / "data")
    secret = tmp_path / "secret"
    match request.param:
        case "passphrase":
            secret.write_text(PASSPHRASE + "\n")
            return Kept(installation, "passphrase", {"LOCUM_UNLOCK_FILE": str(secret)})
        case "pkcs11":
            token = soft_token(tmp_path / "token")
            secret.write_text(PIN)
            return Kept(
                installation, token.uri, {"SOFTHSM2_CONF": str(token.conf), "LOCUM_UNLOCK_FILE": str(secret)}
            )
        case _:
            text = subprocess.run([LOCUM, "vault", "new-text"], capture_output=True, text=True, check=True).stdout
            return Kept(installation, "env", {"LOCUM_ROOT_KEY": text})


def test_every_command_works_with_it(kept: Kept) -> None:
    done = kept.init("--root-key", kept.provider)
    assert done.returncode == 0, done.stderr
    kept.made.start(env=kept.env)
    try:
        assert kept.made.healthy(), kept.made.log()
        status = json.loads(kept.run("vault", "status", env={}).stdout)  # the server has the keys
        assert status["provider"] == kept.provider
        assert status["memory"] == {"coreDumps": False, "debuggers": False}
        if kept.provider == "env":
            pid = kept.made.process.pid if kept.made.process else 0
            children = subprocess.run(["ps", "--ppid", str(pid), "e"], capture_output=True, text=True, check=False)
            assert "locum-root-keys" not in children.stdout
        else:
            assert kept.run("vault", "rotate-root", env={}).returncode == 0
    finally:
        kept.made.stop()
    locked = kept.run("vault", "status", env={})
    assert locked.returncode == 2
    assert locked.stderr.count("\n") == 1
    assert "Traceback" not in locked.stderr


@pytest.fixture
def by_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation made by a passphrase that costs little to stretch."""
    monkeypatch.setattr(root_keys, "harden", lambda: None)  # of this process, which runs other tests
    monkeypatch.setattr(providers, "_MEMORY_KIB", 64)
    unlock = tmp_path / "unlock"
    unlock.write_text(PASSPHRASE + "\n")
    wish = Wish(ADMIN, Secret("a long enough password"), "none", "optional", None, "passphrase", unlock)
    prepare(tmp_path / "data", wish)
    return Settings(data_dir=tmp_path / "data", unlock_file=unlock)


def unlocked(settings: Settings, file: Path) -> Vault:
    return open_vault(msgspec.structs.replace(settings, unlock_file=file))


def test_it_asks_on_the_terminal_and_shows_nothing(by_passphrase: Settings) -> None:
    with pexpect.spawn(LOCUM, ["vault", "status", "--data-dir", str(by_passphrase.data_dir)], timeout=30) as child:
        child.expect_exact("Enter the passphrase of the root key: ")
        child.sendline(PASSPHRASE)
        shown = child.read().decode()
        assert '"provider": "passphrase"' in shown
        assert PASSPHRASE not in shown
        child.close()
        assert child.exitstatus == 0


def test_a_wrong_passphrase_is_one_line_and_changes_nothing(by_passphrase: Settings, tmp_path: Path) -> None:
    key = by_passphrase.data_dir / "keys" / "root.key"
    before = key.read_bytes()
    wrong = tmp_path / "wrong"
    wrong.write_text(PASSPHRASE + " ")
    done = subprocess.run(
        [LOCUM, "serve", "--data-dir", str(by_passphrase.data_dir), "--unlock-file", str(wrong)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "locum: the passphrase is wrong\n")
    assert key.read_bytes() == before
    assert [entry.name for entry in key.parent.glob("*root*")] == ["root.key"]


def test_a_file_unlocks_with_or_without_its_newline(by_passphrase: Settings, tmp_path: Path) -> None:
    assert open_vault(by_passphrase).keyring.active_id
    bare = tmp_path / "bare"
    bare.write_text(PASSPHRASE)
    assert unlocked(by_passphrase, bare).keyring.active_id
    bare.write_text(PASSPHRASE + "\n\n")
    with pytest.raises(StartError, match="the passphrase is wrong"):
        unlocked(by_passphrase, bare)
    with pytest.raises(StartError, match="can't read the unlock file /nowhere: No such file"):
        unlocked(by_passphrase, Path("/nowhere"))


def test_a_file_descriptor_unlocks(by_passphrase: Settings) -> None:
    read, write = os.pipe()
    os.write(write, PASSPHRASE.encode())
    os.close(write)
    assert unlocked(by_passphrase, Path(f"/dev/fd/{read}")).keyring.active_id
    os.close(read)


def test_what_was_never_initialised(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="was never initialised: run locum init first"):
        open_vault(Settings(data_dir=tmp_path))


def test_init_does_not_change_the_provider(by_passphrase: Settings) -> None:
    again = Wish(ADMIN, Secret("x"), "none", "optional", None, None, by_passphrase.unlock_file)
    assert prepare(by_passphrase.data_dir, again)["totpUri"] is None
    assert prepare(by_passphrase.data_dir, replace(again, root_key="passphrase"))["admin"] == ADMIN
    with pytest.raises(StartError, match="the root key is kept by passphrase: see locum vault move-root"):
        prepare(by_passphrase.data_dir, replace(again, root_key="file"))


def test_two_that_differ_make_nothing(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("a long enough password\n")
    command = ["init", "--data-dir", str(tmp_path / "data"), "--admin", ADMIN, "--root-key", "passphrase"]
    with pexpect.spawn(LOCUM, [*command, "--admin-password-file", str(password)], timeout=30) as child:
        child.expect_exact("Enter a passphrase for the root key: ")
        child.sendline(PASSPHRASE)
        child.expect_exact("Once more: ")
        child.sendline(PASSPHRASE + "x")
        assert "the two differ: nothing was changed" in child.read().decode()
        child.close()
        assert child.exitstatus == 2
    assert list((tmp_path / "data" / "keys").iterdir()) == []
