"""`locum login`: one sign-in for a day's work, as an SSH key that the gateway takes until the sign-in ends.

The private key never leaves this machine. It lies in ~/.ssh/locum, where `locum ssh` and `locum ssh-config` look.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import click

from locum.cli.options import CA_FILE, URL, USER
from locum.cli.secret import one_line_errors

_UNTIL = "locum login until "


@click.command("login")
@URL
@CA_FILE
@USER
@one_line_errors
def login(url: str | None, ca_file: Path | None, user: str) -> None:
    """Sign in with password and code, for connections of `locum ssh` and `ssh` until the sign-in ends.

    Makes an SSH key in ~/.ssh/locum that the gateway takes for the password, and for the code where the connection
    profile allows that ("sign_in_key"). It is good until the sign-in's longest time is over or somebody ends it.
    """
    from locum.client import register_sign_in_key, ssh_gateway

    ssh_gateway(url, ca_file)  # whether it is there and trusted, before anything is asked
    password = click.prompt("Password", hide_input=True, err=True)
    file = key_file(url, user)
    with _new_key(file) as (made, line):
        end = register_sign_in_key(
            url, ca_file, user=user, password=password, code=_code, public_key=line, name=_name()
        )
        made.with_suffix(".pub").write_text(f"{line} {_UNTIL}{end.astimezone(dt.UTC).isoformat()}\n")
    click.echo(f"signed in until {end.astimezone():%Y-%m-%d %H:%M}, at the latest; the key is {file}")


def key_file(url: str | None, user: str) -> Path:
    """Where the key of that person's sign-in to that server lies."""
    from locum.client.address import server

    where = urlsplit(server(url))
    name = f"{user.casefold()}@{where.hostname}_{where.port or 443}"
    return Path.home() / ".ssh" / "locum" / re.sub(r"[^a-z0-9@_-]", "_", name)


def live_key(url: str | None, user: str) -> Path | None:
    """The key of that person's sign-in, None where there is none or its time is over."""
    file = key_file(url, user)
    try:
        _, found, until = file.with_suffix(".pub").read_text().strip().partition(_UNTIL)
        live = bool(found) and dt.datetime.fromisoformat(until) > dt.datetime.now(dt.UTC)
    except (OSError, ValueError, TypeError):
        return None
    return file if live and file.is_file() else None


def _code() -> str:
    question = "Verification code (Enter if you have none)"
    return str(click.prompt(question, hide_input=True, default="", show_default=False, err=True))


def _name() -> str:
    return "".join(c for c in f"locum login on {socket.gethostname()}" if c.isprintable())[:256]


@contextlib.contextmanager
def _new_key(file: Path) -> Iterator[tuple[Path, str]]:
    """A new key beside `file`, which it replaces, with its `.pub` file, if all goes well; else the old one stays."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = Ed25519PrivateKey.generate()
    for place in (file.parent.parent, file.parent):  # `parents=True` would leave ~/.ssh open to others
        place.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(dir=file.parent, prefix=".new-") as folder:
        made = Path(folder) / "key"
        made.touch(mode=0o600)
        made.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        yield made, key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        os.replace(made, file)
        os.replace(made.with_suffix(".pub"), file.with_suffix(".pub"))
