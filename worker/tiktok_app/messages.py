"""Messages of protobuf without their description: field numbers and values."""

from collections.abc import Mapping
from typing import Any

from worker.tiktok_app.package import signer
from worker.tiktok_app.refusing import Refused, some_bytes, unicode
from worker.tiktok_app.wire_format import NUMBERS, require_whole

_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
# As deep as protobuf's own libraries read.
# https://protobuf.dev/programming-guides/proto-limits/
_LEVELS = 100


def encode(data: Mapping[int, Any]) -> bytes:
    """Return a message: field numbers to int, str, bytes or dict of the same.

    Raises:
        Refused: it is empty, or holds something else.
        OperatorError: the extra is not installed.
    """
    message = _message(data, _LEVELS)
    if not message:
        raise Refused("data is empty")
    encoded: bytes = signer().encode(message)
    return encoded


def decode(data: bytes) -> dict[int, Any]:
    """Return the fields of a message, those that come again as a list.

    The package guesses what the bytes of a field are: text, else a message, else
    `{"__bytes_hex__": …}`.

    Raises:
        Refused: it is no message, or not all of one.
        OperatorError: the extra is not installed.
    """
    require_whole(some_bytes(data))
    decoded: dict[int, Any] = signer().decode(data)
    return decoded


def _message(fields: object, levels: int) -> dict[int, Any]:
    """Return the fields if all of them can be written."""
    if not isinstance(fields, Mapping):
        raise Refused(f"data has to be a dict, not {type(fields).__name__}")
    if not levels:
        raise Refused(f"data is more than {_LEVELS} levels deep")
    message: dict[int, Any] = {}
    for number, value in fields.items():
        if not isinstance(number, int) or number not in NUMBERS:
            raise Refused(
                f"a field has to be a number from 1 to {NUMBERS[-1]}: {number!r}"
            )
        match value:
            case int() if _SMALLEST <= value <= _LARGEST:
                message[number] = value
            case str():
                with unicode(f"field {number}"):
                    message[number] = value.encode()
            case bytes():
                message[number] = value
            case Mapping():
                message[number] = _message(value, levels - 1)
            case _:
                raise Refused(
                    f"field {number} has to be int of 64 bits, str, bytes or dict, "
                    f"not {type(value).__name__}"
                )
    return message
