"""Grants, renewals, shops and the link to the consent page."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from worker.domain.calls import Call
from worker.domain.errors import OperatorError, UnreadableReply
from worker.domain.grants import Grant
from worker.domain.identity import App, Shop
from worker.marketplaces.tiktok_shop import tokens

Converse = Callable[..., Any]
Sample = Callable[[str], Any]
CONVERSATIONS = [
    pytest.param(tokens.exchange, id="exchange"),
    pytest.param(tokens.refresh, id="refresh"),
]


@pytest.fixture
def data(sample: Sample) -> dict[str, Any]:
    """A live token reply of a seller in Viet Nam."""
    found: dict[str, Any] = sample("token_until_2123.json")["data"]
    return found


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_reads_a_grant(
    conversation: Callable[[], Any], data: dict[str, Any], converse: Converse
) -> None:
    """The expiries are points in time; consent may last until the next century."""
    grant, asked = converse(conversation(), data)

    assert len(asked) == 1
    assert grant == Grant(
        subject="IKb2JQBBBBDS_ZVUZ6C4O7YwD0KncLadCP8HRVFDQLqfhUR3HxIPBg",
        name="Example Seller",
        region="VN",
        access_token="ROW_example_access_token",
        access_expires_at=datetime(2024, 12, 2, 7, 0, 27, tzinfo=UTC),
        refresh_token="ROW_example_refresh_token",
        refresh_expires_at=datetime(2123, 11, 2, 6, 40, 47, tzinfo=UTC),
        scopes=(
            "seller.authorization.info",
            "serller.product.optimize",
            "seller.product.basic",
            "seller.order.info",
            "seller.global_product.category.info",
            "seller.global_product.info",
            "seller.shop.info",
        ),
    )


def test_reads_the_documented_sample(sample: Sample, converse: Converse) -> None:
    """The documentation's own example is a grant."""
    grant, _ = converse(tokens.exchange(), sample("token.json")["data"])

    assert grant.subject == "7010736057180325637"
    assert grant.access_expires_at == datetime(2022, 8, 15, 9, 46, 23, tzinfo=UTC)


@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("empty", [{"refresh_token": ""}, {"refresh_token": None}, {}])
def test_no_new_refresh_token_means_that_the_old_one_stays(
    conversation: Callable[[], Any],
    empty: dict[str, object],
    data: dict[str, Any],
    converse: Converse,
) -> None:
    """None is "unchanged", never an empty token to be stored."""
    del data["refresh_token"]
    grant, _ = converse(conversation(), data | empty)

    assert grant.refresh_token is None


@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("name", ["access_token", "access_token_expire_in", "open_id"])
@pytest.mark.parametrize("value", ["", None, [], 1.5], ids=repr)
def test_success_without_a_token_is_unreadable(
    conversation: Callable[[], Any],
    name: str,
    value: object,
    data: dict[str, Any],
    converse: Converse,
) -> None:
    """Code 0 alone is no grant; the error names the field and shows no token."""
    with pytest.raises(UnreadableReply, match=name) as caught:
        converse(conversation(), data | {name: value})

    assert "ROW_example" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, None), ({"granted_scopes": None}, None), ({"granted_scopes": []}, ())],
)
def test_not_told_scopes_differ_from_no_scopes(
    given: dict[str, object],
    expected: tuple[str, ...] | None,
    data: dict[str, Any],
    converse: Converse,
) -> None:
    """Old replies have no list; an empty list allows nothing."""
    del data["granted_scopes"]
    grant, _ = converse(tokens.exchange(), data | given)

    assert grant.scopes == expected


def test_a_creator_has_no_name_and_no_region(
    data: dict[str, Any], converse: Converse
) -> None:
    """Both can be null."""
    grant, _ = converse(
        tokens.exchange(), data | {"seller_name": None, "seller_base_region": ""}
    )

    assert (grant.name, grant.region) == (None, None)


def test_a_payload_that_is_no_object_is_unreadable(converse: Converse) -> None:
    """Whoever drives the conversation may send anything."""
    with pytest.raises(UnreadableReply):
        converse(tokens.refresh(), None)


def test_finds_the_shops_of_a_grant(
    sample: Sample, data: dict[str, Any], converse: Converse
) -> None:
    """`cipher` becomes what other calls name `shop_cipher`; the call itself has none."""
    grant, _ = converse(tokens.exchange(), data)
    shops, asked = converse(
        tokens.shops(grant, zone="default"), sample("shops.json")["data"]
    )

    assert asked == [Call(endpoint="/authorization/202309/shops", method="GET")]
    assert shops == (
        Shop(
            marketplace="tiktok_shop",
            zone="default",
            shop_id="7000714532876273420",
            name="Maomao beauty shop",
            region="GB",
            cipher="GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3",
        ),
    )


@pytest.mark.parametrize("payload", [{}, {"shops": []}, {"shops": None}])
def test_a_grant_may_have_no_shops_yet(
    payload: object, data: dict[str, Any], converse: Converse
) -> None:
    """A seller can be authorised before the shop is approved."""
    grant, _ = converse(tokens.exchange(), data)
    shops, _ = converse(tokens.shops(grant, zone="default"), payload)

    assert shops == ()


def test_a_shop_without_an_id_is_unreadable(
    data: dict[str, Any], converse: Converse
) -> None:
    """Nothing can be kept under no name."""
    grant, _ = converse(tokens.exchange(), data)
    with pytest.raises(UnreadableReply, match="id is missing"):
        converse(tokens.shops(grant, zone="default"), {"shops": [{"name": "x"}]})


def test_the_link_goes_to_the_consent_page(app: App) -> None:
    """It carries the service id, which is not the app key, and our state."""
    url = urlsplit(tokens.authorize_url(app, state="a b&c=d"))

    assert (url.scheme, url.netloc, url.path) == (
        "https",
        "consent.example",
        "/open/authorize",
    )
    assert parse_qs(url.query) == {
        "service_id": ["7300000000000000001"],
        "state": ["a b&c=d"],
    }


def test_an_app_without_a_consent_host_uses_the_marketplaces_own(app: App) -> None:
    """Sellers outside of the United States give their consent there."""
    url = tokens.authorize_url(replace(app, consent_url=None), state="x")

    assert url.startswith("https://services.tiktokshop.com/open/authorize?")


def test_a_missing_service_id_is_named(app: App) -> None:
    """The operator reads which variable to set."""
    with pytest.raises(OperatorError, match="SELLERSYNC_TIKTOK_SHOP__SERVICE_ID"):
        tokens.authorize_url(replace(app, service_id=None), state="x")


def test_a_seller_who_says_no_comes_with_the_word_null() -> None:
    """It is no code."""
    consent = tokens.consent({"code": "null", "error": "auth_denied", "state": "s"})

    assert (consent.code, consent.refused) == ("", "auth_denied")
