r"""Read a marketplace's JSON, also with half an emoji in it.

Buyers' texts that were cut to a length can end with a lone surrogate (`"\ud83d"`). orjson
refuses it, and with it the other 99 rows of the page, for ever.
"""

import json

import orjson


def read_json(body: bytes) -> object:
    """Return the value of a JSON text; None where it is not JSON, or is null."""
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _mended(body)
    return value


def _mended(body: bytes) -> object:
    """Read JSON with a question mark in the place of each half."""
    if b"\\ud" not in body.lower():
        return None
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        value: object = orjson.loads(text.encode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return value
