"""`locum vault …`: the root key, and what is sealed under which."""

from __future__ import annotations

from pathlib import Path

import click

from locum.cli.options import DATA_DIR, DATABASE_URL, print_and_exit


@click.group()
def vault() -> None:
    """The vault and its root key."""


@vault.command("status")
@DATA_DIR
@DATABASE_URL
def vault_status(data_dir: Path, database_url: str | None) -> None:
    """Print what keeps the root key, the keys by id, and how much is sealed under each, as JSON."""
    from locum.main.operate import operate

    print_and_exit(operate("vault.status", data_dir, database_url))


@vault.command("rotate-root")
@DATA_DIR
@DATABASE_URL
@click.option("--prepare", is_flag=True, help="Only add the new key, to copy the file to other nodes first.")
def vault_rotate_root(data_dir: Path, database_url: str | None, prepare: bool) -> None:
    """Make a new root key and seal everything under it, while the server runs.

    Interrupted at any point, it goes on when it is run again. The old key stays in the root key file, retired.
    """
    from locum.main.operate import operate

    print_and_exit(operate("vault.rotate-root", data_dir, database_url, prepare_only=prepare))


@vault.command("drop-retired")
@DATA_DIR
@DATABASE_URL
def vault_drop_retired(data_dir: Path, database_url: str | None) -> None:
    """Take retired root keys out of the root key file; exit 1 if something is still sealed under one, which stays.

    What only an old backup holds opens with a dropped key no more: keep a copy of the file with such backups.
    """
    from locum.main.operate import operate

    print_and_exit(operate("vault.drop-retired", data_dir, database_url))


_NEW_UNLOCK_FILE = click.option(
    "--new-unlock-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Holds the new passphrase or PIN, in place of the terminal, such as /dev/fd/4.",
)


@vault.command("change-passphrase")
@DATA_DIR
@DATABASE_URL
@_NEW_UNLOCK_FILE
def vault_change_passphrase(data_dir: Path, database_url: str | None, new_unlock_file: Path | None) -> None:
    """Have another passphrase unlock the root key; the present one is asked for first.

    The server must not run. Interrupted at any point, the old passphrase unlocks or the new one.
    """
    from locum.main.root_key_move import change_passphrase

    print_and_exit(change_passphrase(data_dir, database_url, new_unlock_file))


@vault.command("move-root")
@DATA_DIR
@DATABASE_URL
@click.option("--to", required=True, metavar="PROVIDER", help="file, passphrase, env or pkcs11:URI.")
@_NEW_UNLOCK_FILE
def vault_move_root(data_dir: Path, database_url: str | None, to: str, new_unlock_file: Path | None) -> None:
    """Have another provider keep the root key: the same key, unlocked in another way.

    The server must not run. Interrupted at any point, the old provider unlocks or the new one.
    """
    from locum.main.root_key_move import move_root_key

    print_and_exit(move_root_key(data_dir, database_url, to, new_unlock_file))


@vault.command("new-text")
@click.option("--drop-retired", is_flag=True, help="No new key: the same text without its retired keys.")
def vault_new_text(drop_retired: bool) -> None:
    """Print the next text for LOCUM_ROOT_KEY: what it holds now and a new active key; the first one if it is unset."""
    from locum.main.root_key_rotation import new_text

    click.echo(new_text(drop_retired=drop_retired), nl=False)
