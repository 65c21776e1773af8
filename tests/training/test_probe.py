"""The probe's images and what is read from its validator."""

from types import SimpleNamespace

import pytest
import torch

from grokyolo.training.probe import as_it_is, keep_files, measurement


def test_losses_are_summed_over_their_items_and_averaged_over_batches():
    validator = SimpleNamespace(
        dataloader=[None] * 4,
        loss={"box": torch.tensor(2.0), "cls": torch.tensor([1.0, 1.0])},
        args=SimpleNamespace(task="detect"),
        metrics=SimpleNamespace(results_dict={"metrics/mAP50-95(B)": 0.123456789}),
    )
    found = measurement(SimpleNamespace(mean=float), validator)
    assert found.loss == 1.0
    assert found.score == 0.123456789, "not rounded to five decimals"


def test_only_the_chosen_files_of_a_classifier_stay():
    dataset = SimpleNamespace(samples=[("a.png", 0), ("b.png", 1), ("c.png", 1)], cache_ram=False)
    keep_files(dataset, frozenset({"c.png", "a.png"}), cache=False)
    assert [sample[0] for sample in dataset.samples] == ["a.png", "c.png"]


def test_a_model_is_spared_only_within_the_block():
    model = torch.nn.Linear(1, 1).eval()
    with as_it_is(model):
        assert model.float() is model
        assert model.eval() is model
    model.train()
    assert model.eval().training is False
    assert "float" not in vars(model)


def test_the_block_ends_when_it_fails():
    model = torch.nn.Linear(1, 1)
    with pytest.raises(ZeroDivisionError), as_it_is(model):
        raise ZeroDivisionError
    assert "eval" not in vars(model)
