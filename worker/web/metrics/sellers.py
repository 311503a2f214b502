"""Authorizations by state, and how long tokens and grants still live."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from prometheus_client.core import Metric
from sqlalchemy import Connection

from worker.domain.grants import DEAD, AuthorizationState
from worker.store.tallies import SellerTally, count_ending, count_sellers, count_shops
from worker.web.metrics.families import gauge

_WITHIN = {f"{days}d": timedelta(days=days) for days in (1, 7, 30)}
_APP = ("app",)


def seller_families(
    connection: Connection, *, now: datetime, apps: Sequence[str]
) -> Iterator[Metric]:
    """Return what is known of sellers; `apps` are told even if nobody is connected."""
    tallies = count_sellers(connection, now=now)
    living = [tally for tally in tallies if tally.state not in DEAD]
    known = {(tally.app_id, tally.state): tally.count for tally in tallies}
    named = dict.fromkeys([*apps, *(tally.app_id for tally in tallies)])
    yield gauge(
        "sellersync_authorizations",
        "Authorizations of each app in each state.",
        ("app", "state"),
        (
            ((app_id, state.value), known.get((app_id, state), 0))
            for app_id in named
            for state in AuthorizationState
        ),
    )
    yield gauge(
        "sellersync_authorizations_ending",
        "Living authorizations that end within this time unless the seller authorises again.",
        ("within",),
        zip(
            [(name,) for name in _WITHIN],
            count_ending(connection, now=now, within=tuple(_WITHIN.values())),
            strict=True,
        ),
    )
    yield gauge(
        "sellersync_authorization_ends_in_seconds",
        "Until the first living authorization of the app ends.",
        _APP,
        _first(living, "ends_at", now),
    )
    yield gauge(
        "sellersync_token_expires_in_seconds",
        "Until the first access token of a living authorization of the app expires.",
        _APP,
        _first(living, "token_ends_at", now),
    )
    yield gauge(
        "sellersync_token_refresh_overdue_seconds",
        "How long the longest overdue look at a token has been waiting for a worker.",
        _APP,
        (
            ((app_id,), _age(_least(tallies, app_id, "overdue_since"), now))
            for app_id in named
        ),
    )
    shops, paused = count_shops(connection)
    yield gauge(
        "sellersync_shops",
        "Connected shops.",
        ("paused",),
        [(("false",), shops - paused), (("true",), paused)],
    )


def _first(
    tallies: Sequence[SellerTally], field: str, now: datetime
) -> Iterator[tuple[tuple[str], float]]:
    for app_id in dict.fromkeys(tally.app_id for tally in tallies):
        moment = _least(tallies, app_id, field)
        if moment is not None:
            yield (app_id,), (moment - now).total_seconds()


def _least(tallies: Sequence[SellerTally], app_id: str, field: str) -> datetime | None:
    moments = [getattr(tally, field) for tally in tallies if tally.app_id == app_id]
    return min((each for each in moments if each is not None), default=None)


def _age(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else (now - moment).total_seconds()
