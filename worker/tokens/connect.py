"""Connect a seller: exchange the code, store the authorization, find the shops.

The exchange is journaled like a refresh: a code is spent by its first use, so the reply
is sealed and committed before it is read, and the tokens are stored before anything else
is asked. The journal knows each code by its digest, so that one which is submitted twice,
also at the same moment, is exchanged once.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Event

from sqlalchemy import Connection

from worker.domain.calls import Work
from worker.domain.errors import (
    AnswerLost,
    OperatorError,
    ReauthorizeShop,
    SellersyncError,
)
from worker.domain.grants import Grant
from worker.domain.identity import App, Credentials
from worker.domain.marketplace import Marketplace
from worker.store import authorizations, journal, resting
from worker.store.apps import lock_app, remember_app
from worker.store.database import database_now
from worker.store.events import record_event
from worker.store.grants import adopt_grant
from worker.tokens.credentials import FixedCredentials
from worker.tokens.desk import TokenDesk
from worker.tokens.refresh import seal_reply
from worker.tokens.shops import Connected, discover_shops

# Somebody else exchanges the same code right now: it takes a call, not longer.
_PATIENCE = 15.0  # seconds
_LOOK_EVERY = 0.1  # seconds


def connect_by_code(
    desk: TokenDesk,
    marketplace: Marketplace,
    app: App,
    auth_code: str,
    *,
    subject: str | None = None,
    known_only: bool = False,
) -> Connected:
    """Exchange a single-use code for tokens; `subject` is the seller they must be for.

    `known_only`: nobody asked for it, so it may renew what is connected but add nobody.

    Raises:
        ReauthorizeShop: the code is used, expired or wrong.
        OperatorError: it is for another seller.
    """
    digest = hashlib.sha256(f"{app.app_id}:{auth_code}".encode()).hexdigest()
    # Only an `exchange` is finished after a crash, without asking again who it is for.
    action = "renew" if known_only else "exchange"
    opened = _open_exchange(desk, app, digest, action)
    if isinstance(opened, journal.Exchanged):
        return _already(desk, opened)

    def is_welcome(grant: Grant) -> None:
        _refuse_other(grant, subject)
        if known_only:
            _refuse_unknown(desk, app, grant)

    credentials = Credentials(auth_code=auth_code)
    return _connect(desk, marketplace, app, credentials, opened, is_welcome)


def connect_by_token(
    desk: TokenDesk,
    marketplace: Marketplace,
    app: App,
    access_token: str,
    *,
    subject: str | None = None,
) -> Connected:
    """Adopt an access token that the seller copied; `subject` is whose it must be.

    Raises:
        ReauthorizeShop: the token is expired, replaced or wrong.
        OperatorError: it is another seller's.
    """
    with desk.database.write() as connection:
        entry_id = _open(connection, app, action="adopt", digest=None)
    credentials = Credentials(access_token=access_token)

    def is_welcome(grant: Grant) -> None:
        _refuse_other(grant, subject)

    return _connect(desk, marketplace, app, credentials, entry_id, is_welcome)


def adopt(
    desk: TokenDesk,
    app: App,
    grant: Grant,
    entry_id: int,
    outcome: str,
    *,
    started_at: datetime,
) -> int:
    """Put a new seller's tokens in force and close the journal entry.

    If the seller got newer tokens since `started_at`, those stay: ours came too late.
    """
    with desk.database.write() as connection:
        now = database_now(connection)
        lock_app(connection, app, now=now)
        newer = authorizations.refreshed_since(
            connection, app.app_id, grant.subject, started_at
        )
        if newer is not None:
            journal.settle(
                connection, entry_id, "superseded", now=now, authorization_id=newer
            )
            return newer
        authorization_id = adopt_grant(
            connection,
            app,
            grant,
            sealer=desk.sealer,
            now=now,
            refresh_at=desk.next_refresh(grant, now),
        )
        resting.revive_streams(connection, authorization_id, now=now)
        journal.settle(
            connection, entry_id, outcome, now=now, authorization_id=authorization_id
        )
        record_event(
            connection,
            "seller_connected",
            now=now,
            app_id=app.app_id,
            detail={"subject": grant.subject, "name": grant.name},
        )
        return authorization_id


def _open_exchange(
    desk: TokenDesk, app: App, digest: str, action: str
) -> int | journal.Exchanged:
    """Open an entry for a code; if it is known already, return how it ended."""
    pause = Event()
    waited = 0.0
    while True:
        with desk.database.write() as connection:
            lock_app(connection, app, now=database_now(connection))
            known = journal.find_exchange(connection, digest)
            if known is None:
                return _open(connection, app, action=action, digest=digest)
        if known.outcome is not None:
            return known
        if waited >= _PATIENCE:
            raise OperatorError(
                "this code is being exchanged right now, or the process that did so died; "
                "look at `sellersync shops` in two minutes before asking for a new one"
            )
        pause.wait(_LOOK_EVERY)
        waited += _LOOK_EVERY


def _open(connection: Connection, app: App, *, action: str, digest: str | None) -> int:
    now = database_now(connection)
    remember_app(connection, app, now=now)
    return journal.open_entry(
        connection,
        app_id=app.app_id,
        authorization_id=None,
        action=action,
        version=None,
        now=now,
        code_digest=digest,
    )


def _already(desk: TokenDesk, exchanged: journal.Exchanged) -> Connected:
    if exchanged.authorization_id is None:
        raise ReauthorizeShop(
            "connect", f"this code was refused before ({exchanged.outcome})"
        )
    return discover_shops(desk, exchanged.authorization_id)


def _connect(
    desk: TokenDesk,
    marketplace: Marketplace,
    app: App,
    credentials: Credentials,
    entry_id: int,
    is_welcome: Callable[[Grant], None],
) -> Connected:
    by_code = bool(credentials.auth_code)
    with desk.database.read() as connection:
        started_at = database_now(connection)
    try:
        grant = desk.gateway.converse(
            marketplace.exchange() if by_code else marketplace.refresh(),
            marketplace=marketplace,
            app=app,
            credentials=FixedCredentials(credentials),
            work=Work.TOKENS,
            before_reading=lambda reply: seal_reply(desk, entry_id, reply),
        )
        is_welcome(grant)
    except SellersyncError as error:
        # A code that the marketplace never saw may be submitted again.
        spent = isinstance(error, ReauthorizeShop | AnswerLost | OperatorError)
        with desk.database.write() as connection:
            journal.settle(
                connection,
                entry_id,
                type(error).__name__,
                now=database_now(connection),
                forget_code=not spent,
            )
        raise
    if not grant.access_token:
        # A reply that only looks at a token leaves it out.
        grant = replace(grant, access_token=credentials.access_token)
    number = adopt(desk, app, grant, entry_id, "adopted", started_at=started_at)
    return discover_shops(desk, number, takes=True)


def _refuse_other(grant: Grant, subject: str | None) -> None:
    if subject is not None and grant.subject != subject:
        raise OperatorError(
            f"this token is for {grant.subject}, not for {subject}; nothing was stored: "
            f"sign in as {subject} and authorise once more"
        )


def _refuse_unknown(desk: TokenDesk, app: App, grant: Grant) -> None:
    with desk.database.read() as connection:
        if authorizations.is_known(connection, app.app_id, grant.subject):
            return
    raise OperatorError(
        f"{grant.subject} came without a link of ours and is not connected; nothing was "
        "stored: send this seller a link of `sellersync authorize-url`"
    )
