"""What of Ultralytics' objects the trainer and its parts use, as types.

Ultralytics is not typed, so a checker sees nothing of it. `compat` looks before each training whether the trainer has
what `Trainer` names here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias, TypeGuard

import torch

Batch: TypeAlias = dict[str, torch.Tensor]
"""Images under `img`, labels under other names; what is no tensor (`im_file`, shapes) is a list."""
Metrics: TypeAlias = dict[str, float]


class Arguments(Protocol):
    """The train arguments, as far as parts ask for them."""

    batch: int
    cache: bool | str | None
    device: str
    imgsz: int
    mosaic: float
    plots: bool
    save_json: bool
    save_txt: bool
    seed: int
    task: str


class IndexSampler(Protocol):
    """Draws indices of images."""

    data_source: Images


class BatchSampler(Protocol):
    """Draws indices of one batch after the other."""

    sampler: IndexSampler


class RepeatedSampler(Protocol):
    """Goes through a batch sampler again and again, as `InfiniteDataLoader` does."""

    sampler: BatchSampler


class LoaderIterator(Protocol):
    """One pass of a loader."""

    def _next_index(self) -> list[int]: ...


class Images(Protocol):
    """A data set of Ultralytics, of any task."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Batch: ...


class ImageFolder(Images, Protocol):
    """A classifier's data set.

    Attributes:
        samples: path, class, and places for caches.
        cache_ram: whether images stay in memory.
    """

    samples: list[tuple[str, int]]
    cache_ram: bool

    def cache_images(self) -> None: ...


class LabelledImages(Images, Protocol):
    """The data set of every other task."""

    labels: list[dict[str, torch.Tensor]]
    im_files: list[str]
    npy_files: list[Path]
    ni: int
    rect: bool
    cache: bool | str | None

    def set_rectangle(self) -> None: ...

    def check_cache_ram(self) -> bool: ...

    def cache_images(self) -> None: ...


def is_image_folder(dataset: Images) -> TypeGuard[ImageFolder]:
    """Tell whether a data set is a classifier's."""
    return hasattr(dataset, "samples")


class Loader(Protocol):
    """Ultralytics' `InfiniteDataLoader`."""

    dataset: Images
    batch_size: int
    batch_sampler: RepeatedSampler
    collate_fn: Callable[[list[Batch]], Batch]
    drop_last: bool
    generator: torch.Generator
    iterator: LoaderIterator | None
    num_workers: int
    pin_memory: bool
    prefetch_factor: int | None
    worker_init_fn: Callable[[int], None]

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Batch]: ...

    def _get_iterator(self) -> LoaderIterator: ...


class ValidatorMetrics(Protocol):
    """What a validator makes of its statistics."""

    results_dict: Mapping[str, float]
    stats: Mapping[str, Sequence[torch.Tensor]]


class Validator(Protocol):
    """Ultralytics' `BaseValidator`."""

    args: Arguments
    callbacks: Mapping[str, list[Callable[[Validator], None]]]
    dataloader: Loader
    loss: Mapping[str, torch.Tensor]
    metrics: ValidatorMetrics
    pred: Sequence[torch.Tensor]
    targets: Sequence[torch.Tensor]
    get_stats: Callable[[], Metrics]

    def __call__(self, trainer: Trainer) -> Metrics | None: ...


class Average(Protocol):
    """Ultralytics' `ModelEMA`."""

    ema: torch.nn.Module
    updates: int


class Stopper(Protocol):
    """Ultralytics' `EarlyStopping`."""

    best_epoch: int
    best_fitness: float
    patience: float
    possible_stop: bool


class Trainer(Protocol):
    """Ultralytics' `BaseTrainer`, as the parts of a training see it."""

    accumulate: int
    args: Arguments
    batch_size: int
    best: Path
    best_fitness: float | None
    csv: Path
    data: Mapping[str, str]
    device: torch.device
    ema: Average
    epoch: int
    epoch_time: float | None
    epochs: int
    fitness: float | None
    last: Path
    loss_names: tuple[str, ...]
    metrics: Metrics
    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    save_dir: Path
    scaler: torch.amp.GradScaler
    scheduler: torch.optim.lr_scheduler.LRScheduler
    start_epoch: int
    stop: bool
    stopper: Stopper
    test_loader: Loader
    tloss: dict[str, torch.Tensor] | None
    train_loader: Loader
    validator: Validator
    world_size: int

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> Images: ...

    def get_dataloader(self, dataset_path: str, batch_size: int = 16, rank: int = 0, mode: str = "train") -> Loader: ...

    def get_validator(self) -> Validator: ...
