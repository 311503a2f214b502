"""Flower's options: it shows and changes nothing, to this machine only, and no secrets.

Flower executes this file and takes the names that its options have; `worker.app` tells it
where the file is. What the command line says counts more: `celery -A worker.app flower
--port=5556`.
"""

import sys
from typing import Any

from tornado.options import options

from config.exposure import is_local
from config.logging import redact_text

# Whoever sees it can stop no worker and send no task.
read_only = True

address = options.address or "127.0.0.1"
# A name without a password, or nothing at all, lets everybody in.
_has_password = any(user.partition(":")[2] for user in options.basic_auth or ())
if not (is_local(address) or _has_password or options.auth):
    # `/metrics` and `/healthcheck` ask for no password even so.
    sys.exit(
        f"sellersync: flower would be open to everybody who reaches {address}; set "
        "FLOWER_BASIC_AUTH=name:password, or leave --address out"
    )

# The last minutes of ten thousand shops; all of them are in memory.
max_tasks = 10_000
# Containers come back with another name.
purge_offline_workers = 300  # seconds
# Which shop it was is what one looks for; the number leads to the page of a task.
tasks_columns = "name,kwargs,state,received,runtime,worker,uuid"

_TEXTS = ("args", "kwargs", "result", "exception", "traceback")


def format_task(task: Any) -> Any:
    """Take out what looks like a secret; no task should get one, but texts of errors vary."""
    for name in _TEXTS:
        text = getattr(task, name, None)
        if isinstance(text, str):
            setattr(task, name, redact_text(text))
    return task
