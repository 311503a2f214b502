"""What somebody pasted as a request: an address, a curl command, or a body alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from worker.cli.shell_words import shell_words
from worker.domain.calls import HttpRequest
from worker.domain.errors import OperatorError

# Options of curl that take a value and do not matter here.
_WITH_VALUE = frozenset(
    {
        *("-o", "--output", "-u", "--user", "-A", "--user-agent", "-e", "--referer"),
        *("-b", "--cookie", "-c", "--cookie-jar", "-x", "--proxy", "-m", "--max-time"),
        *("--connect-timeout", "--cacert", "--cert", "--key", "--retry", "--resolve"),
        *("-w", "--write-out", "-K", "--config", "--limit-rate", "--interface"),
    }
)
# With one letter, and a value that may follow it in the same word.
_LETTERS = "XHdFouAebcxmwK"

Read = Callable[[str], bytes]


@dataclass(slots=True)
class _Curl:
    """A curl command while it is read, option by option."""

    read: Read
    method: str | None = None
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    data: list[bytes] = field(default_factory=list)
    is_query: bool = False
    is_form: bool = False

    def take(self, word: str, values: Iterator[str]) -> None:
        """Take an option and its value, or the address."""
        match word:
            case "-X" | "--request":
                self.method = next(values, "")
            case "-H" | "--header":
                name, _, value = next(values, "").partition(":")
                self.headers[name.strip().lower()] = value.strip()
            case "-G" | "--get":
                self.is_query = True
            case "-F" | "--form":
                self.is_form = bool(next(values, "form"))
            case "--url":
                self.url = next(values, "")
            case _ if word in _WITH_VALUE:
                next(values, "")
            case _ if word.startswith("-"):
                self._take_data(word, values)
            case _:
                self.url = self.url or word

    def _take_data(self, word: str, values: Iterator[str]) -> None:
        match word:
            case "--data-raw":
                self.data.append(next(values, "").encode())
            case "--data-binary":
                self.data.append(self._content(next(values, "")))
            case "--json":
                self.data.append(self._content(next(values, "")))
                self.headers.setdefault("content-type", "application/json")
            case "--data-urlencode":
                name, equals, text = next(values, "").partition("=")
                self.data.append(f"{name}{equals}{quote_plus(text)}".encode())
            case "-d" | "--data" | "--data-ascii":
                value = next(values, "")
                content = self._content(value)
                # curl sends a file's text without its line ends.
                if value.startswith("@"):
                    content = content.replace(b"\r", b"").replace(b"\n", b"")
                self.data.append(content)
            case _:
                pass  # a switch that changes nothing of the request

    def _content(self, value: str) -> bytes:
        return self.read(value[1:]) if value.startswith("@") else value.encode()

    def request(self) -> HttpRequest:
        """Return what curl sends."""
        body = b"&".join(self.data) if self.data else None
        url = self.url
        if self.is_query and body is not None:
            url += ("&" if "?" in url else "?") + body.decode(errors="replace")
            body = None
        if self.is_form:
            self.headers.setdefault("content-type", "multipart/form-data")
        sends = body is not None or self.is_form
        return HttpRequest(
            method=(self.method or ("POST" if sends else "GET")).upper(),
            url=url,
            headers=self.headers,
            body=body,
        )


def pasted_request(text: str, read: Read) -> HttpRequest:
    """Return the request; `read` gives the bytes of a file that a curl command names.

    Raises:
        OperatorError: it is nothing of this kind.
    """
    text = text.strip()
    if text.startswith("{"):
        return HttpRequest(method="POST", url="", headers={}, body=text.encode())
    words = list(shell_words(text))
    if not words:
        raise OperatorError("nothing was pasted: give an address or a curl command")
    if words[0].rpartition("/")[2] in {"curl", "curl.exe"}:
        return _from_curl(words[1:], read)
    if "://" not in words[0] and not words[0].startswith("/"):
        raise OperatorError(
            "neither an address (https://…) nor a curl command nor a JSON body was given"
        )
    return HttpRequest(method="", url=words[0], headers={}, body=None)


def _from_curl(words: list[str], read: Read) -> HttpRequest:
    curl = _Curl(read)
    remaining = iter(_options(words))
    for word in remaining:
        curl.take(word, remaining)
    if not curl.url:
        raise OperatorError("the curl command has no address")
    return curl.request()


def _options(words: list[str]) -> Iterator[str]:
    """Take `--name=value` and `-Xvalue` apart."""
    for word in words:
        if word.startswith("--") and "=" in word:
            name, _, value = word.partition("=")
            yield from (name, value)
        elif len(word) > 2 and word[0] == "-" and word[1] in _LETTERS:  # noqa: PLR2004 -- a dash and a letter
            yield from (word[:2], word[2:])
        else:
            yield word
