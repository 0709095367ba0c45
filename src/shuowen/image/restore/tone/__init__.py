"""Repairs of a picture's tone: light, contrast, the other side's ink, blur and small text."""

from shuowen.image.restore.tone.mend import Toned, mend_tone
from shuowen.image.restore.tone.sizes import TextSizes

__all__ = ["TextSizes", "Toned", "mend_tone"]
