"""What reaches the log, and what does not."""

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from config.logging import configure_logging, redact, redact_text
from config.settings import LogSettings

CANARY = "Canary9f8e7d6c"


@pytest.fixture
def lines():
    """Configure JSON logging into memory; call it to get the lines."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    configure_logging(LogSettings(format="json", level="debug"), stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://auth.example/api/v2/token/refresh?app_secret={CANARY}&x=1",
        f"GET /token?refresh_token={CANARY}",
        f"auth_code={CANARY}",
        f"?code={CANARY}&state=x",
        f'{{"access_token": "{CANARY}"}}',
        f"{{'app_secret': '{CANARY}'}}",
        f"x-tts-access-token: {CANARY}",
        f"postgresql+psycopg://user:{CANARY}@db:5432/x",
        f"redis://:{CANARY}@redis:6379/0",
        f"sign={CANARY}&timestamp=1",
    ],
)
def test_secrets_inside_texts_are_hidden(text):
    """URLs, headers, JSON and reprs keep the name and lose the value."""
    assert CANARY not in redact_text(text)


@given(st.text(alphabet="abcdefgh :/-_.", max_size=60))
def test_texts_without_secrets_stay_as_they_are(text):
    """The redaction touches nothing that is no assignment."""
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "name", ["app_secret", "access_token", "refresh_token", "password", "sign", "token"]
)
def test_fields_with_secret_names_are_hidden(name):
    """Whatever its value looks like, also deep inside."""
    event = redact(None, "info", {"event": "x", name: CANARY, "deep": {name: CANARY}})

    assert CANARY not in str(event)


def test_a_lease_token_and_a_refresh_count_are_no_secrets():
    """Names that only sound alike stay readable."""
    event = {"event": "x", "token_refreshes": 3, "signed": True}

    assert redact(None, "info", dict(event)) == event


def test_standard_library_records_are_rendered_and_redacted_too(lines):
    """urllib3, Celery and SQLAlchemy go through the same renderer."""
    logging.getLogger("somebody.else").warning("GET /x?app_secret=%s", CANARY)

    (line,) = lines()
    assert (line["level"], line["logger"]) == ("warning", "somebody.else")
    assert CANARY not in str(line)


def test_an_exception_text_loses_its_secrets(lines):
    """Exceptions become text before the redaction, not after it."""
    try:
        raise ValueError(f"refresh_token={CANARY}")  # noqa: TRY301 -- the point of the test
    except ValueError:
        structlog.get_logger("ours").exception("broken", shop_key="a:b:c")

    (line,) = lines()
    assert line["shop_key"] == "a:b:c"
    assert "ValueError" in line["exception"]
    assert CANARY not in str(line)


def test_celerys_own_task_data_is_dropped(lines):
    """Its records carry arguments and return values of tasks."""
    logging.getLogger("celery.app.other").info("done", extra={"data": {"args": CANARY}})

    assert CANARY not in str(lines())
