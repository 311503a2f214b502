"""The state of a link: made by us, for one marketplace, for a while."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.identity import App
from worker.store.sealing import Sealer
from worker.tokens.links import AskForNewLink, LinkFault, make_state, read_state

NOW = datetime(2026, 10, 1, 12, 0, 0, 500, tzinfo=UTC)
MONTH = timedelta(days=30)
OLD, NEW = (Fernet.generate_key().decode() for _ in "12")
APP = App(
    marketplace="temu",
    zone="eu",
    app_key="key",
    app_secret="app-secret",
    api_url="https://api.example",
    requests_per_second=1,
)


def read(sealer, state, now=NOW):
    """Read a state as the callback does."""
    return read_state(sealer, state, now=now, lifetime=MONTH)


def fault(sealer, state, now=NOW):
    """Return why a state is not good."""
    with pytest.raises(AskForNewLink) as refused:
        read(sealer, state, now)
    return refused.value.fault


def test_a_state_says_which_app_was_meant():
    """Each is another one, and none holds a key or a secret."""
    sealer = Sealer((NEW,))
    states = [make_state(sealer, APP, now=NOW) for _ in "12"]
    links = [read(sealer, state) for state in states]

    assert {(link.marketplace, link.zone) for link in links} == {("temu", "eu")}
    assert links[0].nonce != links[1].nonce
    assert all(len(state) < 200 for state in states)


def test_it_is_good_until_its_time_is_over():
    """To the second."""
    sealer = Sealer((NEW,))
    state = make_state(sealer, APP, now=NOW)

    assert read(sealer, state, NOW + MONTH - timedelta(seconds=2)).zone == "eu"
    assert fault(sealer, state, NOW + MONTH) is LinkFault.EXPIRED


def test_a_rotated_key_keeps_links_good_while_it_is_kept():
    """Links are made with the newest key."""
    state = make_state(Sealer((OLD,)), APP, now=NOW)
    newer = make_state(Sealer((NEW, OLD)), APP, now=NOW)

    assert read(Sealer((NEW, OLD)), state).zone == "eu"
    assert read(Sealer((NEW,)), newer).zone == "eu"
    assert fault(Sealer((NEW,)), state) is LinkFault.FORGED


def test_a_key_that_was_added_meanwhile_is_found():
    """Another process has rotated the file of keys."""
    sealer = Sealer((OLD,), newer=lambda: (NEW, OLD))
    state = make_state(Sealer((NEW,)), APP, now=NOW)

    assert read(sealer, state).zone == "eu"


@given(st.text(max_size=300))
def test_nobody_else_makes_one(text):
    """Whatever is sent, it is refused and nothing breaks."""
    assert fault(Sealer((NEW,)), text) is LinkFault.FORGED
