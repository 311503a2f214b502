"""One Temu zone: its app, its malls, its traffic."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.sandbox.chance import dice, token
from worker.sandbox.conditions import Conditions
from worker.sandbox.options import SandboxOptions
from worker.sandbox.temu.malls import Mall, Malls
from worker.sandbox.temu.parameters import Parameters
from worker.sandbox.traffic import Traffic

ZONES = ("us", "eu", "global")
# How `requestId` begins, by zone.
PREFIXES = {"us": "us", "eu": "eu", "global": "gl"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppKeys:
    """The made-up registration of a zone's app; the same for the same seed."""

    app_key: str
    app_secret: str


def app_keys(seed: int, zone: str) -> AppKeys:
    """Return the registration that belongs to a seed."""
    chance = dice(seed, "temu app", zone)
    return AppKeys(app_key=token(chance, 32), app_secret=token(chance, 40))


class Zone:
    """Malls, traffic and conditions behind one app key."""

    def __init__(
        self,
        options: SandboxOptions,
        conditions: Conditions,
        malls: Malls,
        every_mall: Sequence[Malls],
    ) -> None:
        self.name = malls.zone
        self.keys = app_keys(options.seed, self.name)
        self.conditions = conditions
        self.malls = malls
        self.traffic = Traffic(limit=options.temu_rps)
        self._every_mall = every_mall

    def is_foreign(self, access_token: str) -> bool:
        """Say whether a token belongs to another zone."""
        return any(
            malls.knows(access_token)
            for malls in self._every_mall
            if malls is not self.malls
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A call that passed all checks."""

    zone: Zone
    mall: Mall
    parameters: Parameters
