"""Random numbers that can be made again: states of generators, the order of images, images from worker processes.

Without workers a loader draws from the generators of this process, so their states and the loader's order are saved
and put back. A worker draws from generators that live as long as it does, and has fetched beyond the end of an epoch
when a state is saved: there epoch and index alone decide what an image looks like, whoever makes it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias, TypedDict, cast

import numpy as np
import torch
from torch.utils.data import BatchSampler, Dataset, RandomSampler, Sampler, SequentialSampler
from ultralytics.data.build import InfiniteDataLoader

from grokyolo.training.protocols import Batch, Images, Loader

PythonState: TypeAlias = tuple[int, tuple[int, ...], float | None]
"""As `random.getstate` returns it."""


class RandomStates(TypedDict):
    """States of all generators of a process, as plain values that `torch.load(weights_only=True)` takes."""

    python: PythonState
    numpy: tuple[str, torch.Tensor, int, int, float]
    torch: torch.Tensor
    cuda: list[torch.Tensor]


def random_states() -> RandomStates:
    """Return the states of Python's, numpy's, torch's and every CUDA device's generator."""
    name, keys, position, has_gauss, gauss = cast(
        tuple[str, "np.ndarray", int, int, float], np.random.get_state(legacy=True)
    )
    cuda = torch.cuda.is_available() and torch.cuda.is_initialized()
    return {
        "python": random.getstate(),
        "numpy": (
            str(name),
            torch.from_numpy(np.asarray(keys, dtype=np.int64)),
            int(position),
            int(has_gauss),
            float(gauss),
        ),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if cuda else [],
    }


def set_random_states(states: RandomStates) -> None:
    """Put states from `random_states` back."""
    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, position, has_gauss, cached = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(states["torch"])
    if states["cuda"]:
        torch.cuda.set_rng_state_all(states["cuda"])


@contextmanager
def same_random_states() -> Iterator[None]:
    """Leave all random states as they were at the beginning of the block: measure without a trace."""
    states = random_states()
    try:
        yield
    finally:
        set_random_states(states)


def seed_generators(*numbers: int) -> None:
    """Let all generators of this process begin anew with what `numbers` say."""
    words = np.random.SeedSequence(numbers).generate_state(3)
    random.seed(int(words[0]))
    np.random.seed(int(words[1]))
    torch.manual_seed(int(words[2]))


def draws_since(before: PythonState, most: int) -> int | None:
    """Return how many `random.random()` lie between a state of Python's generator and now, None beyond `most`."""
    now, replay = random.getstate(), random.Random()
    replay.setstate(before)
    for draws in range(most + 1):
        if replay.getstate() == now:
            return draws
        replay.random()
    return None


# The order of a loader without workers ------------------------------------------------------------------------------


class RecordingSampler(RandomSampler):
    """A `RandomSampler` that remembers where its generator stood before it drew the present order.

    Attributes:
        before: state of the generator; None as long as nothing was drawn.
    """

    before: torch.Tensor | None = None

    def __iter__(self) -> Iterator[int]:
        self.before = self.generator.get_state()
        yield from super().__iter__()


def record_order(loader: Loader) -> None:
    """Make an `InfiniteDataLoader` of Ultralytics remember its order; the order stays the same."""
    batches = loader.batch_sampler.sampler
    if type(batches.sampler) is RandomSampler:
        batches.sampler = RecordingSampler(batches.sampler.data_source, generator=loader.generator)


def order_of(loader: Loader) -> torch.Tensor | None:
    """Return what `set_order` needs to stand where `loader` stands after a whole epoch.

    None where there is nothing to remember: other samplers draw from the number of the epoch alone.
    """
    batches = loader.batch_sampler.sampler
    return getattr(getattr(batches, "sampler", None), "before", None)


def set_order(loader: Loader, before: torch.Tensor) -> None:
    """Put a new loader where another one stood after the epoch whose order was drawn from `before`.

    The indices of that one epoch are drawn again and thrown away, since a sampler may take its last number from the
    generator before or after its last batch, which depends on the size of the data set.
    """
    loader.iterator = loader._get_iterator()
    loader.generator.set_state(before)
    for _ in range(len(loader)):
        loader.iterator._next_index()


