"""Recipe section `training`: the settings that every method shares."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from burnish.section import Section


class TrainingSettings(Section):
    """How weights are trained. Defaults are chosen by measurement (docs: benchmarks)."""

    learning_rate: float = Field(2e-4, gt=0, le=1, description="Highest rate; default: the method's own.")
    epochs: int = Field(5, ge=1, le=1000, description="Most passes over the training rows; default: the method's own.")
    batch_size: int = Field(16, ge=1, description="Rows per optimiser step.")
    accumulate: int = Field(1, ge=1, description="Parts that each step's batch is computed in, to save memory.")
    warm_up: float = Field(0.1, ge=0, lt=1, description="Share of the steps in which the learning rate rises.")
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="How the rate falls afterwards.")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's weight decay, on weight matrices only.")
    clip: float = Field(1.0, gt=0, description="Longest gradient; longer ones are scaled down.")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Share of each target spread over all classes.")
    class_weights: Literal["none", "balanced"] = Field("none", description="`balanced`: rare classes weigh more.")
    oversample: Literal["none", "balanced", "sqrt"] = Field(
        "none", description="Rare classes occur more often: as often as the commonest, or half-way to that (`sqrt`)."
    )
    loss: Literal["task", "focal"] = Field(
        "task", description="`focal`: rows that are answered well already weigh less (Lin et al. 2017)."
    )
    focal_gamma: float = Field(2.0, ge=0, le=20, description="`focal`: how much less; 0 is the task's own loss.")
    skip_easy: float = Field(
        0.5,
        ge=0,
        le=0.9,
        description="Share of the rows with less than the mean loss that an epoch leaves out; 0: every row, always.",
    )
    start: Literal["probe", "new"] = Field("probe", description="Begin from the linear probe, or from a new head.")
    start_scale: float = Field(0.3, gt=0, le=1, description="The probe's share to begin with: less is less sure.")
    warm_start: Path | None = Field(
        None, description="A specialist's folder, whose weights training goes on from; empty: the pre-trained model's."
    )
    dropout: float | None = Field(None, ge=0, lt=1, description="Dropout everywhere; default: the model's own.")
    patience: int = Field(2, ge=1, description="Stop after this many epochs clearly worse than one before.")
    average: Literal["none", "ema", "last"] = Field(
        "none",
        description="Weights that count: the latest; a moving average (`ema`); the mean of the last epochs' ends.",
    )
    average_decay: float = Field(0.98, gt=0, lt=1, description="`ema`: the share of the old average at each step.")
    average_epochs: int = Field(3, ge=2, description="`last`: how many epochs' ends are averaged.")
    l2_sp: float = Field(
        0.0, ge=0, description="Pull to the pre-trained weights (Xuhong et al. 2018), as decay is to 0."
    )
    replay_share: float = Field(0.2, gt=0, le=1, description="Rows of `data.replay` per training row, anew each epoch.")
    interpolate: bool = Field(False, description="Mix tuned and starting weights as validation likes (WiSE-FT, 2022).")
    gradient_checkpointing: bool = Field(False, description="Less memory for more time: compute activations twice.")
    precision: Literal["auto", "bf16", "fp32"] = Field("auto", description="`auto` measures which is faster.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where to compute.")
    threads: int = Field(0, ge=0, description="Processor threads; 0: OMP_NUM_THREADS, or every core.")
    checkpoint_seconds: float = Field(30.0, ge=0, description="Least time between checkpoints within an epoch.")

    @model_validator(mode="after")
    def _go_together(self) -> TrainingSettings:
        if self.oversample != "none" and self.class_weights != "none":
            raise ValueError(
                "`oversample` and `class-weights` both let rare classes count more, together too much. Leave one out"
            )
        if self.loss == "focal" and self.label_smoothing:
            raise ValueError(
                "`loss: focal` goes by the probability of the right class, which `label-smoothing` hides. Leave one out"
            )
        return self
