r"""Words as a shell reads them: quotes, $'…' of copied commands, lines that go on.

`shlex` knows no $'…', which browsers write around bodies.
"""

import re
from collections.abc import Iterator

from worker.domain.errors import OperatorError

_TOKEN = re.compile(
    r"""
      (?P<space>(?:\s|\\\r?\n|\^\r?\n)+)     # Windows' prompt goes on after a ^
    | \$'(?P<ansi>(?:[^'\\]|\\.)*)'
    | '(?P<single>[^']*)'
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | \\(?P<escaped>.)
    | (?P<plain>[^\s'"\\$^]+|[$^])
    """,
    re.VERBOSE | re.DOTALL,
)
_ANSI = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_IN_DOUBLE_QUOTES = re.compile(r'\\(\r?\n|[$`"\\])')


def shell_words(text: str) -> Iterator[str]:
    """Return the words of a command line.

    Raises:
        OperatorError: a quote is not closed.
    """
    word: list[str] = []
    place = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise OperatorError("a quote in what was pasted is not closed")
        place = token.end()
        if token["space"] is None:
            word.append(_meaning(token))
        elif word:
            yield "".join(word)
            word = []
    if word:
        yield "".join(word)


def _meaning(token: re.Match[str]) -> str:
    if token["ansi"] is not None:
        return _ANSI.sub(_escape, token["ansi"])
    if token["double"] is not None:
        return _IN_DOUBLE_QUOTES.sub(_kept, token["double"])
    return token["single"] or token["escaped"] or token["plain"] or ""


def _kept(escape: re.Match[str]) -> str:
    return "" if escape[1].endswith("\n") else escape[1]


def _escape(escape: re.Match[str]) -> str:
    for number, base in ((escape[1], 16), (escape[2], 16), (escape[3], 16)):
        if number:
            return chr(int(number, base))
    if escape[4]:
        return chr(int(escape[4], 8))
    return _NAMED.get(escape[5], escape[5])
