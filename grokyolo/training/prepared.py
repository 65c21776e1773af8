"""Inputs that do not change, prepared once and kept on the training device.

Ultralytics reads, transforms and collates the same images again in every epoch. Where no augmentation is random, the
result is the same each time, and these loaders give it without doing the work: the same batches in the same order.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from grokyolo.recipe.train_arguments import random_arguments
from grokyolo.training import determinism

LOOKS = 2
"""Times that each sample is made; it must come out the same, since libraries add augmentations of their own."""
MOST_DRAWS = 4
"""Random numbers that making one validation image may take; Ultralytics takes one."""


class Room:
    """The memory that all prepared inputs of a training share.

    Attributes:
        free: bytes that are left.
    """

    def __init__(self, free: float) -> None:
        self.free = free

    def take(self, size: float) -> bool:
        """Take so many bytes; tell whether there were as many."""
        if size > self.free:
            return False
        self.free -= size
        return True


class Prepared:
    """A stand-in for Ultralytics' `InfiniteDataLoader` that keeps what it gives.

    Args:
        loader: the loader that it stands in for; everything else is asked of that one.
        device: where tensors are kept.
    """

    def __init__(self, loader: Any, device: torch.device) -> None:
        self.loader = loader
        self.device = device

    def __len__(self) -> int:
        return len(self.loader)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)


class PreparedBatches(Prepared):
    """Whole batches, for validation and probe: their order never changes.

    Args:
        loader: not shuffled.
        device: where tensors are kept.
        room: where they are kept; when the batches turn out larger they are made anew in each pass.
    """

    def __init__(self, loader: Any, device: torch.device, room: Room) -> None:
        super().__init__(loader, device)
        self.room = room
        self._batches: list[tuple[dict[str, Any], int]] | None = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self._batches is None:
            yield from self._first_pass()
            return
        for batch, draws in self._batches:
            for _ in range(draws):
                random.random()
            yield dict(batch)  # validators put their own tensors in

    def _first_pass(self) -> Iterator[dict[str, Any]]:
        """Yield the loader's batches; keep them when they fit.

        Making an image takes numbers from Python's generator (`Format._format_img`), which the augmentations of the
        next epoch then miss. They are counted, so that training is the same whether batches are made or kept.
        """
        made: list[tuple[dict[str, Any], int]] = []
        size = 0.0
        batches = iter(self.loader)
        while True:
            before = random.getstate()
            batch = next(batches, None)
            if batch is None:
                break
            draws = determinism.draws_since(before, most=MOST_DRAWS * len(batch["img"]))
            size += math.inf if draws is None else _size(batch)
            if draws is not None and size <= self.room.free:
                made.append(({key: _to(value, self.device) for key, value in batch.items()}, draws))
            yield dict(batch)
        if self.room.take(size):
            self._batches = made


class PreparedSamples(Prepared):
    """Single samples, for training: batches are put together in the order that the loader's sampler draws.

    Args:
        loader: without workers.
        device: where images are kept.
        samples: the data set's samples, by index.
    """

    def __init__(self, loader: Any, device: torch.device, samples: Sequence[dict[str, Any]]) -> None:
        super().__init__(loader, device)
        self._images = torch.stack([sample["img"] for sample in samples]).to(device)
        self._labels = [{key: value for key, value in sample.items() if key != "img"} for sample in samples]
        plain = all(set(label) == {"cls"} and isinstance(label["cls"], int) for label in self._labels)
        self._classes = torch.tensor([label["cls"] for label in self._labels]).to(device) if plain else None

    @property
    def iterator(self) -> Any:
        """The loader's own iterator, which draws the order."""
        return self.loader.iterator

    @iterator.setter
    def iterator(self, iterator: Any) -> None:
        self.loader.iterator = iterator

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self.loader.iterator is None:
            self.loader.iterator = self.loader._get_iterator()
        for _ in range(len(self.loader)):
            yield self._batch(self.loader.iterator._next_index())

    def _batch(self, indices: list[int]) -> dict[str, Any]:
        rows = torch.tensor(indices, device=self.device)
        if self._classes is not None:
            return {"img": self._images[rows], "cls": self._classes[rows]}
        batch: dict[str, Any] = self.loader.collate_fn([_own(self._labels[i]) for i in indices])
        return {**batch, "img": self._images[rows]}


def prepare_training(loader: Any, args: Any, device: torch.device, room: Room) -> Any:
    """Return a prepared stand-in for a training loader, or the loader where that cannot be.

    Args:
        loader: Ultralytics' training loader, fresh.
        args: the trainer's arguments.
        device: the training device.
        room: where images are kept.
    """
    if loader.num_workers or any(getattr(args, name, None) for name in random_arguments(args.task)):
        return loader
    with determinism.same_random_states():
        samples = _same_every_time(loader.dataset, room.free)
    if samples is None or not room.take(sum(map(_size, samples))):
        return loader
    return PreparedSamples(loader, device, samples)


def _same_every_time(dataset: Any, limit: float) -> list[dict[str, Any]] | None:
    """Return all samples, None when they are too large, of several sizes, or random after all."""
    samples: list[dict[str, Any]] = []
    for i in range(len(dataset)):
        first, *others = (dataset[i] for _ in range(LOOKS))
        if first["img"].shape != (samples or [first])[0]["img"].shape or _size(first) * len(dataset) > limit:
            return None
        if not all(_equal(first, other) for other in others):
            return None
        samples.append(first)
    return samples


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return set(one) == set(other) and all(_equal(value, other[key]) for key, value in one.items())
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    return bool(one == other)


def _own(sample: dict[str, Any]) -> dict[str, Any]:
    """Return a copy whose image numbers may be changed in place, as `YOLODataset.collate_fn` does."""
    return {key: value.clone() if key == "batch_idx" else value for key, value in sample.items()}


def _to(value: Any, device: torch.device) -> Any:
    return value.to(device) if isinstance(value, torch.Tensor) else value


def _size(batch: dict[str, Any]) -> int:
    return sum(value.nbytes for value in batch.values() if isinstance(value, torch.Tensor))
