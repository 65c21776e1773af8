"""The images of a training: loaders, prepared once where inputs do not change, and the narrowed one of the probe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ultralytics.utils import RANK

from grokyolo.recipe import bytes_of
from grokyolo.run import folder
from grokyolo.training import determinism
from grokyolo.training.layout import Layout
from grokyolo.training.prepared import PreparedBatches, Room, prepare_training


class Loading(Layout):
    """Mixin over a `BaseTrainer`: the loaders.

    Settings come from grokyolo.yaml in the run folder, since with several GPUs Ultralytics starts new processes that
    get nothing but train arguments.

    Attributes:
        settings: the resolved recipe.
    """

    settings: dict[str, Any]

    def _setup_train(self) -> None:
        self.settings = folder.read_settings(Path(self.save_dir))
        super()._setup_train()

    def _build_train_pipeline(self) -> None:
        self.room = Room(bytes_of(self.settings["inputs"]["memory"]))
        super()._build_train_pipeline()

    def get_dataloader(self, dataset_path: Any, batch_size: int = 16, rank: int = 0, mode: str = "train") -> Any:
        """Build a loader as Ultralytics does, with inputs prepared once where they do not change."""
        loader = super().get_dataloader(dataset_path, batch_size, rank, mode)
        if RANK != -1:
            return loader
        if mode == "train":
            return prepare_training(loader, self.args, self.device, self.room)
        if self.args.task == "classify":
            determinism.draw_in_sequence(loader)
        return PreparedBatches(loader, self.device, self.room)
