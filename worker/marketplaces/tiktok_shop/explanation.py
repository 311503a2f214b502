"""A signature, step by step, for the person who has to find out why one was refused."""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.marketplaces.tiktok_shop.signing import (
    UNSIGNED,
    base_string,
    sign,
    signs_body,
)

SECRET = "<app_secret>"  # noqa: S105 -- what is shown in its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How a signature comes about; safe to print, the secret is never in it."""

    # A title and what it gives, in the order they are done.
    steps: tuple[tuple[str, str], ...]
    # Without the secret on both sides.
    base_string: str
    sign: str


def explain(
    app_secret: str,
    path: str,
    query: Mapping[str, str],
    body: bytes = b"",
    *,
    legacy: bool = False,
    content_type: str = "application/json",
) -> Explanation:
    """Sign a request and tell how; `query` holds the values before percent-encoding."""
    signed_body = body if signs_body(content_type, legacy=legacy) else b""
    signed = _text(base_string(path, query, signed_body))
    names = [name for name in sorted(query) if name not in UNSIGNED]
    left_out = ", ".join(sorted(UNSIGNED & query.keys())) or "nothing to leave out"
    signature = sign(app_secret, path, query, signed_body)
    return Explanation(
        steps=(
            ("leave out the signature and the token", left_out),
            (
                "sort the parameters by name (ASCII)",
                "\n".join(f"{name} = {query[name]}" for name in names),
            ),
            (
                "join names and values, nothing in between",
                "".join(name + query[name] for name in names),
            ),
            (
                "put the path in front, without host and query",
                _text(base_string(path, query)),
            ),
            (_body_step(body, signed_body, legacy=legacy), signed),
            ("put the app secret on both sides", SECRET + signed + SECRET),
            ("HMAC-SHA256 with the app secret as key, in lower-case hex", signature),
        ),
        base_string=signed,
        sign=signature,
    )


def _body_step(body: bytes, signed_body: bytes, *, legacy: bool) -> str:
    if signed_body:
        return f"append the body: exactly the {len(body)} bytes that are sent"
    if not body:
        return "there is no body to append (a missing body is not {})"
    if legacy:
        return "leave the body out: calls from before 202309 do not sign it"
    return "leave the body out: an upload (multipart/form-data) does not sign it"


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
