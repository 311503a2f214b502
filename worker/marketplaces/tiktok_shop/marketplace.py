"""TikTok Shop as the rest of sellersync sees it."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from worker.domain.calls import Call, HttpReply, HttpRequest
from worker.domain.consent import Consent
from worker.domain.grants import Grant
from worker.domain.identity import App, Credentials, Shop
from worker.domain.limits import Limit
from worker.domain.marketplace import Conversation, Marketplace
from worker.domain.notifications import Delivery, Notification
from worker.domain.pages import Page, PageRequest, StreamRules
from worker.domain.personal import PersonalData
from worker.domain.records import Order, Product, Stream
from worker.domain.refusals import Diagnosis
from worker.marketplaces.tiktok_shop import (
    limits,
    orders,
    products,
    replies,
    settings,
    tokens,
    webhooks,
    wire,
)
from worker.marketplaces.tiktok_shop.personal import PERSONAL_DATA
from worker.marketplaces.tiktok_shop.refusal import diagnosis

# Nothing is documented about rows that show up late. The lag keeps the window's end out
# of the server's future when our clock is a little fast; the overlap catches the rest.
LAG = timedelta(seconds=5)
OVERLAP = timedelta(minutes=5)


class TikTokShop:
    """The one seam of this folder; it holds no state."""

    name = settings.NAME
    title = "TikTok Shop"
    zones: tuple[str, ...] = (settings.ZONE,)
    streams: Mapping[Stream, StreamRules] = MappingProxyType(
        {
            Stream.ORDERS: StreamRules(
                has_update_filter=True, lag=LAG, overlap=OVERLAP
            ),
            Stream.PRODUCTS: StreamRules(
                has_update_filter=True, lag=LAG, overlap=OVERLAP, cap=products.CAP
            ),
        }
    )
    personal_data: Mapping[Stream, PersonalData] = PERSONAL_DATA

    def apps(self) -> tuple[App, ...]:
        """Return the configured app, or nothing."""
        return settings.apps()

    def variables(self) -> frozenset[str]:
        """Return the names of the environment variables that it reads."""
        return settings.variables()

    def authorize_url(self, app: App, *, state: str) -> str:
        """Return the link to the consent page."""
        return tokens.authorize_url(app, state=state)

    def consent(self, query: Mapping[str, str]) -> Consent:
        """Read what the consent page sent a seller back with."""
        return tokens.consent(query)

    def limits(self, call: Call, app: App) -> tuple[Limit, ...]:
        """Return the limits of the app and shop that a call counts against."""
        return limits.limits(call, app)

    def request(
        self, call: Call, app: App, credentials: Credentials, *, now: int
    ) -> HttpRequest:
        """Sign a call."""
        return wire.signed_request(call, app, credentials, now=now)

    def read(self, call: Call, reply: HttpReply) -> object:
        """Return the `data` of a reply, or raise what it says."""
        return replies.read(call, reply)

    def request_id(self, reply: HttpReply) -> str | None:
        """Return what TikTok Shop calls this call."""
        return replies.request_id(reply)

    def exchange(self) -> Conversation[Grant]:
        """Turn the authorization code into a grant."""
        return tokens.exchange()

    def refresh(self) -> Conversation[Grant]:
        """Renew the tokens."""
        return tokens.refresh()

    def shops(self, grant: Grant, *, zone: str) -> Conversation[tuple[Shop, ...]]:
        """Find the shops of a grant."""
        return tokens.shops(grant, zone=zone)

    def page(self, request: PageRequest) -> Conversation[Page]:
        """Read one page of a stream."""
        if request.stream is Stream.ORDERS:
            return orders.page(request)
        return products.page(request)

    def orders(
        self, shop: Shop, order_ids: tuple[str, ...]
    ) -> Conversation[tuple[Order, ...]]:
        """Read these orders."""
        return orders.by_id(shop, order_ids)

    def products(
        self, shop: Shop, product_ids: tuple[str, ...]
    ) -> Conversation[tuple[Product, ...]]:
        """Read these products."""
        return products.by_id(shop, product_ids)

    def recognises(self, request: HttpRequest) -> bool:
        """Tell whether somebody else's request is one for TikTok Shop."""
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


MARKETPLACE: Marketplace = TikTokShop()
