"""Leads as a population in classes: none is lost, and what a release does to them follows its size and its rate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.parameters import Parameters
from simulators.quality import CLASSES, lead_classes, quality
from simulators.workpiece import KINDS, Damage, Flaws, Part

P = Parameters()


def formed(kind: str = "WLP-200", low: float = 89.3, high: float = 147.3, rate: float = 2.4) -> Part:
    return Part(1, kind, gap_um=high, lowest_gap_um=low, highest_gap_after_um=high, fastest_rise_um_s=rate)


@settings(max_examples=40)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    low=st.floats(30.0, 140.0),
    rise=st.floats(0.0, 80.0),
    rate=st.floats(0.0, 100.0),
    adhesion=st.floats(0.1, 100.0),
)
def test_classes_add_up_to_the_population_and_no_count_exceeds_its_class(
    kind: str, low: float, rise: float, rate: float, adhesion: float
) -> None:
    part = replace(formed(kind, low, low + rise, rate), flaws=Flaws(adhesion=adhesion))
    classes = lead_classes(part, P)

    assert len(classes) == CLASSES
    assert sum(lead.count for lead in classes) == pytest.approx(KINDS[kind].leads)
    for lead in classes:
        assert 0.0 <= lead.cracked <= lead.count
        assert 0.0 <= lead.lifted <= lead.count
        assert 0.0 <= lead.peeled <= lead.count - lead.lifted + 1e-9


def test_leads_that_were_never_let_up_show_nothing() -> None:
    found = quality(Part(1), P)

    assert lead_classes(Part(1), P) == []
    assert (found.strain_max, found.strain_p99, found.peeled, found.cracked_ppm, found.lifted_ppm) == (0, 0, 0, 0, 0)
    assert (found.gap_um, found.height_ratio, found.void_index) == (150.0, 1.0, 0.0)


def test_a_good_part_is_within_its_limits() -> None:
    found = quality(formed(), P)

    assert 142.5 < found.gap_um < 157.5
    assert found.gap_sigma_um < 5.0
    assert found.peeled > 0.999
    assert found.cracked_ppm < 10.0
    assert found.lifted_ppm < 10.0
    assert 0.078 < found.strain_mean < found.strain_p99 < found.strain_max < 0.09


@given(rates=st.tuples(st.floats(0.1, 100.0), st.floats(0.1, 100.0)))
def test_a_faster_release_pulls_harder_on_the_bonds(rates: tuple[float, float]) -> None:
    slow, fast = (quality(replace(formed(rate=rate), flaws=Flaws(adhesion=10.0)), P) for rate in sorted(rates))

    assert slow.lifted_ppm <= fast.lifted_ppm
    assert slow.peeled >= fast.peeled


def test_a_small_rise_peels_nothing_and_a_larger_one_all() -> None:
    shares = [quality(formed(high=high), P).peeled for high in (110.0, 127.0, 140.0)]

    assert shares[0] == 0.0
    assert 0.0 < shares[1] < 0.9
    assert shares[2] > 0.999


def test_the_window_is_asymmetric() -> None:
    assert quality(formed(high=128.0), P).cracked_ppm < 1.0
    assert quality(formed(high=172.0), P).cracked_ppm > 1e4


def test_tilt_scatters_the_gap_beside_the_leads() -> None:
    level = quality(formed(), P)
    tilted = quality(replace(formed(), tilt_um=(20.0, -10.0, -10.0)), P)

    assert tilted.tilt_um == 30.0
    assert tilted.gap_sigma_um > level.gap_sigma_um + 3.0
    assert tilted.strain_max > level.strain_max


def test_every_lead_of_a_broken_part_is_broken() -> None:
    part = formed()
    part.spoil(Damage.BROKEN)

    assert quality(part, P).cracked_ppm == pytest.approx(1e6)
