"""All repairs of a page's tone, each only where the page's own measurements speak for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from shuowen.config import RepairName
from shuowen.document.model import RepairStep
from shuowen.image.page import Pixels
from shuowen.image.restore.allowed import Allowed
from shuowen.image.restore.tone.bleed_through import bleed_through_mended, estimate_bleed_through
from shuowen.image.restore.tone.blur import blur_mended, estimate_blur
from shuowen.image.restore.tone.contrast import contrast_mended, estimate_contrast
from shuowen.image.restore.tone.enlarging import enlarged, enlarging_scale
from shuowen.image.restore.tone.glance import Glance, closer_glance_at, glance_at
from shuowen.image.restore.tone.light import estimate_light, light_mended
from shuowen.image.restore.tone.sizes import TextSizes
from shuowen.image.restore.tone.specks import estimate_specks, specks_mended


@dataclass(frozen=True, kw_only=True)
class Toned:
    """A page after the repair of its tone.

    Attributes:
        pixels: The page, (height, width, 3); the very picture that came in when nothing was done.
        scale: How many of its pixels there are for one of the page as it came, at least 1.0.
        steps: What was done, in that order.
    """

    pixels: Pixels
    scale: float = 1.0
    steps: tuple[RepairStep, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Finding:
    """What one look at a page says: whether a repair pays, the numbers for it, the repair."""

    pays: bool
    evidence: dict[str, float]
    mended: Callable[[], Pixels]


def mend_tone(pixels: Pixels, sizes: TextSizes | None, allowed: Allowed) -> Toned:
    """Repairs a page's light, contrast, other side's ink, specks, blur and size, in this order.

    Args:
        pixels: The page, (height, width, 3) RGB uint8, at least 1 × 1.
        sizes: Heights of its lines, where they are known; they say by how much to enlarge it.
        allowed: Repairs that are made, or left out, whatever the page looks like.
    """
    mended, steps = pixels, []
    glance = glance_at(pixels)
    for name, look in _LOOKS:
        if not allowed.may(name):
            continue
        finding = look(mended, glance, sizes)
        if finding.pays or allowed.must(name):
            before, mended = mended, finding.mended()
            if mended is before:
                continue
            glance = glance_at(mended)
            steps.append(_step(name, finding, allowed))
    scale = mended.shape[0] / pixels.shape[0]
    return Toned(pixels=mended, scale=scale, steps=tuple(steps))


def _step(name: RepairName, finding: _Finding, allowed: Allowed) -> RepairStep:
    evidence = {key: round(float(value), 4) for key, value in finding.evidence.items()}
    return RepairStep(name=name, is_forced=allowed.must(name), evidence=evidence)


def _light(pixels: Pixels, glance: Glance, sizes: TextSizes | None) -> _Finding:
    found = estimate_light(glance)
    return _Finding(
        pays=found.is_shadow and found.is_bad(estimate_contrast(glance).strongest),
        evidence=asdict(found),
        mended=lambda: light_mended(pixels, glance, found),
    )


def _contrast(pixels: Pixels, glance: Glance, sizes: TextSizes | None) -> _Finding:
    found = estimate_contrast(glance)
    return _Finding(
        pays=found.is_faint, evidence=asdict(found), mended=lambda: contrast_mended(pixels, found)
    )


def _bleed_through(pixels: Pixels, glance: Glance, sizes: TextSizes | None) -> _Finding:
    found = estimate_bleed_through(closer_glance_at(pixels))
    return _Finding(
        pays=found.is_there,
        evidence=asdict(found),
        mended=lambda: bleed_through_mended(pixels, glance, found),
    )


def _smooth(pixels: Pixels, glance: Glance, sizes: TextSizes | None) -> _Finding:
    found = estimate_specks(pixels)
    return _Finding(
        pays=found.is_torn, evidence=asdict(found), mended=lambda: specks_mended(pixels)
    )


def _sharpen(pixels: Pixels, glance: Glance, sizes: TextSizes | None) -> _Finding:
    found = estimate_blur(pixels)
    return _Finding(
        pays=found.is_strong, evidence=asdict(found), mended=lambda: blur_mended(pixels, found)
    )


def _enlarge(pixels: Pixels, glance: Glance, sizes: TextSizes | None) -> _Finding:
    scale = enlarging_scale(pixels.shape, sizes)
    evidence = {"line_height_px": sizes.median_px} if sizes else {}
    return _Finding(
        pays=False,
        evidence={**evidence, "scale": scale},
        mended=lambda: enlarged(pixels, scale),
    )


_LOOKS: tuple[tuple[RepairName, Callable[[Pixels, Glance, TextSizes | None], _Finding]], ...] = (
    ("light", _light),
    ("contrast", _contrast),
    ("bleed_through", _bleed_through),
    ("smooth", _smooth),
    ("sharpen", _sharpen),
    ("enlarge", _enlarge),
)
