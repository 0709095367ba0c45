"""Draws text whose truth is known: crops of lines and cells to train on, made from a seed."""
