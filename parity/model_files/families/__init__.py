"""Families of detectors, by what they take and return: one module a family, registering itself."""

from parity.registry import import_modules

import_modules(__name__, __path__)
