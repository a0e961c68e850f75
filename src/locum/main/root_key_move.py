"""`locum vault move-root`, `change-passphrase`: the same root keys, unlocked in another way.

Steps: (1) no server runs on the directory and none starts meanwhile, (2) what unlocks the root key file now is proven
by unlocking it, (3) what is to unlock it is asked for, (4) the intent is in the audit log, (5) the file is replaced in
one step. A running server holds the keys, so it would do this for whoever reaches its socket: (2) is why it can't.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from locum.audit import log as audit
from locum.kit.errors import StartError
from locum.main.one_process import alone_on
from locum.main.operate import Answer, Console, offline_console
from locum.main.root_keys import new_provider
from locum.vault.key_file import KeyFile
from locum.vault.key_text import parsed
from locum.vault.providers import VARIABLE, Provider

NEW_UNLOCK_FILE = "--new-unlock-file"


def move_root_key(data_dir: Path, database_url: str | None, to: str, unlock_file: Path | None) -> Answer:
    """Have the chosen provider unlock the root key file from now on. `unlock_file` holds its passphrase or PIN.

    Raises StartError, with one line for the operator; then nothing has changed.
    """
    with ExitStack() as stack:
        console, file = _opened(data_dir, database_url, stack)
        if to == file.provider_name and to != "passphrase":
            raise StartError(f"the root key is kept by {to} already")
        return _move(console, file, new_provider(to, unlock_file, NEW_UNLOCK_FILE))


def change_passphrase(data_dir: Path, database_url: str | None, unlock_file: Path | None) -> Answer:
    """Have another passphrase unlock the root key file. Raises StartError, also where none does now."""
    with ExitStack() as stack:
        console, file = _opened(data_dir, database_url, stack)
        if file.provider_name != "passphrase":
            raise StartError(f"the root key is kept by {_kind(file.provider)}: see locum vault move-root")
        return _move(console, file, new_provider("passphrase", unlock_file, NEW_UNLOCK_FILE))


def _opened(data_dir: Path, database_url: str | None, stack: ExitStack) -> tuple[Console, KeyFile]:
    """(1) and (2)."""
    if not data_dir.is_dir():
        raise StartError(f"{data_dir} was never initialised: run locum init first")
    refusal = "stop locum serve first: it goes on with what unlocked the root key when it was started"
    alone_on(data_dir, stack, refusal=refusal)
    console = stack.enter_context(offline_console(data_dir, database_url))
    file = console.vault.keyring.file
    assert file is not None
    return console, file


def _move(console: Console, file: KeyFile, provider: Provider) -> Answer:
    """(4) and (5)."""
    if provider.line == "env" and parsed(provider.unseal(b""), VARIABLE) != file.read():
        raise StartError(f"{VARIABLE} holds other root keys: set it to the text of {file.path}, kept by file")
    before, kind = _kind(file.provider), _kind(provider)
    detail = {"before": before, "kind": kind}
    console.db.submit_write(audit.record, console.actor, "root_key.moved", detail=detail).result()
    file.move(provider)
    words = (
        f"the root key is kept by {kind} now, it was by {before}: back up {file.path}\n"
        "An old copy of that file still opens in the old way. If others may have one, make its key useless:"
        " locum vault rotate-root, then locum vault drop-retired"
    )
    return {"ok": True, "text": words}


def _kind(provider: Provider) -> str:
    """The provider in one public word: the URI of a token names files of the machine."""
    return provider.line.split(" ")[0].split(":")[0]
