"""What scenarios decide, and that each of them comes to an end or stays a small share."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from worker.sandbox.sandbox import Sandbox
from worker.sandbox.scenarios import SCENARIOS, Happening, Mishap, play
from worker.sandbox.wire import HANG_UP, Reply

SHOPS = "/authorization/202309/shops"


def call(owner: str = "seller", *, rotates: bool = False) -> Happening:
    """Return a call of one app."""
    return Happening(app_key="app", owner=owner, rotates=rotates)


def mishaps(name: str, count: int) -> list[Mishap | None]:
    """Return what happens to so many calls."""
    scenario = play(name)
    return [scenario.mishap(call()) for _ in range(count)]


def test_every_scenario_says_what_it_does() -> None:
    """Each name has a one-line description; no name means no misbehaviour."""
    summaries = {scenario.summary for scenario in SCENARIOS.values()}

    assert len(SCENARIOS) == len(summaries) == 12
    assert type(play(None)) is type(play("none"))
    assert mishaps("none", 500) == [None] * 500


def test_429_bursts_are_stretches_and_end() -> None:
    """Twelve calls in a row out of each hundred are refused, in the first thousand."""
    happened = mishaps("429-burst", 2000)

    assert happened[:100] == [None] * 10 + [Mishap.THROTTLED] * 12 + [None] * 78
    assert happened.count(Mishap.THROTTLED) == 120
    assert set(happened[1000:]) == {None}


def test_5xx_hits_every_seventh_call_in_turn() -> None:
    """One call in seven breaks, each time in another way."""
    happened = mishaps("5xx", 28)

    assert [place for place, mishap in enumerate(happened, 1) if mishap] == [
        7,
        14,
        21,
        28,
    ]
    assert set(happened[6:21:7]) == {
        Mishap.SERVER_ERROR,
        Mishap.UNAVAILABLE,
        Mishap.ERROR_PAGE,
    }


@pytest.mark.parametrize("name", ["429-storm", "5xx-storm"])
def test_a_storm_spares_no_call(name: str) -> None:
    """It lasts until another scenario is played."""
    assert None not in mishaps(name, 5000)


def test_tokens_end_three_times_per_owner() -> None:
    """After each fortieth call of an owner the token ends, three times."""
    happened = mishaps("expired-token", 400)

    ends = [place for place, mishap in enumerate(happened, 1) if mishap]
    assert ends == [40, 80, 120]
    assert {Mishap.TOKEN_ENDS, None} == set(happened)


def test_the_first_refresh_of_each_seller_is_lost() -> None:
    """A seller's first rotation is not answered; later ones are."""
    scenario = play("lost-reply")

    lost = [
        scenario.loses_reply(call(owner, rotates=True))
        for owner in ("a", "b", "a", "b")
    ]

    assert lost == [True, True, False, False]


def test_every_fifteenth_answer_is_lost() -> None:
    """Of other calls a small share is lost."""
    scenario = play("lost-reply")

    lost = [scenario.loses_reply(call()) for _ in range(45)]

    assert [place for place, gone in enumerate(lost, 1) if gone] == [15, 30, 45]


@pytest.fixture
def playing(
    make_sandbox: Callable[..., Sandbox], tiktok_caller: Callable[..., Any]
) -> Callable[[str], Any]:
    """Play a scenario for a connected TikTok Shop seller."""

    def make(name: str) -> Any:
        caller = tiktok_caller(make_sandbox()).connect()
        caller.market.conditions.scenario = play(name)
        return caller

    return make


def test_a_refused_stretch_is_no_violation(playing: Callable[[str], Any]) -> None:
    """Calls that a scenario refuses look refused, but the client kept the limit."""
    caller = playing("429-burst")

    replies = [caller.send(caller.incoming("GET", SHOPS, {})) for _ in range(25)]

    assert [reply.status for reply in replies] == [200] * 10 + [429] * 12 + [200] * 3
    assert caller.market.traffic.report(at=0)["violations"] == 0


