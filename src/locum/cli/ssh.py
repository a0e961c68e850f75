"""`locum ssh` and `locum ssh-config`: the system's `ssh` and what uses it, by way of Locum's gateway.

The server says where the gateway is and which key it has; nobody signs in for that. Who may open what is decided when
`ssh` connects.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from locum.cli.login import live_key
from locum.cli.options import CA_FILE, URL, USER
from locum.cli.secret import one_line_errors
from locum.kit.errors import StartError

if TYPE_CHECKING:
    from locum.client import SshGateway

ALIAS = "locum-gateway"

# What has no meaning in a user name of the gateway, in ssh_config or in a pattern of it.
_WORD = re.compile(r"[^\x00-\x20\x7f+:~%\"'*?!,#\\]{1,256}", re.ASCII)
_USER = re.compile(r"[^\x00-\x20\x7f+:~%\"'*?!,#]{1,256}", re.ASCII)

_WHERE = (
    URL,
    CA_FILE,
    USER,
    click.option("--activity", metavar="NAME", envvar="LOCUM_ACTIVITY", help="What to do there (LOCUM_ACTIVITY)."),
)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_WHERE):
        command = option(command)
    return command


@click.command("ssh", context_settings={"ignore_unknown_options": True})
@_options
@click.argument("resource", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENT...]")
@one_line_errors
def ssh(
    url: str | None,
    ca_file: Path | None,
    user: str,
    activity: str | None,
    resource: str | None,
    arguments: tuple[str, ...],
) -> NoReturn:
    """Become `ssh` to RESOURCE by way of the gateway, or to its menu without one. ARGUMENTs go to `ssh`: options of
    it, then a command.
    """
    from locum.client import ssh_gateway

    program = shutil.which("ssh")
    if program is None:
        raise StartError("there is no ssh on this machine")
    name = user_name(user, activity, resource)
    gateway = ssh_gateway(url, ca_file)
    settings = [word for line in _settings(gateway, name, live_key(url, user)) for word in ("-o", "=".join(line))]
    command = [program, *settings, gateway.host, *arguments]
    os.execv(program, command)  # noqa: S606 - what the caller wants to run


@click.command("ssh-config")
@_options
@click.argument("resources", nargs=-1, required=True, metavar="RESOURCE...")
@one_line_errors
def ssh_config(
    url: str | None, ca_file: Path | None, user: str, activity: str | None, resources: tuple[str, ...]
) -> None:
    """Print blocks for ~/.ssh/config, so that `ssh RESOURCE`, scp, rsync, git and the like go by way of the gateway."""
    from locum.client import ssh_gateway

    if activity is None:
        raise click.UsageError("say --activity NAME")
    names = [(_word(one, "RESOURCE"), user_name(user, activity, one)) for one in resources]
    gateway = ssh_gateway(url, ca_file)
    login = live_key(url, user)
    blocks = ["# Made by locum ssh-config.\n"]
    for resource, name in names:
        lines = [
            f"    {key} {value}\n" for key, value in [("HostName", gateway.host), *_settings(gateway, name, login)]
        ]
        blocks.append(f"Host {resource}\n{''.join(lines)}")
    click.echo("\n".join(blocks), nl=False)


def user_name(user: str, activity: str | None, resource: str | None) -> str:
    """The user name by which the gateway knows what to open. Raises UsageError."""
    if _USER.fullmatch(user) is None:
        raise click.UsageError("--user holds what no user name at the gateway can hold")
    if resource is None:
        return user
    if activity is None:
        raise click.UsageError("say --activity NAME, or leave out RESOURCE for the menu")
    return "+".join((user, _word(activity, "--activity"), _word(resource, "RESOURCE")))


def _word(text: str, what: str) -> str:
    word = text.strip().replace(" ", "_")
    if _WORD.fullmatch(word) is None or word.startswith("-"):
        raise click.UsageError(f"{what} holds what no user name at the gateway can hold")
    return word


def _settings(gateway: SshGateway, name: str, login: Path | None) -> Iterable[tuple[str, str]]:
    """The gateway's key comes with the settings, so no file of known hosts is needed (OpenSSH 8.5). `login`: the key of
    `locum login`, which then is offered alone: an agent with many keys would use up what the gateway looks at.
    """
    yield "Port", str(gateway.port)
    yield "User", name
    yield "HostKeyAlias", ALIAS
    yield "KnownHostsCommand", f"/bin/echo {ALIAS} {gateway.host_key}"
    yield "UserKnownHostsFile", "none"
    yield "StrictHostKeyChecking", "yes"
    if login is not None:
        yield "IdentityFile", '"{}"'.format(str(login).replace("%", "%%"))
        yield "IdentitiesOnly", "yes"
