"""Shuowen reads hard documents on your own machine."""

from shuowen.version import __version__

__all__ = ["__version__"]
