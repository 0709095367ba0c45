"""Repairs of a page picture before it is read; each asks the page whether it is needed."""
