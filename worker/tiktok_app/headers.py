"""The headers of a request."""

import re

from worker.tiktok_app.package import signer
from worker.tiktok_app.refusing import (
    Refused,
    Text,
    line,
    unicode,
    whole_number,
    written,
)

# Headers hold eight hexadecimal digits of the time, which are there from 1978 to 2106.
_EARLIEST, _LATEST = 0x1000_0000, 0xFFFF_FFFF
_VERSION = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{1,2})", re.ASCII)
# Multiplied by 4, 16 and 4, each number of a version has two hexadecimal digits.
_VERSION_ENDS = (64, 16, 64)
_DEVICE = re.compile(r"[0-9A-Za-z]*")


def generate_headers(
    params: Text,
    data: Text | None = None,
    *,
    device_id: str = "",
    aid: int = 1233,
    lc_id: int = 2142840551,
    sdk_ver: str = "v05.01.02-alpha.7-ov-android",
    sdk_ver_code: int = 83952160,
    version_name: str = "37.0.4",
    version_code: int = 2023700040,
    cookie: str | None = None,
    unix: int | None = None,
) -> dict[str, str]:
    """Return the headers of a request with this query and body.

    `unix` is in seconds; without it the time is now. A body of bytes is signed as it is; one
    of str the package compresses with gzip first, and a dict is written as a form before that.

    Raises:
        Refused: nothing can be signed with what was given.
        OperatorError: the extra is not installed.
    """
    headers: dict[str, str] = signer().generate_headers(
        params=_query(params),
        data=None if data is None else written("data", data),
        device_id=_device(device_id),
        aid=whole_number("aid", aid),
        lc_id=whole_number("lc_id", lc_id),
        sdk_ver=line("sdk_ver", sdk_ver),
        sdk_ver_code=whole_number("sdk_ver_code", sdk_ver_code),
        version_name=_version(version_name),
        version_code=whole_number("version_code", version_code),
        cookie=None if cookie is None else line("cookie", cookie),
        unix=None if unix is None else _moment(unix),
        # Of this call alone, instead of the one that the package keeps for all of the process.
        device={"device_id": device_id},
    )
    return headers


def _query(params: Text) -> str:
    query = written("params", params)
    if isinstance(query, str):
        return query
    # The package would sign the text b'…'.
    with unicode("params"):
        return query.decode()


def _device(given: object) -> str:
    if not isinstance(given, str) or not _DEVICE.fullmatch(given):
        raise Refused(f"device_id has to be letters and digits, or empty: {given!r}")
    return given


def _version(given: object) -> str:
    found = _VERSION.fullmatch(given) if isinstance(given, str) else None
    if not found or any(
        int(number) >= end
        for number, end in zip(found.groups(), _VERSION_ENDS, strict=True)
    ):
        raise Refused(f"version_name has to be 0.0.0 to 63.15.63: {given!r}")
    return found.string


def _moment(given: object) -> int:
    unix = whole_number("unix", given)
    if not _EARLIEST <= unix <= _LATEST:
        raise Refused(
            f"unix has to be a time in seconds, {_EARLIEST} to {_LATEST}: {unix}"
        )
    return unix
