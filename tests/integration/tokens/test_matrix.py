"""What each answer means for an authorization: the whole table, twice.

Once as the answer to a refresh, once as the answer to a business call. Real classification,
real retries (without the waiting), real database; only the wire is played.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from math import inf

import orjson
import pytest

from tests.integration.tokens.scripted import APP, NOW, TIKTOK, stored, token_reply
from worker.domain.calls import HttpReply, Work
from worker.domain.errors import (
    AnswerLost,
    MarketplaceError,
    ReauthorizeShop,
    SellersyncError,
    Unreachable,
)
from worker.domain.grants import AuthorizationState, Grant
from worker.domain.identity import App, Shop
from worker.domain.pages import PageRequest, Window
from worker.domain.records import Stream
from worker.gateway.caller import Gateway
from worker.gateway.clocks import ServerClocks
from worker.gateway.slot import Slot
from worker.marketplaces import marketplaces
from worker.marketplaces.configured import ConfiguredApps
from worker.marketplaces.temu.codes import MEANINGS as TEMU_CODES
from worker.marketplaces.tiktok_shop.codes import CODES
from worker.store.apps import remember_app
from worker.store.grants import adopt_grant
from worker.tokens.desk import TokenDesk
from worker.tokens.outcomes import still_stands
from worker.tokens.refresh import refresh
from worker.tokens.seller import SellerCredentials

# The table is about answers: one kind of database is enough for it.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

ACTIVE = AuthorizationState.ACTIVE
AMBIGUOUS = AuthorizationState.AMBIGUOUS
BACKING_OFF = AuthorizationState.BACKING_OFF
NEEDS_SELLER = AuthorizationState.NEEDS_REAUTHORIZATION
REVOKED = AuthorizationState.REVOKED

TEMU = marketplaces()["temu"]
TEMU_APP = App(
    marketplace="temu",
    zone="eu",
    app_key="key",
    app_secret="secret",
    api_url="http://127.0.0.1/openapi/router",
    requests_per_second=20,
)
TEMU_DEAD = {
    *(110020002, 110020003),
    *(3000030, 3000031, 3000034),
    *(7000003, 7000007, 7000018, 7000020),
}
DEAD = {36004001, 36004004, 36004005, 105001}
# The access token is refused: a business call refreshes it, and the refresh decides.
EXPIRED = {105002}

SHOP = Shop(marketplace="tiktok_shop", zone="default", shop_id="1", cipher="c")
PAGE = PageRequest(stream=Stream.ORDERS, shop=SHOP, window=Window(None, NOW))


def coded(code, *, status=200, message="said no"):
    """Return the marketplace's envelope with a code."""
    body = {"code": code, "message": message, "data": None, "request_id": "r"}
    return HttpReply(status=status, headers={}, body=orjson.dumps(body))


def raw(status, body=b""):
    """Return a reply that is no envelope."""
    return HttpReply(status=status, headers={}, body=body)


# Answers that no code explains, and the state after a refresh that got them.
OTHERS = {
    "unknown code": (coded(987654321), BACKING_OFF),
    "400": (raw(400, b"bad request"), BACKING_OFF),
    "401 without envelope": (raw(401, b"unauthorized"), BACKING_OFF),
    "403 by a firewall": (raw(403, b"<html>blocked</html>"), BACKING_OFF),
    "404": (raw(404, b"404 page not found"), BACKING_OFF),
    "429": (raw(429), BACKING_OFF),
    "500": (raw(500, b"<html>"), BACKING_OFF),
    "503": (raw(503), BACKING_OFF),
    "a dead code under 503": (coded(36004005, status=503), BACKING_OFF),
    "html": (raw(200, b"<html>maintenance</html>"), BACKING_OFF),
    "empty": (raw(200), BACKING_OFF),
    "truncated": (raw(200, token_reply(2).body[:90]), BACKING_OFF),
    "200 without tokens": (
        raw(200, orjson.dumps({"code": 0, "message": "success", "data": {}})),
        BACKING_OFF,
    ),
    "36009004 about the clock": (
        coded(36009004, message="'timestamp' is earlier than 5 minutes"),
        BACKING_OFF,
    ),
    "36009004 about the app": (
        coded(36009004, message="Invalid credentials. 'app_key' is invalid"),
        BACKING_OFF,
    ),
    "36009004 about nothing we know": (coded(36009004, message="?"), BACKING_OFF),
    "timeout before sending": (Unreachable("token", "connect timeout"), BACKING_OFF),
    "timeout after sending": (AnswerLost("token", "read timeout"), AMBIGUOUS),
}
REVOKING = coded(105001, message="detail:your token has been deauthorized")

AFTER_REFRESH = {
    **{
        f"code {code}": (coded(code), NEEDS_SELLER if code in DEAD else BACKING_OFF)
        for code in sorted(CODES)
    },
    "deauthorized": (REVOKING, REVOKED),
    **OTHERS,
}
# A business call never harms the authorization, unless the marketplace says it is dead.
AFTER_CALL = {
    **{
        f"code {code}": (coded(code), NEEDS_SELLER if code in DEAD else ACTIVE)
        for code in sorted(CODES)
    },
    "deauthorized": (REVOKING, REVOKED),
    **{
        name: (answer, ACTIVE)
        for name, (answer, _) in OTHERS.items()
        # To a search that is a good answer: no orders.
        if name != "200 without tokens"
    },
}


