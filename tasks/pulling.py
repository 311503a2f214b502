"""What the pull tasks of both streams have in common."""

from datetime import UTC, datetime

import structlog

from tasks.slices import send_waiting_slices
from worker.domain.errors import SellersyncError
from worker.domain.records import Stream
from worker.runtime import runtime

log = structlog.get_logger(__name__)


def pull_stream(
    stream: Stream, *, shop_key: str, since: str | None, lease: str | None
) -> None:
    """Take one turn of a stream; `lease` is the claim that came with the message.

    A message without lease is somebody's wish: if the stream is being pulled right now,
    it becomes due again as soon as that pull is done.
    """
    here = runtime()
    try:
        if lease is None:
            here.pulls.request(shop_key, stream, since=_time(since))
        claim = here.pulls.claim(shop_key, stream, handed=lease)
        if claim is None:
            log.info("pull_stale", stream=stream.value)
            return
        turn = here.pulls.take_turn(
            claim, deadline=here.settings.schedule.pull_deadline
        )
    except SellersyncError as error:
        log.warning("pull_refused", stream=stream.value, reason=str(error))
        return
    log.info("pull_done", stream=stream.value, **turn.facts())
    if turn.pulled is not None and turn.pulled.cut_history:
        send_waiting_slices()


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
