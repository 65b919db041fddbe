"""What the differences of a run say of other images like these, in words."""

import math

from parity.comparison.proportions import largest_share
from parity.comparison.results import RunDifferences
from parity.reporting.wording import count, number

CONFIDENCE = "95 % confidence"
ALL = "100 %"


def in_other_images(found: RunDifferences) -> str:
    """Return how many images differ at most elsewhere, as they do here; a sentence.

    Parameters
    ----------
    found : RunDifferences
        Two arms on at least one image that both can read.
    """
    images = count(found.images_read, "image")
    differ = "differs" if found.images_differing == 1 else "differ"
    seen = (
        f"{found.images_differing:,} of {images} {differ} beyond the tolerance"
        if found.images_differing
        else f"No difference beyond the tolerance was seen in {images}"
    )
    share = percent_ceiling(largest_share(found.images_differing, found.images_read))
    if share == ALL:
        return f"{seen}, and so may all other images like these."
    return f"{seen}; of other images like these, at most {share} differ ({CONFIDENCE})."


def percent_ceiling(share: float) -> str:
    """Return a share in per cent with two significant digits, rounded up."""
    per_cent = 100 * share
    if per_cent <= 0:
        return "0 %"
    step = 10.0 ** (math.floor(math.log10(per_cent)) - 1)
    return f"{number(min(math.ceil(per_cent / step - 1e-9) * step, 100.0))} %"
