"""`POST /control`: what can be done to a sandbox while it runs."""

from collections.abc import Callable, Mapping

from worker.sandbox.sandbox import Sandbox
from worker.sandbox.scenarios import SCENARIOS, play


class NotUnderstood(Exception):
    """A command is unknown, or its value makes no sense."""


def obey(sandbox: Sandbox, commands: object) -> None:
    """Carry out `{"command": value}`; several commands in their order.

    Raises:
        NotUnderstood: names the command; it and those after it are not carried out.
    """
    if not isinstance(commands, dict):
        raise NotUnderstood("a JSON object of commands is expected")
    for name, value in commands.items():
        command = COMMANDS.get(name)
        if command is None:
            known = ", ".join(COMMANDS)
            raise NotUnderstood(f"there is no {name!r}, only {known}")
        if not command(sandbox, value):
            raise NotUnderstood(f"{name!r} cannot be {value!r}")


def _churn(sandbox: Sandbox, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return False
    sandbox.world.churn = float(value)
    return True


def _scenario(sandbox: Sandbox, value: object) -> bool:
    if value is not None and value not in SCENARIOS:
        return False
    sandbox.conditions.scenario = play(None if value is None else str(value))
    return True


def _freeze(sandbox: Sandbox, value: object) -> bool:
    if not isinstance(value, bool):
        return False
    sandbox.world.frozen = value
    return True


def _touch(sandbox: Sandbox, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    sandbox.world.touch(value)
    return True


def _revoke(sandbox: Sandbox, value: object) -> bool:
    sellers = sandbox.tiktok_shop.market.sellers
    if sellers.revoke(str(value)):
        for seller in sellers.all:
            for shop in seller.shops if seller.open_id == value else ():
                sandbox.announcer.say_farewell(shop)
        return True
    return any(api.zone.malls.revoke(str(value)) for api in sandbox.temu.values())


def _drop_scope(sandbox: Sandbox, value: object) -> bool:
    """Take one scope away: `{"owner": open_id or mall_id, "scope": name}`."""
    match value:
        case {"owner": str(owner), "scope": str(scope)}:
            pass
        case _:
            return False
    granted = [
        seller.scopes
        for seller in sandbox.tiktok_shop.market.sellers.all
        if seller.open_id == owner
    ] + [
        mall.scopes
        for api in sandbox.temu.values()
        for mall in api.zone.malls.all
        if mall.shop.shop_id == owner
    ]
    for scopes in granted:
        if scope in scopes:
            scopes.remove(scope)
    return bool(granted)


def _expire_access_tokens(sandbox: Sandbox, value: object) -> bool:
    """End all TikTok Shop access tokens; Temu's cannot be renewed, so they stay."""
    if value is not True:
        return False
    now = int(sandbox.conditions.now())
    sandbox.tiktok_shop.market.sellers.expire_access(now=now)
    return True


def _latency(sandbox: Sandbox, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return False
    sandbox.conditions.latency_seconds = value / 1000
    return True


def _clock_offset(sandbox: Sandbox, value: object) -> bool:
    """Let the marketplaces' clock be ahead by so many seconds; a negative number: behind."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    sandbox.conditions.clock_offset_seconds = float(value)
    return True


def _refuse_addresses(sandbox: Sandbox, value: object) -> bool:
    """Treat every caller as one whose address is not on the app's IP allow list."""
    if not isinstance(value, bool):
        return False
    sandbox.conditions.refuses_addresses = value
    return True


def _webhooks(sandbox: Sandbox, value: object) -> bool:
    """Post changes to this address from now on; null: to nobody."""
    if value is not None and not str(value).startswith("http"):
        return False
    sandbox.announcer.url = None if value is None else str(value).rstrip("/")
    return True


def _reset_stats(sandbox: Sandbox, value: object) -> bool:
    if value is not True:
        return False
    sandbox.tiktok_shop.market.traffic.reset()
    for api in sandbox.temu.values():
        api.zone.traffic.reset()
    return True


COMMANDS: Mapping[str, Callable[[Sandbox, object], bool]] = {
    "churn": _churn,
    "scenario": _scenario,
    "freeze": _freeze,
    "touch": _touch,
    "revoke": _revoke,
    "drop_scope": _drop_scope,
    "expire_access_tokens": _expire_access_tokens,
    "latency_ms": _latency,
    "clock_offset_seconds": _clock_offset,
    "refuse_addresses": _refuse_addresses,
    "webhooks": _webhooks,
    "reset_stats": _reset_stats,
}
