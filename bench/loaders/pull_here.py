"""What `sellersync pull orders --here` does: slices of history side by side.

`python -m bench.loaders.pull_here`, with the settings in the environment
"""

import sys
from dataclasses import asdict

import orjson

from bench.loaders import as_installed  # noqa: F401 -- before everything else
from bench.loaders.made_up_shop import SHOP, connect
from bench.usage import measured
from config.settings import settings
from worker.cli.pulling import pull_here
from worker.domain.records import Stream
from worker.runtime import build_runtime


def main() -> None:
    """Pull until the stream is up to date and its history is read."""
    here = build_runtime(settings())
    connect(here)
    with measured() as usage:
        (outcome,) = pull_here(here, Stream.ORDERS, [SHOP.shop_key], since=None)
    here.close()
    assert outcome.reason is None, outcome.reason
    sys.stdout.write(orjson.dumps(asdict(usage)).decode())


if __name__ == "__main__":
    main()