def draw_in_sequence(loader: Loader) -> None:
    """Make a validation loader go through its images in order, in batches of almost the same size.

    Ultralytics shuffles the validation images of a classifier. The loss is a mean over batches, so with 385 images
    in batches of 128 one random image would weigh as much as 128 others: noise that no loss curve should have.
    """
    images, batches = len(loader.dataset), len(loader)
    size = -(-images // batches)
    loader.batch_sampler.sampler = BatchSampler(SequentialSampler(loader.dataset), size, drop_last=False)


# Images from workers ------------------------------------------------------------------------------------------------

Key: TypeAlias = tuple[int, int]
"""Number of the epoch, index of the image."""


class SeededDataset(Dataset):
    """A data set of Ultralytics whose random numbers come from seed, epoch and index.

    Args:
        dataset: what it makes images with; everything else is asked of that one.
        seed: of the run.
    """

    def __init__(self, dataset: Images, seed: int) -> None:
        self.dataset = dataset
        self.seed = seed

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, key: Key) -> Batch:
        epoch, index = key
        seed_generators(self.seed, epoch, index)
        return self.dataset[index]

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or name == "dataset":
            raise AttributeError(name)  # while a worker unpickles it, there is nothing to ask yet
        return getattr(self.dataset, name)


@dataclass(frozen=True)
class Share:
    """Which part of each epoch falls to one of several processes.

    Attributes:
        rank: number of the process, from 0 on.
        processes: how many there are.
    """

    rank: int = 0
    processes: int = 1

    def of(self, order: np.ndarray) -> np.ndarray:
        """Return every so many-th index, as many for each process: the first ones come twice where it does not add up.

        That is how PyTorch's `DistributedSampler` divides a data set.
        """
        return np.resize(order, -(-len(order) // self.processes) * self.processes)[self.rank :: self.processes]


class EpochBatches(Sampler[list[Key]]):
    """Batches of a shuffled epoch; each pass is the next epoch.

    Args:
        images: how many there are.
        size: images in a batch.
        seed: of the run.
        drop_last: leave out a last batch that is smaller.
        share: the part of this process.

    Attributes:
        next: number of the epoch that the next pass goes through.
    """

    def __init__(self, images: int, size: int, seed: int, *, drop_last: bool, share: Share = Share()) -> None:
        self.images = images
        self.share = share
        self.size = size
        self.seed = seed
        self.drop_last = drop_last
        self.next = 0

    def __len__(self) -> int:
        mine = -(-self.images // self.share.processes)
        return mine // self.size if self.drop_last else -(-mine // self.size)

    def __iter__(self) -> Iterator[list[Key]]:
        epoch, self.next = self.next, self.next + 1
        order = self.share.of(np.random.default_rng((self.seed, epoch)).permutation(self.images))
        for i in range(len(self)):
            yield [(epoch, int(index)) for index in order[i * self.size : (i + 1) * self.size]]


def with_seeded_images(loader: Loader, seed: int, share: Share = Share()) -> Loader:
    """Return a loader like `loader`, with its workers, whose images depend on seed, epoch and index alone.

    Args:
        loader: of Ultralytics.
        seed: of the run.
        share: the part of this process.
    """
    draw_mosaics_from_all(getattr(loader.dataset, "transforms", None))
    batches = EpochBatches(len(loader.dataset), loader.batch_size, seed, drop_last=loader.drop_last, share=share)
    new = InfiniteDataLoader(
        dataset=SeededDataset(loader.dataset, seed),
        batch_sampler=batches,
        num_workers=loader.num_workers,
        prefetch_factor=loader.prefetch_factor,
        pin_memory=loader.pin_memory,
        collate_fn=loader.collate_fn,
        worker_init_fn=loader.worker_init_fn,
        generator=loader.generator,
    )
    object.__setattr__(new, "batch_size", loader.batch_size)  # a loader with a batch sampler of its own has none
    return cast(Loader, new)


def start_at(loader: Loader, epoch: int) -> None:
    """Let a loader that has no workers yet begin with `epoch`; others are there already."""
    batches = loader.batch_sampler.sampler
    if isinstance(batches, EpochBatches) and loader.iterator is None:
        batches.next = epoch


def draw_mosaics_from_all(transform: object) -> None:
    """Let mosaics choose among all images instead of those that this worker happens to have seen."""
    if hasattr(transform, "buffer_enabled"):
        transform.buffer_enabled = False
    for inner in (*getattr(transform, "transforms", ()), getattr(transform, "pre_transform", None)):
        if inner is not None:
            draw_mosaics_from_all(inner)
