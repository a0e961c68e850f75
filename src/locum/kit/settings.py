"""What an operator may set: command-line option, then `LOCUM_…` variable, then `locum.toml`, then the default."""

from __future__ import annotations

import ipaddress
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from locum.kit.errors import StartError
from locum.kit.mail_address import mail_address

FILE_NAME = "locum.toml"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same names everywhere: `drain_timeout`, `--drain-timeout`, `LOCUM_DRAIN_TIMEOUT`. Times in seconds."""

    data_dir: Path
    https: str = "127.0.0.1:6500"
    ssh: str = "127.0.0.1:4422"
    database_url: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None
    unlock_file: Path | None = None
    public_url: str | None = None
    public_ssh: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    gateway_processes: int = 1
    drain_timeout: float = 10.0
    keep_recordings: int | None = None  # days
    recordings_space: int | None = None  # MiB
    recordings_full: Literal["end", "refuse"] = "end"
    recordings_archive: str | None = None  # s3://BUCKET/PREFIX
    recordings_archive_endpoint: str | None = None
    recordings_archive_ca: Path | None = None
    connections: int | None = None  # open at once, of everybody
    connections_per_person: int | None = None
    sessions_per_person: int | None = None
    mail_server: str | None = None
    mail_tls: Literal["none", "starttls", "tls"] = "starttls"
    mail_ca: Path | None = None
    mail_from: str | None = None
    mail_user: str | None = None
    mail_password_file: Path | None = None
    mail_alarm_to: str | None = None
    keep_mails: int = 90  # days

    @property
    def database(self) -> str:
        """The database's URL; without one, the embedded database in the data directory."""
        return self.database_url or f"sqlite:///{self.data_dir / 'locum.db'}"


def load_settings(data_dir: Path, options: Mapping[str, Any]) -> Settings:
    """Merge the three sources. Raises StartError with the name of the setting that is wrong, never its value."""
    values = read_file(data_dir)
    known = {f.name for f in msgspec.structs.fields(Settings)} - {"data_dir"}
    for name in known:
        variable = os.environ.get(f"LOCUM_{name.upper()}")
        if variable:
            values[name] = variable.split(",") if name == "trusted_proxies" else variable
    values |= {name: value for name, value in options.items() if value is not None}
    unknown = set(values) - known
    if unknown:
        raise StartError(f"{data_dir / FILE_NAME} has the unknown setting {min(unknown)}")
    try:
        settings = msgspec.convert({**values, "data_dir": data_dir}, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        where = str(error).rsplit("`$.", 1)
        name = where[1].rstrip("`") if len(where) == 2 else "a setting"
        raise StartError(f"the setting {name} has a value of the wrong kind") from None
    _check(settings)
    return settings


def read_file(data_dir: Path) -> dict[str, Any]:
    """What the settings file says, if there is one. Raises StartError."""
    file = data_dir / FILE_NAME
    try:
        return tomllib.loads(file.read_text()) if file.exists() else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StartError(f"can't read {file}: {type(error).__name__}") from None


def written(values: Mapping[str, Any]) -> str:
    """The text of a settings file that says this."""
    return "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())


def _toml(value: Any) -> str:
    """As JSON, but for surrogate pairs, which `ensure_ascii` would make, and for the one more letter that TOML bars."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def split_address(value: str, name: str) -> tuple[str, int]:
    """`HOST:PORT` or `[IPv6]:PORT`, taken apart. Raises StartError naming the setting."""
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise StartError(f"{name} must be HOST:PORT, such as 127.0.0.1:6500")
    return host.strip("[]"), int(port)


def _check(settings: Settings) -> None:
    split_address(settings.https, "--https")
    split_address(settings.ssh, "--ssh")
    if settings.public_ssh:
        split_address(settings.public_ssh, "--public-ssh")
    if settings.public_url and not settings.public_url.startswith("https://"):
        raise StartError("--public-url must begin with https://")
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise StartError("--tls-cert and --tls-key go together")
    _check_mail(settings)
    if not 0 <= settings.drain_timeout <= 3600:
        raise StartError("--drain-timeout must lie between 0 and 3600 seconds")
    if settings.keep_recordings is not None and not 1 <= settings.keep_recordings <= 36_500:
        raise StartError("--keep-recordings must lie between 1 and 36500 days")
    if not 1 <= settings.gateway_processes <= 64:
        raise StartError("--gateway-processes must lie between 1 and 64")
    if settings.recordings_archive is None and (
        settings.recordings_archive_endpoint or settings.recordings_archive_ca
    ):
        raise StartError("--recordings-archive-endpoint and --recordings-archive-ca need --recordings-archive")
    if settings.recordings_archive and not settings.recordings_archive.startswith("s3://"):
        raise StartError("--recordings-archive must be s3://BUCKET or s3://BUCKET/PREFIX")
    endpoint = settings.recordings_archive_endpoint
    if endpoint is not None and not endpoint.startswith("https://"):
        raise StartError("--recordings-archive-endpoint must begin with https://")
    if not 1 <= settings.keep_mails <= 36_500:
        raise StartError("--keep-mails must lie between 1 and 36500 days")
    for name in ("connections", "connections_per_person", "sessions_per_person", "recordings_space"):
        if (number := getattr(settings, name)) is not None and number < 1:
            raise StartError(f"--{name.replace('_', '-')} must be 1 or more")
    for proxy in settings.trusted_proxies:
        try:
            ipaddress.ip_network(proxy.strip(), strict=False)
        except ValueError:
            raise StartError("--trusted-proxies must be addresses or networks") from None


def _check_mail(settings: Settings) -> None:
    if settings.mail_server is None:
        return
    split_address(settings.mail_server, "--mail-server")
    if settings.mail_from is None or settings.public_url is None:
        raise StartError("--mail-server needs --mail-from, and --public-url, which the links in mails begin with")
    for name, address in (("--mail-from", settings.mail_from), ("--mail-alarm-to", settings.mail_alarm_to)):
        if address is not None and mail_address(address) != address:
            raise StartError(f"{name} must be a mail address, such as locum@example.org")
    if (settings.mail_user is None) != (settings.mail_password_file is None):
        raise StartError("--mail-user and --mail-password-file go together")
    if settings.mail_user is not None and settings.mail_tls == "none":
        raise StartError("--mail-tls none can't have --mail-user: a password is never sent without TLS")


def _path(wanted: type, value: Any) -> Any:
    if wanted is Path and isinstance(value, (str, Path)):
        return Path(value)
    raise NotImplementedError
