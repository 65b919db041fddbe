"""The right lines, a module for each subject; every subject registers itself in ``FIXES``."""

from parity.registry import import_modules

import_modules(__name__, __path__)
