"""`sellersync sign --explain-error` reads what people paste and says one thing about it."""

import hashlib
import hmac
import json
import time

import pytest

from worker.cli.pasted import pasted_request
from worker.cli.shell_words import shell_words
from worker.domain.errors import OperatorError

SECRET = "e59af819cc-is-secret"
HOST = "https://open-api.tiktokglobalshop.com"
PATH = "/order/202309/orders/search"
BODY = '{"order_status": "UNPAID"}'


def address(message_body: str, *, key: str = SECRET) -> str:
    """The address of a search, signed just now."""
    now = str(int(time.time()))
    message = f"{key}{PATH}app_key29a39dtimestamp{now}{message_body}{key}"
    sign = hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
    return f"{HOST}{PATH}?app_key=29a39d&timestamp={now}&sign={sign}"


def curl(message_body: str, *, key: str = SECRET) -> str:
    """The same as a curl command, over several lines."""
    return (
        f"curl -sS --compressed -X POST '{address(message_body, key=key)}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        '  -H "x-tts-access-token: TTP_token" \\\n'
        f"  --data-raw '{BODY}'"
    )


def explained(sellersync, pasted: str, *more: str):
    """Run it with the secret in a pipe."""
    return sellersync(
        *("sign", "--explain-error", pasted, "--app-secret", "-", *more),
        stdin=SECRET.encode() + b"\n",
    )


def test_a_right_signature_is_told_to_be_right(sellersync):
    """One line and nothing else."""
    ended = explained(sellersync, curl(BODY))

    assert ended.status == 0
    assert ended.out == b"The signature is right for tiktok_shop and this app secret.\n"


def test_a_body_that_was_written_again_is_one_sentence(sellersync):
    """With the remedy, and the right signature behind it; without the secret."""
    ended = explained(sellersync, curl('{"order_status":"UNPAID"}'))
    first, last = ended.out.decode().splitlines()

    assert first.startswith("The signature is refused because the body that was signed")
    assert "send these bytes" in first
    assert last.startswith("sign: ")
    assert SECRET not in first + last + ended.err


def test_programs_get_names(sellersync):
    """The same as a JSON document."""
    found = explained(sellersync, curl(""), "--json").document

    assert found["marketplace"] == "tiktok_shop"
    assert found["right"] is False
    assert [cause["name"] for cause in found["causes"]] == ["body_unsigned"]
    assert found["remarks"] == []


def test_a_wrong_secret_is_what_is_left(sellersync):
    """When nothing else explains it."""
    found = explained(sellersync, curl(BODY, key="another one"), "--json").document

    assert [cause["name"] for cause in found["causes"]] == ["wrong_secret"]


def test_an_address_alone_asks_for_the_rest(sellersync):
    """The body may be what is missing."""
    ended = explained(sellersync, address(BODY))

    assert ended.status == 0
    assert b"paste the whole curl command" in ended.out


def test_an_address_that_the_shell_has_cut_says_so(sellersync):
    """Without quotes it ends at the first &."""
    ended = explained(sellersync, address(BODY).partition("&")[0])

    assert ended.status == 0
    assert b"a shell cuts an address at &" in ended.out
    assert b"refused because" not in ended.out


def test_a_body_of_temu_is_enough(sellersync, tmp_path):
    """Its address is always the same; here it comes from a file."""
    params = {"type": "t", "app_key": "k", "access_token": "tok", "data_type": "JSON"}
    params["timestamp"] = str(int(time.time()))
    message = "".join(name + params[name] for name in sorted(params))
    sign = hashlib.md5(f"{SECRET}{message}{SECRET}".encode()).hexdigest()  # noqa: S324 -- theirs
    file = tmp_path / "body.json"
    file.write_text(json.dumps(params | {"sign": sign}))
    ended = explained(sellersync, f"@{file}")

    assert b"refused because it is in lower case" in ended.out
    assert f"sign: {sign.upper()}".encode() in ended.out


def test_the_configured_app_needs_no_secret(sellersync, monkeypatch):
    """Its own is taken; the zones' others are tried too."""
    monkeypatch.setenv("SELLERSYNC_TIKTOK_SHOP__APP_KEY", "29a39d")
    monkeypatch.setenv("SELLERSYNC_TIKTOK_SHOP__APP_SECRET", SECRET)
    ended = sellersync("sign", "--explain-error", curl(BODY))

    assert (ended.status, ended.err) == (0, "")
    assert b"is right" in ended.out


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("", "nothing was pasted"),
        ("hello", "neither an address"),
        ("curl -X POST", "has no address"),
        ("curl 'https://a", "is not closed"),
        ("https://example.com/?a=b", "which marketplace"),
        ("@no-such-file", "cannot be read"),
        ("curl https://a -d @no-such-file", "cannot be read"),
        (f"{HOST}{PATH}?app_key=29a39d", "is not configured"),
    ],
)
def test_what_is_no_request_is_told_in_one_line(sellersync, pasted, reason):
    """Exit status 1 and what to paste instead."""
    ended = sellersync("sign", "--explain-error", pasted)

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert reason in ended.err


def test_it_stands_alone(sellersync):
    """Together with a marketplace it would not be clear what is meant."""
    ended = sellersync("sign", "--explain-error", "x", "temu", "--help")

    assert ended.status == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (r"a\ b 'c d' \"e", ["a b", "c d", '"e']),
        ('"a \\"b\\" $c \\d"', ['a "b" $c \\d']),
        (r"$'it\'s\n\u00fc\x41\101'", ["it's\nüAA"]),
        ("one \\\n  two ^\r\n three", ["one", "two", "three"]),
        ("--data-raw ''", ["--data-raw", ""]),
        ("a'b'\"c\"", ["abc"]),
        ("  ", []),
    ],
)
def test_words_are_those_of_a_shell(line, words):
    """Quotes of all kinds, and lines that go on."""
    assert list(shell_words(line)) == words


@pytest.mark.parametrize("line", ["'a", '"a', "$'a", 'a "b\\"'])
def test_an_open_quote_is_told(line):
    """The rest of what was pasted is missing."""
    with pytest.raises(OperatorError, match="not closed"):
        list(shell_words(line))


@pytest.mark.parametrize(
    ("command", "method", "body"),
    [
        ("curl https://a", "GET", None),
        ("curl -XPUT https://a -d '{\"a\":1}'", "PUT", b'{"a":1}'),
        ("curl https://a -d a=1 --data b=2", "POST", b"a=1&b=2"),
        ("curl https://a -d @f", "POST", b"12"),
        ("curl https://a --data-binary @f", "POST", b"1\n2\n"),
        ("curl https://a --data-raw @f", "POST", b"@f"),
        ("curl https://a --json=@f", "POST", b"1\n2\n"),
        ("curl --url https://a --data-urlencode 'a=b c'", "POST", b"a=b+c"),
        ("curl -o out -u me:pw https://a -F file=@x", "POST", None),
        ("curl --max-time 3 -k https://a --request delete", "DELETE", None),
    ],
)
def test_a_curl_command_sends_what_curl_sends(command, method, body):
    """Method and bytes."""
    found = pasted_request(command, {"f": b"1\n2\n"}.__getitem__)

    assert (found.url, found.method, found.body) == ("https://a", method, body)


def test_a_query_may_come_as_data():
    """`-G` puts it into the address."""
    found = pasted_request("curl -G 'https://a?x=1' -d y=2", str.encode)

    assert (found.method, found.url, found.body) == ("GET", "https://a?x=1&y=2", None)
