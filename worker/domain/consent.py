"""What a seller's browser brings back from a marketplace's consent page."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The answer of one seller; nothing of it is proved before its state is."""

    # Empty: the seller has not agreed.
    code: str = field(repr=False)
    # What we gave the seller along; empty where the marketplace left it away.
    state: str = field(repr=False)
    # Where the seller sells, if the marketplace says so itself.
    zone: str | None = None
    # The marketplace's word for why there is no code.
    refused: str | None = None
