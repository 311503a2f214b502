"""What the pull tasks of both streams have in common."""

from datetime import UTC, datetime

from tasks.slices import send_waiting_slices
from worker.domain.errors import SellersyncError
from worker.domain.records import Stream
from worker.runtime import runtime
from worker.runtime.summary import sum_up, sum_up_trouble


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
            sum_up("pull_stale", stream=stream.value)
            return
        turn = here.pulls.take_turn(
            claim, deadline=here.settings.schedule.pull_deadline
        )
    except SellersyncError as error:
        sum_up_trouble("pull_refused", error, stream=stream.value)
        return
    facts = {"stream": stream.value, "turn": claim.lease_token}
    if turn.error is not None:
        sum_up_trouble("pull_failed", turn.error, **facts)
        return
    sum_up("pull_done", **facts, **turn.facts())
    if turn.pulled is not None and turn.pulled.cut_history:
        send_waiting_slices()


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
