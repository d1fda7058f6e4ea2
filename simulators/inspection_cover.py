"""What the inspection station says of cover and ground surface: cure, groove, voids, flatness, warpage, bumps.

As `inspection`, of which it is a part: looks at the true state with the station's own error and changes nothing.
"""

from __future__ import annotations

from random import Random

from simulators.epoxy import Epoxy
from simulators.parameters import Parameters
from simulators.physics import flatness
from simulators.physics.bumps import exposed_share
from simulators.workpiece import KINDS, Cover, Part

COVER_FIELDS = frozenset({
    "degree_of_cure", "groove_depth", "groove_ok", "void_index", "ttv", "warpage", "exposed_fraction", "projection",
})  # fmt: skip
_GROOVE_FILL = 0.95  # share of the ring's height that makes a groove
_UM = 1e6


def inspect_cover(part: Part, draw: Random, p: Parameters) -> dict[str, tuple[float, str]]:
    """Return what the station finds: name -> (value, unit); a missing treatment gives 0."""
    cover = part.cover
    groove_um = cover.groove_um if cover.gelled_at_s is not None else 0.0
    void = 100.0 * cover.void_uL / (cover.volume_uL + cover.void_uL) if cover.void_uL > 0.0 else 0.0
    return {
        "degree_of_cure": (_seen(100.0 * cover.degree, 0.5, draw, 100.0), "%"),
        "groove_depth": (_seen(groove_um, 2.0, draw), "um"),
        "groove_ok": (float(groove_um > _GROOVE_FILL * p["ring.height"] * _UM), ""),
        "void_index": (_seen(void, 0.02, draw, 100.0), "%"),
        "ttv": (_seen(_thickness_variation(part, p), 0.05, draw), "um"),
        "warpage": (_seen(_warpage(part, p), 2.0, draw), "um"),
        "exposed_fraction": (_seen(_exposed(part, p), 0.1, draw, 100.0), "%"),
        "projection": (_seen(_projection(part), 0.1, draw), "um"),
    }


def _surface(cover: Cover, p: Parameters) -> list[float]:
    """Return the ground surface from the centre to the edge, um over that at the gauge."""
    tilts, wheel = (cover.tilt_alpha * 1e-6, cover.tilt_beta * 1e-6), p["wheel.radius"]
    at_gauge = flatness.infeed_profile(p["gauge.radius"], *tilts, wheel)
    return [(z - at_gauge) * _UM for z in flatness.profile(p["wafer.radius"], *tilts, wheel)]


def _thickness_variation(part: Part, p: Parameters) -> float:
    """Return the total thickness variation, um: what the wheel left, and hollows that it has not reached."""
    cover = part.cover
    if cover.volume_uL <= 0.0:
        return 0.0
    hollow = max(0.0, cover.unlevel - part.removed_um)
    if not part.ground:
        return hollow
    surface = _surface(cover, p)
    return max(surface) - min(surface) + cover.waves_um + cover.dimple_um + hollow


def _warpage(part: Part, p: Parameters) -> float:
    """Return the bow of the free part at room temperature, um: the cover shrinks more than the silicon under it."""
    cover = part.cover
    if cover.gelled_at_s is None:
        return 0.0
    room = p["ambient.temperature"]
    stiff_below = min(cover.hottest_solid_degC, Epoxy(p).glass_transition(cover.degree))
    strain = (p["epoxy.expansion"] - p["wafer.expansion"]) * max(0.0, stiff_below - room)
    film = (cover.height_um - part.removed_um) * 1e-6, p["epoxy.modulus"] / (1.0 - p["epoxy.poisson"])
    wafer = part.chip_um * 1e-6, p["wafer.modulus"] / (1.0 - p["wafer.poisson"])
    return flatness.bow(flatness.bilayer_curvature(film, wafer, strain), 2.0 * p["wafer.radius"]) * _UM


def _exposed(part: Part, p: Parameters) -> float:
    """Return the share of bumps that the ground surface has reached, %: mean over rings of equal width."""
    kind = KINDS[part.kind]
    if not part.ground:
        return 0.0
    depth = kind.bump_um - (part.cover.height_um - part.removed_um)
    shares = [exposed_share(depth - z, kind.bump_sigma_um) for z in _surface(part.cover, p)]
    rings = range(1, len(shares))  # a ring holds bumps in proportion to its radius
    return 100.0 * sum(i * shares[i] for i in rings) / sum(rings)


def _projection(part: Part) -> float:
    """Return how far the bumps stand out of the material, um: ground together, they end in one plane."""
    cover = part.cover
    if part.ground or cover.volume_uL <= 0.0:
        return 0.0
    return max(0.0, KINDS[part.kind].bump_um - cover.height_um)


def _seen(value: float, sigma: float, draw: Random, most: float = float("inf")) -> float:
    """Return a value as seen: with error, within 0 and the most there can be; nothing stays nothing."""
    if value <= 0.0:
        return 0.0
    return min(most, max(0.0, value + draw.gauss(0.0, sigma)))
