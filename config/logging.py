"""structlog and the standard library through one renderer, with secrets taken out.

Event names and fields, not sentences. The redaction runs last before rendering, when
exceptions are already text, so that nothing can slip in behind it.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from config.settings import LogSettings

_SECRET_NAME = re.compile(
    r"(secret|password|passwd|authorization_code|auth_code|cookie|api_key|"
    r"(access|refresh)_?token$|^token$|^sign$|encryption_key)",
    re.IGNORECASE,
)
# In URLs, headers, JSON and exception texts: the name stays, the value goes.
_SECRET_IN_TEXT = re.compile(
    r"""((?:app_?secret|client_secret|access_?token|refresh_?token|auth_?code|"""
    r"""x-tts-access-token|password|(?<![a-z])code|(?<![a-z])sign)["']?\s*[=:]\s*["']?)"""
    r"""([^\s"'&,;)}\]]{4,})""",
    re.IGNORECASE,
)
_PASSWORD_IN_URL = re.compile(r"(\w+://[^/\s:@]*:)([^@\s/]+)(@)")
_HIDDEN = "***"
# Celery puts arguments and results of tasks here.
_NOISE = ("data",)
# Their lines repeat what our own summary lines say, show whole URLs, or come with each tick.
_QUIET = (
    "alembic",
    "amqp",
    "celery.app.trace",
    "celery.beat",
    "celery.worker.strategy",
    "kombu",
    "requests",
    "urllib3",
)

_Event = MutableMapping[str, Any]


def redact_text(text: str) -> str:
    """Return a text without the values of anything that looks like a secret."""
    hidden = _PASSWORD_IN_URL.sub(rf"\1{_HIDDEN}\3", text)
    return _SECRET_IN_TEXT.sub(rf"\1{_HIDDEN}", hidden)


def redact(_logger: object, _method: str, event: _Event) -> _Event:
    """Take secrets out of one log event, by field name and inside texts."""
    for name in _NOISE:
        event.pop(name, None)
    for name, value in list(event.items()):
        event[name] = _HIDDEN if _SECRET_NAME.search(name) else _redacted(value)
    return event


def configure_logging(settings: LogSettings, *, stream: TextIO | None = None) -> None:
    """Send all records of this process to one stream, as JSON or for a terminal."""
    stream = stream or sys.stderr
    shape = settings.format or ("console" if stream.isatty() else "json")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if shape == "console"
        else structlog.processors.JSONRenderer(default=str)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return {
            name: _HIDDEN if _SECRET_NAME.search(str(name)) else _redacted(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    return value
