"""The catalogue of faults, a module for each stage; every fault registers itself in ``FAULTS``."""

from parity.registry import import_modules

import_modules(__name__, __path__)
