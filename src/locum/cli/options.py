"""What the commands have in common: options, and how an answer is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    envvar="LOCUM_DATA_DIR",
    metavar="DIR",
    help="Where keys, certificates, recordings and the embedded database lie.",
)
DATABASE_URL = click.option(
    "--database-url",
    metavar="URL",
    help="postgresql://… instead of the embedded database (LOCUM_DATABASE_URL).",
)
URL = click.option("--url", metavar="URL", envvar="LOCUM_URL", help="The server [https://127.0.0.1:6500].")
CA_FILE = click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="LOCUM_CA_FILE",
    metavar="FILE",
    help="CA certificates (PEM) to trust in place of the system's.",
)
USER = click.option(
    "--user", metavar="NAME", envvar="LOCUM_USER", required=True, help="Your name in Locum (LOCUM_USER)."
)
UNLOCK_FILE = click.option(
    "--unlock-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Holds the passphrase or PIN that unlocks the root key, such as /dev/fd/3 (LOCUM_UNLOCK_FILE).",
)


_MAIL = (
    click.option("--mail-server", metavar="HOST:PORT", help="Mail server; without one no mail is sent."),
    click.option(
        "--mail-tls",
        type=click.Choice(["none", "starttls", "tls"]),
        help="How its connection is encrypted [starttls].",
    ),
    click.option(
        "--mail-ca",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="CA certificates (PEM) that sign the mail server's; else the system's.",
    ),
    click.option("--mail-from", metavar="ADDRESS", help="Who mails come from."),
    click.option("--mail-user", metavar="NAME", help="Signs in to the mail server as NAME."),
    click.option(
        "--mail-password-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Holds that name's password, read anew at each mail.",
    ),
    click.option("--mail-alarm-to", metavar="ADDRESS", help="Hears of sessions that live past their end."),
)


_GATEWAY = (
    click.option("--gateway-processes", type=int, metavar="NUMBER", help="Processes that carry connections [1]."),
    click.option("--drain-timeout", type=float, metavar="SECONDS", help="How long SIGTERM waits [10]."),
    click.option("--keep-recordings", type=int, metavar="DAYS", help="Delete recordings after so long [never]."),
    click.option(
        "--recordings-space", type=int, metavar="MIB", help="How much recordings may take here [the disk]."
    ),
    click.option(
        "--recordings-full",
        type=click.Choice(["end", "refuse"]),
        help="When they do: open connections end too, or new ones alone are refused [end].",
    ),
    click.option(
        "--recordings-archive", metavar="URL", help="Closed recordings move there: s3://BUCKET/PREFIX [stay here]."
    ),
    click.option(
        "--recordings-archive-endpoint", metavar="URL", help="Where that is, if not at AWS: https://HOST:PORT."
    ),
    click.option(
        "--recordings-archive-ca",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="CA certificates (PEM) for it.",
    ),
    click.option("--connections", type=int, metavar="NUMBER", help="How many may be open at once [any]."),
    click.option("--connections-per-person", type=int, metavar="NUMBER", help="How many of one person [any]."),
    click.option(
        "--sessions-per-person", type=int, metavar="NUMBER", help="How many access sessions of one [any]."
    ),
)


def MAIL(command: Callable[..., Any]) -> Callable[..., Any]:
    """The settings of mail, in this order."""
    return _with(_MAIL, command)


def GATEWAY(command: Callable[..., Any]) -> Callable[..., Any]:
    """The settings of whatever carries connections, in this order."""
    return _with(_GATEWAY, command)


def _with(options: Iterable[Callable[..., Any]], command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(tuple(options)):
        command = option(command)
    return command


def print_and_exit(answer: dict[str, Any]) -> None:
    """One answer of an admin command: its words or its JSON object, and the exit status that goes with it."""
    if "text" in answer:
        click.echo(answer["text"], err=not answer["ok"])
    else:
        click.echo(json.dumps(answer["object"], indent=2))
    sys.exit(0 if answer["ok"] else 1)
