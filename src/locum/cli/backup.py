"""`locum backup`, `locum restore`, `locum resume`: a copy of everything, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from locum.cli.options import DATA_DIR, DATABASE_URL, UNLOCK_FILE, print_and_exit


class _WriteUnlessTold(click.Group):
    """`locum backup FILE` is `locum backup write FILE`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["write", *args]
        return super().parse_args(ctx, args)


_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group(cls=_WriteUnlessTold)
def backup() -> None:
    """Write a backup (`locum backup FILE`), or check one."""


@backup.command("write")
@DATA_DIR
@DATABASE_URL
@click.option("--recordings", is_flag=True, help="Also the recordings.")
@_FILE
def backup_write(data_dir: Path, database_url: str | None, recordings: bool, file: Path) -> None:
    """Write one consistent, encrypted file, also while the server runs. The root key is not in it, and opens it.

    In it are the database, the audit log's signed checkpoints and the settings without the database's URL. FILE must
    not exist; it is there only when it is whole.
    """
    from locum.main.backup import back_up

    click.echo(back_up(file.absolute(), data_dir, database_url, recordings=recordings))


@backup.command("verify")
@DATA_DIR
@UNLOCK_FILE
@_FILE
def backup_verify(data_dir: Path, unlock_file: Path | None, file: Path) -> None:
    """Read all of FILE with the root key in DIR/keys, restoring nothing; exit 1 if it was altered or cut short."""
    from locum.main.backup import verify

    print_and_exit(verify(file, data_dir, unlock_file))


@click.command()
@DATA_DIR
@DATABASE_URL
@UNLOCK_FILE
@click.option("--broken-audit-log", is_flag=True, help="Restore even a backup whose audit log does not verify.")
@_FILE
def restore(
    data_dir: Path, database_url: str | None, unlock_file: Path | None, broken_audit_log: bool, file: Path
) -> None:
    """Restore FILE into DIR, which holds nothing but keys/root.key, and into an empty database.

    It may be of the other kind than the one the backup was made of. The copy is paused: it touches no target until
    somebody runs locum resume --yes on it.
    """
    from locum.main.restore import restore as fill

    click.echo(fill(file, data_dir, database_url, unlock_file, broken_audit=broken_audit_log))


@click.command()
@DATA_DIR
@DATABASE_URL
@click.option("--yes", is_flag=True, help="Go: end the pause, and revoke what is over.")
def resume(data_dir: Path, database_url: str | None, yes: bool) -> None:
    """Show what a restored copy would take up on its targets, as JSON; with --yes, end its pause.

    First make sure that the original has stopped: two of one installation work against each other.
    """
    _operate("resume", data_dir, database_url, go=yes)


@click.command()
@DATA_DIR
@DATABASE_URL
def status(data_dir: Path, database_url: str | None) -> None:
    """Print version, schema, kind of database, and whether Locum is paused, since when and why, as JSON."""
    _operate("status", data_dir, database_url)


def _operate(command: str, data_dir: Path, database_url: str | None, **arguments: Any) -> None:
    from locum.main.operate import operate

    print_and_exit(operate(command, data_dir, database_url, **arguments))
