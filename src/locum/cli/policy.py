"""`locum policy`: why somebody may or may not, and whether policies say what they are expected to say."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locum.cli.options import DATABASE_URL
from locum.cli.secret import one_line_errors
from locum.kit.errors import StartError

if TYPE_CHECKING:
    from locum.policies.expectations import Expectation, Question, Said

_WHERE = (
    click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="LOCUM_DATA_DIR",
        metavar="DIR",
        help="Ask Locum on this machine, whose data directory this is, running or not.",
    ),
    DATABASE_URL,
    click.option("--url", metavar="URL", envvar="LOCUM_URL", help="Ask a server over its REST API instead."),
    click.option(
        "--api-key-file",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="LOCUM_API_KEY_FILE",
        metavar="FILE",
        help="Holds the API key of an application, for --url. Else LOCUM_API_KEY.",
    ),
    click.option(
        "--ca-file",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="LOCUM_CA_FILE",
        metavar="FILE",
        help="CA certificates (PEM) to trust in place of the system's, for --url.",
    ),
)
_SIGNS = {"allowed": "yes", "needs approval": "after approval", "denied": "no"}
_JOINED = ("person", "activity", "resource", "credential")


def _somewhere(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_WHERE):
        command = option(command)
    return command


@click.group()
def policy() -> None:
    """Access policies: explain a decision, test what they say."""


@policy.command("explain")
@click.argument("user")
@click.argument("activity", required=False)
@click.argument("resource", required=False)
@click.option("--credential", metavar="NAME", help="The credential that is asked for, instead of an activity.")
@click.option("--policy", "wanted", metavar="NAME", help="The access policy that is asked for.")
@click.option("--note", default="", metavar="TEXT", help="The notes that would be given.")
@click.option("--ticket", default="", metavar="TEXT", help="The ticket that would be given.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="NAME=VALUE",
    help="The answer that would be given to that custom field; may be repeated.",
)
@click.option("--address", metavar="ADDRESS", help="From where access would be asked for; else this is not asked.")
@click.option("--at", metavar="TIME", help="When it would start, as 2026-11-27T14:00:00Z; now if not said.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as one JSON object.")
@_somewhere
@one_line_errors
def explain(
    user: str,
    activity: str | None,
    resource: str | None,
    credential: str | None,
    wanted: str | None,
    note: str,
    ticket: str,
    answers: tuple[str, ...],
    address: str | None,
    at: str | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Say whether USER may do ACTIVITY on RESOURCE, or know the secret of a credential, and why.

    Each is a name or an id, a credential also a login, as domain\\username. Shows which policy decides, by which
    groups it holds all that is asked for, what every other policy lacks. Exit status 0 if
    access would be given, 3 if an approver would be asked first, 1 if it would be denied.
    """
    from locum.policies.expectations import Question, check_target

    question = Question(
        user=user,
        activity=activity,
        resource=resource,
        credential=credential,
        policy=wanted,
        note=note,
        ticket=ticket,
        answers=_answers(answers),
        address=address,
        at=_instant(at),
    )
    check_target(question)
    with _Asking(**where) as ask:
        found = ask(question)
    click.echo(json.dumps(found, indent=2) if as_json else _words(found))
    sys.exit({"allowed": 0, "needs approval": 3}.get(found["outcome"], 1))


@policy.command("test")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every expectation.")
@_somewhere
@one_line_errors
def test(file: Path, as_json: bool, **where: Any) -> None:
    """Compare what policies say with the expectations in FILE (TOML), and exit with 1 if one does not hold.

    The policies are those of FILE if it has any, else those of the Locum that is named.
    """
    from locum.policies import expectations

    try:
        written = expectations.read(file.read_text())
    except UnicodeDecodeError:
        raise StartError(f"{file} is no text") from None
    if written.policy:
        failures = _compare(written.expect, expectations.from_file(written), as_json=as_json)
    else:
        with _Asking(**where) as ask:
            failures = _compare(written.expect, lambda question: _said(ask(question)), as_json=as_json)
    sys.exit(1 if failures else 0)


def _compare(expect: list[Expectation], ask: Callable[[Question], Said], *, as_json: bool) -> int:
    from locum.policies.expectations import difference

    differences = [difference(one, ask(one)) for one in expect]
    failures = [one for one in differences if one is not None]
    if as_json:
        click.echo(json.dumps({"expectations": len(expect), "failures": failures}, indent=2))
    else:
        for line in failures:
            click.echo(line, err=True)
        click.echo(f"{len(expect) - len(failures)} of {len(expect)} expectations hold")
    return len(failures)


def _said(found: dict[str, Any]) -> Said:
    from locum.policies.expectations import Said

    return Said(found["outcome"], found["policy"], found["missing"], found["reason"])


class _Asking:
    """Puts questions to the Locum of a data directory, or to a server over its REST API; answers JSON objects."""

    def __init__(
        self,
        data_dir: Path | None,
        database_url: str | None,
        url: str | None,
        api_key_file: Path | None,
        ca_file: Path | None,
    ) -> None:
        if data_dir is None and url is None:
            raise StartError("say whom to ask: --data-dir DIR, or --url URL")
        self._data_dir = data_dir if url is None else None
        self._database_url = database_url
        self._remote: Any = None
        if self._data_dir is None:
            from locum.client import Locum

            self._remote = Locum(url, api_key_file=api_key_file, ca_file=ca_file)

    def __enter__(self) -> Callable[[Question], dict[str, Any]]:
        return self._ask_remote if self._data_dir is None else self._ask_here

    def __exit__(self, *_: object) -> None:
        if self._remote is not None:
            self._remote.close()

    def _ask_remote(self, asked: Question) -> dict[str, Any]:
        found: dict[str, Any] = self._remote.explain_policy(
            asked.user,
            asked.activity,
            asked.resource,
            credential=asked.credential,
            policy=asked.policy,
            note=asked.note,
            ticket=asked.ticket,
            answers=asked.answers,
            address=asked.address,
            at=asked.at,
        )
        return found

    def _ask_here(self, asked: Question) -> dict[str, Any]:
        from locum.main.operate import operate
        from locum.policies.expectations import as_builtins

        assert self._data_dir is not None
        named = as_builtins(asked)
        found: dict[str, Any] = operate("policy.explain", self._data_dir, self._database_url, **named)["object"]
        return found


def _answers(given: tuple[str, ...]) -> dict[str, str]:
    answers = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign:
            raise StartError("--answer must be NAME=VALUE")
        answers[name] = value
    return answers


def _instant(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise StartError("--at must be a time with its offset, as 2026-11-27T14:00:00Z")
    return at


def _words(found: dict[str, Any]) -> str:
    lines = [f"{_SIGNS[found['outcome']]}: {found['reason']}"]
    for one in found["considered"]:
        verdict = one["refusal"] or (
            "this one decides" if one["policy"] == found["policy"] else "would let it pass"
        )
        lines.append(f"  policy “{one['policy']}” (priority {one['priority']}): {verdict}")
        lines += [f"    {word} {_ways(one[word])}" for word in _JOINED if one.get(word)]
    lines += [
        f"  policy “{one['policy']}” holds the person, but not the {' and '.join(one['missing'])}"
        for one in found["near"]
    ]
    return "\n".join(lines)


def _ways(ways: list[dict[str, Any]]) -> str:
    return " and ".join(f"“{way['name']}”" + (f" (through “{way['via']}”)" if way["via"] else "") for way in ways)
