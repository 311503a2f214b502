"""How Temu refuses a call: nearly always HTTP 200, with a code and a message.

https://partner.temu.com: "Common error codes"
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One way to refuse a call."""

    code: int
    message: str
    status: int = 200


class Refused(Exception):
    """The call ends here with this verdict."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(str(verdict.code))


NO_TYPE = Verdict(3000002, "there is no type in body.")
UNKNOWN_TYPE = Verdict(3000003, "type not exists")
NO_APP_KEY = Verdict(3000025, "there is no app_key in body.")
UNKNOWN_APP_KEY = Verdict(3000026, "app_key not exists.")
NO_SIGN = Verdict(3000040, "there is no sign in body.")
BAD_SIGN = Verdict(3000001, "sign is invalid, please check your sign calculation")
NO_TIMESTAMP = Verdict(3000010, "there is no timestamp in body.")
TIMESTAMP_AHEAD = Verdict(3000011, "timestamp is invalid.")
TIMESTAMP_OLD = Verdict(3000012, "timestamp is expired.")
NO_DATA_TYPE = Verdict(3000013, "there is no data_type in body.")
BAD_DATA_TYPE = Verdict(3000014, "data_type is invalid")
NO_TOKEN = Verdict(3000030, "there is no access_token in body.")
UNKNOWN_TOKEN = Verdict(3000031, "access_token not exists.")
SCOPE_MISSING = Verdict(
    3000032,
    "access_token don't have this api access, please ask for seller to authorize this"
    " api in seller center first，and share the new access_token with you.",  # noqa: RUF001 -- Temu's comma
)
WRONG_PAIR = Verdict(3000033, "access_token and app_key are not mapping.")
EXPIRED_TOKEN = Verdict(
    3000034,
    "access_token is expired or have been refreshed, please contact seller to share the"
    " new access_token with you.",
)
INTERNAL = Verdict(
    4000000, "Temu internal system error, please try again later.", status=500
)
# The documentation has the code and no message.
ADDRESS = Verdict(
    5000003, "the IP of this request is not in the allow list of the app."
)
THROTTLED = Verdict(4000004, "too frequent requests, exceeding rate limit.")

INVALID_CODE = Verdict(110020002, "invalid code")
ORDER_NOT_FOUND = Verdict(140020002, "Order not found")
GOODS_PARAMETERS = Verdict(150010003, "Invalid Request Parameters")
# A refusal with the code of a success: seen live for a page that is too large.
PAGE_TOO_LARGE = Verdict(1000000, "")


def bad_params(path: str) -> Verdict:
    """Return the refusal of one parameter of the wrong type or size."""
    return Verdict(3000000, f"BAD_PARAMS: {path} type error")


def half_a_pair(name: str) -> Verdict:
    """Return the refusal of a time range with only one end."""
    return Verdict(140020013, f"{name} not passed in")


def not_in_seconds(name: str) -> Verdict:
    """Return the refusal of a time that is not in seconds."""
    return Verdict(
        140020014,
        f"The format of {name} is inaccurate and requires a second level timestamp",
    )


def empty_range(start: str, end: str) -> Verdict:
    """Return the refusal of a time range that ends before it starts."""
    return Verdict(140020012, f"{end} needs to be greater than the {start}")
