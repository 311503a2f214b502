"""The calls of a page are noted, and its conversation is held as if nobody listened."""

from dataclasses import dataclass, replace
from typing import cast

import pytest

from worker.domain.calls import Call, HttpReply
from worker.domain.errors import ItemGone, RetryLater
from worker.domain.marketplace import Marketplace
from worker.domain.pages import Page
from worker.sync.page_calls import PageCalls

PAGE = Page(records=(), next_cursor=None)


@dataclass
class Named:
    """A marketplace whose replies are their own names."""

    def request_id(self, reply):
        """Return the body."""
        return reply.body.decode() or None


@dataclass
class Scripted:
    """A conversation of two calls that forgives an error of the second one."""

    closed: bool = False
    heard: tuple[object, ...] = ()

    def talk(self):
        """Ask twice."""
        try:
            first = yield Call(endpoint="list")
            try:
                second = yield Call(endpoint="details")
            except ItemGone as error:
                second = error.endpoint
            self.heard = (first, second)
            return PAGE
        finally:
            self.closed = True


def reply(name, status=200):
    """Return a reply."""
    return HttpReply(status=status, headers={}, body=name.encode())


@pytest.fixture
def calls():
    """Return an empty log of a page."""
    return PageCalls(cast(Marketplace, Named()))


def test_each_reply_is_noted_with_its_endpoint(calls):
    """Also those that were refused and sent again."""
    held = calls.of(Scripted().talk())
    next(held)
    calls.note(reply("a", 429))
    calls.note(reply("b"))
    held.send("rows")
    calls.note(reply(""))

    assert calls.made == [
        ("list", 429, "a"),
        ("list", 200, "b"),
        ("details", 200, None),
    ]


def test_the_conversation_hears_what_it_would_have_heard(calls):
    """Payloads and errors go in, the page comes out."""
    script = Scripted()
    held = calls.of(script.talk())
    asked = [next(held).endpoint, held.send("rows").endpoint]
    calls.note(reply("a", 404))
    with pytest.raises(StopIteration) as ended:
        held.throw(ItemGone("gone", "no such item"))

    assert asked == ["list", "details"]
    assert script.heard == ("rows", "gone")
    assert ended.value.value == replace(
        PAGE,
        calls=(("details", 404, "a"),),
        milliseconds=ended.value.value.milliseconds,
    )


def test_an_error_that_it_does_not_forgive_comes_out(calls):
    """And the conversation is over."""
    script = Scripted()
    held = calls.of(script.talk())
    next(held)
    with pytest.raises(RetryLater):
        held.throw(RetryLater("list", "busy"))

    assert script.closed


def test_whoever_stops_listening_ends_it(calls):
    """A worker that shuts down leaves no half-open conversation."""
    script = Scripted()
    held = calls.of(script.talk())
    next(held)
    held.close()

    assert script.closed


def test_endless_refusals_do_not_fill_the_log(calls):
    """A row of it is bounded."""
    held = calls.of(Scripted().talk())
    next(held)
    for _ in range(1000):
        calls.note(reply("again", 500))

    assert len(calls.made) == 50
