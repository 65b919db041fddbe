"""Parts of sentences."""

from collections.abc import Sequence


def listing(items: Sequence[str], *, limit: int = 10) -> str:
    """Return items as part of a sentence, no more than a limit of them by name."""
    named = items[:limit]
    if len(items) > limit:
        return f"{', '.join(named)} and {len(items) - limit:,} more"
    return ", ".join([*named[:-2], " and ".join(named[-2:])])
