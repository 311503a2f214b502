"""What comes in from a client and what goes back, without any web framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One request as it arrived."""

    method: str
    path: str
    # Decoded values.
    query: Mapping[str, str] = field(default_factory=dict)
    # Names in lower case.
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    # Monotonic seconds.
    arrived: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer, ready to send."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


class HangUp:
    """No answer at all: the connection is closed instead."""


HANG_UP = HangUp()
