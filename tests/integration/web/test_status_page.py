"""The status page over HTTP: what it shows, and what it never does."""

import re

import pytest
import requests

from worker.domain.errors import ReauthorizeShop
from worker.store.authorizations import all_authorizations

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def connected(web):
    """Return a web face with two sellers and a mall."""
    for number in (0, 1):
        found = web.sellers()["tiktok_shop"]["sellers"][number]
        web.get(
            "/authorize/tiktok-shop/callback",
            state=web.state(),
            code=found["auth_code"],
        )
    code = web.sellers()["temu"]["eu"]["malls"][0]["code"]
    web.get("/authorize/temu/callback", state=web.state("temu:eu"), code=code)
    return web


def rows(page):
    """Return the keys of the shops in the table, in order."""
    return re.findall(r'<span class="key">([a-z_]+:[a-z]+:\d+)</span>', body_of(page))


def body_of(page):
    """Return the table of a page."""
    return page.text.partition("<tbody>")[2].partition("</tbody>")[0]


def test_an_empty_installation_says_what_to_do_first(new_web_face):
    """It leads to the page that makes links."""
    page = new_web_face().get("/")

    assert page.status_code == 200
    assert "No seller is connected yet" in page.text
    assert 'href="/connect"' in page.text


def test_it_shows_every_shop_with_tokens_and_streams(connected):
    """And each app's budget, and what happened."""
    page = connected.get("/")

    assert page.status_code == 200
    assert len(rows(page)) == 5
    assert "Seller 1 Shop" in page.text
    assert "first pull" in page.text
    assert page.text.count("data-app=") == 4
    (told,) = re.findall(r"<strong>Seller connected</strong>.*tiktok_shop.*", page.text)
    assert ">2 times<" in told
    assert ">and 3 more<" in told


def test_search_sort_and_filter_are_part_of_the_address(connected):
    """So that a view can be sent to a colleague."""
    everything = rows(connected.get("/"))

    assert rows(connected.get("/", sort="name-down")) == everything[::-1]
    assert len(rows(connected.get("/", q="temu:eu"))) == 1
    assert rows(connected.get("/", only="paused")) == []
    assert 'aria-sort="descending"' in connected.get("/", sort="ends-down").text


@pytest.mark.parametrize(
    "query",
    [
        {"page": "-1"},
        {"page": "9" * 5000},
        {"page": "x", "sort": "'; DROP TABLE shops", "only": "?"},
        {"q": "\x00"},
        {"q": "%" * 5000},
        {"q": "<script>alert(1)</script>"},
    ],
)
def test_rubbish_in_the_address_does_no_harm(connected, query):
    """It is left out, or found nowhere."""
    page = connected.get("/", **query)

    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_a_seller_who_is_gone_is_told_with_what_to_do(connected):
    """At the top, once for all shops of that seller, with the way to the remedy."""
    found = connected.sellers()["tiktok_shop"]["sellers"][1]
    connected.control(revoke=found["open_id"])
    with pytest.raises(ReauthorizeShop):
        connected.here.refreshes.of_shop(found["shops"][0]["shop_key"], force=True)
    page = connected.get("/")
    told = page.text.partition('data-live="trouble"')[2].partition("</section>")[0]

    assert "1 thing needs you" in page.text
    assert told.count("<li") == 1
    assert all(shop["shop_key"] in told for shop in found["shops"])
    assert '<a href="/connect">' in told
    assert len(rows(connected.get("/", only="trouble"))) == 2


def test_the_budget_is_told_as_numbers(connected):
    """For the chart: what is sent and allowed, now and in the last minutes."""
    told = connected.get("/api/budget").json()

    assert {app["app_id"].rpartition(":")[0] for app in told["apps"]} == {
        "tiktok_shop:default",
        "temu:us",
        "temu:eu",
        "temu:global",
    }
    assert all(app["most"] == app["allowed"] == 200 for app in told["apps"])
    assert all(len(point) == 3 for app in told["apps"] for point in app["points"])


def test_no_secret_is_on_any_page(connected):
    """Neither tokens nor codes, app secrets, keys or passwords."""
    sellers = connected.sellers()
    with connected.here.database.read() as connection:
        opened = [
            found.credentials(connected.here.desk.sealer)
            for found in all_authorizations(connection)
        ]
    secrets = {sellers["tiktok_shop"]["app_secret"]}
    secrets |= {zone["app_secret"] for zone in sellers["temu"].values()}
    secrets |= {each.access_token for each in opened}
    secrets |= {each.refresh_token for each in opened if each.refresh_token}
    secrets |= set(
        (connected.here.settings.home / "encryption.keys").read_text().split()
    )
    pages = [
        connected.get(path).text
        for path in ("/", "/connect", "/api/budget", "/readyz", "/healthz", "/nowhere")
    ]

    assert len(secrets) > 8
    assert [secret for secret in secrets for page in pages if secret in page] == []


def test_pages_hold_no_code_and_no_style(connected):
    """The policy would refuse them: all scripts and styles are files of ours."""
    page = connected.get("/").text

    assert re.findall(r"<script(?![^>]*src=)[^>]*>", page) == []
    assert re.findall(r"\son[a-z]+=|\sstyle=|<style", page) == []
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert connected.get(path).status_code == 200


def test_a_form_of_another_page_makes_no_link(connected):
    """It would be a link that somebody else knows of."""
    answer = requests.post(
        f"{connected.url}/connect",
        data={"app_id": "tiktok_shop:default:x"},
        headers={"Sec-Fetch-Site": "cross-site"},
        timeout=30,
    )

    assert answer.status_code == 403
    assert "<textarea" not in answer.text
