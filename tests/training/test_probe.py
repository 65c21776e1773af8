"""The probe's images and what is read from its validator."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from grokyolo.training.probe import as_it_is, keep_files, measurement


def validator(score, labels):
    return SimpleNamespace(
        dataloader=[None] * 4,
        loss={"box": torch.tensor(2.0), "cls": torch.tensor([1.0, 1.0])},
        args=SimpleNamespace(task="detect"),
        metrics=SimpleNamespace(results_dict={"metrics/mAP50-95(B)": score}, nt_per_class=np.array(labels)),
    )


def test_losses_are_summed_over_their_items_and_averaged_over_batches():
    found = measurement(SimpleNamespace(device="cpu"), validator(0.123456789, [3, 0]))
    assert found.loss == 1.0
    assert found.score == 0.123456789, "not rounded to five decimals"


def test_a_score_of_zero_is_measured_where_there_are_labels():
    assert measurement(SimpleNamespace(device="cpu"), validator(0.0, [3, 0])).score == 0.0


def test_without_any_label_there_is_no_score():
    found = measurement(SimpleNamespace(device="cpu"), validator(0.0, [0, 0]))
    assert found.score is None
    assert found.loss == 1.0


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