@dataclass
class Wire:
    """Plays the network: the same answer for every call, or good tokens for a refresh."""

    answer: object
    tokens: HttpReply | None = None
    sent: list[str] = field(default_factory=list)

    def send(self, request, *, call):
        """Answer one request."""
        assert request.method
        self.sent.append(call.endpoint)
        if self.tokens is not None and "token/refresh" in call.endpoint:
            return self.tokens
        if isinstance(self.answer, MarketplaceError):
            raise type(self.answer)(call.endpoint, self.answer.message)
        return self.answer


class FreeBudget:
    """Lets every call through."""

    max_wait = timedelta(seconds=5)

    def take(self, demand):
        """Wait for nothing."""
        del demand
        return Slot(waited=0.0, latest=inf)

    def throttled(self, demand, pause):
        """Pause nobody."""

    def answered(self, demand, took):
        """Learn nothing."""


@pytest.fixture
def mall(database, sealer):
    """Return the number of a Temu mall whose token is due to be looked at."""
    grant = Grant(
        subject="635517740000000",
        access_token="access-1",
        access_expires_at=NOW + timedelta(days=365),
    )
    with database.write() as connection:
        remember_app(connection, TEMU_APP, now=NOW)
        return adopt_grant(
            connection,
            TEMU_APP,
            grant,
            sealer=sealer,
            now=NOW - timedelta(days=1),
            refresh_at=NOW - timedelta(minutes=1),
        )


@pytest.fixture
def desk_on(database, sealer):
    """Return a maker of desks with the real gateway on a played wire."""

    def make(wire, marketplace=TIKTOK, app=APP):
        return TokenDesk(
            database=database,
            sealer=sealer,
            gateway=Gateway(
                transport=wire,
                budget=FreeBudget(),
                clocks=ServerClocks(),
                deadline=timedelta(seconds=60),
                wait=lambda _: None,
            ),
            apps=ConfiguredApps(((marketplace, app),)),
            check_every=timedelta(days=1),
        )

    return make


@pytest.mark.parametrize("name", AFTER_REFRESH)
def test_an_answer_to_a_refresh_leads_to_its_state(desk_on, seller, name):
    """Only the allow-list is fatal; a lost answer is ambiguous; the old tokens stay."""
    answer, expected = AFTER_REFRESH[name]
    desk = desk_on(Wire(answer))
    before = stored(desk, seller)
    with pytest.raises(SellersyncError):
        refresh(desk, seller)

    after = stored(desk, seller)
    assert after.state is expected
    assert after.sealed_refresh_token == before.sealed_refresh_token
    assert after.version == before.version
    assert (after.refresh_at is None) == (expected in (NEEDS_SELLER, REVOKED))


@pytest.mark.parametrize("code", sorted(TEMU_CODES))
def test_each_temu_code_leads_to_its_state(desk_on, mall, code):
    """Looking at the token rotates nothing, so a lost answer is not ambiguous there."""
    envelope = {
        "success": False,
        "errorCode": code,
        "errorMsg": "said no",
        "requestId": "eu-1",
    }
    desk = desk_on(Wire(raw(200, orjson.dumps(envelope))), TEMU, TEMU_APP)
    with pytest.raises(SellersyncError):
        refresh(desk, mall)

    dead = TEMU_CODES[code].error is ReauthorizeShop
    assert stored(desk, mall).state is (NEEDS_SELLER if dead else BACKING_OFF)


def test_a_lost_look_at_a_temu_token_is_harmless(desk_on, mall):
    """It is simply looked at again."""
    desk = desk_on(Wire(AnswerLost("token", "read timeout")), TEMU, TEMU_APP)
    with pytest.raises(AnswerLost):
        refresh(desk, mall)

    assert stored(desk, mall).state is BACKING_OFF


@pytest.mark.usefixtures("database")
def test_only_these_temu_codes_are_fatal():
    """The allow-list, in full."""
    assert {
        code for code, found in TEMU_CODES.items() if found.error is ReauthorizeShop
    } == TEMU_DEAD


@pytest.mark.parametrize("name", AFTER_CALL)
def test_an_answer_to_a_business_call_leads_to_its_state(desk_on, seller, name):
    """It is the call's trouble, not the token's, unless the marketplace says so."""
    answer, expected = AFTER_CALL[name]
    wire = Wire(answer, tokens=token_reply(2))
    desk = desk_on(wire)
    credentials = SellerCredentials(desk, seller)
    with pytest.raises(SellersyncError) as caught:
        desk.gateway.converse(
            TIKTOK.page(PAGE),
            marketplace=TIKTOK,
            app=APP,
            credentials=credentials,
            work=Work.ORDERS,
        )
    if isinstance(caught.value, ReauthorizeShop):
        with desk.database.write() as connection:
            assert still_stands(connection, credentials.used, caught.value, now=NOW)

    assert stored(desk, seller).state is expected
    refreshed = sum("token/refresh" in endpoint for endpoint in wire.sent)
    assert refreshed == (1 if name in {f"code {code}" for code in EXPIRED} else 0)
