"""What a worker does with a shop, which is made up here, until it is up to date.

`python -m bench.loaders.sellersync_pull [SINCE]`, with the settings in the environment
"""

import sys
from dataclasses import asdict
from datetime import datetime

import orjson

from bench.loaders import as_installed  # noqa: F401 -- before everything else
from bench.loaders.made_up_shop import SHOP, connect
from bench.usage import measured
from config.settings import settings
from worker.domain.records import Stream
from worker.runtime import Runtime, build_runtime
from worker.runtime.memory import keep_memory_together
from worker.sync.pulled import Pulled


def main(since: str | None = None) -> None:
    """Pull until the stream is up to date; with `since`, read again from there."""
    keep_memory_together()
    here = build_runtime(settings())
    connect(here)
    here.pulls.request(
        SHOP.shop_key,
        Stream.ORDERS,
        since=datetime.fromisoformat(since) if since else None,
    )
    with measured() as usage:
        while not _turn(here).up_to_date:
            pass
        _read_history(here)
    here.close()
    sys.stdout.write(orjson.dumps(asdict(usage)).decode())


def _turn(here: Runtime) -> Pulled:
    claim = here.pulls.claim(SHOP.shop_key, Stream.ORDERS)
    assert claim is not None
    turn = here.pulls.take_turn(claim, deadline=here.settings.schedule.pull_deadline)
    assert turn.pulled is not None, turn.error
    return turn.pulled


def _read_history(here: Runtime) -> None:
    """Read one slice after the other, as a worker with one thread does."""
    deadline = here.settings.schedule.pull_deadline
    while claims := here.slices.claim_of(SHOP.shop_key, Stream.ORDERS, limit=1):
        turn = here.slices.take_turn(claims[0], deadline=deadline)
        assert turn.error is None, turn.error


if __name__ == "__main__":
    main(*sys.argv[1:])
