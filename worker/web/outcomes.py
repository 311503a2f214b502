"""What a seller reads after the consent page: what happened, and what to do now."""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.domain.errors import (
    AnswerLost,
    AppMisconfigured,
    OperatorError,
    ReauthorizeShop,
    SellersyncError,
)
from worker.tokens.callback import ConsentDenied
from worker.tokens.links import AskForNewLink, LinkFault

_NEW_LINK = "Ask whoever sent you the link for a new one."


@dataclass(frozen=True, slots=True)
class Outcome:
    """One page."""

    status: int
    heading: str
    text: str
    # What the seller can do.
    advice: str
    # The same address may be asked again; seconds.
    retry_after: int | None = None


_LINKS: Mapping[LinkFault, Outcome] = {
    LinkFault.FORGED: Outcome(
        400,
        "This link is not valid",
        "It was not made here, or a part of it got lost on the way. Nothing was connected.",
        "Open the link you were sent once more, without changing it. " + _NEW_LINK,
    ),
    LinkFault.EXPIRED: Outcome(
        410,
        "This link is too old",
        "Links work for a limited time. Nothing was connected.",
        _NEW_LINK,
    ),
    LinkFault.USED: Outcome(
        410,
        "This link was used before",
        "Each link connects one seller, once. Nothing was changed now.",
        "If it was you, there is nothing to do. Otherwise: " + _NEW_LINK.lower(),
    ),
    LinkFault.OTHER_MARKETPLACE: Outcome(
        400,
        "This link is for another marketplace",
        "You agreed on one marketplace, with a link for another one. "
        "Nothing was connected.",
        _NEW_LINK,
    ),
    LinkFault.UNASKED: Outcome(
        400,
        "Please begin with a link",
        "This page is where a marketplace sends sellers back to. Nothing was connected.",
        "Ask whoever works with your shop for a link, and begin there.",
    ),
}
_DENIED = Outcome(
    403,
    "You did not agree",
    "The marketplace says that you did not give your consent. Nothing was connected.",
    "If that was a mistake, open the same link once more: it is still good.",
)
_CODE_SPENT = Outcome(
    410,
    "The marketplace refused this code",
    "Its codes work once and for some minutes only; this one was used before, "
    "or is too old. Nothing was connected now.",
    _NEW_LINK,
)
_LOST = Outcome(
    502,
    "The marketplace did not answer",
    "It may or may not have connected your shop: its answer got lost.",
    "Tell whoever sent you the link. They can see in a few minutes whether it worked.",
)
_LATER = Outcome(
    503,
    "One moment, please",
    "Your shop could not be connected right now, and nothing is lost.",
    "Load this page again in a minute. The code in its address stays good for some minutes.",
    retry_after=60,
)
_UNPREPARED = Outcome(
    503,
    "This installation cannot connect your shop",
    "It is not set up for your part of the marketplace, or does not know you. "
    "Nothing was connected.",
    "Tell whoever sent you the link; the log there says what is missing.",
)


def outcome_of(error: SellersyncError) -> Outcome:
    """Return the page for what went wrong; it tells nothing that is only for operators.

    What is not named here passes by itself: an outage, a full or unknown budget.
    """
    match error:
        case AskForNewLink():
            return _LINKS[error.fault]
        case ConsentDenied():
            return _DENIED
        case ReauthorizeShop():
            return _CODE_SPENT
        case AnswerLost():
            return _LOST
        case OperatorError() | AppMisconfigured():
            return _UNPREPARED
    return _LATER
