"""Inputs prepared once."""

import random
from types import SimpleNamespace

import pytest
import torch
from torch.utils.data import Dataset
from ultralytics.data.build import InfiniteDataLoader

from grokyolo.training.prepared import PreparedBatches, PreparedSamples, Room, prepare_training

CPU = torch.device("cpu")


class Images(Dataset):
    """Six images of one number; `noise` makes them random, `asked` counts."""

    def __init__(self, noise=0.0, side=2):
        self.noise, self.side, self.asked = noise, side, 0

    def __len__(self):
        return 6

    def __getitem__(self, index):
        self.asked += 1
        image = torch.full((3, self.side, self.side), float(index)) + random.random() * self.noise
        return {"img": image, "cls": index}


def loader(dataset, shuffle=True):
    generator = torch.Generator()
    generator.manual_seed(1)
    return InfiniteDataLoader(dataset, batch_size=4, shuffle=shuffle, generator=generator)


def room():
    return Room(2**20)


def off(**changes):
    return SimpleNamespace(task="classify", **changes)


def batches(loader):
    return [(batch["img"].tolist(), batch["cls"].tolist()) for batch in loader]


def test_training_batches_are_the_same_in_the_same_order():
    prepared = prepare_training(loader(Images()), off(), CPU, room())
    assert isinstance(prepared, PreparedSamples)
    usual = loader(Images())
    for _ in range(3):
        assert batches(prepared) == batches(usual)


def test_images_are_made_twice_and_never_again():
    dataset = Images()
    prepared = prepare_training(loader(dataset), off(), CPU, room())
    for _ in range(5):
        batches(prepared)
    assert dataset.asked == 2 * len(dataset)


@pytest.mark.parametrize("argument", ["hsv_h", "scale", "fliplr", "erasing", "auto_augment", "dropout"])
def test_nothing_is_prepared_while_an_augmentation_is_on(argument):
    usual = loader(Images())
    assert prepare_training(usual, off(**{argument: 0.5}), CPU, room()) is usual


def test_boxes_have_augmentations_of_their_own():
    usual = loader(Images())
    args = SimpleNamespace(task="detect", mosaic=1.0)
    assert prepare_training(usual, args, CPU, room()) is usual
    assert prepare_training(usual, off(mosaic=1.0), CPU, room()) is not usual


def test_images_that_are_random_after_all_are_noticed():
    usual = loader(Images(noise=1e-6))
    assert prepare_training(usual, off(), CPU, room()) is usual


def test_too_large_a_set_is_left_alone():
    usual = loader(Images())
    assert prepare_training(usual, off(), CPU, Room(100)) is usual


def test_sets_share_one_room():
    one = 3 * 2 * 2 * 4  # bytes of an image
    shared = Room(15 * one + 100)  # validation batches hold their classes too
    assert isinstance(prepare_training(loader(Images()), off(), CPU, shared), PreparedSamples)
    assert shared.free == 9 * one + 100
    kept, not_kept = Images(), Images()
    for dataset in (kept, not_kept):
        prepared = PreparedBatches(loader(dataset, shuffle=False), CPU, shared)
        assert batches(prepared) == batches(prepared)
    assert (kept.asked, not_kept.asked) == (6, 12)


def test_without_room_nothing_is_prepared():
    usual = loader(Images())
    assert prepare_training(usual, off(), CPU, Room(0)) is usual
    dataset = Images()
    prepared = PreparedBatches(loader(dataset, shuffle=False), CPU, Room(0))
    assert batches(prepared) == batches(prepared)
    assert dataset.asked == 12


def test_preparing_leaves_no_trace_in_the_random_states():
    before = random.getstate()
    prepare_training(loader(Images(noise=1.0)), off(), CPU, room())
    assert random.getstate() == before


def test_validation_batches_are_made_once():
    dataset = Images()
    prepared = PreparedBatches(loader(dataset, shuffle=False), CPU, room())
    first = batches(prepared)
    assert [batches(prepared) for _ in range(3)] == [first] * 3
    assert dataset.asked == len(dataset)


def test_what_a_validator_puts_into_a_batch_is_gone_in_the_next_pass():
    prepared = PreparedBatches(loader(Images(), shuffle=False), CPU, room())
    for _ in range(2):
        for batch in prepared:
            assert batch["img"].dtype == torch.float32
            batch["img"] = batch["img"].half()


def test_random_numbers_that_making_an_image_takes_are_taken_from_kept_ones_too():
    made, kept = loader(Images(), shuffle=False), PreparedBatches(loader(Images(), shuffle=False), CPU, room())
    ends = []
    for validation in (made, kept):
        random.seed(3)
        for _ in range(3):
            list(validation)
        ends.append(random.random())
    assert ends[0] == ends[1]


def test_batches_beyond_the_limit_are_made_anew():
    dataset = Images()
    prepared = PreparedBatches(loader(dataset, shuffle=False), CPU, Room(100))
    assert batches(prepared) == batches(prepared)
    assert dataset.asked == 2 * len(dataset)
