"""Send tasks to the workers, by name."""

from collections.abc import Iterable, Mapping

import redis

from config.embedded import no_redis, redis_url, uses_embedded_broker
from config.settings import Settings
from worker.domain.errors import OperatorError
from worker.gateway.ledger import open_ledger_redis


def enqueue(
    configured: Settings, task: str, messages: Iterable[Mapping[str, object]]
) -> list[str]:
    """Enqueue a task once for each set of keyword arguments; return their numbers.

    Raises:
        OperatorError: there is no queue; nothing was enqueued.
    """
    _prove_that_it_answers(configured)
    # Celery takes longer to import than the rest of a command does to run.
    from worker.app import app  # noqa: PLC0415 -- see above

    return [
        str(app.send_task(task, kwargs=dict(arguments)).id) for arguments in messages
    ]


def _prove_that_it_answers(configured: Settings) -> None:
    """Ask once: Celery itself would try again and again."""
    try:
        with open_ledger_redis(redis_url(configured).client) as client:
            client.ping()
    except redis.RedisError as error:
        if uses_embedded_broker(configured):
            raise OperatorError(
                "no worker is running; start `sellersync up`, or add --here to do it "
                "in this process"
            ) from None
        raise OperatorError(no_redis(configured, error)) from None
