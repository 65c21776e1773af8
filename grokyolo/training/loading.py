"""The images of a training: loaders, prepared once where inputs do not change, and the narrowed one of the probe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ultralytics.utils import LOCAL_RANK, RANK
from ultralytics.utils.patches import override_configs

from grokyolo.recipe import bytes_of
from grokyolo.run import folder
from grokyolo.training import order
from grokyolo.training.layout import Layout
from grokyolo.training.prepared import PreparedBatches, Room, prepare_training
from grokyolo.training.probe import Narrow, build_unsorted


class Loading(Layout):
    """Mixin over a `BaseTrainer`: the loaders.

    Settings come from grokyolo.yaml in the run folder, since with several GPUs Ultralytics starts new processes that
    get nothing but train arguments.

    Attributes:
        settings: the resolved recipe.
    """

    settings: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._narrow: Narrow | None = None
        super().__init__(*args, **kwargs)

    def _setup_train(self) -> None:
        self.settings = folder.read_settings(Path(self.save_dir))
        super()._setup_train()

    def _build_train_pipeline(self) -> None:
        self.room = Room(bytes_of(self.settings["inputs"]["memory"]))
        super()._build_train_pipeline()

    def build_dataset(self, img_path: Any, mode: str = "train", batch: int | None = None) -> Any:
        """Build a data set as Ultralytics does; for the probe, narrowed to its images."""
        if self._narrow is None:
            return super().build_dataset(img_path, mode, batch)
        if self.args.task == "classify":
            with override_configs(self.args, {"cache": False, "fraction": 1.0}):
                dataset = super().build_dataset(img_path, mode, batch)
        else:
            dataset = build_unsorted(self, img_path, self._val_batch)
        self._narrow(dataset)
        return dataset

    def get_dataloader(self, dataset_path: Any, batch_size: int = 16, rank: int = 0, mode: str = "train") -> Any:
        """Build a loader as Ultralytics does, with inputs prepared once where they do not change."""
        loader = super().get_dataloader(dataset_path, batch_size, rank, mode)
        if mode == "val":
            self._val_batch = batch_size  # for the probe
        if RANK != -1:
            return loader
        if mode == "train":
            return prepare_training(loader, self.args, self.device, self.room)
        if self.args.task == "classify":
            order.in_sequence(loader)
        return PreparedBatches(loader, self.device, self.room)

    def probe_loader(self, narrow: Narrow) -> Any:
        """Return a validation loader over the training images that `narrow` keeps."""
        self._narrow = narrow
        try:
            return self.get_dataloader(self.data["train"], self._val_batch, LOCAL_RANK, "val")
        finally:
            self._narrow = None
