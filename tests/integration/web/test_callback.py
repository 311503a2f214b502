"""A seller comes back from the consent page: connected, or told why not."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from worker.store.authorizations import all_authorizations
from worker.store.removal import remove_shop
from worker.store.shops import all_shops

pytestmark = pytest.mark.integration

TIKTOK = "/authorize/tiktok-shop/callback"
TEMU = "/authorize/temu/callback"


def stored_shops(web):
    """Return the keys of all shops that are connected."""
    with web.here.database.read() as connection:
        return {stored.shop.shop_key for stored in all_shops(connection)}


def subjects(web):
    """Return whose authorizations are stored."""
    with web.here.database.read() as connection:
        return {found.subject for found in all_authorizations(connection)}


def exchanges(web):
    """Return how many codes TikTok Shop was asked to exchange."""
    (stats,) = (
        found for name, found in web.stats().items() if name.startswith("tiktok")
    )
    return stats["endpoints"].get("/api/v2/token/get", 0)


def seller(web, number):
    """Return one TikTok Shop seller with a code that is valid now."""
    return web.sellers()["tiktok_shop"]["sellers"][number]


def mall(web, zone, number=0):
    """Return one Temu mall with a code that is valid now."""
    return web.sellers()["temu"][zone]["malls"][number]


def test_a_seller_who_agrees_is_connected(web):
    """From the operator's link over the consent page to a friendly page with the shops."""
    link = web.link()
    found = seller(web, 0)
    page = web.http.post(
        link.partition("?")[0],
        data={
            **dict(pair.split("=") for pair in link.partition("?")[2].split("&")),
            "seller": found["open_id"],
            "decision": "agree",
        },
        timeout=30,
    )

    assert page.status_code == 200
    assert f"{page.url}".startswith(f"{web.url}{TIKTOK}?")
    assert "Seller 1 is connected" in page.text
    assert {shop["shop_key"] for shop in found["shops"]} <= stored_shops(web)
    assert [
        shop["name"] for shop in found["shops"] if shop["name"] not in page.text
    ] == []


def test_temus_callback_host_picks_the_zone(web):
    """A link for the United States, but the mall turns out to be a European one."""
    found = mall(web, "eu")
    page = web.get(
        TEMU,
        state=web.state("temu:us"),
        code=found["code"],
        callback_host="openapi-b-eu.temu.com",
    )

    assert page.status_code == 200, page.text
    assert found["shop_key"] in stored_shops(web)


def test_a_page_that_is_loaded_again_says_the_same(web):
    """The same link with the same code: nothing is exchanged twice."""
    query = {"state": web.state(), "code": seller(web, 1)["auth_code"]}
    first = web.get(TIKTOK, **query)
    before = exchanges(web)
    again = web.get(TIKTOK, **query)

    assert (first.status_code, again.status_code) == (200, 200)
    assert "Seller 2 is connected" in again.text
    assert exchanges(web) == before


def test_a_link_connects_one_seller(web):
    """The second one, with a code of their own, is sent away, and their code is not used."""
    state = web.state("temu:us")
    first = web.get(TEMU, state=state, code=mall(web, "us", 0)["code"])
    other = mall(web, "us", 1)
    second = web.get(TEMU, state=state, code=other["code"])

    assert (first.status_code, second.status_code) == (200, 410)
    assert "This link was used before" in second.text
    assert other["shop_key"] not in stored_shops(web)
    assert mall(web, "us", 1)["code"] == other["code"]


