"""Engines turn pixels into text."""
