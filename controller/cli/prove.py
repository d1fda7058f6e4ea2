"""`springback prove`: explore every way through recipes without hardware and say what would go wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller.cli.boundary import show
from controller.cli.exits import Exit
from controller.prove.explore import Proof, Prover
from controller.recipe.loader import find, load
from controller.recipe.model import Recipe
from controller.sequence.steps import VERBS
from controller.station import Station
from controller.tool import load as load_tool
from springback.places import config_file, recipe_folder


def prove_recipe(name: str, tool: Path | None, settings: Mapping[str, str], *, as_json: bool) -> int:
    """Prove one recipe; exit 0 or 3."""
    station = Station(load_tool(tool or config_file("tool.yaml")), config_file("interlocks.yaml"), {})
    facts = station.facts()
    recipe = load(find(name, recipe_folder()), VERBS, facts, dict(settings))
    proof = Prover(recipe, station.tool.guard.interlocks, facts.units).prove()
    show(json.dumps(_json(recipe, proof)) if as_json else _text(recipe, proof))
    return Exit.PASSED if proof.ok else Exit.INVALID


def _text(recipe: Recipe, proof: Proof) -> str:
    looked = f"{proof.steps} steps, {proof.states} states, a hold in each"
    if proof.ok:
        return (
            f"{recipe.name} v{recipe.version}: proven, {looked}\n"
            "  from a tool at rest; what no step sets is taken to be healthy, and the gate asks for it at run time"
        )
    lines = [f"{recipe.name} v{recipe.version}: {len(proof.findings)} found, {looked}"]
    for finding in proof.findings:
        lines.append(f'  step "{finding.step}": {finding.text}')
        lines += [f"    path  {' > '.join(finding.path)}"] if finding.path else []
        lines.append(f"    fix   {finding.fix}")
    return "\n".join(lines)


def _json(recipe: Recipe, proof: Proof) -> dict[str, Any]:
    return {
        "schema": "springback.prove/1",
        "recipe": recipe.name,
        "version": recipe.version,
        "ok": proof.ok,
        "steps": proof.steps,
        "states": proof.states,
        "findings": [
            {"step": found.step, "text": found.text, "path": list(found.path), "fix": found.fix}
            for found in proof.findings
        ],
    }
