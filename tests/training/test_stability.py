"""Numerical trouble."""

from types import SimpleNamespace

import pytest
import torch

from grokyolo.training.stability import Trouble, half_error, remarks


def scaler(scale, enabled=True):
    return SimpleNamespace(is_enabled=lambda: enabled, get_scale=lambda: scale)


def kernel(value):
    return torch.full((4, 4), value)


def test_ordinary_numbers_give_no_remark():
    assert remarks(scaler(65536.0), [kernel(0.01), torch.tensor(3), torch.tensor([1e-9])]) == {}


def test_a_gradient_scale_that_collapsed():
    assert list(remarks(scaler(0.5), [])) == [Trouble.GRADIENT_SCALE]
    assert remarks(scaler(0.5, enabled=False), []) == {}


@pytest.mark.parametrize("value", [1e-8, 1e6])
def test_kernels_outside_half_precision(value):
    assert list(remarks(scaler(1.0), [kernel(value)])) == [Trouble.HALF_PRECISION]


def test_the_error_of_half_precision():
    assert half_error([kernel(1.0)]) == 0.0
    assert half_error([kernel(0.0)]) == 0.0
    assert 0 < half_error([kernel(0.1)]) < 2**-10
    assert half_error([kernel(0.1), kernel(1e-9)]) == 1.0
