"""`sellersync sign tiktok-app` and `sellersync tiktok-app`: what they print and refuse."""

import sys

import pytest

from worker.tiktok_app import decode, decrypt, package

SIGN = ("sign", "tiktok-app", "--params", "aid=1233", "--unix", "1700000000")


def test_headers_are_printed_as_they_are_sent(sellersync):
    """One a line, or as a JSON object."""
    lines = sellersync(*SIGN).out.decode().splitlines()
    document = sellersync(*SIGN, "--json").document

    assert dict(line.split(": ") for line in lines).keys() == document.keys()
    assert document["x-khronos"] == "1700000000"


def test_the_body_is_signed_byte_for_byte(sellersync, tmp_path):
    """From the command line, or from a file."""
    body = tmp_path / "body"
    body.write_bytes(b"a=b")
    given = sellersync(*SIGN, "--json", "--data", "a=b").document
    read = sellersync(*SIGN, "--json", "--data", f"@{body}").document

    assert given["x-ss-stub"] == read["x-ss-stub"]
    assert given["x-gorgon"] == read["x-gorgon"]


def test_a_body_is_encrypted_and_decrypted(sellersync, tmp_path):
    """As hexadecimal, or as a file."""
    file = tmp_path / "body"
    printed = sellersync("tiktok-app", "encrypt", "--data", "Grüße").out.decode()
    sellersync("tiktok-app", "encrypt", "--data", "Grüße", "--output", str(file))
    again = [
        sellersync("tiktok-app", "decrypt", "--data", data).out.decode()
        for data in (printed.strip(), f"@{file}")
    ]

    assert again == ["Grüße\n"] * 2
    assert decrypt(file.read_bytes()) == "Grüße"


def test_a_message_is_encoded_and_decoded(sellersync):
    """What `decode` prints, `encode` takes."""
    message = '{"1": "value", "2": 123, "3": {"4": {"__bytes_hex__": "ff00"}}}'
    printed = sellersync("tiktok-app", "encode", "--data", message).out.decode().strip()
    document = sellersync("tiktok-app", "decode", "--data", printed).document

    assert printed.startswith("0a0576616c7565107b")
    assert decode(bytes.fromhex(printed))[3] == {4: {"__bytes_hex__": "ff00"}}
    assert document == {
        "1": "value",
        "2": 123,
        "3": {"4": {"__bytes_hex__": "ff00"}},
    }


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (("encode", "--data", "{"), "not JSON"),
        (("encode", "--data", "[1]"), "not a JSON object"),
        (("encode", "--data", '{"x": 1}'), "a field has to be a number"),
        (("encode", "--data", '{"1": 1.5}'), "not float"),
        (("encode", "--data", '{"1": 1, "01": 2}'), "field 1 is there twice"),
        (("encode", "--data", '{"2": {"1": 1, "1": 2}}'), "field 1 is there twice"),
        (("encode", "--data", f'{{"{"9" * 5000}": 1}}'), "a field has to be a number"),
        (("encode", "--data", '{"1": {"__bytes_hex__": 5}}'), "hexadecimal"),
        (("decode", "--data", "xyz"), "not hexadecimal"),
        (("decode", "--data", "0a05"), "cut off"),
        (("decrypt", "--data", "00"), "not an encrypted body"),
        (("encrypt", "--data", ""), "empty"),
        (("encrypt", "--data", "@nowhere"), "cannot be read"),
    ],
)
def test_bad_input_ends_in_one_line(sellersync, call, why):
    """It says what is wrong."""
    ended = sellersync("tiktok-app", *call)

    assert ended.status == 1
    assert why in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    "call",
    [
        SIGN,
        ("tiktok-app", "encrypt", "--data", "body"),
        ("tiktok-app", "encode", "--data", '{"1": 1}'),
        ("tiktok-app", "decode", "--data", "0801"),
    ],
    ids=" ".join,
)
def test_without_the_extra_they_say_how_to_install_it(sellersync, monkeypatch, call):
    """In one line."""
    monkeypatch.setitem(sys.modules, "tiktok_signer", None)
    monkeypatch.delattr(package.of_thread, "signer", raising=False)
    ended = sellersync(*call)

    assert ended.status == 1
    assert "pip install 'sellersync[tiktok-app]'" in ended.err
    assert ended.err.count("\n") == 1
