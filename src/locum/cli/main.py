"""The `locum` command. Heavy imports happen inside the commands, so that `--help` is quick."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import Any, Literal

import click

from locum import __version__
from locum.cli.backup import backup, restore, resume, status
from locum.cli.login import login
from locum.cli.mail import mail
from locum.cli.options import DATA_DIR, DATABASE_URL, GATEWAY, MAIL, UNLOCK_FILE, print_and_exit
from locum.cli.policy import policy
from locum.cli.recording import recording
from locum.cli.secret import secret
from locum.cli.ssh import ssh, ssh_config
from locum.cli.vault import vault
from locum.kit.errors import LocumError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="locum")
def cli() -> None:
    """Privileged access management: nobody holds standing privilege."""


@cli.command()
@DATA_DIR
@click.option("--admin", required=True, metavar="NAME", help="The first administrator, a local user.")
@click.option(
    "--admin-password-file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Holds that user's password; one newline at its end is dropped.",
)
@click.option(
    "--admin-mfa",
    type=click.Choice(["none", "totp"]),
    default="totp",
    show_default=True,
    help="Second factor of the first administrator.",
)
@click.option(
    "--user-mfa",
    type=click.Choice(["required", "optional"]),
    default="required",
    show_default=True,
    help="Whether a user must enrol a second factor before anything else.",
)
@click.option(
    "--root-key",
    metavar="PROVIDER",
    help="What keeps the root key: file, passphrase, env or pkcs11:URI.  [default: file]",
)
@UNLOCK_FILE
@DATABASE_URL
def init(
    data_dir: Path,
    admin: str,
    admin_password_file: Path,
    admin_mfa: Literal["none", "totp"],
    user_mfa: Literal["required", "optional"],
    root_key: str | None,
    unlock_file: Path | None,
    database_url: str | None,
) -> None:
    """Create and prepare DIR: keys, database, TLS certificate, first administrator.

    Prints one JSON object: admin, totpUri, recoveryCodes, caCertificate. Run again, it changes nothing and prints
    the secrets as null.
    """
    from locum.main.prepare import Wish, prepare

    password = _password_from(admin_password_file)
    wish = Wish(admin, password, admin_mfa, user_mfa, database_url, root_key, unlock_file)
    click.echo(json.dumps(prepare(data_dir, wish), indent=2))


@cli.command()
@DATA_DIR
@click.option("--https", metavar="HOST:PORT", help="Address of the REST API [127.0.0.1:6500].")
@click.option("--ssh", metavar="HOST:PORT", help="Address of the SSH gateway [127.0.0.1:4422].")
@DATABASE_URL
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="Certificate chain (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="Its private key (PEM).")
@click.option(
    "--client-ca",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CA certificates (PEM) that sign the client certificates of applications.",
)
@UNLOCK_FILE
@click.option("--public-url", metavar="URL", help="How clients reach the API: for its certificate, and for links.")
@click.option("--public-ssh", metavar="HOST:PORT", help="How clients reach the gateway, for links.")
@click.option(
    "--trusted-proxies",
    metavar="ADDRESSES",
    help="Addresses or networks whose X-Forwarded-For is believed, separated by commas.",
)
@GATEWAY
@click.option("--keep-mails", type=int, metavar="DAYS", help="Delete sent mails after so long [90].")
@MAIL
def serve(data_dir: Path, **options: Any) -> None:
    """Run Locum: REST API, SSH gateway and worker in one process.

    Every option is also a LOCUM_… variable and a line of DIR/locum.toml; the option wins, then the variable.
    """
    from locum.kit.settings import load_settings
    from locum.main.serve import run

    if options["trusted_proxies"] is not None:
        options["trusted_proxies"] = options["trusted_proxies"].split(",")
    run(load_settings(data_dir, options))


@cli.command()
@DATA_DIR
@click.option("--ssh", metavar="HOST:PORT", help="Address it listens on [127.0.0.1:4422].")
@DATABASE_URL
@UNLOCK_FILE
@GATEWAY
def gateway(data_dir: Path, **options: Any) -> None:
    """Run the SSH gateway alone, beside `locum serve` on the same PostgreSQL database.

    DIR is its own, with a copy of the root key file of `locum serve` in DIR/keys, and keeps its recordings.
    """
    from locum.kit.settings import load_settings
    from locum.main.gateway_node import run

    run(load_settings(data_dir, options))


@cli.group()
def audit() -> None:
    """The audit log."""


@audit.command("verify")
@DATA_DIR
@DATABASE_URL
def audit_verify(data_dir: Path, database_url: str | None) -> None:
    """Check the whole chain; exit 1 and name the first bad row if it does not hold."""
    from locum.main.operate import operate

    print_and_exit(operate("audit.verify", data_dir, database_url))


@audit.command("verify-file")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--public-key", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=True, metavar="FILE"
)
def audit_verify_file(file: Path, public_key: Path) -> None:
    """Check an exported audit log with nothing but the public key (DIR/public/audit-signing.pub)."""
    from locum.main.operate import verify_export

    print_and_exit(verify_export(file, public_key))


@audit.command("export")
@DATA_DIR
@DATABASE_URL
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def audit_export(data_dir: Path, database_url: str | None, file: Path) -> None:
    """Write the audit log with its seals and checkpoints to FILE, one JSON object a line."""
    from locum.main.operate import operate

    print_and_exit(operate("audit.export", data_dir, database_url, file=str(file.resolve())))


@cli.command("rotate-token-key")
@DATA_DIR
@DATABASE_URL
def rotate_token_key(data_dir: Path, database_url: str | None) -> None:
    """Make a new key for signing tokens. Every token made before is refused at once, on every node; sign in again.

    API keys and the sign-ins of browsers go on. The new public half is in DIR/public/token-signing.pub.
    """
    from locum.main.operate import operate

    print_and_exit(operate("token-key.rotate", data_dir, database_url))


@cli.command()
@DATA_DIR
@DATABASE_URL
@click.option(
    "--recovery-key",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="DIR/keys/recovery.key, which init made and you keep offline.",
)
@click.option("--minutes", type=click.IntRange(5, 1440), default=60, show_default=True)
def recover(data_dir: Path, database_url: str | None, recovery_key: Path, minutes: int) -> None:
    """Make one administrator that expires, when nobody else can sign in. Audited; the key works once.

    Prints the administrator's name and password as JSON and writes the next recovery key to DIR/keys.
    """
    from locum.main.operate import operate

    key = _password_from(recovery_key).reveal_text()
    print_and_exit(operate("recover", data_dir, database_url, key=key, minutes=minutes))


@cli.command("scan-token")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[PATH]...")
@click.option(
    "--all", "look_alikes", is_flag=True, help="Report also what looks like a key and has a wrong checksum."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Say also which application each key belongs to, and whether it still works.",
)
@DATABASE_URL
def scan_token(
    paths: tuple[Path, ...], look_alikes: bool, as_json: bool, data_dir: Path | None, database_url: str | None
) -> None:
    """Find API keys of Locum in files, in folders and, for - or no PATH, in standard input.

    Prints path:line:column and the last four characters of each, never the key. Exit status: 1 where a key was
    found, else 2 where something could not be read, else 0.
    """
    from locum.cli.scan_token import Wanted, scan

    sys.exit(scan(Wanted(paths or (Path("-"),), look_alikes, as_json, data_dir, database_url)))


for _command in (backup, login, mail, policy, recording, restore, resume, secret, ssh, ssh_config, status, vault):
    cli.add_command(_command)


def _password_from(file: Path) -> Any:
    from locum.kit.errors import StartError
    from locum.vault.secret import Secret

    try:
        text = file.read_bytes()
    except OSError as error:
        raise StartError(f"can't read {file}: {error.strerror}") from None
    return Secret(text[:-1] if text.endswith(b"\n") else text)


def main() -> None:
    """Entry point: an expected failure is one line on stderr and exit status 2."""
    gc.set_threshold(100_000)  # what is imported stays: looking for garbage in it would be a fifth of the start
    try:
        cli(standalone_mode=False)
    except LocumError as error:
        click.echo(f"locum: {error.detail}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
