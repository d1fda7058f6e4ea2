"""What the settings of every verb have in common. Whoever declares or reads settings needs it, and nobody else."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Params(BaseModel):
    """Settings of one verb in one step. Subclasses declare fields with the types of `quantities`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # few verbs are used in one recipe
