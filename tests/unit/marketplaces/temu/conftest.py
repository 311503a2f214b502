"""A made-up app, seller and mall, recorded replies, and somebody to talk to."""

import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from worker.domain.calls import Call
from worker.domain.identity import App, Credentials, Shop

SAMPLES = Path(__file__).parents[3] / "samples" / "temu"


@pytest.fixture
def app() -> App:
    """An app that nobody registered."""
    return App(
        marketplace="temu",
        zone="us",
        app_key="00112233445566778899aabbccddeeff",
        app_secret="0123456789abcdef0123456789abcdef01234567",
        api_url="https://router.example/openapi/router",
        consent_url="https://consent.example/authorization",
        requests_per_second=20,
    )


@pytest.fixture
def credentials() -> Credentials:
    """Tokens that nobody issued."""
    return Credentials(
        access_token="exampletokenexampletokenexampletokenexampletokenexample01",
        auth_code="examplecodeexamplecode01",
    )


@pytest.fixture
def shop() -> Shop:
    """A mall that nobody owns."""
    return Shop(marketplace="temu", zone="us", shop_id="635517742000001")


@pytest.fixture
def sample() -> Callable[[str], Any]:
    """The `result` of a recorded reply, by its file name."""
    return lambda name: json.loads((SAMPLES / f"{name}.json").read_text())["result"]


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
