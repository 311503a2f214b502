"""`sellersync tiktok-app`: bodies of TikTok's mobile app API; see docs/tiktok-app.md."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.cli.given import given_bytes
from worker.cli.printing import print_document, say
from worker.cli.whole_file import whole_file
from worker.domain.errors import OperatorError
from worker.tiktok_app import decode, decrypt, encode, encrypt

_ENCRYPT = """Example:

    sellersync tiktok-app encrypt --data @device.json --output body"""
_DECRYPT = """Example:

    sellersync tiktok-app decrypt --data @body"""
_ENCODE = """Example:

    sellersync tiktok-app encode --data '{"1": "value", "2": 123}'"""
_DECODE = """Example:

    sellersync tiktok-app decode --data 0a0576616c7565107b"""
# As the package names bytes that are neither text nor a message.
_BYTES = "__bytes_hex__"
# No longer than the largest number of a field.
_NUMBER = re.compile(r"[0-9]{1,9}")

_Binary = Annotated[
    str, typer.Option(metavar="HEX", help="In hexadecimal, or @FILE as it is.")
]
_Output = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write the bytes to a file; else print them as hex."
    ),
]


def register(program: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("encrypt", epilog=_ENCRYPT)(encrypt_body)
    group.command("decrypt", epilog=_DECRYPT)(decrypt_body)
    group.command("encode", epilog=_ENCODE)(encode_message)
    group.command("decode", epilog=_DECODE)(decode_message)
    program.add_typer(group, name="tiktok-app", callback=tiktok_app)


def tiktok_app() -> None:
    """Encrypt and encode bodies of TikTok's mobile app; unofficial, an extra."""


def encrypt_body(
    *,
    data: Annotated[str, typer.Option(metavar="TEXT", help="The body, or @FILE.")],
    output: _Output = None,
) -> None:
    """Encrypt a body; another result from call to call."""
    _give(encrypt(given_bytes(data, name="the body")), output)


def decrypt_body(*, data: _Binary) -> None:
    """Print the text that was encrypted."""
    say(decrypt(_binary(data)))


def encode_message(
    *,
    data: Annotated[
        str,
        typer.Option(
            metavar="JSON",
            help="Field numbers to numbers, texts or messages, or @FILE.",
        ),
    ],
    output: _Output = None,
) -> None:
    """Encode a message of protobuf."""
    try:
        fields: object = json.loads(
            given_bytes(data, name="the message"), object_pairs_hook=_fields
        )
    except (ValueError, RecursionError) as error:
        raise OperatorError(f"the message is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise OperatorError('the message is not a JSON object, {"1": …}')
    _give(encode(fields), output)


def decode_message(*, data: _Binary) -> None:
    """Print a message of protobuf as JSON; what its fields are is a guess."""
    print_document(_named(decode(_binary(data))))


def _binary(text: str) -> bytes:
    given = given_bytes(text, name="the data")
    if text.startswith("@"):
        return given
    try:
        return bytes.fromhex(given.decode())
    except ValueError:
        raise OperatorError(
            "the data is not hexadecimal; give it so, or a file's as @FILE"
        ) from None


def _give(result: bytes, output: Path | None) -> None:
    if output is None:
        say(result.hex())
        return
    with whole_file(output) as file:
        file.write(result)


def _fields(pairs: list[tuple[str, Any]]) -> dict[Any, Any] | bytes:
    """Return the fields of a JSON object by number, or the bytes that it stands for."""
    if [name for name, _ in pairs] == [_BYTES]:
        return _from_hex(pairs[0][1])
    fields: dict[Any, Any] = {}
    for name, value in pairs:
        # What is no number `encode` refuses.
        number = int(name) if _NUMBER.fullmatch(name) else name
        if number in fields:
            raise OperatorError(
                f"field {number} is there twice; give each field of a message once"
            )
        fields[number] = value
    return fields


def _from_hex(text: Any) -> bytes:
    try:
        return bytes.fromhex(text)
    except (TypeError, ValueError):
        raise OperatorError(f"{_BYTES} has to be hexadecimal") from None


def _named(value: Any) -> Any:
    """Return decoded fields as JSON has them, by text."""
    if isinstance(value, list):
        return [_named(each) for each in value]
    if isinstance(value, dict):
        return {str(number): _named(field) for number, field in value.items()}
    return value
