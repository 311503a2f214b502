"""The calls that one page took, as the log of page reads keeps them."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from time import monotonic

from worker.domain.calls import Call, HttpReply
from worker.domain.errors import MarketplaceError
from worker.domain.marketplace import Conversation, Marketplace
from worker.domain.pages import CallMade, Page

# A product page of Temu is a few calls; one that is sent again and again is bounded.
_MOST = 50


class PageCalls:
    """Notes each reply of a page's conversation, the refused ones too."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.made: list[CallMade] = []
        self._marketplace = marketplace
        self._began = monotonic()
        self._endpoint = ""

    @property
    def milliseconds(self) -> int:
        """How long the page has taken so far, with its waits for a free call."""
        return round((monotonic() - self._began) * 1000)

    def of(self, conversation: Conversation[Page]) -> Conversation[Page]:
        """Hold the same conversation, and know which call is under way."""
        with closing(conversation):
            step: Callable[[], Call] = partial(next, conversation)
            while True:
                try:
                    call = step()
                except StopIteration as finished:
                    page: Page = finished.value
                    return replace(
                        page, calls=tuple(self.made), milliseconds=self.milliseconds
                    )
                self._endpoint = call.endpoint
                try:
                    payload = yield call
                except MarketplaceError as error:
                    step = partial(conversation.throw, error)
                else:
                    step = partial(conversation.send, payload)

    def note(self, reply: HttpReply) -> None:
        """Note a reply; the gateway calls this before it is read."""
        if len(self.made) < _MOST:
            request_id = self._marketplace.request_id(reply)
            self.made.append((self._endpoint, reply.status, request_id))
