"""Measuring with fused convolutions: the same function, the model left as it was."""

import copy

import pytest
import torch
from ultralytics import YOLO

from grokyolo.training import fused_convolutions
from grokyolo.training.fused_convolutions import Fused
from tests import data

CPU = torch.device("cpu")


@pytest.fixture
def make(tmp_path):
    def build(task):
        model = YOLO(data.model(task, tmp_path, whole=True), task=task).model.eval()
        spread(model)
        return model

    return build


def spread(model):
    """Give normalisation layers statistics that matter, as training does."""
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor, low, high in (
                (module.running_mean, -0.2, 0.2),
                (module.running_var, 0.5, 2.0),
                (module.weight.data, 0.5, 1.5),
                (module.bias.data, -0.2, 0.2),
            ):
                tensor.uniform_(low, high)


def outputs(model):
    torch.manual_seed(1)
    with torch.inference_mode():
        return list(flat(model(torch.rand(2, 3, data.SIDE, data.SIDE))))


def flat(found):
    if isinstance(found, torch.Tensor):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from flat(value)
    elif isinstance(found, (list, tuple)):
        for value in found:
            yield from flat(value)


def alike(one, other):
    return all(torch.allclose(a, b, rtol=1e-3, atol=1e-3) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("task", data.TASKS)
def test_what_a_model_says_is_the_same(task, make):
    model = make(task)
    separate = outputs(model)
    with Fused(model, CPU).measuring():
        together = outputs(model)
    assert alike(separate, together)
    assert any(not torch.equal(a, b) for a, b in zip(separate, together, strict=True)), "nothing was fused"


def test_large_images_take_another_way_to_the_same_end(make, monkeypatch):
    model = make("detect")
    with Fused(model, CPU).measuring():
        small = outputs(model)
    monkeypatch.setattr(fused_convolutions, "LARGE", 0)
    with Fused(model, CPU).measuring():
        large = outputs(model)
    assert alike(small, large)
    assert any(not torch.equal(a, b) for a, b in zip(small, large, strict=True)), "it was the same way"


def test_each_measurement_sees_the_weights_of_its_moment(make):
    model = make("detect")
    one = Fused(model, CPU)
    with one.measuring():
        before = outputs(model)
    spread(model)
    for parameter in model.parameters():
        parameter.data.mul_(1.1)
    with one.measuring():
        after = outputs(model)
    assert not alike(before, after)
    assert alike(after, outputs(model))


def test_the_model_is_left_as_it_was(make):
    model = make("classify")
    before = copy.deepcopy(model.state_dict())
    separate = outputs(model)
    with pytest.raises(ZeroDivisionError), Fused(model, CPU).measuring():
        raise ZeroDivisionError
    assert all(torch.equal(a, b) for a, b in zip(separate, outputs(model), strict=True))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_nothing_is_fused_on_a_gpu(make):
    model = make("classify")
    separate = outputs(model)
    with Fused(model, torch.device("cuda")).measuring():
        assert all(torch.equal(a, b) for a, b in zip(separate, outputs(model), strict=True))


def test_layers_of_another_kind_stay_apart():
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).eval()
    with Fused(model, CPU).measuring():
        assert "forward" not in vars(model[0])
