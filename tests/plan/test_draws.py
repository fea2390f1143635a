"""Draws are the same bits everywhere, and are normal enough."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from harness.plan.draw import Stream, normal_draws, uniform_draws, whole_draws

UNIFORMS = [0.9750335537195014, 0.8845672371187709, 0.23197043322658195]
WHOLES = [0, 6, 5, 4, 4, 6, 5, 2]


def test_the_bits_of_a_draw_never_change() -> None:
    digest = hashlib.sha256(normal_draws(1000, seed=7, stream=Stream.X).astype("<f8").tobytes()).hexdigest()
    assert digest == "5df66997ddb22cc4afd0ebf33c1e1c2c9fd6e90a1ae93d48fafb08d27277acb5"


def test_the_bits_of_other_draws_never_change_either() -> None:
    assert uniform_draws(3, seed=7, stream=Stream.MASK).tolist() == UNIFORMS
    assert whole_draws(8, below=10, seed=7, stream=Stream.TARGETS).tolist() == WHOLES


@pytest.mark.parametrize("below", [1, 2, 3, 10, 2**31])
def test_whole_draws_stay_below_their_end_and_reach_every_number(below: int) -> None:
    draws = whole_draws(2000, below=below, seed=1, stream=Stream.LENGTHS)
    assert draws.min() >= 0
    assert draws.max() < below
    assert len(set(draws.tolist())) == below or below > 100


def test_uniform_draws_are_spread_from_zero_to_below_one() -> None:
    draws = uniform_draws(100_000, seed=3, stream=Stream.MASK)
    assert 0 <= draws.min() < 1e-3
    assert 0.999 < draws.max() < 1
    assert abs(draws.mean() - 0.5) < 0.005


def test_a_draw_is_the_sum_of_twelve_uniforms_less_six() -> None:
    words = np.random.PCG64([3, 1]).random_raw(12)
    uniforms = [(int(word) >> 11) / 2**53 for word in words]
    (got,) = normal_draws(1, seed=3, stream=Stream.COTANGENT)
    assert got == pytest.approx(sum(uniforms) - 6, abs=1e-14)


def test_more_draws_continue_fewer() -> None:
    more = normal_draws(2**16 + 10, seed=1, stream=Stream.X)
    np.testing.assert_array_equal(normal_draws(100, seed=1, stream=Stream.X), more[:100])
    assert len(set(more.tolist())) > 2**16


def test_what_is_drawn_by_one_seed_for_different_arrays_is_unlike() -> None:
    draws = np.stack([normal_draws(2000, seed=0, stream=stream) for stream in Stream])
    correlations = np.corrcoef(draws)[np.triu_indices(len(Stream), k=1)]
    assert np.abs(correlations).max() < 0.1


def test_moments_are_those_of_a_normal_variable() -> None:
    draws = normal_draws(100_000, seed=5, stream=Stream.X)
    assert abs(draws.mean()) < 0.015
    assert abs(draws.var() - 1) < 0.02
    assert np.abs(draws).max() < 6
