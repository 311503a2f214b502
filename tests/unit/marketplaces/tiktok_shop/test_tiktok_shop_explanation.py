"""The explanation of a signature agrees with the signature and hides the secret."""

from hypothesis import given
from hypothesis import strategies as st

from worker.marketplaces.tiktok_shop.explanation import explain
from worker.marketplaces.tiktok_shop.signing import base_string, sign

SECRET = "canary-secret-0f1e2d3c4b5a"
QUERY = {
    "timestamp": "1696909648",
    "app_key": "68xu9ks5p4i8",
    "sign": "old-signature",
    "access_token": "canary-token",
}


def test_tells_each_step_up_to_the_signature() -> None:
    """The steps end with what the request needs."""
    explanation = explain(SECRET, "/path", QUERY, b'{"a":1}')

    assert explanation.sign == sign(SECRET, "/path", QUERY, b'{"a":1}')
    assert explanation.base_string == (
        '/pathapp_key68xu9ks5p4i8timestamp1696909648{"a":1}'
    )
    assert [text for _, text in explanation.steps] == [
        "access_token, sign",
        "app_key = 68xu9ks5p4i8\ntimestamp = 1696909648",
        "app_key68xu9ks5p4i8timestamp1696909648",
        "/pathapp_key68xu9ks5p4i8timestamp1696909648",
        '/pathapp_key68xu9ks5p4i8timestamp1696909648{"a":1}',
        '<app_secret>/pathapp_key68xu9ks5p4i8timestamp1696909648{"a":1}<app_secret>',
        explanation.sign,
    ]


@given(body=st.binary(max_size=50), legacy=st.booleans())
def test_shows_neither_secret_nor_token(
    body: bytes,
    legacy: bool,  # noqa: FBT001 -- drawn by name
) -> None:
    """What is shown can be pasted into a ticket."""
    shown = repr(explain(SECRET, "/path", QUERY, body, legacy=legacy))

    assert SECRET not in shown
    assert "canary-token" not in shown
    assert "old-signature" not in shown


def test_says_that_old_calls_leave_the_body_out() -> None:
    """The step about the body tells why it is not there."""
    explanation = explain(SECRET, "/path", QUERY, b'{"a":1}', legacy=True)

    assert explanation.sign == sign(SECRET, "/path", QUERY)
    assert "before 202309" in explanation.steps[4][0]


def test_says_that_uploads_leave_the_body_out() -> None:
    """The boundary behind the media type does not matter."""
    explanation = explain(
        SECRET,
        "/path",
        QUERY,
        b"--x",
        content_type="multipart/form-data; boundary=x",
    )

    assert explanation.base_string == base_string("/path", QUERY).decode()
    assert "upload" in explanation.steps[4][0]


def test_says_that_there_is_no_body() -> None:
    """A missing body is not an empty object."""
    explanation = explain(SECRET, "/path", {})

    assert "no body" in explanation.steps[4][0]
    assert explanation.steps[0][1] == "nothing to leave out"
