"""Temu's signature: MD5 over the secret, the sorted top-level pairs, and the secret.

The server reads the body and writes it again, compactly and in body order, before it
computes its own signature. So only the outermost keys are sorted, nested values are
compact JSON in the order in which they are sent, and text is raw UTF-8.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import orjson

# A code stands in for the token while a seller is being connected.
_HIDDEN = ("access_token", "code")

# Written the same way by everybody.
_PLAIN = frozenset({str, int, bool, type(None)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How one signature came about; `steps` are safe to show."""

    sign: str
    # Without the secret around it, but with the access token in it.
    base_string: str = field(repr=False)
    # What is done, and what came of it.
    steps: tuple[tuple[str, str], ...]


def signable(params: Mapping[str, object]) -> dict[str, object]:
    """Return what is both sent and signed: no nulls and no empty texts.

    Nobody documents how Temu signs those two, and its clients disagree; a parameter
    that is not sent cannot be signed wrongly.
    """
    return {
        key: value for key, value in params.items() if value is not None and value != ""
    }


def compact(value: object) -> bytes:
    """Return JSON as Temu writes it: no spaces, raw UTF-8, keys in the given order."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        # Whole numbers over 64 bit, which orjson does not write.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def canonical(params: Mapping[str, object]) -> str:
    """Return the text that is signed, without the secret around it.

    Raises:
        TypeError: a value has no agreed text form, above all a float.
    """
    return "".join(_pairs(signable(params)))


def sign(app_secret: str, params: Mapping[str, object]) -> str:
    """Return the signature of a body; a `sign` that is already in it is ignored.

    Raises:
        TypeError: a value has no agreed text form, above all a float.
    """
    return _digest(app_secret, canonical(params))


def explain(app_secret: str, params: Mapping[str, object]) -> Explanation:
    """Return the signature of a body and the way to it, step by step."""
    base_string = canonical(params)
    signature = _digest(app_secret, base_string)
    sent = signable(params)
    left_out = sorted(key for key in params if key == "sign" or key not in sent)
    shown = "".join(_pairs(sent | {key: f"<{key}>" for key in _HIDDEN if key in sent}))
    return Explanation(
        sign=signature,
        base_string=base_string,
        steps=(
            ("leave out sign, nulls and empty texts", ", ".join(left_out) or "nothing"),
            (
                "sort the outermost keys, upper case first",
                ", ".join(sorted(sent.keys() - {"sign"})),
            ),
            ("join key and value, nested values as compact JSON", shown),
            ("put the secret around it", f"<app_secret>{shown}<app_secret>"),
            ("MD5 of the UTF-8 bytes, upper-case hex", signature),
        ),
    )


def _pairs(params: Mapping[str, object]) -> Iterator[str]:
    for key in sorted(params):
        if key != "sign":
            yield key
            yield _text(key, params[key])


def _text(key: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    _refuse_ambiguous(key, value)
    return compact(value).decode()


def _refuse_ambiguous(path: str, value: object) -> None:
    """Look at every nested value: 12.30, 1e-7 and 1.0 have no one spelling."""
    pending = [value]
    # Grows while it is walked: half the time of recursion, and each call pays it.
    for inner in pending:
        kind = type(inner)
        if kind in _PLAIN:
            continue
        if isinstance(inner, dict):
            if not all(isinstance(key, str) for key in inner):
                raise TypeError(f"{path} has a key that is not text")
            pending.extend(inner.values())
        elif isinstance(inner, list | tuple):
            pending.extend(inner)
        elif isinstance(inner, float):
            raise TypeError(f"{path} is a float; write amounts as text, like '12.30'")
        else:
            raise TypeError(f"{path} holds a {kind.__name__}, which is not JSON")


def _digest(app_secret: str, base_string: str) -> str:
    wrapped = f"{app_secret}{base_string}{app_secret}".encode()
    return hashlib.md5(wrapped, usedforsecurity=False).hexdigest().upper()
