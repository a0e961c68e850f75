"""`locum secret`: fetches secrets for scripts, over the REST API with an application's API key.

The key comes from a file, a descriptor or the environment and never from the command line, so that neither it nor a
secret is ever in the list of processes. Heavy imports happen inside the commands.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

import click

from locum.cli.options import CA_FILE, URL

if TYPE_CHECKING:
    from locum.client import Lease, Locum, Login, Secret

P = ParamSpec("P")
T = TypeVar("T")

FAILED, MISUSED, NOT_ALLOWED, NOT_FOUND, NOT_NOW, NO_ANSWER = 1, 2, 3, 4, 5, 6
FIELDS = {
    "username": "username",
    "password": "password",
    "privateKey": "private_key",
    "passphrase": "passphrase",
    "enablePassword": "enable_password",
    "content": "content",
}
OF_ENVIRONMENT = ("LOCUM_API_KEY", "LOCUM_API_KEY_FILE")
_MOST_KEY_BYTES = 4096


@click.group()
@URL
@CA_FILE
@click.option(
    "--api-key-file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    envvar="LOCUM_API_KEY_FILE",
    metavar="FILE",
    help="Holds the API key; - is standard input. Else LOCUM_API_KEY.",
)
@click.option(
    "--api-key-fd", type=click.IntRange(min=0), metavar="N", help="An open descriptor to read the key from."
)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=10.0, show_default=True, metavar="SECONDS")
@click.pass_context
def secret(context: click.Context, /, **options: Any) -> None:
    """Fetch secrets as an application, with its API key.

    Exit status: 0, or 2 for a wrong command line or API key file, 3 not allowed, 4 no such secret or more than one, 5
    not now (somebody has it checked out), 6 no answer from the server, 1 anything else.
    """
    context.obj = options


def one_line_errors(command: Callable[P, T]) -> Callable[P, T]:
    """A failure is one line on standard error and an exit status that says of which kind it was."""

    @wraps(command)
    def guarded(*arguments: P.args, **options: P.kwargs) -> T:
        from locum.client import ClientError

        try:
            return command(*arguments, **options)
        except ClientError as error:
            _fail(str(error), _status_of(error))
        except OSError as error:
            _fail(f"{error.filename or 'the output'}: {error.strerror}", FAILED)

    return guarded


_NAME = click.argument("name", metavar="NAME|ID")
_FIELD = click.option("--field", type=click.Choice(list(FIELDS)), help="Which part [the secret itself].")


@secret.command("get")
@_NAME
@_FIELD
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to FILE, which only you can read.",
)
@click.option("--json", "as_json", is_flag=True, help="Everything there is, as one JSON object.")
@click.option("--show", is_flag=True, help="Print to a terminal too.")
@click.pass_obj
@one_line_errors
def get(
    options: dict[str, Any], name: str, field: str | None, out: Path | None, as_json: bool, show: bool
) -> None:
    """Print a secret: exactly its bytes, with a newline only on a terminal."""
    if as_json and field is not None:
        raise click.UsageError("--json has every field: leave out --field")
    if out is None and sys.stdout.isatty() and not show:
        raise click.UsageError("this would show the secret on the terminal: say --show, or --out FILE")
    with _client(options) as locum:
        login = locum.get_secret(name)
    if as_json:
        _put(json.dumps(_everything(login)).encode() + b"\n", out)
    else:
        _put(_part(login, field), out)


@secret.command("list")
@click.argument("text", default="", metavar="[TEXT]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--take", type=click.IntRange(1, 10_000), default=1000, show_default=True, metavar="N")
@click.pass_obj
@one_line_errors
def list_credentials(options: dict[str, Any], text: str, as_json: bool, take: int) -> None:
    """List credentials whose names contain TEXT: id, user name, domain and resource, with tabs between."""
    with _client(options) as locum:
        found = locum.search(text, take=take)
    lines = []
    for row in found:
        fields = {"id": str(row.id), "username": row.username, "domain": row.domain, "resource": row.resource}
        lines.append(
            json.dumps(fields) if as_json else "\t".join(_plain(value or "") for value in fields.values())
        )
    _print(lines)


@secret.command("checkout")
@_NAME
@click.option("--minutes", type=click.IntRange(1, 24 * 60), default=60, show_default=True)
@click.option(
    "--shared", is_flag=True, help="Let others check it out at the same time, where the credential allows."
)
@click.option("--note", metavar="TEXT")
@click.option("--ticket", metavar="TEXT")
@click.option("--wait", type=click.FloatRange(min=0), default=60.0, show_default=True, metavar="SECONDS")
@click.option("--json", "as_json", is_flag=True, help="The whole lease in place of its id.")
@click.pass_obj
@one_line_errors
def checkout(
    options: dict[str, Any], /, name: str, shared: bool, wait: float, as_json: bool, **asked: Any
) -> None:
    """Check a credential out and print the lease's id; `get` then has the secret."""
    with _client(options) as locum:
        lease = locum.begin_check_out(name, exclusive=not shared, wait=wait, **asked)
    _print([json.dumps(_lease(lease)) if as_json else str(lease.id)])


@secret.command("checkin")
@click.argument("lease", type=click.UUID)
@click.pass_obj
@one_line_errors
def checkin(options: dict[str, Any], lease: Any) -> None:
    """End a lease before its time."""
    with _client(options) as locum:
        locum.check_in(lease)


@secret.command("leases")
@click.pass_obj
@one_line_errors
def list_leases(options: dict[str, Any]) -> None:
    """List one's own leases that have not ended, one JSON object a line."""
    with _client(options) as locum:
        found = locum.leases()
    _print([json.dumps(_lease(lease)) for lease in found])


