"""A marketplace that changes while it is read, and turns against it; no HTTP."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson
from cryptography.fernet import Fernet

from worker.domain.calls import Call
from worker.domain.errors import TooManyResults
from worker.domain.grants import Grant
from worker.domain.identity import App, Credentials, Shop
from worker.domain.pages import Page, StreamRules, Unreadable
from worker.domain.records import Order, OrderLine, OrderStatus, Stream
from worker.store import shops
from worker.store.apps import remember_app
from worker.store.claims import claim_stream
from worker.store.export import export
from worker.store.grants import adopt_grant
from worker.store.schema.streams import streams
from worker.store.sealing import Sealer
from worker.store.slice_claims import claim_slices_of
from worker.store.slices import slices_of
from worker.store.streams import find_stream
from worker.sync.backfill import SlicePuller
from worker.sync.pages import Source
from worker.sync.pull import Puller
from worker.sync.slice_turn import take_slice_turn
from worker.sync.turn import Plan, take_turn
from worker.sync.windows import History
from worker.tokens.credentials import FixedCredentials

SHOP = Shop(marketplace="simulated", zone="default", shop_id="1")
APP = App(
    marketplace="simulated",
    zone="default",
    app_key="key",
    app_secret="secret",
    api_url="http://127.0.0.1",
    requests_per_second=10,
)
HISTORY = History(length=timedelta(days=40))
PLAN = Plan(every=timedelta(minutes=5), history=HISTORY, deadline=None)
NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=35)


class Killed(BaseException):
    """The process dies here: nothing in our code may catch it."""


@dataclass
class SimulatedMarketplace:
    """Orders with update times, paged by offset within a closed window."""

    times: dict[str, datetime]
    page_size: int = 3
    # What happens just before the call of this number is answered.
    before: dict[int, object] = field(default_factory=dict)
    cap: int | None = None
    calls: int = 0
    name: str = "simulated"
    broken: frozenset[str] = frozenset()

    streams = {  # noqa: RUF012 -- as the protocol spells it
        Stream.ORDERS: StreamRules(has_update_filter=True, overlap=timedelta(minutes=5))
    }

    def page(self, request):
        """Ask for one page, as a marketplace's conversation does."""
        return (yield Call(endpoint="orders", body={"request": request}))

    def answer(self, call):
        """Answer one call with a page, or an error."""
        self.calls += 1
        happening = self.before.get(self.calls)
        if callable(happening):
            happening = happening()
        if isinstance(happening, BaseException):
            raise happening
        if isinstance(happening, Page):
            return happening
        request = call.body["request"]
        start, end = request.window.start, request.window.end
        rows = sorted(
            (moment, order_id)
            for order_id, moment in self.times.items()
            if (start is None or start <= moment) and moment <= end
        )
        if self.cap is not None and len(rows) > self.cap:
            raise TooManyResults("orders", "too many")
        offset = int(request.cursor or 0)
        chosen = rows[offset : offset + self.page_size]
        more = len(rows) > offset + self.page_size
        return Page(
            records=tuple(
                order(found, moment)
                for moment, found in chosen
                if found not in self.broken
            ),
            unreadable=tuple(
                Unreadable(record_id=found, reason="no status", raw=b"{}")
                for _, found in chosen
                if found in self.broken
            ),
            next_cursor=str(offset + self.page_size) if more else None,
            total=len(rows),
        )

    def converse(self, conversation, **_):
        """Play the gateway too: one call, one answer."""
        try:
            conversation.send(self.answer(next(conversation)))
        except StopIteration as done:
            return done.value
        raise AssertionError


def order(order_id, updated_at):
    """Return an order whose content follows from its update time."""
    text = updated_at.isoformat()
    return Order(
        order_id=order_id,
        status=OrderStatus.PENDING,
        marketplace_status=text,
        currency=None,
        total_amount=None,
        created_at=None,
        updated_at=updated_at,
        paid_at=None,
        buyer_note=None,
        lines=(
            OrderLine(
                line_id=f"{order_id}-1",
                product_id=None,
                sku_id=None,
                seller_sku=None,
                title=text,
                quantity=1,
                unit_price=None,
                currency=None,
            ),
        ),
        raw=orjson.dumps({"id": order_id, "at": text}),
    )


def minutes_ago(minutes):
    """Return a moment within the overlap of a pull that runs now."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)


def many(count, *, first=LONG_AGO, step=timedelta(hours=20)):
    """Return this many orders, spread over history."""
    return {f"o{n:03}": first + n * step for n in range(count)}


def connect(database):
    """Put one shop into the database."""
    sealer = Sealer((Fernet.generate_key().decode(),))
    grant = Grant(
        subject="s", access_token="a", access_expires_at=NOW + timedelta(days=7)
    )
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
        number = adopt_grant(
            connection, APP, grant, sealer=sealer, now=NOW, refresh_at=NOW
        )
        shops.remember_shops(connection, number, [SHOP], now=NOW, takes=True)


def claim(database, token="mine"):
    """Claim the shop's orders, whoever may have died with the claim before."""
    with database.write() as connection:
        later = NOW + timedelta(days=1)
        found = claim_stream(
            connection, SHOP.shop_key, Stream.ORDERS, token=token, now=later, until=NOW
        )
    assert found is not None
    return found


def source(marketplace):
    """Return where the orders come from."""
    return Source(
        marketplace=marketplace,
        app=APP,
        shop=SHOP,
        credentials=FixedCredentials(Credentials(access_token="a")),
    )


def turn(database, marketplace, *, plan=PLAN, stands=lambda *_: True, **options):
    """Claim the stream and take one turn."""
    puller = Puller(database=database, gateway=marketplace, **options)
    return take_turn(
        puller, claim(database), lambda: source(marketplace), plan, stands=stands
    )


def slice_turn(database, marketplace, *, stands=lambda *_: True, **options):
    """Claim the most recent slice, whoever may have died with it, and take one turn."""
    with database.write() as connection:
        held = claim_slices_of(
            connection,
            SHOP.shop_key,
            Stream.ORDERS,
            token="slice",
            now=NOW + timedelta(days=1),
            until=NOW,
            limit=1,
        )
    if not held:
        return None
    puller = SlicePuller(database=database, gateway=marketplace, **options)
    return take_slice_turn(
        puller, held[0], lambda: source(marketplace), PLAN, stands=stands
    )


def catch_up(database, marketplace):
    """Take one turn of the stream, and as many of its slices as there are."""
    result = turn(database, marketplace)
    while (history := slice_turn(database, marketplace)) is not None:
        assert history.error is None
    return result


def history(database):
    """Return the slices of the stream."""
    with database.read() as connection:
        return slices_of(connection, SHOP.shop_key, Stream.ORDERS)


def stream(database):
    """Return the stream's row."""
    with database.read() as connection:
        return find_stream(connection, SHOP.shop_key, Stream.ORDERS)


def stored(database):
    """Return the stored orders and what their content says."""
    with database.read() as connection:
        return {
            row["order_id"]: row["lines"][0]["title"]
            for row in export(connection, Stream.ORDERS)
        }


def truth(marketplace):
    """Return what should be stored."""
    return {found: moment.isoformat() for found, moment in marketplace.times.items()}


def rest(database, since):
    """Make the stream complete until then, as if it had rested since."""
    with database.write() as connection:
        connection.execute(streams.update().values(watermark=since, live_from=since))
