"""The formats in which external boxes are read, one module each."""

from parity.registry import import_modules

import_modules(__name__, __path__)