@secret.command("run", context_settings={"ignore_unknown_options": True})
@click.option(
    "--file", "files", multiple=True, metavar="VARIABLE=NAME",
    help="Set VARIABLE to the path of a file in memory that holds the secret.",
)  # fmt: skip
@click.option(
    "--env", "variables", multiple=True, metavar="VARIABLE=NAME",
    help="Set VARIABLE to the secret itself.",
)  # fmt: skip
@_FIELD
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]...")
@click.pass_obj
@one_line_errors
def run(
    options: dict[str, Any],
    files: tuple[str, ...],
    variables: tuple[str, ...],
    field: str | None,
    command: tuple[str, ...],
) -> NoReturn:
    """Become COMMAND, with secrets in files in memory or in its environment, and without the API key.

    Programs of the same user can read either. A variable also goes to whatever COMMAND starts, and to wherever that
    prints its environment; a file in memory is gone with the last program that has it open.
    """
    if not files and not variables:
        raise click.UsageError("say which secret with --file VARIABLE=NAME or --env VARIABLE=NAME")
    environment = {name: value for name, value in os.environ.items() if name not in OF_ENVIRONMENT}
    with _client(options) as locum:
        for variable, name in map(_assignment, files):
            environment[variable] = _in_memory(_part(locum.get_secret(name), field))
        for variable, name in map(_assignment, variables):
            value = _part(locum.get_secret(name), field)
            if b"\0" in value:
                _fail(f"the secret for {variable} has a NUL byte, which no variable can hold", FAILED)
            environment[variable] = os.fsdecode(value)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and a program inherits that
    try:
        os.execvpe(command[0], list(command), environment)  # noqa: S606 - what the caller wants to run
    except OSError as error:
        _fail(f"{command[0]}: {error.strerror}", 127 if isinstance(error, FileNotFoundError) else 126)


def _client(options: dict[str, Any]) -> Locum:
    from locum.client import Locum, Secret

    file, descriptor = options["api_key_file"], options["api_key_fd"]
    key: Secret | None = None
    if descriptor is not None:
        key, file = Secret(_read(descriptor)), None
    elif file is not None and str(file) == "-":
        key, file = Secret(_read(0)), None
    return Locum(
        options["url"], api_key=key, api_key_file=file, ca_file=options["ca_file"], timeout=options["timeout"]
    )


def _read(descriptor: int) -> bytes:
    """The key, to the end of what there is to read; a terminal or a file that never ends is none."""
    content = b""
    while len(content) <= _MOST_KEY_BYTES:
        piece = os.read(descriptor, _MOST_KEY_BYTES)
        if not piece:
            break
        content += piece
    return content.strip()


def _part(login: Login, field: str | None) -> bytes:
    found: Secret | str | None = login.secret if field is None else getattr(login, FIELDS[field])
    if found is None:
        _fail(f"the credential has no {field or 'secret'}", NOT_FOUND)
    return found.encode() if isinstance(found, str) else found.reveal()


def _everything(login: Login) -> dict[str, str | None]:
    shown: dict[str, str | None] = {"credentialId": str(login.credential_id), "domain": login.domain}
    for field, name in FIELDS.items():
        value: Secret | str | None = getattr(login, name)
        if field == "content":
            shown[field] = (
                base64.b64encode(value.reveal()).decode() if value and not isinstance(value, str) else None
            )
        else:
            shown[field] = value if value is None or isinstance(value, str) else value.reveal_text()
    return {**shown, "contentName": login.content_name}


def _lease(lease: Lease) -> dict[str, Any]:
    return {
        "id": str(lease.id),
        "credentialId": str(lease.credential_id),
        "username": lease.username,
        "domain": lease.domain,
        "state": lease.state,
        "exclusive": lease.exclusive,
        "dueAt": lease.due_at.isoformat(),
    }


def _put(content: bytes, out: Path | None) -> None:
    if out is not None:
        from locum.kit.files import replace_file

        replace_file(out, content, mode=0o600)
        return
    newline = b"\n" if sys.stdout.isatty() and not content.endswith(b"\n") else b""
    _write(content + newline)


def _print(lines: list[str]) -> None:
    _write("".join(f"{line}\n" for line in lines).encode())


def _write(content: bytes) -> None:
    """To standard output, past every buffer: what could not be written is an error now, and none is left for later."""
    signal.signal(
        signal.SIGPIPE, signal.SIG_DFL
    )  # end as other programs of a pipeline do when its reader has gone
    left = memoryview(content)
    while left:
        left = left[os.write(1, left) :]


def _in_memory(content: bytes) -> str:
    """The path of a file that is nowhere but in memory, and open in this process and what it becomes."""
    descriptor = os.memfd_create("secret", 0)  # without the flag that closes it when another program starts
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return f"/dev/fd/{descriptor}"


def _assignment(text: str) -> tuple[str, str]:
    variable, equals, name = text.partition("=")
    if not equals or not name or not variable.isidentifier():
        raise click.UsageError("--file and --env take VARIABLE=NAME")
    return variable, name


def _plain(text: str) -> str:
    """`text` on one line and without what a terminal would act on."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _status_of(error: Exception) -> int:
    from locum import client

    kinds: dict[type[Exception] | tuple[type[Exception], ...], int] = {
        client.Misconfigured: MISUSED,
        (client.NotAuthenticated, client.NotAllowed): NOT_ALLOWED,
        (client.NotFound, client.NotUnique): NOT_FOUND,
        client.Conflict: NOT_NOW,
        (client.Unreachable, client.Unavailable, client.TooManyRequests): NO_ANSWER,
    }
    return next((status for kind, status in kinds.items() if isinstance(error, kind)), FAILED)


def _fail(words: str, status: int) -> NoReturn:
    click.echo(f"locum: {_plain(words)}", err=True)
    sys.exit(status)
