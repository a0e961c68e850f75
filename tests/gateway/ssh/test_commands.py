"""File transfer dressed as a command is found; ordinary commands are let through (SEC-13)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.gateway.ssh.commands import Transfer, file_transfer, plain_transfer


@pytest.mark.parametrize(
    ("command", "tool"),
    [
        ("scp -t /tmp", "scp"),
        ("scp -f file", "scp"),
        ("scp -r -p -t -- /tmp/x", "scp"),
        ("scp -qprt .", "scp"),
        ("/usr/bin/scp -f /etc/passwd", "scp"),
        ("LC_ALL=C scp -t .", "scp"),
        ("A=1 B='x y' /usr/bin/scp -t .", "scp"),
        ("env -i PATH=/bin scp -t .", "scp"),
        ("exec scp -t .", "scp"),
        ("nice -n 5 scp -t .", "scp"),
        ("sudo -u root scp -f /etc/shadow", "scp"),
        ("'scp' -t .", "scp"),
        ("s\\cp -t .", "scp"),
        ("$'scp' -t .", "scp"),
        ("cd /tmp; scp -t .", "scp"),
        ("cd /tmp && scp -t .", "scp"),
        ("true\nscp -t .", "scp"),
        ("(scp -t .)", "scp"),
        ("echo $(scp -f x)", "scp"),
        ("echo `scp -f x`", "scp"),
        ("2>/dev/null scp -t .", "scp"),
        ("scp -t . 2>/dev/null", "scp"),
        ("sh -c 'scp -t .'", "scp"),
        ("/bin/bash -lc 'cd /tmp && exec scp -t .'", "scp"),
        ("sh -c \"bash -c 'scp -t .'\"", "scp"),
        ("eval scp -t .", "scp"),
        ("su - alice -c 'scp -t .'", "scp"),
        ("scp -t 'unbalanced", "scp"),
        ("sftp-server", "sftp-server"),
        ("/usr/lib/openssh/sftp-server -e", "sftp-server"),
        ("sh -c sftp-server", "sftp-server"),
        ("sudo -n /usr/lib/sftp-server", "sftp-server"),
        ("internal-sftp", "internal-sftp"),
        ("/usr/lib/sftp-server 'x", "sftp-server"),
        ("rsync --server -vlogDtpre.iLsfxC . /tmp", "rsync"),
        ("/usr/bin/rsync --server --sender . x", "rsync"),
        ("sudo rsync --server . x", "rsync"),
        ("if true; then rsync --server . x; fi", "rsync"),
    ],
)
def test_finds(command: str, tool: str) -> None:
    assert file_transfer(command) == tool


@pytest.mark.parametrize(
    "command",
    [
        "",
        "id",
        "sudo id",
        "ls -lt",
        "scp --help",
        "scp a.txt b.txt",
        "echo scp -t",
        "man scp",
        "grep -f sftp-server /etc/ssh/sshd_config",
        "cat /usr/share/doc/sftp-server",
        "rsync -a a/ b/",
        "echo 'scp -t .'",
        "cat > file",
        "uptime 'unbalanced",
        "sh script.sh -t scp",
        "tail -f /var/log/syslog",
    ],
)
def test_lets_through(command: str) -> None:
    assert file_transfer(command) is None


@given(st.text(alphabet=st.sampled_from("scp -tf;&|()<>'\"\\$`\n=Aeval sh -c"), max_size=60))
def test_any_text_gets_an_answer(command: str) -> None:
    assert file_transfer(command) in (None, "scp")


@pytest.mark.parametrize(
    ("command", "transfer"),
    [
        ("scp -t /tmp", Transfer("scp", True, "/tmp")),
        ("scp -r -p -d -t -- a", Transfer("scp", True, "a")),
        ("scp -v -f *.txt", Transfer("scp", False, "*.txt")),
        ("rsync --server -logDtpre.iLsfxCIvu . /srv/in", Transfer("rsync", True, "/srv/in")),
        ("rsync --server --sender -logDtpre.iLsfxCIvu . a b", Transfer("rsync", False, "b")),
    ],
)
def test_a_transfer_as_the_tools_write_it(command: str, transfer: Transfer) -> None:
    assert plain_transfer(command) == transfer
    assert file_transfer(command) == transfer.tool


@pytest.mark.parametrize(
    "command",
    [
        "id", "/usr/bin/scp -t x", "sudo scp -t x", "scp -t x; id", "scp -t x && id", "scp -t $(id)", "scp -t `id`",
        "scp -t x | cat", "scp -t x > y", "scp -t x\nid", "scp -t 'x'", "scp -t x y", "scp -t", "scp -t -f x",
        "scp -S /bin/id -t x", "scp -oProxyCommand=id -f x", "scp -t {a,b}", "scp  -t x", "scp -t x\tid",
        "rsync --server --daemon . x", "rsync -a . x", "rsync --server x", "rsync -a --server . x", "A=1 scp -t x",
        "scp -t x #", "scp -t !x", "scp -t x\\",
    ],
)  # fmt: skip
def test_what_a_shell_would_make_more_of_is_no_plain_transfer(command: str) -> None:
    assert plain_transfer(command) is None
