"""Temu behind the `Marketplace` protocol; every method leads to the module that knows."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from worker.domain.calls import Call, HttpReply, HttpRequest
from worker.domain.consent import Consent
from worker.domain.grants import Grant
from worker.domain.identity import App, Credentials, Shop
from worker.domain.limits import Limit
from worker.domain.marketplace import Conversation
from worker.domain.notifications import Delivery, Notification
from worker.domain.pages import Page, PageRequest, StreamRules
from worker.domain.personal import PersonalData
from worker.domain.records import Order, Product, Stream
from worker.domain.refusals import Diagnosis
from worker.marketplaces.temu import (
    callback,
    envelope,
    limits,
    order_pages,
    product_pages,
    replies,
    settings,
    tokens,
    webhooks,
)
from worker.marketplaces.temu.personal import PERSONAL_DATA
from worker.marketplaces.temu.refusal import diagnosis
from worker.marketplaces.temu.sites import Zone


class Temu:
    """One zone per app; a seller's grant covers one mall, which is the shop."""

    name: str = settings.NAME
    title: str = "Temu"
    zones: tuple[str, ...] = tuple(Zone)
    personal_data: Mapping[Stream, PersonalData] = PERSONAL_DATA
    streams: Mapping[Stream, StreamRules] = MappingProxyType(
        {
            Stream.ORDERS: StreamRules(
                has_update_filter=True,
                lag=timedelta(seconds=5),
                overlap=timedelta(minutes=5),
                cap=order_pages.CAP,
            ),
            # The filter by status change time misses new prices, stock and texts.
            Stream.PRODUCTS: StreamRules(
                has_update_filter=False, sections=product_pages.SECTIONS
            ),
        }
    )

    def apps(self) -> tuple[App, ...]:
        """Return the apps that the settings name, at most one per zone."""
        return settings.apps()

    def variables(self) -> frozenset[str]:
        """Return the names of the environment variables that it reads."""
        return settings.variables()

    def authorize_url(self, app: App, *, state: str) -> str:
        """Return the link to send to a seller."""
        url = app.consent_url or settings.CONSENT_PAGES[Zone(app.zone)]
        return settings.with_query(url, appKey=app.app_key, state=state)

    def consent(self, query: Mapping[str, str]) -> Consent:
        """Read what the consent page sent a seller back with."""
        return callback.consent(query)

    def limits(self, call: Call, app: App) -> tuple[Limit, ...]:
        """Return the limit of the app key, over all sellers, and the interface's own."""
        return limits.limits(call, app)

    def request(
        self, call: Call, app: App, credentials: Credentials, *, now: int
    ) -> HttpRequest:
        """Sign a call; `now` is the server's time in Unix seconds."""
        return envelope.request(call, app, credentials, now=now)

    def read(self, call: Call, reply: HttpReply) -> object:
        """Return the payload of a reply."""
        return replies.read(call, reply)

    def request_id(self, reply: HttpReply) -> str | None:
        """Return what Temu calls this call."""
        return replies.request_id(reply)

    def exchange(self) -> Conversation[Grant]:
        """Turn the credentials' single-use code into a grant."""
        return tokens.exchange()

    def refresh(self) -> Conversation[Grant]:
        """Read how long the token still lives; the grant's empty token means unchanged."""
        return tokens.inspect()

    def shops(self, grant: Grant, *, zone: str) -> Conversation[tuple[Shop, ...]]:
        """Return the one mall of a grant; no call is needed."""
        yield from ()
        return (
            Shop(
                marketplace=self.name,
                zone=zone,
                shop_id=grant.subject,
                name=grant.name,
                region=grant.region,
            ),
        )

    def page(self, request: PageRequest) -> Conversation[Page]:
        """Read one page of a stream."""
        if request.stream is Stream.ORDERS:
            return order_pages.order_page(request)
        return product_pages.product_page(request)

    def orders(
        self,
        shop: Shop,  # noqa: ARG002 -- the access token alone says which mall is asked
        order_ids: tuple[str, ...],
    ) -> Conversation[tuple[Order, ...]]:
        """Read these orders; those that Temu does not know are left out."""
        return order_pages.orders_by_id(order_ids)

    def products(
        self,
        shop: Shop,  # noqa: ARG002 -- the access token alone says which mall is asked
        product_ids: tuple[str, ...],
    ) -> Conversation[tuple[Product, ...]]:
        """Read these products; those that are in no bucket are left out."""
        return product_pages.products_by_id(product_ids)

    def recognises(self, request: HttpRequest) -> bool:
        """Tell whether somebody else's request is one for Temu."""
        return diagnosis.recognises(request)

    def app_key_of(self, request: HttpRequest) -> str | None:
        """Return the app key that a request names."""
        return diagnosis.app_key(request)

    def diagnose(
        self,
        request: HttpRequest,
        app_secret: str,
        *,
        now: int,
        other_secrets: Mapping[str, str],
    ) -> Diagnosis:
        """Tell why the signature of a request is refused."""
        return diagnosis.diagnose(
            request, app_secret, now=now, other_secrets=other_secrets
        )

    def notification(self, delivery: Delivery, app: App) -> Notification:
        """Verify a webhook and read it."""
        return webhooks.notification(delivery, app)
