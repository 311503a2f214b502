"""Whether bytes are a message of protobuf: the package takes some that are none.

https://protobuf.dev/programming-guides/encoding/
"""

from worker.tiktok_app.refusing import Refused

NUMBERS = range(1, 2**29)
"""Of fields."""

_MORE = 0x80
_LONGEST = 10  # bytes of a number
# By wire type; groups (3 and 4) are history, and the package cannot read them.
_NUMBER, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}  # bytes


def require_whole(message: bytes) -> None:
    """Read over all fields of a message.

    Raises:
        Refused: it is none, or was cut off.
    """
    at = 0
    while at < len(message):
        tag, at = _number(message, at)
        kind = tag % 8
        if tag // 8 not in NUMBERS or kind not in {_NUMBER, _BYTES, *_FIXED}:
            raise Refused("data is not a message of protobuf")
        if kind == _NUMBER:
            _, at = _number(message, at)
        elif kind == _BYTES:
            length, at = _number(message, at)
            at += length
        else:
            at += _FIXED[kind]
    if at > len(message):
        raise Refused("data is a message of protobuf that was cut off")


def _number(message: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins there, and where it ends."""
    number = 0
    for place, byte in enumerate(message[at : at + _LONGEST]):
        number += byte % _MORE << 7 * place
        if byte < _MORE:
            return number, at + place + 1
    raise Refused("data is not a message of protobuf, or not all of one")