def test_broken_replies_have_no_json(playing: Callable[[str], Any]) -> None:
    """A 500 still has a code; 502 and 503 come from something in between."""
    caller = playing("5xx")

    replies = [caller.send(caller.incoming("GET", SHOPS, {})) for _ in range(21)]

    broken = {reply.status: reply.media_type for reply in replies[6::7]}
    assert broken == {500: "application/json", 502: "text/html", 503: "text/plain"}


def test_an_ended_token_can_be_refreshed(playing: Callable[[str], Any]) -> None:
    """The fortieth call finds its token expired; a refresh helps."""
    caller = playing("expired-token")

    codes = [caller.answer("GET", SHOPS, {})["code"] for _ in range(41)]
    caller.keep(
        caller.token("refresh", "refresh_token", refresh_token=caller.refresh_token)
    )

    assert codes == [0] * 39 + [105002] * 2
    assert caller.answer("GET", SHOPS, {})["code"] == 0


def test_a_lost_refresh_has_rotated(playing: Callable[[str], Any]) -> None:
    """The tokens of a lost answer are the valid ones: the old refresh token is dead."""
    caller = playing("lost-reply")
    sent = caller.incoming("GET", "/api/v2/token/refresh", {})
    keys = {
        "app_secret": caller.market.keys.app_secret,
        "grant_type": "refresh_token",
        "refresh_token": caller.refresh_token,
    }
    sent.query.update(keys)

    lost = caller.send(sent)
    replayed = caller.token(
        "refresh", "refresh_token", refresh_token=caller.refresh_token
    )

    assert lost is HANG_UP
    assert replayed["code"] == 36004005
    assert caller.market.traffic.lost_replies == 1


def test_temu_loses_replies_too(
    make_sandbox: Callable[..., Sandbox], temu_caller: Callable[..., Any]
) -> None:
    """One answer in fifteen does not arrive."""
    caller = temu_caller(make_sandbox(scenario="lost-reply"))
    body = caller.signed("bg.open.accesstoken.info.get")

    replies = [caller.send(body) for _ in range(30)]

    lost = [place for place, reply in enumerate(replies, 1) if reply is HANG_UP]
    assert lost == [15, 30]
    assert caller.zone.traffic.lost_replies == 2


def test_a_wrong_clock_moves_the_window(playing: Callable[[str], Any]) -> None:
    """400 s ahead, right timestamps are too old, and the server's own are fine."""
    caller = playing("clock-skew")

    honest = caller.answer("GET", SHOPS, {})
    caller.clock.at += 400
    ahead = caller.incoming("GET", SHOPS, {})
    caller.clock.at -= 400

    assert "earlier than 5 minutes" in honest["message"]
    assert caller.send(ahead).status == 200
    assert caller.clock() + 400 == caller.market.conditions.server_now()


def test_a_page_token_points_to_itself_twice(playing: Callable[[str], Any]) -> None:
    """From the second page on a token may repeat, twice per stream; then it moves on."""
    caller = playing("looping-page-token")

    def walk(search: Callable[..., Any], size: str) -> list[str]:
        tokens, token = [], ""
        for _ in range(8):
            token = search(page_size=size, page_token=token).get("next_page_token", "")
            tokens.append(token)
            if not token:
                break
        return tokens

    orders = walk(caller.search_orders, "7")
    products = walk(caller.search_products, "3")

    assert orders[0] == orders[1] == orders[2] != orders[3]
    assert orders[-1] == ""
    assert products[0] == products[1] == products[2] != products[3]
    assert products[-1] == ""


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [("429-burst", {1000000, 4000004}), ("5xx", {1000000, 4000000, None})],
)
def test_temu_suffers_in_its_own_words(
    make_sandbox: Callable[..., Sandbox],
    temu_caller: Callable[..., Any],
    scenario: str,
    expected: set[int | None],
) -> None:
    """Refusals and errors of Temu carry Temu's codes, or no JSON at all."""
    caller = temu_caller(make_sandbox(scenario=scenario))
    body = caller.signed("bg.open.accesstoken.info.get")

    codes: set[int | None] = set()
    for _ in range(30):
        reply = caller.send(body)
        assert isinstance(reply, Reply)
        if reply.media_type == "application/json":
            codes.add(orjson.loads(reply.body)["errorCode"])
        else:
            codes.add(None)

    assert expected == codes
