"""A process that writes pages of orders of one shop, as a worker does, as fast as it can.

Started by the tests: `python feed_writer.py URL SHOP_KEY PAGES`. Each page holds orders that
the page before it had too, so that there are later versions among the changes.
"""

import random
import sys
from datetime import timedelta
from threading import Event

from tests.integration.store.made_up import NOW, SECOND, order
from worker.domain.records import Stream
from worker.store.database import Database
from worker.store.pages import write_page

ORDERS = 20
STEP = 10
SLOWEST_COMMIT = 0.03  # seconds


def main(url: str, shop_key: str, pages: str) -> None:
    """Write the pages, each in a transaction of its own."""
    database = Database(url)
    never = Event()
    for page in range(int(pages)):
        moment = NOW + page * SECOND
        with database.write() as connection:
            write_page(
                connection,
                Stream.ORDERS,
                [
                    order(f"{page * STEP + number}", updated_at=moment)
                    for number in range(ORDERS)
                ],
                marketplace="tiktok_shop",
                shop_key=shop_key,
                now=moment + timedelta(seconds=1),
            )
            # Where the disk is real, numbering the changes and committing them lie apart.
            never.wait(random.uniform(0, SLOWEST_COMMIT))  # noqa: S311 -- guards nothing
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
