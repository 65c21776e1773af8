"""Random states."""

import io
import random

import numpy as np
import pytest
import torch

from grokyolo.training import randomness


def draw():
    return random.random(), random.gauss(0, 1), float(np.random.randn()), float(torch.rand(()))


def test_what_is_captured_can_be_put_back_from_a_file():
    draw()
    buffer = io.BytesIO()
    torch.save(randomness.capture(), buffer)
    expected = [draw() for _ in range(3)]
    buffer.seek(0)
    randomness.restore(torch.load(buffer, weights_only=True))
    assert [draw() for _ in range(3)] == expected


def test_a_kept_block_leaves_no_trace_even_when_it_fails():
    states = randomness.capture()
    expected = draw()
    randomness.restore(states)
    with pytest.raises(ZeroDivisionError), randomness.kept():
        draw()
        raise ZeroDivisionError
    assert draw() == expected


@pytest.mark.parametrize("draws", [0, 1, 9])
def test_draws_are_counted(draws):
    before = random.getstate()
    for _ in range(draws):
        random.uniform(0, 1)
    assert randomness.draws_since(before, most=9) == draws


def test_too_many_draws_or_another_generator_cannot_be_counted():
    before = random.getstate()
    for _ in range(10):
        random.random()
    assert randomness.draws_since(before, most=9) is None
