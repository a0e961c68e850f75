"""Rules about code: each has a snippet that offends and one that does not."""

from __future__ import annotations

import pytest
from scripts.banned_code import banned_code
from scripts.source import Source

ROOM = "src/locum/sessions/request.py"
DOOR = "src/locum/api/request.py"


def rules(text: str, path: str = ROOM) -> set[str]:
    return {finding.rule for finding in banned_code(Source.parse(path, text))}


@pytest.mark.parametrize(
    "text",
    [
        "import random",
        "from random import choice",
        "import pickle as p",
        "import marshal",
        "import shelve",
        "eval(x)",
        "exec(x)",
        "import os\nos.system(x)",
        "from os import popen\npopen(x)",
        "import subprocess\nsubprocess.run(x, shell=True)",
        "import subprocess\nsubprocess.run(x, shell=wanted)",
        "import asyncio\nasyncio.create_subprocess_shell(x)",
    ],
)
def test_what_is_banned_everywhere_is_found(text: str) -> None:
    assert rules(text) == {"ban"}


@pytest.mark.parametrize(
    "text",
    [
        "import secrets\nsecrets.token_bytes(32)",
        "import subprocess\nsubprocess.run(['id'], shell=False)",
        "import asyncio\nasyncio.create_subprocess_exec('id')",
        "from locum.kit import random_names",
        "command.exec(x)",
    ],
)
def test_what_replaces_it_passes(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.time()",
        "from time import time as now\nnow()",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import datetime\nf(clock=datetime.utcnow)",
        "import datetime\ndatetime.date.today()",
    ],
)
def test_the_wall_clock_is_found_in_rooms_that_use_the_database_s_clock(text: str) -> None:
    assert rules(text) == {"clock"}
    assert rules(text, "src/locum/kit/jobs.py") == {"clock"}
    assert rules(text, "src/locum/gateway/ssh/driver.py") == set()


@pytest.mark.parametrize(
    "text", ["import time\ntime.monotonic()", "import datetime as dt\ndt.datetime(2026, 1, 1)", "tx.now()"]
)
def test_timers_and_given_times_pass(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "import sqlalchemy as sa\nsa.text(f'SELECT {x}')",
        "from sqlalchemy import text\ntext('SELECT %s' % x)",
        "from sqlalchemy import text\ntext('SELECT ' + x)",
        "connection.exec_driver_sql('SELECT {}'.format(x))",
    ],
)
def test_sql_built_from_values_is_found(text: str) -> None:
    assert rules(text) == {"sql"}


@pytest.mark.parametrize(
    "text",
    [
        "import sqlalchemy as sa\nsa.text('SELECT :x').bindparams(x=1)",
        "connection.exec_driver_sql('BEGIN IMMEDIATE')",
        "html.text(f'<b>{x}')",
    ],
)
def test_sql_with_bound_parameters_passes(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    "line",
    [
        "import sqlalchemy",
        "from sqlalchemy.orm import Session",
        "import asyncssh",
        "import time",
        "from locum.kit import db",
        "from locum.kit.db import Tx",
        "import asyncio",
    ],
)
def test_a_pure_file_that_reaches_out_is_found(line: str) -> None:
    assert rules(f'"""Plans, PURE."""\n{line}') == {"pure"}
    assert rules(f'"""Plans."""\n\n"""PURE."""\n{line}') == set()


def test_a_pure_file_reads_no_clock() -> None:
    text = '"""PURE: plans."""\nimport datetime as dt\n'
    assert rules(text + "dt.datetime.now(dt.UTC)", "src/locum/gateway/ssh/names.py") == {"clock"}
    assert rules(text + "def f(now: dt.datetime) -> None: ...", "src/locum/gateway/ssh/names.py") == set()


@pytest.mark.parametrize("path", ["sessions/lifecycle", "policies/decide", "vault/seal", "gateway/ssh/relay"])
def test_a_file_that_must_be_pure_says_so(path: str) -> None:
    assert rules('"""Decides."""', f"src/locum/{path}.py") == {"pure"}
    assert rules('"""PURE: decides."""', f"src/locum/{path}.py") == set()


@pytest.mark.parametrize(
    "text",
    [
        "print(secret.reveal_text())",
        "log.info('signed in', password=secret.reveal())",
        "logger.warning(f'{secret.reveal_text()}')",
        "import sys\nsys.stderr.write(secret.reveal_text())",
        "raise Invalid(f'bad password {secret.reveal_text()}')",
    ],
)
def test_a_secret_on_its_way_out_is_found(text: str) -> None:
    assert rules(text) == {"secret"}


@pytest.mark.parametrize(
    "text", ["print(secret)", "log.info('signed in', password=secret)", "hasher.verify(digest, secret.reveal())"]
)
def test_a_secret_that_stays_in_passes(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Response(status_code=404)",
        "send({'type': 'http.response.start', 'status': 413})",
        "if response.status_code == 409: pass",
        "status = 403",
        "f(status=(200, 404))",
    ],
)
def test_a_status_number_is_found(text: str) -> None:
    assert rules(text, DOOR) == {"status"}
    assert rules(text, "src/locum/api/problems.py") == set()


@pytest.mark.parametrize(
    "text",
    [
        "@operation(status=201, errors={'status': 404})\nasync def f() -> None: ...",
        "raise NotFound('no such key')",
        "channel.exit(status=1)",
        "if status != 204: pass",
        "String(500)",
    ],
)
def test_declared_statuses_and_other_numbers_pass(text: str) -> None:
    assert rules(text, DOOR) == set()


def test_a_finding_names_what_an_exception_would_list() -> None:
    (finding,) = banned_code(Source.parse(ROOM, "import time\n\nx = time.time()\n"))
    assert (finding.line, finding.subject) == (3, f"{ROOM}::time.time")


GRANT = "from locum.sessions.authorize import Grant\nGrant(host='x')"
DIAL = "import asyncssh\nasyncssh.connect('x')"


def test_a_grant_is_made_by_the_gate_alone_and_targets_are_dialled_in_two_files() -> None:
    assert rules(GRANT) == {"gate"}
    assert rules(DIAL) == {"gate"}
    assert rules(DIAL, "src/locum/gateway/ssh/channel.py") == {"gate"}
    assert rules(DIAL, "src/locum/gateway/ssh/upstream.py") == set()
    assert rules(DIAL, "src/locum/connectors/ssh.py") == set()
    assert rules("def authorize_connection() -> Grant:\n    return Grant(host='x')") == set()
