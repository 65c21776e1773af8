"""Random states, the order of images, and images from worker processes that can be made again."""

import io
import random

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset, TensorDataset
from ultralytics.data.build import InfiniteDataLoader, seed_worker

from grokyolo.training import determinism
from grokyolo.training.determinism import EpochBatches, Share, draw_mosaics_from_all, start_at, with_seeded_images


def draw():
    return random.random(), random.gauss(0, 1), float(np.random.randn()), float(torch.rand(()))


def test_what_is_captured_can_be_put_back_from_a_file():
    draw()
    buffer = io.BytesIO()
    torch.save(determinism.random_states(), buffer)
    expected = [draw() for _ in range(3)]
    buffer.seek(0)
    determinism.set_random_states(torch.load(buffer, weights_only=True))
    assert [draw() for _ in range(3)] == expected


def test_a_kept_block_leaves_no_trace_even_when_it_fails():
    states = determinism.random_states()
    expected = draw()
    determinism.set_random_states(states)
    with pytest.raises(ZeroDivisionError), determinism.same_random_states():
        draw()
        raise ZeroDivisionError
    assert draw() == expected


@pytest.mark.parametrize("draws", [0, 1, 9])
def test_draws_are_counted(draws):
    before = random.getstate()
    for _ in range(draws):
        random.uniform(0, 1)
    assert determinism.draws_since(before, most=9) == draws


def test_too_many_draws_or_another_generator_cannot_be_counted():
    before = random.getstate()
    for _ in range(10):
        random.random()
    assert determinism.draws_since(before, most=9) is None


def numbered(images, batch, seed=7, shuffle=True):
    generator = torch.Generator()
    generator.manual_seed(seed)
    return InfiniteDataLoader(
        TensorDataset(torch.arange(images)), batch_size=batch, shuffle=shuffle, generator=generator
    )


def indices(loader):
    return [batch[0].tolist() for batch in loader]


@pytest.mark.parametrize(("images", "batch"), [(8, 4), (7, 4), (1, 1), (9, 9), (9, 2)])
@pytest.mark.parametrize("epochs", [1, 2, 5])
def test_a_new_loader_goes_on_where_another_one_stood(images, batch, epochs):
    untouched, recorded, later = (numbered(images, batch) for _ in range(3))
    determinism.record_order(recorded)
    determinism.record_order(later)
    assert [indices(recorded) for _ in range(epochs)] == [indices(untouched) for _ in range(epochs)]
    determinism.set_order(later, determinism.order_of(recorded))
    assert [indices(later) for _ in range(3)] == [indices(untouched) for _ in range(3)]


def test_a_new_loader_has_no_position():
    new = numbered(8, 4)
    assert determinism.order_of(new) is None
    determinism.record_order(new)
    assert determinism.order_of(new) is None


def test_validation_goes_in_sequence_in_even_batches():
    validation = numbered(385, 128)
    determinism.draw_in_sequence(validation)
    batches = indices(validation)
    assert [len(batch) for batch in batches] == [97, 97, 97, 94]
    assert [image for batch in batches for image in batch] == list(range(385))
    assert indices(validation) == batches


class Noisy(Dataset):
    """Each image is its index and one number of every generator."""

    transforms = None

    def __len__(self):
        return 7

    def __getitem__(self, index):
        return index, random.random(), float(np.random.rand()), float(torch.rand(()))


def loader(workers):
    inner = InfiniteDataLoader(
        Noisy(),
        batch_size=3,
        shuffle=True,
        num_workers=workers,
        worker_init_fn=seed_worker,
        generator=torch.Generator(),
    )
    return with_seeded_images(inner, seed=5)


def epoch(loader):
    return [torch.stack([part.double() for part in batch]).tolist() for batch in loader]


def test_neither_the_number_of_workers_nor_the_past_matters():
    first, second = loader(workers=1), loader(workers=2)
    epochs = [epoch(first) for _ in range(4)]
    start_at(second, 2)
    assert [epoch(second) for _ in range(2)] == epochs[2:]
    first.close()
    second.close()


def test_epochs_differ_and_hold_every_image_once():
    shuffled = EpochBatches(7, 3, seed=0, drop_last=False)
    one, two = list(shuffled), list(shuffled)
    assert sorted(index for batch in one for _, index in batch) == list(range(7))
    assert [index for batch in one for _, index in batch] != [index for batch in two for _, index in batch]
    assert {number for batch in two for number, _ in batch} == {1}


def test_a_short_last_batch_can_be_left_out():
    assert [len(batch) for batch in EpochBatches(7, 3, seed=0, drop_last=True)] == [3, 3]
    assert len(EpochBatches(7, 3, seed=0, drop_last=True)) == 2


def test_workers_that_are_there_already_are_not_sent_back():
    running = loader(workers=1)
    epoch(running)
    start_at(running, 0)
    assert running.batch_sampler.sampler.next >= 1
    running.close()


def test_mosaics_within_other_transforms_are_found():
    class Step:
        def __init__(self, **attributes):
            vars(self).update(attributes)

    mosaic, hidden = Step(buffer_enabled=True), Step(buffer_enabled=True)
    draw_mosaics_from_all(Step(transforms=[Step(transforms=[mosaic]), Step(pre_transform=Step(transforms=[hidden]))]))
    assert not mosaic.buffer_enabled
    assert not hidden.buffer_enabled


def test_several_processes_share_an_epoch():
    whole = [index for batch in EpochBatches(7, 3, seed=5, drop_last=False) for _, index in batch]
    shares = []
    for rank in range(2):
        batches = EpochBatches(7, 3, seed=5, drop_last=False, share=Share(rank, 2))
        assert len(batches) == 2
        shares.append([index for batch in batches for _, index in batch])
    assert shares == [whole[::2], [*whole[1::2], whole[0]]], "as many for each: the first comes twice"


def test_an_epoch_smaller_than_the_number_of_processes_goes_round():
    assert [Share(rank, 5).of(np.array([4, 9])).tolist() for rank in range(5)] == [[4], [9], [4], [9], [4]]
