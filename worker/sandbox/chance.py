"""Repeatable chance: everything made up here follows from the seed."""

import random


def dice(*seed: object) -> random.Random:
    """Return a source of chance that gives the same row for the same seed."""
    name = "/".join(map(str, seed))
    return random.Random(name)  # noqa: S311 -- made-up data, nothing here is a secret


def token(source: random.Random, length: int) -> str:
    """Return a made-up token of lower-case letters and digits."""
    return "".join(source.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))
