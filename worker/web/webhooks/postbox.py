"""Deliveries of the same moment are kept by one commit; each is told when it is durable.

A commit waits for the disk. While it does, the next deliveries gather, so there are as
many commits as the disk can do, however many deliveries come.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from worker.domain.errors import SellersyncError
from worker.domain.identity import App
from worker.domain.notifications import Notification
from worker.store.database import Database, database_now
from worker.store.notifications import keep_notifications

# One commit's share.
_MOST = 500
# More than this wait only while the database is away; the marketplace comes again.
_ROOM = 5_000


class PostboxFull(SellersyncError):
    """Nothing can be kept now; whoever posted it has to come again."""


@dataclass(frozen=True, slots=True)
class _Letter:
    app: App
    notification: Notification
    loop: asyncio.AbstractEventLoop
    kept: asyncio.Future[None]


class Postbox:
    """Keeps notifications, from one thread of its own; `on_new` is told of new ones."""

    def __init__(
        self, database: Database, *, on_new: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self._on_new = on_new
        self._letters: list[_Letter] = []
        self._changed = threading.Condition()
        self._closed = False
        self._keeper: threading.Thread | None = None

    async def put(self, app: App, notification: Notification) -> None:
        """Return when it is committed.

        Raises:
            PostboxFull: it cannot be kept now.
        """
        loop = asyncio.get_running_loop()
        letter = _Letter(app, notification, loop, loop.create_future())
        with self._changed:
            if self._closed or len(self._letters) >= _ROOM:
                raise PostboxFull("too many notifications wait for the database")
            self._letters.append(letter)
            # Begun here, and not when the address was made: after any fork.
            if self._keeper is None:
                self._keeper = threading.Thread(
                    target=self._keep, name="postbox", daemon=True
                )
                self._keeper.start()
            self._changed.notify()
        await letter.kept

    def close(self) -> None:
        """Keep what is here and end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._keeper is not None:
            self._keeper.join()

    def _keep(self) -> None:
        while True:
            with self._changed:
                while not self._letters:
                    if self._closed:
                        return
                    self._changed.wait()
                letters = self._letters[:_MOST]
                del self._letters[:_MOST]
            self._keep_all(letters)

    def _keep_all(self, letters: Sequence[_Letter]) -> None:
        try:
            new = self._commit(letters)
        except (DataError, IntegrityError) as error:
            if len(letters) > 1:
                # One that no row can hold must not cost the others theirs.
                for letter in letters:
                    self._keep_all([letter])
                return
            _tell(letters, error)
        except (SQLAlchemyError, SellersyncError) as error:
            _tell(letters, error)
        else:
            _tell(letters, None)
            if new:
                self._on_new()

    def _commit(self, letters: Sequence[_Letter]) -> int:
        with self._database.write() as connection:
            return keep_notifications(
                connection,
                [(letter.app, letter.notification) for letter in letters],
                now=database_now(connection),
            )


def _tell(letters: Sequence[_Letter], error: Exception | None) -> None:
    """Tell those who wait, all those of one loop at once: waking it costs more than that."""
    loops = {letter.loop for letter in letters}
    for loop in loops:
        waiting = [letter.kept for letter in letters if letter.loop is loop]
        try:
            loop.call_soon_threadsafe(_settle, waiting, error)
        except RuntimeError:
            # The server has ended; nobody waits any more.
            continue


def _settle(waiting: Sequence[asyncio.Future[None]], error: Exception | None) -> None:
    for kept in waiting:
        if kept.done():
            continue  # whoever waited has gone
        if error is None:
            kept.set_result(None)
        else:
            kept.set_exception(PostboxFull(type(error).__name__))
