"""The root key of an installation: where it lies, how it is unlocked, and the vault that it opens.

Every command that needs keys comes here, so that it works with each root key provider.
"""

from __future__ import annotations

import getpass
from pathlib import Path

from locum.kit.errors import StartError
from locum.kit.settings import Settings
from locum.vault import providers
from locum.vault.key_file import KeyFile, create_root_key
from locum.vault.keyring import Keyring, load_keyring
from locum.vault.process import harden
from locum.vault.providers import Ask, Provider
from locum.vault.secret import Secret
from locum.vault.store import Vault


def root_key_path(data_dir: Path) -> Path:
    """The root key file of an installation. It is there with every provider, and names it."""
    return data_dir / "keys" / "root.key"


def make_vault(settings: Settings, choice: str) -> Vault:
    """A vault with a new root key, kept by the chosen provider. Raises StartError; what is there stays."""
    harden()
    path, provider = root_key_path(settings.data_dir), new_provider(choice, settings.unlock_file, "--unlock-file")
    create_root_key(path, provider)
    return Vault(Keyring.of_file(KeyFile(path, provider)))


def open_vault(settings: Settings) -> Vault:
    """The vault, unlocked. Asks on the terminal, if it must. Raises StartError, with one line for the operator."""
    path = root_key_path(settings.data_dir)
    if not path.exists():
        raise StartError(f"{settings.data_dir} was never initialised: run locum init first")
    harden()
    return Vault(load_keyring(path, _asker(settings.unlock_file, "--unlock-file")))


def new_provider(choice: str, file: Path | None, option: str) -> Provider:
    """The provider of that choice; its new secret, if it has one, is in the file that `option` names, or is asked for.

    Raises StartError.
    """
    return providers.chosen(choice, _asker(file, option))


def _asker(file: Path | None, option: str) -> Ask:
    """Reads the secret from the file of that option, or asks on the terminal."""

    def ask(what: str, twice: bool) -> Secret:
        if file is not None:
            return _from_file(file)
        try:
            open("/dev/tty").close()
        except OSError:
            raise StartError(f"{what} is needed: there is no terminal to ask on and no {option}") from None
        found = Secret(getpass.getpass(f"Enter {what}: "))
        if twice and found != Secret(getpass.getpass("Once more: ")):
            raise StartError("the two differ: nothing was changed")
        return found

    return ask


def _from_file(file: Path) -> Secret:
    try:
        return Secret(file.read_bytes().removesuffix(b"\n"))
    except OSError as error:
        raise StartError(f"can't read the unlock file {file}: {error.strerror}") from None
