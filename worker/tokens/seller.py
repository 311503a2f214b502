"""A connected seller's credentials, read from the store for each attempt of a call."""

from datetime import timedelta

from worker.domain.identity import Credentials
from worker.store.authorizations import Authorization, find_authorization
from worker.tokens.desk import TokenDesk
from worker.tokens.refresh import dead, refresh

# Later than the refresh we saw, by the smallest step that the database keeps.
_JUST_AFTER = timedelta(milliseconds=1)


class SellerCredentials:
    """The newest tokens of one authorization; refreshes them when the marketplace asks."""

    def __init__(self, desk: TokenDesk, authorization_id: int) -> None:
        self._desk = desk
        self._authorization_id = authorization_id
        # What the last call was made with: whoever judges its error needs the version.
        self.used: Authorization = self._read()
        # The tokens of a version, which never change without it.
        self._opened: tuple[int, Credentials] | None = None

    @property
    def seller(self) -> str:
        """The authorization, as which it takes its turns in the app's queue."""
        return str(self._authorization_id)

    def current(self) -> Credentials:
        """Return the stored tokens.

        Raises:
            ReauthorizeShop: the authorization is dead, so no call is made.
        """
        self.used = self._read()
        if self.used.is_dead:
            raise dead(self.used)
        # Opening them costs as much as reading them.
        if self._opened is None or self._opened[0] != self.used.version:
            opened = self.used.credentials(self._desk.sealer)
            self._opened = self.used.version, opened
        return self._opened[1]

    def renew(self, rejected: Credentials) -> Credentials:
        """Refresh the rejected token, unless somebody else has done so already."""
        newest = self.current()
        if newest.access_token != rejected.access_token:
            return newest
        refresh(
            self._desk,
            self._authorization_id,
            asked_at=self.used.refreshed_at + _JUST_AFTER,
        )
        return self.current()

    def _read(self) -> Authorization:
        with self._desk.database.read() as connection:
            return find_authorization(connection, self._authorization_id)
