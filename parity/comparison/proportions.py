"""What counts in some images or objects say of others like them."""

CONFIDENCE = 0.95
"""Probability with which a bound holds; customary."""


def largest_share(seen: float, of: int) -> float:
    """Return the share that is not exceeded elsewhere, with a confidence of 95 %.

    This is the exact one-sided bound of Clopper and Pearson. If nothing was seen, it equals
    1 − 0.05^(1/of), which the rule of three approximates by 3 / of. It assumes independent draws;
    the objects of one image are not quite independent.

    Parameters
    ----------
    seen : float
        How many have the property; a fraction continues the bound between whole numbers.
    of : int
        How many were looked at.

    References
    ----------
    C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
    case of the binomial", Biometrika 26, 1934. J. A. Hanley and A. Lippman-Hand, "If nothing goes
    wrong, is everything all right?", JAMA 249, 1983.
    """
    from scipy.special import betaincinv  # noqa: PLC0415  slow to import, seldom needed

    return 1.0 if seen >= of else float(betaincinv(seen + 1, of - seen, CONFIDENCE))


def draws_needed(rate: float, share: float) -> int | None:
    """Return how many draws show that a share is not exceeded, if the rate stays what it is.

    Parameters
    ----------
    rate : float
        Share that has the property so far, in [0, 1].
    share : float
        What :func:`largest_share` must not exceed, in (0, 1].

    Returns
    -------
    int or None
        None if the rate itself is not below the share.
    """
    if rate >= share:
        return None
    few, enough = 0, 1
    while largest_share(rate * enough, enough) > share:
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        if largest_share(rate * middle, middle) > share:
            few = middle
        else:
            enough = middle
    return enough
