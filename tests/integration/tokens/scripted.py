"""A marketplace that answers by a script, and what the token tests look at."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

import orjson
from sqlalchemy import select, update

from worker.domain.calls import HttpReply
from worker.domain.identity import App, Credentials
from worker.marketplaces import marketplaces
from worker.store import authorizations
from worker.store.events import recent_events
from worker.store.schema.accounts import authorizations as authorization_rows
from worker.store.schema.accounts import token_journal

TIKTOK = marketplaces()["tiktok_shop"]
APP = App(
    marketplace="tiktok_shop",
    zone="default",
    app_key="key",
    app_secret="secret",
    api_url="http://127.0.0.1",
    requests_per_second=10,
)
NOW = datetime.now(UTC).replace(microsecond=0)
WEEK = timedelta(days=7)


class Killed(BaseException):
    """The process dies here: nothing in our code may catch it."""


@dataclass
class ScriptedMarketplaceCall:
    """Plays the gateway: answers each conversation with the next scripted reply."""

    script: list[object]
    sent: list[tuple[str, Credentials]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def converse(
        self,
        conversation,
        *,
        marketplace,
        app,
        credentials,
        work,
        before_reading=lambda _: None,
    ):
        del app, work
        call = next(conversation)
        with self.lock:
            self.sent.append((call.endpoint, credentials.current()))
            answer = self.script.pop(0)
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        before_reading(answer)
        if self.script[:1] == [Killed]:
            raise Killed
        try:
            conversation.send(marketplace.read(call, answer))
        except StopIteration as done:
            return done.value
        raise AssertionError


def refreshes(desk):
    """Count the refreshes that were sent."""
    return sum("token/refresh" in endpoint for endpoint, _ in desk.gateway.sent)


def token_reply(number, *, open_id="seller-1"):
    """Return a good reply with the token set of this number."""
    data = {
        "access_token": f"access-{number}",
        "access_token_expire_in": int((NOW + WEEK).timestamp()),
        "refresh_token": f"refresh-{number}",
        "refresh_token_expire_in": 4854580847,
        "open_id": open_id,
        "seller_name": "Example Seller",
        "user_type": 0,
    }
    return reply({"code": 0, "message": "success", "data": data, "request_id": "r"})


def error_reply(code):
    """Return a token endpoint's error: those come with HTTP 200 too."""
    return reply({"code": code, "message": "refused", "data": None, "request_id": "r"})


def reply(envelope):
    """Return an HTTP reply with a JSON body."""
    return HttpReply(status=200, headers={}, body=orjson.dumps(envelope))


# The harmless call that an ambiguous refresh is probed with.
SHOPS = reply({"code": 0, "message": "Success", "data": {"shops": []}})
EXPIRED = HttpReply(
    status=401, headers={}, body=orjson.dumps({"code": 105002, "message": "expired"})
)


def stored(desk, seller):
    """Return the row of the seller."""
    with desk.database.read() as connection:
        return authorizations.find_authorization(connection, seller)


def tokens(desk, seller):
    """Return the stored tokens."""
    found = stored(desk, seller).credentials(desk.sealer)
    return found.access_token, found.refresh_token


def journal(desk):
    """Return how each journal entry ended, oldest first."""
    with desk.database.read() as connection:
        rows = connection.execute(select(token_journal).order_by(token_journal.c.id))
        return [row.outcome for row in rows]


def events(desk):
    """Return the names of all events, oldest first."""
    with desk.database.read() as connection:
        return [event.name for event in reversed(recent_events(connection, limit=100))]


def lease_runs_out(desk):
    """Let the time pass that a dead holder's lease lasts."""
    with desk.database.write() as connection:
        connection.execute(
            update(authorization_rows).values(lease_until=NOW - timedelta(seconds=1))
        )
