"""What the commands have in common: options, and how an answer is printed."""

from __future__ import annotations

import json
import sys
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
UNLOCK_FILE = click.option(
    "--unlock-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Holds the passphrase or PIN that unlocks the root key, such as /dev/fd/3 (LOCUM_UNLOCK_FILE).",
)


def print_and_exit(answer: dict[str, Any]) -> None:
    """One answer of an admin command: its words or its JSON object, and the exit status that goes with it."""
    if "text" in answer:
        click.echo(answer["text"], err=not answer["ok"])
    else:
        click.echo(json.dumps(answer["object"], indent=2))
    sys.exit(0 if answer["ok"] else 1)