def test_many_who_come_at_once_with_one_link_are_one(web):
    """Whichever process answers: the link is used up by a row of the database."""
    state = web.state("temu:global")
    codes = [mall(web, "global", number)["code"] for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        pages = list(
            pool.map(lambda code: web.get(TEMU, state=state, code=code), codes)
        )

    assert sorted(page.status_code for page in pages) == [200, 410, 410]


@pytest.mark.parametrize(
    ("query", "status", "heading"),
    [
        ({"code": "null", "error": "auth_denied"}, 403, "You did not agree"),
        ({"code": "no-such-code"}, 410, "The marketplace refused this code"),
    ],
)
def test_a_seller_who_refuses_or_has_a_spent_code_is_told_so(
    web, query, status, heading
):
    """Each with a page of its own."""
    page = web.get(TIKTOK, state=web.state(), **query)

    assert (page.status_code, heading in page.text) == (status, True)


def test_a_code_that_was_used_elsewhere_is_refused(web):
    """With a fresh link; asked again it is refused without another call."""
    code = mall(web, "us", 2)["code"]
    web.get(TEMU, state=web.state("temu:us"), code=code)
    with web.here.database.write() as connection:
        remove_shop(connection, mall(web, "us", 2)["shop_key"])
    page = web.get(TEMU, state=web.state("temu:us"), code=code)

    assert page.status_code == 410
    assert "refused this code" in page.text


def test_a_seller_who_said_no_may_open_the_link_again(web):
    """Saying no does not use the link up."""
    state = web.state()
    web.get(TIKTOK, state=state, code="null", error="auth_denied")
    page = web.get(TIKTOK, state=state, code=seller(web, 2)["auth_code"])

    assert page.status_code == 200


def test_a_link_of_another_marketplace_is_refused(web):
    """The code is not spent."""
    code = seller(web, 3)["auth_code"]
    page = web.get(TIKTOK, state=web.state("temu:eu"), code=code)

    assert page.status_code == 400
    assert "for another marketplace" in page.text
    assert seller(web, 3)["auth_code"] == code


@pytest.mark.parametrize("change", [str.lower, lambda state: state[:-1], str.strip])
def test_a_state_that_was_changed_is_refused(web, change):
    """Nobody can make one without the encryption keys."""
    state = web.state()
    forged = change(state) if change(state) != state else f"x{state}"
    page = web.get(TIKTOK, state=forged, code=seller(web, 3)["auth_code"])

    assert page.status_code == 400
    assert "This link is not valid" in page.text


def test_a_stranger_without_a_link_is_not_connected(web):
    """The code is spent, as only that shows who it is; nothing of it is kept."""
    found = seller(web, 4)
    page = web.get(TIKTOK, code=found["auth_code"])

    assert page.status_code == 503
    assert "does not know you" in page.text
    assert found["open_id"] not in subjects(web)


def test_a_known_seller_may_renew_without_a_link(web):
    """After a scope was added, Seller Center sends sellers back without a state."""
    found = seller(web, 5)
    web.get(TIKTOK, state=web.state(), code=found["auth_code"])
    before = exchanges(web)
    page = web.get(TIKTOK, code=seller(web, 5)["auth_code"])

    assert page.status_code == 200, page.text
    assert "was connected before" in page.text
    assert exchanges(web) == before + 1


def test_temu_without_a_link_asks_for_one(web):
    """Nobody says which zone it would be."""
    page = web.get(TEMU, code=mall(web, "eu", 1)["code"])

    assert page.status_code == 400
    assert "Please begin with a link" in page.text


def test_a_marketplace_that_is_down_costs_nothing(web):
    """The page says so; loaded again when it is back, it connects the seller."""
    query = {"state": web.state("temu:eu"), "code": mall(web, "eu", 2)["code"]}
    web.control(scenario="outage")
    try:
        down = web.get(TEMU, **query)
    finally:
        web.control(scenario=None)
    up = web.get(TEMU, **query)

    assert (down.status_code, down.headers["Retry-After"]) == (503, "60")
    assert "nothing is lost" in down.text
    assert up.status_code == 200


def test_an_unknown_marketplace_has_no_callback(web):
    """As little as any other unknown page."""
    assert web.get("/authorize/ebay/callback", code="x").status_code == 404


def test_a_link_ends(new_web_face):
    """The code of somebody who comes too late is not used."""
    web = new_web_face(WEB__LINK_LIFETIME="1ms")
    code = seller(web, 0)["auth_code"]
    page = web.get(TIKTOK, state=web.state(), code=code)

    assert page.status_code == 410
    assert "This link is too old" in page.text
    assert seller(web, 0)["auth_code"] == code


def test_no_page_of_a_callback_holds_a_secret(web):
    """Nor may a browser hand the address, with its code, to anybody."""
    code = seller(web, 3)["auth_code"]
    page = web.get(TIKTOK, state=web.state(), code=code)

    assert code not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
