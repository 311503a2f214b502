"""Secrets at rest: sealed with the newest key, opened with whichever fits."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.errors import OperatorError
from worker.store.sealing import Sealer

OLD, NEW, STRANGE = (Fernet.generate_key().decode() for _ in range(3))


@given(st.text(st.characters(codec="utf-8")) | st.binary())
def test_what_is_sealed_can_be_opened(secret):
    """Text or bytes, of any length."""
    sealer = Sealer((NEW,))
    opened = sealer.open(sealer.seal(secret))

    assert opened == (secret.encode() if isinstance(secret, str) else secret)


def test_a_sealed_value_shows_nothing():
    """Not even whether two are the same."""
    sealer = Sealer((NEW,))
    first, second = sealer.seal("canary"), sealer.seal("canary")

    assert b"canary" not in first
    assert first != second


def test_old_keys_open_what_they_sealed():
    """Rows sealed with different keys lie side by side while keys are rotated."""
    sealed = [Sealer((OLD,)).seal("old"), Sealer((NEW,)).seal("new")]
    both = Sealer((NEW, OLD))

    assert [both.open(value) for value in sealed] == [b"old", b"new"]


def test_a_renewed_value_needs_only_the_newest_key():
    """Afterwards the old key can go."""
    renewed = Sealer((NEW, OLD)).renew(Sealer((OLD,)).seal("secret"))

    assert Sealer((NEW,)).open(renewed) == b"secret"


@pytest.mark.parametrize("act", [Sealer.open, Sealer.renew])
def test_a_missing_key_is_one_clear_line(act):
    """It names the setting, and shows neither key nor value."""
    sealed = Sealer((OLD,)).seal("canary")
    with pytest.raises(OperatorError, match="SELLERSYNC_ENCRYPTION_KEYS") as refused:
        act(Sealer((NEW, STRANGE)), sealed)
    line = str(refused.value)

    assert not any(
        secret in line for secret in (OLD, NEW, STRANGE, sealed.decode(), "\n")
    )


@given(st.binary(max_size=200))
def test_a_damaged_value_is_never_opened_to_something_else(garbage):
    """It is refused like one of a missing key."""
    with pytest.raises(OperatorError):
        Sealer((NEW,)).open(garbage)


@pytest.mark.parametrize("key", ["", "canary", "x" * 44, "schlüssel"])
def test_a_key_that_is_none_is_refused_without_showing_it(key):
    """The line says how to make one."""
    with pytest.raises(OperatorError, match="generate_key") as refused:
        Sealer((NEW, key))

    assert not key or key not in str(refused.value)


def test_a_key_that_was_added_meanwhile_is_found():
    """Another process has rotated the keys; ours asks for them when none fits."""
    sealed = Sealer((NEW,)).seal("secret")
    sealer = Sealer((OLD,), newer=lambda: (NEW, OLD))

    assert sealer.open(sealed) == b"secret"
    assert Sealer((NEW,)).open(sealer.seal("next")) == b"next"
