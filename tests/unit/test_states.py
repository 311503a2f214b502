"""The table of an authorization's moves."""

import pytest

from worker.domain.grants import DEAD, AuthorizationState
from worker.tokens.states import MOVES

S = AuthorizationState


def test_every_state_has_its_moves():
    """No state is a dead end without a word about it."""
    assert set(MOVES) == set(S)
    assert all(MOVES[state] for state in S)


@pytest.mark.parametrize("state", sorted(DEAD))
def test_only_the_seller_wakes_the_dead(state):
    """A dead authorization becomes active by new tokens, and nothing else."""
    assert MOVES[state] == {S.ACTIVE}


def test_only_a_refresh_in_flight_can_get_lost():
    """Ambiguous is what a sent refresh may become, and no other state."""
    assert [state for state in S if S.AMBIGUOUS in MOVES[state]] == [S.REFRESHING]


def test_whoever_lives_can_be_refreshed_and_can_die():
    """Whatever happened before."""
    for state in set(S) - DEAD:
        assert S.REFRESHING in MOVES[state] or state is S.REFRESHING
        assert MOVES[state] >= DEAD
