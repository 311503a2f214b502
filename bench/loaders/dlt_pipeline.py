"""The same orders by dlt, which makes tables of everything it finds: needs `dlt[sqlalchemy]`.

`python -m bench.loaders.dlt_pipeline HOST FILE`
"""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import dlt
import orjson
import requests

from bench.usage import measured


def main(host: str, file: str) -> None:
    """Run a pipeline from the host's pages into a SQLite file."""
    with measured() as usage, contextlib.redirect_stdout(sys.stderr):
        pipeline = dlt.pipeline(
            "bench",
            pipelines_dir=str(Path(file).parent / "dlt"),
            destination=dlt.destinations.sqlalchemy(f"sqlite:///{file}"),
            dataset_name="main",
        )
        # Its cheapest way: what comes twice is there twice.
        pipeline.run(_pages(host), table_name="orders", write_disposition="append")
    sys.stdout.write(orjson.dumps(asdict(usage)).decode())


def _pages(host: str) -> Iterator[object]:
    session = requests.Session()
    token = "0"
    while token:
        reply = session.post(
            f"{host}/order/202309/orders/search",
            params={"page_token": token},
            timeout=30,
        )
        data = orjson.loads(reply.content)["data"]
        yield data["orders"]
        token = data["next_page_token"]


if __name__ == "__main__":
    main(*sys.argv[1:])
