"""How TikTok Shop refuses a call: HTTP status, code and message.

https://partner.tiktokshop.com/docv2/page/common-errors
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One way to refuse a call."""

    status: int
    code: int
    message: str


class Refused(Exception):
    """The call ends here with this verdict."""

    def __init__(self, verdict: Verdict, *, retry_after: int | None = None) -> None:
        self.verdict = verdict
        # Seconds, for the header of the same name.
        self.retry_after = retry_after
        super().__init__(f"{verdict.status} {verdict.code}")


THROTTLED = Verdict(
    429,
    36009002,
    "Too many requests. You've made too many requests in a short period of time.",
)
INTERNAL = Verdict(500, 36009003, "Internal error. Please try again later.")
UNKNOWN_PATH = Verdict(
    404, 36009009, "Invalid path. The requested path does not exist."
)
WRONG_METHOD = Verdict(
    405, 36009010, "Invalid method. Check the HTTP method of this API."
)
BODY_NOT_JSON = Verdict(
    400, 36009022, "Invalid body. The body must be JSON or multipart."
)

APP_KEY = Verdict(
    400, 36009004, "Invalid app_key. The 'app_key' query parameter is invalid."
)
APP_SECRET = Verdict(
    200,
    36009004,
    "Invalid credentials. 'app_secret' does not belong to this 'app_key'.",
)
ADDRESS = Verdict(
    403,
    36009033,
    "Your IP address is not in the IP allow list configured for this app.",
)
TOKEN_PARAMETERS = Verdict(200, 98001004, "invalid params")

_TIME = "Invalid timestamp. The 'timestamp' query parameter is "
TIMESTAMP_MISSING = Verdict(400, 36009004, _TIME + "missing or lesser than 0.")
TIMESTAMP_OLD = Verdict(
    400, 36009004, _TIME + "earlier than 5 minutes before the current time."
)
TIMESTAMP_AHEAD = Verdict(
    400, 36009004, _TIME + "more than 30 seconds later than the current time."
)

NO_SIGN = Verdict(
    400, 36009004, "Missing credentials. The 'sign' query parameter is required."
)
BAD_SIGN = Verdict(
    401, 106001, "Invalid credentials. The 'sign' query parameter is invalid."
)

TOKEN_INVALID = Verdict(
    401, 36009004, "Invalid credentials. The 'x-tts-access-token' header is invalid."
)
TOKEN_EXPIRED = Verdict(
    401,
    105002,
    "Expired credentials. The 'access_token' or 'x-tts-access-token' header has expired.",
)
TOKEN_REVOKED = Verdict(
    401, 105001, "access token is invalid; detail:your token has been deauthorized"
)
SCOPE_MISSING = Verdict(
    403,
    105005,
    "Access denied. Your credentials do not contain the required access scope.",
)

CIPHER_MISSING = Verdict(
    400, 106013, "Missing identifier. The 'shop_cipher' query parameter is required."
)
CIPHER_WRONG = Verdict(
    400,
    101000,
    "Invalid 'shop_cipher' or 'x-tts-access-token': they do not belong together.",
)
CIPHER_UNEXPECTED = Verdict(
    400,
    36009004,
    "Unexpected identifier. The 'shop_cipher' query parameter is not required.",
)
SHOP_ID_WRONG = Verdict(400, 36009004, "invalid param error; detail:shop_id is invalid")

CODE_USED = Verdict(200, 36004004, "Invalid auth code.")
REFRESH_TOKEN_UNKNOWN = Verdict(200, 36004005, "can not find related auth record")
REFRESH_TOKEN_EXPIRED = Verdict(200, 36004001, "rt has expired")

PAGE_SIZE = Verdict(400, 12019109, "page size is invalid")
TOO_MANY_SELLER_SKUS = Verdict(400, 12019027, "at most 10 seller_skus can be searched")
TOO_MANY_SKU_IDS = Verdict(400, 12019087, "at most 10 sku_ids can be searched")
PRODUCT_UNKNOWN = Verdict(200, 12052032, "product does not exist")
TOO_MANY_PRODUCTS = Verdict(
    200, 12052180, "The total number of search results can not exceed 10000."
)


def parameter(name: str, expected: str) -> Verdict:
    """Return the refusal of one parameter."""
    return Verdict(
        400,
        98001004,
        f"Parameter {name} is invalid. Reason: wrong type or range. Expected: {expected}.",
    )
