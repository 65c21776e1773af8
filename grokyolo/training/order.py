"""The order in which a loader draws training images, as something that can be saved and found again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import BatchSampler, RandomSampler, SequentialSampler


class RecordingSampler(RandomSampler):
    """A `RandomSampler` that remembers where its generator stood before it drew the present order.

    Attributes:
        before: state of the generator; None as long as nothing was drawn.
    """

    before: torch.Tensor | None = None

    def __iter__(self) -> Iterator[int]:
        self.before = self.generator.get_state()
        yield from super().__iter__()


def record(loader: Any) -> None:
    """Make an `InfiniteDataLoader` of Ultralytics remember its order; the order stays the same."""
    batches = loader.batch_sampler.sampler
    if type(batches.sampler) is RandomSampler:
        batches.sampler = RecordingSampler(batches.sampler.data_source, generator=loader.generator)


def position(loader: Any) -> torch.Tensor | None:
    """Return what `seek` needs to stand where `loader` stands after a whole epoch.

    None where there is nothing to remember: other samplers draw from the number of the epoch alone.
    """
    batches = loader.batch_sampler.sampler
    return getattr(getattr(batches, "sampler", None), "before", None)


def seek(loader: Any, before: torch.Tensor) -> None:
    """Put a new loader where another one stood after the epoch whose order was drawn from `before`.

    The indices of that one epoch are drawn again and thrown away, since a sampler may take its last number from the
    generator before or after its last batch, which depends on the size of the data set.
    """
    loader.iterator = loader._get_iterator()
    loader.generator.set_state(before)
    for _ in range(len(loader)):
        loader.iterator._next_index()


def in_sequence(loader: Any) -> None:
    """Make a validation loader go through its images in order, in batches of almost the same size.

    Ultralytics shuffles the validation images of a classifier. The loss is a mean over batches, so with 385 images
    in batches of 128 one random image would weigh as much as 128 others: noise that no loss curve should have.
    """
    images, batches = len(loader.dataset), len(loader)
    size = -(-images // batches)
    loader.batch_sampler.sampler = BatchSampler(SequentialSampler(loader.dataset), size, drop_last=False)
