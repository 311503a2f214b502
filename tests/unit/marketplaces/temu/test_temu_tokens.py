"""Grants: what Temu's token replies say in our words."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from worker.domain.calls import Call
from worker.domain.errors import UnreadableReply
from worker.domain.grants import Grant
from worker.domain.identity import Shop
from worker.marketplaces.temu import MARKETPLACE

Sample = Callable[[str], Any]
Converse = Callable[..., tuple[Any, list[Call]]]

TOKEN = "madeuptokenmadeuptokenmadeuptokenmadeuptokenmadeuptoken0001"


def test_a_code_becomes_a_grant(sample: Sample, converse: Converse) -> None:
    """The mall is the subject; the expiry is a point in time."""
    grant, asked = converse(MARKETPLACE.exchange(), sample("token_create"))

    assert [(c.endpoint, c.body) for c in asked] == [("bg.open.accesstoken.create", {})]
    assert grant == Grant(
        subject="1024",
        region="US",
        access_token=TOKEN,
        access_expires_at=datetime(2025, 12, 13, 13, 55, 2, tzinfo=UTC),
        scopes=(
            "bg.order.list.v2.get",
            "bg.local.goods.list.query",
            "bg.open.accesstoken.info.get",
        ),
    )


def test_a_refresh_reads_how_long_the_token_still_lives(
    sample: Sample, converse: Converse
) -> None:
    """There is nothing to renew: the empty token of the grant means unchanged."""
    grant, asked = converse(MARKETPLACE.refresh(), sample("token_info"))

    assert [call.endpoint for call in asked] == ["bg.open.accesstoken.info.get"]
    assert (grant.subject, grant.region) == ("635517742000001", "MX")
    assert (grant.access_token, grant.refresh_token) == ("", None)
    assert datetime(2027, 8, 11, 20, 59, 37, tzinfo=UTC) == grant.access_expires_at
    assert len(grant.scopes) == 4


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("mallId", "mallId is missing"),
        ("expiredTime", "expiredTime is missing"),
        ("accessToken", "accessToken is missing"),
    ],
)
@pytest.mark.parametrize("nothing", [None, ""])
def test_a_grant_without_its_essentials_is_unreadable(
    missing: str, reason: str, nothing: str | None, sample: Sample, converse: Converse
) -> None:
    """A grant is never made up, and the error does not show the token."""
    payload = sample("token_create") | {missing: nothing}

    with pytest.raises(UnreadableReply, match=reason) as caught:
        converse(MARKETPLACE.exchange(), payload)

    assert TOKEN not in repr(caught.value)


@pytest.mark.parametrize("payload", [[], "no", {"mallId": [1], "expiredTime": 5}])
def test_a_foreign_token_info_is_unreadable(
    payload: object, converse: Converse
) -> None:
    """What is not documented is tried again later."""
    with pytest.raises(UnreadableReply):
        converse(MARKETPLACE.refresh(), payload)


def test_zero_is_no_expiry(sample: Sample, converse: Converse) -> None:
    """A token is not taken for dead because its expiry is not given."""
    payload = sample("token_info") | {"expiredTime": 0}

    with pytest.raises(UnreadableReply, match="expiredTime is missing"):
        converse(MARKETPLACE.refresh(), payload)


@pytest.mark.parametrize(
    ("scopes", "expected"), [(None, None), ([], ()), (["bg.a"], ("bg.a",))]
)
def test_unknown_scopes_are_not_the_same_as_none(
    scopes: object, expected: object, sample: Sample, converse: Converse
) -> None:
    """A reply without scopes does not say that nothing is allowed."""
    payload = sample("token_info") | {"apiScopeList": scopes}

    grant, _ = converse(MARKETPLACE.refresh(), payload)

    assert expected == grant.scopes


def test_a_region_that_we_do_not_know_is_not_guessed(
    sample: Sample, converse: Converse
) -> None:
    """Only the numbers of the documentation become countries."""
    payload = sample("token_info") | {"regionId": 999}

    grant, _ = converse(MARKETPLACE.refresh(), payload)

    assert grant.region is None


def test_a_grant_has_one_shop_without_a_call(
    sample: Sample, converse: Converse
) -> None:
    """The mall of the grant is the shop."""
    grant, _ = converse(MARKETPLACE.exchange(), sample("token_create"))

    shops, asked = converse(MARKETPLACE.shops(grant, zone="us"))

    assert asked == []
    assert shops == (Shop(marketplace="temu", zone="us", shop_id="1024", region="US"),)
