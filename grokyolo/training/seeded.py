"""Training inputs from worker processes that can be made again: each image has its own random numbers.

A worker of Ultralytics' loader draws from generators that live as long as it does, and has fetched beyond the end of
an epoch when a state is saved. Here epoch and index alone decide what an image looks like, whoever makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch.utils.data import Dataset, Sampler
from ultralytics.data.build import InfiniteDataLoader

from grokyolo.training import randomness

Key = tuple[int, int]
"""Number of the epoch, index of the image."""


class SeededDataset(Dataset):
    """A data set of Ultralytics whose random numbers come from seed, epoch and index.

    Args:
        dataset: what it makes images with; everything else is asked of that one.
        seed: of the run.
    """

    def __init__(self, dataset: Any, seed: int) -> None:
        self.dataset = dataset
        self.seed = seed

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, key: Key) -> Any:
        epoch, index = key
        randomness.begin(self.seed, epoch, index)
        return self.dataset[index]

    def __getattr__(self, name: str) -> Any:
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


def with_own_numbers(loader: Any, seed: int, share: Share = Share()) -> Any:
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
    return new


def start_at(loader: Any, epoch: int) -> None:
    """Let a loader that has no workers yet begin with `epoch`; others are there already."""
    batches = loader.batch_sampler.sampler
    if isinstance(batches, EpochBatches) and loader.iterator is None:
        batches.next = epoch


def draw_mosaics_from_all(transform: Any) -> None:
    """Let mosaics choose among all images instead of those that this worker happens to have seen."""
    if hasattr(transform, "buffer_enabled"):
        transform.buffer_enabled = False
    for inner in (*getattr(transform, "transforms", ()), getattr(transform, "pre_transform", None)):
        if inner is not None:
            draw_mosaics_from_all(inner)
