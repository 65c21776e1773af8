"""Groups and norms of the optimizer, and numerical trouble."""

import math
from types import SimpleNamespace

import pytest
import torch

from grokyolo.training.weights import Trouble, half_error, largest_group, remarks, weight_norms


def optimizer(kind=torch.optim.AdamW):
    kernel = torch.nn.Parameter(torch.full((3, 4), 2.0))
    bias = torch.nn.Parameter(torch.full((4,), 3.0))
    return kind(
        [
            {"params": [bias], "param_group": "bias", "weight_decay": 0.0},
            {"params": [kernel], "param_group": "weight", "weight_decay": 0.5},
        ],
        lr=0.1,
    )


def test_the_largest_group_is_that_with_the_most_weights():
    assert largest_group(optimizer())["weight_decay"] == 0.5


def test_norms_of_decayed_and_free_weights():
    decayed, free = weight_norms(optimizer())
    assert decayed == pytest.approx(math.sqrt(12 * 4))
    assert free == pytest.approx(math.sqrt(4 * 9))


def test_no_weights_have_no_norm():
    empty = optimizer()
    empty.param_groups[0]["params"] = []
    assert weight_norms(empty)[1] == 0.0


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
