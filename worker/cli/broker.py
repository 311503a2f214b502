"""The broker that a command needs: the configured Redis, or an embedded one of our own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded import no_redis, redis_url, uses_embedded_broker
from config.settings import Settings
from worker.cli.embedded_broker import embedded_broker
from worker.domain.errors import OperatorError

# An unreachable server must be reported within 20 s; connecting and asking take this each.
_ANSWERS_WITHIN = 5  # seconds

Revive = Callable[[], None]


@contextmanager
def available_broker(configured: Settings) -> Iterator[Revive]:
    """Make sure that a broker answers; give what brings an embedded one back if it is lost.

    An embedded broker lives as long as anybody uses it: the first to come starts it, the
    last to go ends it.

    Raises:
        OperatorError: the configured Redis does not answer, or ours cannot be started.
    """
    if uses_embedded_broker(configured):
        with embedded_broker(configured) as revive:
            yield revive
    else:
        _prove_that_it_answers(configured)
        yield _nothing


def _prove_that_it_answers(configured: Settings) -> None:
    url = redis_url(configured).client
    try:
        client = redis.Redis.from_url(
            url,
            socket_timeout=_ANSWERS_WITHIN,
            socket_connect_timeout=_ANSWERS_WITHIN,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        # Its text can hold the password.
        raise OperatorError(
            "SELLERSYNC_REDIS_URL is not usable: write it like "
            "redis://:password@host:6379/0"
        ) from None
    try:
        with client:
            client.ping()
    except redis.RedisError as error:
        raise OperatorError(no_redis(configured, _without(url, str(error)))) from None


def _without(url: str, text: str) -> str:
    password = urlsplit(url).password
    return text.replace(password, "***") if password else text


def _nothing() -> None:
    """Do nothing: a configured Redis is somebody else's to restart."""
