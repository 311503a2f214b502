"""`sellersync sign` gives the signatures of all vectors, and explains them safely."""

import hmac
import json
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[2] / "vectors"
TIKTOK_SHOP = json.loads((VECTORS / "tiktok_shop.json").read_text())["request_vectors"]
TEMU = json.loads((VECTORS / "temu.json").read_text())["vectors"]


def by_id(vector):
    """Name a vector."""
    return vector["id"]


@pytest.mark.parametrize("vector", TIKTOK_SHOP, ids=by_id)
def test_tiktok_shop_vectors(sellersync, vector):
    """Each request vector comes out right, legacy ones with `--legacy`."""
    ended = sellersync(
        *("sign", "tiktok-shop", "--json", "--app-secret", vector["app_secret"]),
        *("--path", vector["path"], "--body", vector["body"]),
        *(f"--param={name}={value}" for name, value in vector["query"].items()),
        *([] if vector["body_in_signature"] else ["--legacy"]),
    )

    assert ended.document == {
        "sign": vector["expected_sign"] or vector["computed_sign"],
        "base_string": vector["base_string"],
    }


@pytest.mark.parametrize("vector", TEMU, ids=by_id)
def test_temu_vectors(sellersync, tmp_path, vector):
    """Each vector comes out right, from a file and with the secret from a pipe."""
    body = tmp_path / "body.json"
    body.write_text(json.dumps(vector["params"], indent=1))
    ended = sellersync(
        *("sign", "temu", "--json", "--app-secret", "-", "--body", f"@{body}"),
        stdin=vector["app_secret"].encode() + b"\n",
    )

    assert ended.document == {
        "sign": vector["expected_sign"],
        "base_string": vector["sign_base"],
    }


def test_the_body_of_a_file_is_signed_byte_for_byte(sellersync, tmp_path):
    """A newline at the end of a file and bytes that are no UTF-8 are signed as they are."""
    body = tmp_path / "body"
    body.write_bytes(b'{"a": 1}\n')
    call = ("sign", "tiktok-shop", "--json", "--app-secret", "s", "--path", "/p")
    with_newline = sellersync(*call, "--body", f"@{body}").document
    body.write_bytes(b"\xff")
    other = sellersync(*call, "--body", f"@{body}").document

    assert with_newline["base_string"] == '/p{"a": 1}\n'
    assert other["sign"] == hmac.digest(b"s", b"s/p\xffs", "sha256").hex()


@pytest.mark.parametrize(
    "call",
    [
        ("tiktok-shop", "--path", "/p", "--param", "app_key=k"),
        ("temu", "--body", '{"type": "t", "access_token": "tok-1"}'),
    ],
    ids=["tiktok_shop", "temu"],
)
def test_the_steps_never_show_a_secret(sellersync, call):
    """Each step is numbered; secret and token are masked."""
    ended = sellersync("sign", *call, "--app-secret", "hunter2secret")
    shown = ended.out.decode()

    assert ended.status == 0
    assert "hunter2secret" not in shown
    assert "tok-1" not in shown
    assert "<app_secret>" in shown
    assert shown.splitlines()[-1].startswith("sign: ")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"a":', "the body is not JSON"),
        ("[1]", "the body is not a JSON object"),
        ('{"a": 1.5}', "a is a float"),
        ('{"a": "\\ud800"}', "the body cannot be signed"),
        ("@no-such-file", "the body no-such-file cannot be read"),
    ],
)
def test_a_body_that_cannot_be_signed_is_told_in_one_line(sellersync, body, reason):
    """Exit status 1 and what is wrong with the body."""
    ended = sellersync("sign", "temu", "--app-secret", "s", "--body", body)

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert reason in ended.err


def test_an_empty_secret_is_refused(sellersync):
    """Nothing on standard input is no secret."""
    ended = sellersync("sign", "temu", "--app-secret", "-", "--body", "{}")

    assert ended.status == 1
    assert "no app secret was given" in ended.err


@pytest.mark.parametrize(
    "parameters", [["--param", "a"], ["--param", "a=1", "--param", "a=2"]]
)
def test_a_malformed_parameter_is_wrong_usage(sellersync, parameters):
    """A parameter without value, and one given twice."""
    ended = sellersync(
        "sign", "tiktok-shop", "--app-secret", "s", "--path", "/p", *parameters
    )

    assert ended.status == 2
