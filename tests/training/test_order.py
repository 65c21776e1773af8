"""The order of training images."""

import pytest
import torch
from torch.utils.data import TensorDataset
from ultralytics.data.build import InfiniteDataLoader

from grokyolo.training import order


def loader(images, batch, seed=7, shuffle=True):
    generator = torch.Generator()
    generator.manual_seed(seed)
    return InfiniteDataLoader(
        TensorDataset(torch.arange(images)), batch_size=batch, shuffle=shuffle, generator=generator
    )


def epoch(loader):
    return [batch[0].tolist() for batch in loader]


@pytest.mark.parametrize(("images", "batch"), [(8, 4), (7, 4), (1, 1), (9, 9), (9, 2)])
@pytest.mark.parametrize("epochs", [1, 2, 5])
def test_a_new_loader_goes_on_where_another_one_stood(images, batch, epochs):
    untouched, recorded, later = (loader(images, batch) for _ in range(3))
    order.record(recorded)
    order.record(later)
    assert [epoch(recorded) for _ in range(epochs)] == [epoch(untouched) for _ in range(epochs)]
    order.seek(later, order.position(recorded))
    assert [epoch(later) for _ in range(3)] == [epoch(untouched) for _ in range(3)]


def test_a_new_loader_has_no_position():
    new = loader(8, 4)
    assert order.position(new) is None
    order.record(new)
    assert order.position(new) is None


def test_validation_goes_in_sequence_in_even_batches():
    validation = loader(385, 128)
    order.in_sequence(validation)
    batches = epoch(validation)
    assert [len(batch) for batch in batches] == [97, 97, 97, 94]
    assert [image for batch in batches for image in batch] == list(range(385))
    assert epoch(validation) == batches
