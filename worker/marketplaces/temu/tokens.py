"""Turn Temu's token replies into grants; there is no refresh token and no refresh call."""

from worker.domain.errors import UnreadableReply
from worker.domain.grants import Grant
from worker.domain.marketplace import Conversation
from worker.marketplaces.temu import calls
from worker.marketplaces.temu.fields import (
    NotUnderstood,
    Row,
    moment,
    required,
    row,
    rows,
    whole,
)
from worker.marketplaces.temu.sites import region_of


def exchange() -> Conversation[Grant]:
    """Turn the credentials' code into a grant."""
    call = calls.exchange()
    payload = yield call
    try:
        result = row(payload, "result")
        return _grant(result, access_token=required(result, "accessToken"))
    except NotUnderstood as error:
        raise UnreadableReply(call.endpoint, str(error)) from error


def inspect() -> Conversation[Grant]:
    """Read how long the token still lives and what it allows.

    The reply does not repeat the token: `access_token` is empty, which means unchanged.
    """
    call = calls.inspect()
    payload = yield call
    try:
        return _grant(row(payload, "result"), access_token="")
    except NotUnderstood as error:
        raise UnreadableReply(call.endpoint, str(error)) from error


def _grant(result: Row, *, access_token: str) -> Grant:
    # A point in time, although its name sounds like a duration.
    expires_at = moment(result, "expiredTime")
    if expires_at is None:
        raise NotUnderstood("expiredTime is missing")
    return Grant(
        subject=required(result, "mallId"),
        region=region_of(whole(result, "regionId")),
        access_token=access_token,
        access_expires_at=expires_at,
        scopes=_scopes(result),
    )


def _scopes(result: Row) -> tuple[str, ...] | None:
    if result.get("apiScopeList") is None:
        return None
    return tuple(str(scope) for scope in rows(result, "apiScopeList"))
