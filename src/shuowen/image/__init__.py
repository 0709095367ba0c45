"""Pixels: decoding pictures and PDF pages correctly, turning and straightening them."""
