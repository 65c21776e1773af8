"""Groups and norms of the optimizer."""

import math

import pytest
import torch

from grokyolo.training.weights import largest_group, step_all_at_once, weight_norms


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


@pytest.mark.parametrize(("kind", "changed"), [(torch.optim.AdamW, True), (torch.optim.NAdam, False)])
def test_only_optimizers_that_give_the_same_bits_step_over_lists(kind, changed):
    one = optimizer(kind)
    step_all_at_once(one)
    assert all(bool(group["foreach"]) is changed for group in one.param_groups)
