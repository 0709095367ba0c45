"""The paths by which machines watch the server: never busy, never limited."""

OPEN = frozenset(("/health", "/ready"))
"""Those that need no key."""
PROBES = OPEN | {"/metrics"}
