"""The least that keeps every order: a loop, no table but one, nothing checked.

`python -m bench.loaders.bare_loop HOST FILE`
"""

import sqlite3
import sys
from contextlib import closing
from dataclasses import asdict

import orjson
import requests

from bench.usage import measured


def main(host: str, file: str) -> None:
    """Read all pages and keep id, time and payload."""
    with measured() as usage, closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(
            "CREATE TABLE orders (id TEXT PRIMARY KEY, time INTEGER, raw BLOB)"
        )
        session = requests.Session()
        token = "0"
        while token:
            reply = session.post(
                f"{host}/order/202309/orders/search",
                params={"page_token": token},
                timeout=30,
            )
            data = orjson.loads(reply.content)["data"]
            with database:
                database.executemany(
                    "INSERT OR REPLACE INTO orders VALUES (?, ?, ?)",
                    [
                        (order["id"], order["update_time"], orjson.dumps(order))
                        for order in data["orders"]
                    ],
                )
            token = data["next_page_token"]
    sys.stdout.write(orjson.dumps(asdict(usage)).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
