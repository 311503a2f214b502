"""The Celery application; every option that is not Celery's default has its reason.

`celery -A worker.app worker|beat|flower|call` all start here. Nothing is connected at
import: `worker.runtime` does that when a task first needs it.
"""

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import redis
import structlog
from celery import Celery, signals, states
from kombu import Queue as KombuQueue
from kombu.exceptions import OperationalError
from pydantic import ValidationError

import config
from config.embedded import no_redis, redis_url
from config.logging import configure_logging
from config.queues import KEY_PREFIX, ROUTES, Queue
from config.schedule import beat_entries
from config.settings import Settings, settings
from worker.domain.errors import OperatorError
from worker.health.signs import watch
from worker.health.transport import use_steady_transport
from worker.marketplaces.configured import unknown_settings
from worker.runtime import build_runtime, stopping
from worker.runtime.memory import SpareMemory, keep_memory_together
from worker.runtime.summary import begin_summary, tell_summary

log = structlog.get_logger(__name__)

# How often messages of dead workers are looked for: often enough to find them soon after
# their time.
_LOOKS = 6
_LONGEST_LOOK = 10.0  # seconds

# Where flower finds its options, from whatever folder it is started.
os.environ.setdefault(
    "FLOWER_CONF", str(Path(config.__file__).with_name("flowerconfig.py"))
)

_spare_memory = SpareMemory()

# A header of each message: when it was sent, so that a log line tells how long it waited.
_ENQUEUED_AT = "enqueued_at"


def _settings() -> Settings:
    """Read the settings; a wrong one ends `celery` with one line instead of a traceback."""
    try:
        return settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = "__".join(str(part) for part in first["loc"]).upper()
        reason = str(first["msg"]).removeprefix("Value error, ")
        sys.exit(f"sellersync: SELLERSYNC_{path} is not usable: {reason}")


# Before anything connects: a broken connection must not end a worker.
use_steady_transport()
app = Celery(
    "sellersync",
    broker=redis_url(_settings()).broker,
    # Names as strings: the tasks stand above this module and import it.
    include=[
        *("tasks.schedule", "tasks.tokens", "tasks.retention", "tasks.webhooks"),
        "tasks.canary",
        *("tasks.orders", "tasks.products", "tasks.backfill"),
    ],
)
_schedule = settings().schedule
_visibility = _schedule.visibility_timeout.total_seconds()
app.conf.update(
    broker_connection_retry_on_startup=True,
    # The default gives up after 100 tries; a worker must outlive any outage.
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": _visibility,
        # A dead worker's messages come back after the timeout, not up to 100 s later.
        # https://github.com/celery/kombu/pull/2558
        "unacked_restore_interval": min(_LONGEST_LOOK, _visibility / _LOOKS),
        "unacked_restore_throttle": 1,
        # Without it a half-open connection freezes worker and beat for good.
        "socket_timeout": 15,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        # No `retry_on_timeout`: a dropped connection then hangs the worker silently.
        "global_keyprefix": KEY_PREFIX,
        "client_name": "sellersync",
    },
    # Outcomes are rows in the database; results would only be another place for secrets.
    task_ignore_result=True,
    result_backend=None,
    # Acknowledged when done; the second option acts for prefork children that die.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Celery's own rate limit is per worker and blocks the prefetch.
    worker_disable_rate_limits=True,
    task_serializer="json",
    accept_content=["json"],
    enable_utc=True,
    timezone="UTC",
    # Declared, so that a worker without -Q serves every queue and typos fail loudly.
    task_queues=[KombuQueue(queue.value) for queue in Queue],
    task_default_queue=Queue.PULL.value,
    task_create_missing_queues=False,
    task_routes=ROUTES,
    # Flower sees the workers; the sent event would add a series per publisher.
    worker_send_task_events=True,
    task_send_sent_event=False,
    # Waiting for HTTP is most of the work: threads do it at a tenth of the memory.
    worker_pool="threads",
    worker_concurrency=16,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    beat_schedule=beat_entries(_schedule),
    # What is due is in the database: beat itself has nothing to remember.
    beat_scheduler="worker.health.beat:WatchedScheduler",
    beat_max_loop_interval=5,
    beat_enable_remote_control=True,
)
# A deaf worker ends, and silent queues are told.
watch(app)


def _tell_in_one_line(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """End `celery call` and its like with one line when there is no Redis to send to."""
    if issubclass(kind, OperationalError | redis.RedisError):
        sys.stderr.write(f"sellersync: {no_redis(settings(), error)}\n")
    else:
        sys.__excepthook__(kind, error, trace)


# Only commands of Celery's that cannot go on end so; workers and beat try again for ever.
sys.excepthook = _tell_in_one_line


@signals.setup_logging.connect
def _configure_logging(**_: Any) -> None:
    configure_logging(settings().log)


@signals.worker_init.connect
def _share_heaps(**_: Any) -> None:
    # Before there are threads.
    keep_memory_together()


@signals.worker_init.connect
def _prove_settings(**_: Any) -> None:
    # A wrong key or database stops the worker here, with one line, before any task.
    try:
        build_runtime(settings()).close()
    except OperatorError as error:
        sys.exit(f"sellersync: {error}")
    for unknown in unknown_settings():
        log.warning("unknown_setting", variable=unknown.name, meant=unknown.meant)


@signals.task_prerun.connect
def _bind_task(task_id: str, task: Any, kwargs: dict[str, Any], **_: Any) -> None:
    request = task.request
    facts = {
        "shop_key": kwargs.get("shop_key"),
        # The task that sent it, such as a tick.
        "parent_id": request.parent_id,
        "redelivered": bool((request.delivery_info or {}).get("redelivered")) or None,
    }
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        task=task.name,
        task_id=task_id,
        **{name: value for name, value in facts.items() if value is not None},
    )
    begin_summary(enqueued_at=request.get(_ENQUEUED_AT))


@signals.task_postrun.connect
def _sum_up_task(state: str, retval: Any, **_: Any) -> None:
    # Celery itself logs the traceback.
    tell_summary(failed=retval if state == states.FAILURE else None)
    structlog.contextvars.clear_contextvars()
    # Work leaves holes in memory.
    _spare_memory.give_back()


@signals.before_task_publish.connect
def _tell_when(headers: dict[str, Any], **_: Any) -> None:
    headers[_ENQUEUED_AT] = time.time()


@signals.worker_shutting_down.connect
def _stop_pulls(**_: Any) -> None:
    # A pull ends at its next page and gives its lease back.
    stopping.set()
