"""What people do wrong when they sign, whatever the marketplace; each with how it is told.

The texts are the end of "refused because …".
"""

from collections.abc import Iterator, Mapping

# A clock that is read once for the signature and once more for what is sent.
_SECONDS_APART = 15


def miscopied(
    secret: str, *, mistaken_for: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Return what an app secret may have become, each with how.

    `mistaken_for`: values of the same request, by the names that people know them by.
    """
    for what, other in (
        ("a line end follows the app secret", secret + "\n"),
        ("a line end follows the app secret", secret + "\r\n"),
        ("a space stands around the app secret", secret + " "),
        ("a space stands around the app secret", " " + secret),
        ("quotes stand around the app secret", f'"{secret}"'),
        ("quotes stand around the app secret", f"'{secret}'"),
        ("the app secret lacks its last character", secret[:-1]),
        ("the app secret lacks its first character", secret[1:]),
        ("the app secret was turned into lower case", secret.lower()),
        ("the app secret was turned into upper case", secret.upper()),
        *(
            (f"the {name} was taken for the app secret", value)
            for name, value in mistaken_for.items()
        ),
    ):
        if other not in {secret, ""}:
            yield what, other


def other_times(sent: str) -> Iterator[tuple[str, int | str]]:
    """Return what may have been signed in place of the timestamp that was sent."""
    if not sent.isascii() or not sent.isdigit():
        return
    seconds = int(sent)
    for apart in range(1, _SECONDS_APART + 1):
        for other in (seconds - apart, seconds + apart):
            what = (
                f"the timestamp that was signed is {apart} s from the one that was "
                "sent: the clock was read twice"
            )
            yield what, other
    what = "the timestamp was signed in another form than it was sent in"
    for form in (f"{seconds}.0", f"{seconds}000", str(seconds // 1000)):
        yield what, form


def separators() -> Iterator[tuple[str, tuple[str, str]]]:
    """Return what may stand between names and values, and between parameters."""
    for equals, ampersand in (("=", "&"), ("=", ""), ("", "&"), (":", ""), (" ", " ")):
        marks = " and ".join(mark for mark in (equals, ampersand) if mark.strip())
        what = f"{marks or 'spaces'} stand between the parameters that were signed"
        yield what, (equals, ampersand)
