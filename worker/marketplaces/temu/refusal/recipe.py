"""A signature of Temu in its ingredients: the right ones, or some that are not."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from worker.marketplaces.temu.signing import compact

Pair = tuple[str, str]


def text(value: object) -> str:
    """Return a value as Temu writes it into the text that is signed."""
    if isinstance(value, str):
        return value
    return compact(value).decode()


def right_pairs(params: Mapping[str, object]) -> tuple[Pair, ...]:
    """Return what is signed of a body, in the order of the body."""
    return tuple(
        (name, text(value))
        for name, value in params.items()
        if name != "sign" and value is not None and value != ""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a signature is made."""

    # What was sent, without `sign`.
    params: Mapping[str, object] = field(repr=False)
    # The `sign` that was sent.
    sent_sign: str = ""
    secret: str = field(repr=False)
    before: str = field(repr=False)
    after: str = field(repr=False)
    # How values are written; sorted by `order` only when they are joined.
    pairs_of: Callable[[Mapping[str, object]], tuple[Pair, ...]] = right_pairs
    glue: Pair = ("", "")
    order: Callable[[Pair], Any] | None = lambda pair: pair[0]
    backwards: bool = False
    # From the secret and the message.
    digest: Callable[[str, bytes], bytes] = lambda _, message: hashlib.md5(
        message, usedforsecurity=False
    ).digest()
    form: Callable[[bytes], str] = lambda digest: digest.hex().upper()

    def sign(self) -> str:
        """Return what comes out of it."""
        pairs = self.pairs_of(self.params)
        if self.order:
            pairs = tuple(sorted(pairs, key=self.order, reverse=self.backwards))
        equals, ampersand = self.glue
        joined = ampersand.join(name + equals + value for name, value in pairs)
        message = f"{self.before}{joined}{self.after}"
        return self.form(
            self.digest(self.secret, message.encode(errors="surrogatepass"))
        )


def right(params: Mapping[str, object], app_secret: str) -> Recipe:
    """Return how the signature of a body is made."""
    return Recipe(
        params=MappingProxyType({k: v for k, v in params.items() if k != "sign"}),
        sent_sign=str(params.get("sign", "")),
        secret=app_secret,
        before=app_secret,
        after=app_secret,
    )
