"""Images from worker processes that can be made again."""

import random

import numpy as np
import torch
from torch.utils.data import Dataset
from ultralytics.data.build import InfiniteDataLoader, seed_worker

from grokyolo.training.seeded import EpochBatches, Share, draw_mosaics_from_all, start_at, with_own_numbers


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
    return with_own_numbers(inner, seed=5)


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
