"""Puts the rooms together: one process with every role."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import structlog

from locum.actions.reach import REACH_JOB, look_again
from locum.api.context import Api
from locum.api.terminals import Terminals
from locum.audit.sealer import Sealer
from locum.audit.verify import ANCHOR_FILE
from locum.connectors.base import AccountKeeper, Connector, Target
from locum.connectors.linux import LinuxConnector
from locum.connectors.linux_accounts import LinuxKeeper
from locum.connectors.linux_kept import KeptHosts
from locum.connectors.mariadb import MariadbKeeper
from locum.connectors.mariadb_access import MariadbConnector
from locum.connectors.postgresql import PostgresKeeper
from locum.connectors.postgresql_access import PostgresConnector
from locum.gateway.ssh.inside import Entering, Inside
from locum.identities.authenticate import Authenticator
from locum.identities.key_usage import KeyUsage
from locum.identities.passkey_signin import PasskeySignIn
from locum.identities.password_change import PasswordChange
from locum.identities.passwords import PasswordHasher
from locum.identities.relying_party import relying_party
from locum.identities.signin import SignedIn
from locum.kit import jobs, pause
from locum.kit.db import Database
from locum.kit.errors import Invalid
from locum.kit.settings import Settings, split_address
from locum.kit.wake import Wake
from locum.main import keys, tls
from locum.main.gateway_parts import GatewayParts, gateway_parts, limits_of, sign_in_parts
from locum.main.node import node_name
from locum.notices.outbox import MAIL_JOB
from locum.notices.retention import forget
from locum.notices.send import Mailer
from locum.notices.smtp import mail_server
from locum.rotation.ask import change_secret
from locum.rotation.due import plan_due
from locum.rotation.pass_facts import RotationWork
from locum.rotation.rotate import rotate
from locum.rotation.rows import ROTATION_JOB, VERIFICATION_JOB
from locum.rotation.verify import verify
from locum.sessions import lease, node_life
from locum.sessions.advance import advance
from locum.sessions.approval_mail import tell_overdue
from locum.sessions.connections import Wanted
from locum.sessions.lease_account import switch_account
from locum.sessions.lease_advance import LeaseWork, advance_lease
from locum.sessions.lease_sweep import sweep_leases
from locum.sessions.logon_model import LOGON_JOB
from locum.sessions.logon_monitor import monitor
from locum.sessions.sweep import sweep
from locum.sessions.transition import JOB
from locum.sessions.withdrawn import end_withdrawn, withdrawn
from locum.sessions.work import SessionWork
from locum.vault.store import Vault
from locum.worker.main import Handler, Worker


def open_connector(
    kind: str, target: Target, *, hosts: KeptHosts | None = None
) -> AbstractAsyncContextManager[Connector]:
    """The connector of a platform. A new platform is one more case here. `hosts` may have one that is still open."""
    match kind:
        case "linux":
            return hosts.connect(target) if hosts else LinuxConnector.connect(target)
        case "postgresql":
            return PostgresConnector.connect(target)
        case "mariadb":
            return MariadbConnector.connect(target)
    raise Invalid(f"there is no connector for {kind}")


def open_keeper(kind: str, target: Target) -> AbstractAsyncContextManager[AccountKeeper]:
    """What looks at and changes the accounts of a platform. A new platform is one more case here."""
    match kind:
        case "linux":
            return LinuxKeeper.connect(target)
        case "postgresql":
            return PostgresKeeper.connect(target)
        case "mariadb":
            return MariadbKeeper.connect(target)
    raise Invalid(f"Locum can't change secrets on {kind}")


log = structlog.get_logger("locum")


@dataclass
class Node:
    """Everything one process runs. `ready` turns true when both listeners accept."""

    name: str
    settings: Settings
    db: Database
    vault: Vault
    api: Api
    worker: Worker
    gateways: GatewayParts
    sealer: Sealer
    hasher: PasswordHasher
    hosts: KeptHosts
    ready: bool = field(default=False)
    sweeping_since: float | None = field(default=None)
    """Since when every sweep has reached the database, by the clock of the event loop."""

    async def sweep(self, interval_s: float) -> None:
        """Every `interval_s` seconds, look for access that must not be any more, and say so loudly."""
        while True:
            try:
                if not await self._is_paused():
                    await self._sweep_once()
                    await self._sweep_nodes()
            except Exception:
                log.exception("the sweep can't reach the database")
                self.sweeping_since = None
            await asyncio.sleep(interval_s)

    async def _is_paused(self) -> bool:
        found = await self.db.read(pause.current)
        if found is not None:
            log.error("paused: nothing reaches a target", since=str(found.since), reason=found.reason)
        return found is not None

    async def _sweep_once(self) -> None:
        overdue = await self.db.write(sweep)
        for session_id in overdue:
            log.error("a session lives past its end", session=str(session_id))
        for lease_id in await self.db.write(sweep_leases):
            log.error("a lease lives past its end", lease=str(lease_id))
        for session_id in await self.db.read(withdrawn):
            if await self.db.write(end_withdrawn, session_id):
                self.api.changed.ring()
        while await self.db.write(plan_due):
            self.api.changed.ring()
        if overdue:
            await self.db.write(tell_overdue, overdue)
        while await self.db.write(forget, dt.timedelta(days=self.settings.keep_mails)):
            pass
        await self.gateways.forget_recordings()

    async def _sweep_nodes(self) -> None:
        """Settle what lost nodes carried, once this one has seen for long enough that they are silent."""
        now = asyncio.get_running_loop().time()
        self.sweeping_since = self.sweeping_since or now
        if now - self.sweeping_since < node_life.LOST_AFTER.total_seconds():
            return
        for node, recorded in (await self.db.write(node_life.settle_lost, self.name)).items():
            log.error("a node is not heard of: its connections count no more", node=node, recorded=len(recorded))
            await self.gateways.close_there(recorded)
            self.api.changed.ring()

    async def take_up(self) -> None:
        """What a crash left: jobs this node held, its connections, and the recordings of those.

        In a restored copy that is `locum resume`'s to do: until then what the backup knew as live stays so.
        """
        if await self._is_paused():
            return
        await self.db.write(jobs.take_back, self.name)
        await self.gateways.take_up()


def compose(settings: Settings, db: Database, vault: Vault) -> Node:
    """Build every part, start none."""
    name = node_name(settings.data_dir)
    shared = db.submit_read(keys.load_shared, vault).result()
    people = sign_in_parts(db, vault, shared)
    digest, hasher, signin = people.digest, people.hasher, people.signin
    authenticator = Authenticator(people.signer, digest, vault)
    changed = Wake()
    gateways = gateway_parts(settings, db, vault, signin, changed, shared, node=name)
    hosts = KeptHosts()
    work = SessionWork(db, vault, partial(open_connector, hosts=hosts), changed)
    lease_work = LeaseWork(db, change_secret, partial(switch_account, db, vault, open_keeper), changed)
    mailer = Mailer(db, mail_server(settings))
    https_port = split_address(settings.https, "--https")[1]
    node: Node
    api = Api(
        db=db,
        prove=authenticator.prove,
        prove_cookie=authenticator.prove_cookie,
        healthy=lambda: node.ready,
        vault=vault,
        digest=digest,
        hasher=hasher,
        signin=signin,
        passwords=PasswordChange(db, hasher, signin.issuer),
        usage=KeyUsage(db),
        passkeys=PasskeySignIn(db, digest, relying_party(settings.public_url, https_port)),
        changed=changed,
        node=name,
        ssh_address=settings.public_ssh or settings.ssh,
        ssh_host_key=keys.public_half(shared[keys.SSH_HOST_KEY]),
        recordings=gateways.recorder.store,
        archive=gateways.archive,
        archive_trouble=lambda: gateways.archiver.trouble if gateways.archiver else None,
        terminals=_terminals(gateways),
        limits=limits_of(settings),
        certificate=tls.shown(tls.certificate_file(settings)),
    )
    node = Node(
        name=name,
        settings=settings,
        db=db,
        vault=vault,
        api=api,
        worker=Worker(
            db,
            _handlers(work, lease_work, RotationWork(db, vault, open_keeper, changed), mailer),
            changed,
            owner=f"{name}:{secrets.token_hex(8)}",
        ),
        gateways=gateways,
        sealer=Sealer(
            db, keys.signing_key(shared[keys.AUDIT_SIGNING]), settings.data_dir / "public" / ANCHOR_FILE
        ),
        hasher=hasher,
        hosts=hosts,
    )
    return node


def _terminals(gateways: GatewayParts) -> Terminals:
    async def enter(who: SignedIn, session_id: UUID, address: str) -> Inside:
        wanted = Wanted(who.name, "", "", session_id=session_id)
        return await gateways.gateway.enter(Entering(who, wanted, address))

    return Terminals(enter, gateways.assist)


def _handlers(
    work: SessionWork, lease_work: LeaseWork, rotation_work: RotationWork, mailer: Mailer
) -> dict[str, Handler]:
    """What does the jobs of each kind."""
    return {
        JOB: lambda held: advance(work, held),
        LOGON_JOB: lambda held: monitor(work, held),
        lease.JOB: lambda held: advance_lease(lease_work, held),
        ROTATION_JOB: lambda held: rotate(rotation_work, held),
        VERIFICATION_JOB: lambda held: verify(rotation_work, held),
        REACH_JOB: partial(look_again, work.db, work.vault, work.connect),
        MAIL_JOB: mailer.send,
    }
