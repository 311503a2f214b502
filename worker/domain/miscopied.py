"""A secret as people have it in their hands: copied with something around it, cut, or mixed up."""

from collections.abc import Iterator, Mapping


def miscopied(
    secret: str, *, mistaken_for: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Return what an app secret may have become, each with how: the end of "because …".

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
