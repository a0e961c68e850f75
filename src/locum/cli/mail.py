"""`locum mail`: whether mail can be sent."""

from __future__ import annotations

from pathlib import Path

import click

from locum.cli.options import DATA_DIR, DATABASE_URL, print_and_exit


@click.group()
def mail() -> None:
    """Mail to approvers, requesters and for alarms."""


@mail.command("test")
@DATA_DIR
@DATABASE_URL
@click.argument("address")
def mail_test(data_dir: Path, database_url: str | None, address: str) -> None:
    """Send one mail to ADDRESS now, with the settings of the running server or, where none runs, of DIR/locum.toml.

    Prints one line: who has taken it, or why not (exit status 1).
    """
    from locum.main.operate import operate

    print_and_exit(operate("mail.test", data_dir, database_url, address=address))
