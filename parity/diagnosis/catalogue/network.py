"""Faults of the network: another file than the one that was declared."""

from parity.diagnosis.catalogue.fault import CHOICE_COST, COMMON_COST, Fault


def other_network(name: str, *, declared: str) -> Fault:
    """Return the fault, or the harmless choice, of running another network.

    Parameters
    ----------
    name : str
        The network that fits: an export, or a conversion of one.
    declared : str
        The export that the user says is run; without it another one is a harmless choice.
    """
    instead = f" instead of {declared}" if declared else ""
    return Fault(
        f"network_{name}",
        "network",
        f"Another network: {name}{instead}",
        (("network", name),),
        f"The boxes have the numbers of {name}{f', but {declared} is declared' * bool(declared)}.",
        "Check which file the program loads, and compare its digest with the intended one.",
        cost=COMMON_COST if declared else CHOICE_COST,
    )
