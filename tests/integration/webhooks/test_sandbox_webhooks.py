"""The sandbox's own webhooks are genuine to the receiver, and bring what has changed."""

from threading import Event

import pytest
import requests

from tests.integration.webhooks.looking import look, state, stored
from worker.domain.grants import AuthorizationState

pytestmark = pytest.mark.integration


def posted(sandbox):
    """Return what the sandbox counted."""
    return requests.get(f"{sandbox.url}/stats", timeout=10).json()["webhooks"]


def until(true):
    """Look again and again, but not for ever."""
    for _ in range(200):
        if true():
            return True
        Event().wait(0.05)
    return False


@pytest.fixture
def announced(sandbox, receiver):
    """Let the sandbox post to the receiver; to nobody afterwards."""
    sandbox.tell(webhooks=receiver.url)
    yield posted(sandbox).get("refused", 0)
    sandbox.tell(webhooks=None)


def test_changes_are_posted_and_looked_at(
    here, sandbox, receiver, announced, tiktok_shop_key, temu_key
):
    """Of both marketplaces; what they bring is the truth."""
    sandbox.tell(touch=60)
    both = {tiktok_shop_key, temu_key}
    assert until(lambda: both <= {row.shop_key for row in receiver.kept()})
    told = posted(sandbox)
    while look(here):
        pass

    assert told.get("refused", 0) == announced
    assert told["acknowledged"] > 0
    for shop_key in both:
        truth = sandbox.truth("orders", shop_key)
        rows = stored(here, shop_key)
        assert rows
        assert rows == {order_id: truth[order_id] for order_id in rows}


def test_a_seller_who_leaves_is_known_at_once(
    here, sandbox, receiver, announced, tiktok_shop_key
):
    """Without a pull."""
    del announced
    (open_id,) = {
        seller["open_id"]
        for seller in sandbox.sellers()["tiktok_shop"]["sellers"]
        for shop in seller["shops"]
        if shop["shop_key"] == tiktok_shop_key
    }
    sandbox.tell(revoke=open_id)
    assert until(lambda: "deauthorized" in {row.kind for row in receiver.kept()})
    look(here)

    assert state(here, tiktok_shop_key) is AuthorizationState.REVOKED
