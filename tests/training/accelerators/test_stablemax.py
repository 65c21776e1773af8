"""StableMax, beside the published formula and beside the softmax that it replaces."""

import math

import pytest
import torch

from grokyolo.training.accelerator_methods import StableMax, StableMaxLoss, cross_entropy


def published(logits, cls):
    scores = [x + 1 if x >= 0 else 1 / (1 - x) for x in logits]
    return -math.log(scores[cls] / sum(scores))


@pytest.mark.parametrize("logits", [[0.0, 0.0], [1.0, -1.0, 3.5], [-7.0, -0.5, 0.0, 20.0], [1e4, -1e4, 0.0]])
def test_the_loss_is_the_published_one(logits):
    for cls in range(len(logits)):
        found = cross_entropy(torch.tensor([logits]), torch.tensor([cls]))
        assert found.item() == pytest.approx(published(logits, cls), rel=1e-6)


def test_a_batch_gives_the_mean():
    logits = torch.tensor([[1.0, -1.0], [0.5, 2.0]])
    both = [published(row, cls) for row, cls in zip(logits.tolist(), (0, 1), strict=True)]
    assert cross_entropy(logits, torch.tensor([0, 1])).item() == pytest.approx(sum(both) / 2)


def test_gradients_are_those_of_the_formula_and_finite_everywhere():
    logits = torch.tensor([[1.0, 0.0, -1.0, 1e6, -1e6]], requires_grad=True)
    cross_entropy(logits, torch.tensor([0])).backward()
    assert torch.isfinite(logits.grad).all()
    x = torch.tensor([[0.3, -0.4, 1.2]], dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: cross_entropy(z, torch.tensor([1])).double(), (x,), eps=1e-3, atol=1e-3)


def test_at_zero_the_slope_is_one_from_both_sides():
    logits = torch.zeros(1, 2, requires_grad=True)
    cross_entropy(logits, torch.tensor([0])).backward()
    assert logits.grad.tolist() == [[-0.5, 0.5]]


def test_it_still_learns_where_the_softmax_has_collapsed():
    classes = torch.tensor([0])
    collapsed, alive = (torch.tensor([[200.0, 0.0]], requires_grad=True) for _ in range(2))
    torch.nn.functional.cross_entropy(collapsed, classes).backward()
    cross_entropy(alive, classes).backward()
    assert collapsed.grad.abs().max() == 0
    assert alive.grad.abs().max() > 1e-6


def test_it_stands_in_for_ultralytics_loss():
    from ultralytics.utils.loss import v8ClassificationLoss

    logits, batch = torch.tensor([[1.0, -1.0]]), {"cls": torch.tensor([1])}
    loss, items = StableMaxLoss()(logits, batch)
    theirs, their_items = v8ClassificationLoss()(logits, batch)
    assert loss.shape == theirs.shape
    assert items.keys() == their_items.keys()
    assert StableMaxLoss()((logits.softmax(1), logits), batch)[0] == loss
    half = StableMaxLoss()(logits.half(), batch)[0]
    assert half.dtype == torch.float32
    assert half == loss


def test_only_the_model_that_is_trained_gets_it():
    model = torch.nn.Linear(2, 2)
    StableMax().ready(model)
    assert isinstance(model.criterion, StableMaxLoss)
