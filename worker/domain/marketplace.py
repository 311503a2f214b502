"""The one seam: what a folder under `worker/marketplaces/` must offer.

A marketplace is pure. It builds and signs a request from (call, app, credentials, now),
and turns a reply into a payload or a typed error. What takes several calls is a
`Conversation`: a generator that yields calls, is sent the payload of each, and returns
what they amount to. Whoever drives it does the I/O.
"""

from collections.abc import Generator, Mapping
from typing import Protocol, TypeVar

from worker.domain.calls import Call, HttpReply, HttpRequest
from worker.domain.consent import Consent
from worker.domain.grants import Grant
from worker.domain.identity import App, Credentials, Shop
from worker.domain.limits import Limit
from worker.domain.notifications import Delivery, Notification
from worker.domain.pages import Page, PageRequest, StreamRules
from worker.domain.personal import PersonalData
from worker.domain.records import Order, Product, Stream
from worker.domain.refusals import Diagnosis

Result = TypeVar("Result")

Conversation = Generator[Call, object, Result]


class Marketplace(Protocol):
    """Everything sellersync knows about one marketplace."""

    name: str
    # What people call it.
    title: str
    zones: tuple[str, ...]
    streams: Mapping[Stream, StreamRules]
    # What is blanked in stored payloads once it is old.
    personal_data: Mapping[Stream, PersonalData]

    def apps(self) -> tuple[App, ...]:
        """Return the apps that the settings name, at most one per zone."""

    def variables(self) -> frozenset[str]:
        """Return the names of the environment variables that it reads."""

    def authorize_url(self, app: App, *, state: str) -> str:
        """Return the link to send to a seller."""

    def consent(self, query: Mapping[str, str]) -> Consent:
        """Read what a seller's browser brought back from the consent page."""

    def limits(self, call: Call, app: App) -> tuple[Limit, ...]:
        """Return what a call counts against; callers queue for the first."""

    def request(
        self, call: Call, app: App, credentials: Credentials, *, now: int
    ) -> HttpRequest:
        """Sign a call; `now` is the server's time in Unix seconds."""

    def read(self, call: Call, reply: HttpReply) -> object:
        """Return the payload of a reply.

        Raises:
            MarketplaceError: the leaf that says what happens next.
        """

    def request_id(self, reply: HttpReply) -> str | None:
        """Return what the marketplace calls this call, of an error as of a success.

        It must not cost a second reading of a large body.
        """

    def exchange(self) -> Conversation[Grant]:
        """Turn the credentials' single-use `auth_code` into a grant."""

    def refresh(self) -> Conversation[Grant]:
        """Renew the tokens; where that is impossible, read how long they still live."""

    def shops(self, grant: Grant, *, zone: str) -> Conversation[tuple[Shop, ...]]:
        """Find the shops of a grant; sent with the grant's own credentials."""

    def page(self, request: PageRequest) -> Conversation[Page]:
        """Read one page of a stream.

        Raises:
            TooManyResults: the window holds more than the endpoint will ever show.
        """

    def orders(
        self, shop: Shop, order_ids: tuple[str, ...]
    ) -> Conversation[tuple[Order, ...]]:
        """Read these orders; those the marketplace does not know are left out."""

    def products(
        self, shop: Shop, product_ids: tuple[str, ...]
    ) -> Conversation[tuple[Product, ...]]:
        """Read these products; those the marketplace does not know are left out."""

    def recognises(self, request: HttpRequest) -> bool:
        """Tell whether a request that somebody else made is one for this marketplace."""

    def app_key_of(self, request: HttpRequest) -> str | None:
        """Return the app key that a request names."""

    def diagnose(
        self,
        request: HttpRequest,
        app_secret: str,
        *,
        now: int,
        other_secrets: Mapping[str, str],
    ) -> Diagnosis:
        """Tell why the signature of a request is refused; other secrets by their `app_id`.

        What it returns holds no secret and no token.
        """

    def notification(self, delivery: Delivery, app: App) -> Notification:
        """Verify what somebody posted in the marketplace's name, and read it.

        Raises:
            DeliveryForged: it is not signed with the secret of this app.
            DeliveryUnreadable: it is not what the marketplace documents.
        """
