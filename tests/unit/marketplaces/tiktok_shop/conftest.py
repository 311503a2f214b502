"""A made-up app, seller and shop, recorded replies, and somebody to talk to."""

import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from worker.domain.calls import Call
from worker.domain.identity import App, Credentials, Shop

SAMPLES = Path(__file__).parents[3] / "samples" / "tiktok_shop"


@pytest.fixture
def app() -> App:
    """An app that nobody registered."""
    return App(
        marketplace="tiktok_shop",
        zone="default",
        app_key="68xu9ks5p4i8",
        app_secret="canary-secret-0f1e2d3c4b5a",
        api_url="https://api.example",
        auth_url="https://auth.example",
        service_id="7300000000000000001",
        consent_url="https://consent.example",
        requests_per_second=10,
    )


@pytest.fixture
def credentials() -> Credentials:
    """Tokens that nobody issued."""
    return Credentials(
        access_token="ROW_canary-access-1a2b3c",
        refresh_token="ROW_canary-refresh-4d5e6f",
        auth_code="ROW_canary-code-7a8b9c",
    )


@pytest.fixture
def shop() -> Shop:
    """A cross-border shop."""
    return Shop(
        marketplace="tiktok_shop",
        zone="default",
        shop_id="7000714532876273420",
        cipher="GCP_XF90igAAAABh00qs",
    )


@pytest.fixture
def sample() -> Callable[[str], Any]:
    """A recorded reply by its file name, as JSON."""
    return lambda name: json.loads((SAMPLES / name).read_text())


@pytest.fixture
def converse() -> Callable[..., tuple[Any, list[Call]]]:
    """Drive a conversation with these answers; tell its result and what it asked.

    An exception among the answers is raised where the conversation waits.
    """

    def drive(
        conversation: Generator[Call, object, Any], *answers: object
    ) -> tuple[Any, list[Call]]:
        asked: list[Call] = []
        waiting = list(answers)
        try:
            asked.append(next(conversation))
            while True:
                answer = waiting.pop(0)
                asked.append(
                    conversation.throw(answer)
                    if isinstance(answer, BaseException)
                    else conversation.send(answer)
                )
        except StopIteration as end:
            assert waiting == []
            return end.value, asked

    return drive
