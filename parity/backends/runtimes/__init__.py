"""What executes an export: one module a runtime, each of which registers itself."""

from parity.registry import import_modules

import_modules(__name__, __path__)
