"""Pages that are read before they are asked for, and what becomes of those."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from typing_extensions import override

from worker.domain.calls import Work
from worker.domain.errors import RetryLater
from worker.domain.pages import Page
from worker.domain.records import Stream
from worker.gateway.caller import Gateway
from worker.store.progress import Progress
from worker.sync.page_reader import PageReader
from worker.sync.pages import Source
from worker.sync.stopwatch import Stopwatch

FIRST, SECOND, THIRD = (Progress(cursor=name) for name in ("1", "2", "3"))


class Pages:
    """A source that notes which pages it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.broken: set[str | None] = set()

    def read(self, _gateway, _stream, progress, *, work) -> Page:
        """Give a page of no rows."""
        del work
        self.asked.append(progress.cursor)
        if progress.cursor in self.broken:
            raise RetryLater("search", "broken")
        return Page(records=(), next_cursor=progress.cursor)


class Later(Executor):
    """Reads when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[object], Callable[[], object]]] = []

    @override
    def submit(self, fn, /, *args, **kwargs):
        future: Future[object] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        return future

    def work(self) -> None:
        """Do what waits and was not given up."""
        for future, do in self.waiting:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(do())
                except RetryLater as error:
                    future.set_exception(error)
        self.waiting = []


def reader(
    pages: Pages, readers: Executor | None, deadline: timedelta | None = None
) -> PageReader:
    """Read these pages."""
    return PageReader(
        cast("Source", pages),
        cast("Gateway", None),
        Stream.ORDERS,
        work=Work.ORDERS,
        clock=Stopwatch(datetime(2026, 11, 28, tzinfo=UTC)),
        deadline=deadline,
        readers=readers,
    )


def test_a_page_that_was_read_ahead_is_not_read_again():
    """What is asked for is what was begun."""
    pages, later = Pages(), Later()
    with reader(pages, later) as read:
        read.begin(SECOND)
        later.work()

        assert read.read(SECOND).page.next_cursor == "2"
    assert pages.asked == ["2"]


def test_another_page_than_the_expected_one_is_read_anew():
    """A walk that began again has no use for the page behind."""
    pages, later = Pages(), Later()
    with reader(pages, later) as read:
        read.begin(SECOND)

        assert read.read(FIRST).page.next_cursor == "1"


def test_what_reading_ahead_met_is_told_when_the_page_is_asked_for():
    """Until then nobody would know what to do about it."""
    pages, later = Pages(), Later()
    pages.broken = {"2"}
    with reader(pages, later) as read:
        read.begin(SECOND)
        later.work()

        with pytest.raises(RetryLater):
            read.read(SECOND)


def test_a_page_that_nobody_wants_is_not_asked_for():
    """A turn that ended has no more calls to make."""
    pages, later = Pages(), Later()
    with reader(pages, later) as read:
        read.begin(SECOND)
    later.work()

    assert pages.asked == []


def test_a_turn_that_is_over_begins_no_page_but_takes_the_one_under_way():
    """A call that was sent is not wasted."""
    pages, later = Pages(), Later()
    over = timedelta(seconds=-1)
    with reader(pages, later) as in_time, reader(pages, later, over) as late:
        assert in_time.may_read()
        assert not late.may_read()
        late.begin(THIRD)
        assert later.waiting == []

        in_time.begin(SECOND)
        assert in_time.may_read()


def test_without_readers_pages_are_read_when_they_are_asked_for():
    """One call after the other."""
    pages = Pages()
    with reader(pages, None) as read:
        read.begin(SECOND)
        assert pages.asked == []
        read.read(SECOND)
    assert pages.asked == ["2"]
