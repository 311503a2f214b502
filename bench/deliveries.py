"""Webhook deliveries, ready to send, and a client that sends them at their time."""

import asyncio
import hashlib
import hmac
import json
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SHOPS = 50


class Sort(StrEnum):
    """What a delivery is."""

    NEW = "new"
    AGAIN = "again"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Posted:
    """One POST as bytes, and what it is."""

    sort: Sort
    raw: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """How one was answered, and how long after its time."""

    sort: Sort
    status: int
    seconds: float


def deliveries(count: int, *, app_key: str, app_secret: str) -> list[Posted]:
    """Make deliveries of TikTok Shop: one of ten comes again, one of ten is forged."""
    chance = random.Random(1)  # noqa: S311 -- a bench, and it must repeat
    made: list[Posted] = []
    for number in range(count):
        turn = number % 10
        if turn == 4 and made:
            earlier = chance.choice([each for each in made if each.sort is Sort.NEW])
            made.append(Posted(Sort.AGAIN, earlier.raw))
            continue
        forged = turn == 8
        body = json.dumps(
            {
                "type": 1,
                "tts_notification_id": str(7380066284010000000 + number),
                "shop_id": str(7495540735365777000 + number % SHOPS),
                "timestamp": 1718305585,
                "data": {
                    "is_on_hold_order": False,
                    "order_id": str(576653688135000000 + number),
                    "order_status": "AWAITING_SHIPMENT",
                    "update_time": 1718305585,
                },
            }
        ).encode()
        secret = "guessed" if forged else app_secret
        mac = hmac.new(secret.encode(), app_key.encode() + body, hashlib.sha256)
        head = (
            "POST /webhooks/tiktok-shop HTTP/1.1\r\nHost: bench\r\n"
            "Content-Type: application/json\r\n"
            f"Authorization: {mac.hexdigest()}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        sort = Sort.FORGED if forged else Sort.NEW
        made.append(Posted(sort, head.encode() + body))
    return made


async def send(
    posts: Sequence[Posted], *, port: int, per_second: float, connections: int
) -> list[Answered]:
    """Send each at its time, whether those before it were answered or not.

    Times count from when it was due, so a server that falls behind cannot hide it.
    """
    begins = time.perf_counter() + 0.2
    due = deque((begins + place / per_second, post) for place, post in enumerate(posts))
    answers: list[Answered] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while due:
            at, post = due.popleft()
            await asyncio.sleep(max(at - time.perf_counter(), 0))
            writer.write(post.raw)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            await reader.readexactly(length)
            took = time.perf_counter() - at
            answers.append(Answered(post.sort, int(head.split()[1]), took))
        writer.close()

    await asyncio.gather(*(connection() for _ in range(connections)))
    return answers
