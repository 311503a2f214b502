"""What is done with a seller's grant, and how its row stands then."""

from tests.integration.store.made_up import APP, DAY, MINUTE, NOW
from worker.store.authorizations import find_authorization
from worker.store.grants import adopt_grant, save_grant
from worker.store.refresh_leases import take_lease

LEASE = 2 * MINUTE


def stored(database, seller):
    """Return the row of a seller."""
    with database.read() as connection:
        return find_authorization(connection, seller)


def adopt(database, sealer, given, *, now=NOW, refresh_at=NOW + DAY):
    """Store a grant that a seller has just given."""
    with database.write() as connection:
        return adopt_grant(
            connection, APP, given, sealer=sealer, now=now, refresh_at=refresh_at
        )


def save(database, seller, sealer, given, *, replaces, now=NOW):
    """Store what a refresh brought."""
    with database.write() as connection:
        return save_grant(
            connection,
            seller,
            given,
            replaces=replaces,
            sealer=sealer,
            now=now,
            refresh_at=now + DAY,
        )


def take(database, seller, owner, *, now=NOW, handed=None):
    """Try to become the one who refreshes."""
    with database.write() as connection:
        return take_lease(
            connection, seller, owner=owner, now=now, until=now + LEASE, handed=handed
        )
