"""What happens around an optimizer step: lists instead of single tensors on a CPU, and the filter of gradients."""

from __future__ import annotations

from typing import Any

from grokyolo.training.grokfast import Grokfast
from grokyolo.training.recording import Recording
from grokyolo.training.weights import step_all_at_once


class Stepping(Recording):
    """Mixin over a `BaseTrainer`: its optimizer steps."""

    def _setup_train(self) -> None:
        super()._setup_train()
        self.grokfast = Grokfast.from_settings(self.settings.get("accelerate"))

    def _build_train_pipeline(self) -> None:
        super()._build_train_pipeline()
        if self.device.type == "cpu":
            step_all_at_once(self.optimizer)

    def optimizer_step(self) -> None:
        """Step as Ultralytics does, with filtered gradients where the recipe asks for it."""
        if self.grokfast is not None:
            self.grokfast.filter(self.model, self.scaler.get_scale())
        super().optimizer_step()

    def state_to_save(self) -> dict[str, Any]:
        """Return the full state with the averages of the gradients."""
        return {**super().state_to_save(), "slow": self.grokfast.slow if self.grokfast else {}}

    def placed(self, saved: dict[str, Any] | None) -> None:
        """Go on with the averages of the state."""
        super().placed(saved)
        if saved is not None and self.grokfast is not None:
            self.grokfast.slow = {name: slow.to(self.device) for name, slow in saved["slow"].items()}
