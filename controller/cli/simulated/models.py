"""Single models of the simulated plant, for `springback model`."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.models import MODELS
from simulators.models.kind import Column, Model, Outcome, Setting
from simulators.parameters import Parameters

__all__ = ["MODELS", "Column", "Model", "Outcome", "Setting", "run_model"]


def run_model(model: Model, settings: Mapping[str, float], changes: Mapping[str, float]) -> Outcome:
    """Run one model of the plant by itself; `changes` are values of the parameter table."""
    return model.run(settings, Parameters(changes))
