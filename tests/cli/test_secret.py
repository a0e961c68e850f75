"""`locum secret` as scripts use it: exact bytes, exit statuses, and nothing secret where others can look."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from installation import LOCUM
from secret_server import PASSWORD, SecretServer

NAME = "web01\\deploy"
BYTES = PASSWORD.encode()


def one_line(done: subprocess.CompletedProcess[bytes], status: int, words: str) -> None:
    assert done.returncode == status, done.stderr
    assert done.stdout == b""
    assert done.stderr.startswith(b"locum: ") or b"Usage:" in done.stderr
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    if status != 2:
        assert done.stderr.count(b"\n") == 1


def test_exactly_the_secret(secret_server: SecretServer) -> None:
    done = secret_server.run("get", NAME)
    assert (done.returncode, done.stdout, done.stderr) == (0, BYTES, b"")
    assert secret_server.run("get", NAME, "--field", "username").stdout == b"deploy"
    assert secret_server.run("get", secret_server.ids["deploy"]).stdout == BYTES
    everything = json.loads(secret_server.run("get", NAME, "--json").stdout)
    assert (everything["username"], everything["domain"], everything["password"]) == ("deploy", "web01", PASSWORD)
    assert everything["privateKey"] is None


def test_in_a_pipeline(secret_server: SecretServer) -> None:
    script = "locum secret get 'web01\\deploy' | sha256sum; printf %s \"$WANTED\" | sha256sum"
    done = secret_server.shell(script, WANTED=PASSWORD)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(set(done.stdout.splitlines())) == 1
    assert secret_server.shell("locum secret get nobody | cat").returncode == 4
    # A reader that has gone ends it without a word.
    done = secret_server.shell("(sleep 0.2; locum secret list || echo $? >&2) | true")
    assert done.stderr == "141\n"


def test_a_file_for_its_owner_alone(secret_server: SecretServer, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("what was there")
    file.chmod(0o666)
    done = secret_server.run("get", NAME, "--out", str(file))
    assert (done.returncode, done.stdout) == (0, b"")
    assert file.read_bytes() == BYTES
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["password"]
    one_line(secret_server.run("get", NAME, "--out", str(tmp_path / "no" / "x")), 1, "No such file")


def test_a_terminal_is_not_shown_it_unasked(secret_server: SecretServer) -> None:
    def typed(*more: str) -> tuple[str, int]:
        child = pexpect.spawn(LOCUM, ["secret", "get", "backup", *more], env=secret_server.env(), timeout=20)
        said = child.read().decode()
        child.close()
        return said, child.exitstatus or 0

    said, status = typed()
    assert status == 2
    assert "say --show, or --out FILE" in said
    assert typed("--show") == ("other\r\n", 0)


def test_lists(secret_server: SecretServer) -> None:
    done = secret_server.run("list", "deploy")
    assert done.stdout.decode() == f"{secret_server.ids['deploy']}\tdeploy\tweb01\t\n"
    lines = secret_server.run("list", "--json").stdout.splitlines()
    assert {json.loads(line)["username"] for line in lines} == {"deploy", "backup", "twice"}
    assert len(secret_server.run("list", "--take", "1").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "more", "status", "said"),
    [
        (["get", "nobody"], {}, 4, "no credential has this name"),
        (["get", "twice"], {}, 4, "2 credentials have this name"),
        (["get", "00000000-0000-0000-0000-000000000001"], {}, 4, "no such credential"),
        (["get", NAME, "--field", "privateKey"], {}, 4, "the credential has no privateKey"),
        (["get", NAME, "--json", "--field", "password"], {}, 2, "leave out --field"),
        (["get"], {}, 2, "Missing argument"),
        (["checkin", "no-id"], {}, 2, "is not a valid UUID"),
        (["run", "--", "true"], {}, 2, "--file VARIABLE=NAME"),
        (["run", "--env", "9=x", "--", "true"], {}, 2, "take VARIABLE=NAME"),
        (["get", NAME], {"LOCUM_URL": "http://127.0.0.1"}, 2, "https://HOST"),
        (["get", NAME], {"LOCUM_API_KEY_FILE": "/no/where"}, 2, "can't read the file with the API key"),
        (["get", NAME], {"LOCUM_API_KEY_FILE": "/dev/null"}, 2, "there is no API key"),
        (["get", NAME], {"LOCUM_CA_FILE": "/no/where"}, 2, "certificate file can't be used"),
        (["get", NAME], {"LOCUM_CA_FILE": ""}, 6, "certificate is not trusted"),
        (["get", NAME], {"LOCUM_URL": "https://127.0.0.1:9"}, 6, "can't be reached"),
        (["get", NAME], {"LOCUM_API_KEY_FILE": "", "LOCUM_API_KEY": "locum_ak_wrong"}, 3, "not valid"),
    ],
)
def test_one_line_and_a_status_for_each_failure(
    secret_server: SecretServer, words: list[str], more: dict[str, str], status: int, said: str
) -> None:
    one_line(secret_server.run(*words, more=more), status, said)


def test_a_full_disk_is_said(secret_server: SecretServer) -> None:
    with open("/dev/full", "wb") as full:
        env = secret_server.env()
        done = subprocess.run(
            [LOCUM, "secret", "get", NAME], stdout=full, stderr=subprocess.PIPE, env=env, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"locum: the output: No space left on device\n"


def test_where_the_key_may_come_from(secret_server: SecretServer) -> None:
    no_key = {"LOCUM_API_KEY_FILE": ""}
    key = secret_server.key
    assert secret_server.run("get", NAME, more={**no_key, "LOCUM_API_KEY": key}).stdout == BYTES
    from_input = secret_server.run("--api-key-file", "-", "get", NAME, input=f"{key}\n".encode(), more=no_key)
    assert from_input.stdout == BYTES
    script = f"exec 7<{secret_server.key_file}; locum secret --api-key-fd 7 get backup"
    assert secret_server.shell(script, LOCUM_API_KEY_FILE="").stdout == "other"
    one_line(secret_server.run("--api-key-fd", "99", "get", NAME), 1, "Bad file descriptor")
    assert b"api-key " not in secret_server.run("--help").stdout  # there is no option that takes the key itself


def test_check_out_and_in(secret_server: SecretServer) -> None:
    lease = secret_server.run("checkout", NAME, "--minutes", "5", "--note", "test").stdout.decode().strip()
    assert re.fullmatch(r"[0-9a-f-]{36}", lease)
    (held,) = map(json.loads, secret_server.run("leases").stdout.splitlines())
    assert (held["id"], held["state"], held["exclusive"]) == (lease, "active", True)
    assert secret_server.run("get", NAME).stdout == BYTES
    one_line(secret_server.run("checkout", NAME), 5, "checked out until")
    # Whoever else asks for it by the plain path meets who is alone with it.
    _, other = secret_server.at.application(secret_server.admin, f"other{time.monotonic_ns()}")
    other_key = {"LOCUM_API_KEY_FILE": "", "LOCUM_API_KEY": str(other.authorization)}
    one_line(secret_server.run("get", NAME, more=other_key), 5, "checked out until")
    assert secret_server.run("checkin", lease).returncode == 0
    assert secret_server.run("leases").stdout == b""
    assert secret_server.run("get", NAME, more=other_key).stdout == BYTES


def test_run_becomes_the_program(secret_server: SecretServer) -> None:
    show = 'cat $FILE $FILE; printf \'|%s|%s|%s\' "$VALUE" "${LOCUM_API_KEY-none}" "${LOCUM_API_KEY_FILE-none}"; exit 9'
    done = secret_server.run("run", "--file", f"FILE={NAME}", "--env", "VALUE=backup", "--", "sh", "-c", show)
    assert done.returncode == 9
    assert done.stdout == BYTES + BYTES + b"|other|none|none"
    killed = secret_server.run("run", "--env", "VALUE=backup", "--", "sh", "-c", "kill -TERM $$")
    assert killed.returncode == -15
    one_line(secret_server.run("run", "--env", "V=backup", "--", "/no/such/program"), 127, "No such file")
    one_line(secret_server.run("run", "--env", "V=backup", "--", "/etc/passwd"), 126, "Permission denied")
    # Nothing is run when the secret can't be had.
    one_line(secret_server.run("run", "--env", "V=nobody", "--", "echo", "ran"), 4, "no credential")


@pytest.fixture
def watched() -> Iterator[list[str]]:
    """Every command line that `ps` shows to everybody while the test runs."""
    seen: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            lines = subprocess.run(["ps", "-eo", "args", "-ww"], capture_output=True, text=True, check=True).stdout
            seen.extend(lines.splitlines())

    thread = threading.Thread(target=watch)
    thread.start()
    yield seen
    over.set()
    thread.join()


def test_ps_shows_neither_key_nor_secret(secret_server: SecretServer, watched: list[str]) -> None:
    script = """
        locum secret get 'web01\\deploy' | sha256sum
        locum secret --api-key-file - list < "$LOCUM_API_KEY_FILE"
        locum secret run --file F='web01\\deploy' --env V='web01\\deploy' -- sleep 0.3
        id=$(locum secret checkout 'web01\\deploy' --shared)
        locum secret checkin "$id"
        AUTH="Authorization: $(cat "$LOCUM_API_KEY_FILE")"
        curl -sS --cacert "$LOCUM_CA_FILE" -H @<(echo "$AUTH") "$LOCUM_URL/api/v1/Credential/Search?filterText=deploy"
    """
    done = secret_server.shell(script)
    assert done.returncode == 0, done.stderr
    assert any("secret get web01\\deploy" in line for line in watched), "the watch saw nothing"
    for line in watched:
        assert secret_server.key not in line
        assert PASSWORD not in line


def test_nothing_secret_in_the_server_s_log(secret_server: SecretServer) -> None:
    assert secret_server.run("get", NAME).stdout == BYTES
    log = secret_server.at.log()
    assert secret_server.key not in log
    assert PASSWORD not in log
    assert json.dumps(PASSWORD)[1:-1] not in log
