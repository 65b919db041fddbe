"""What the report says and shows, one module a section; every module registers itself."""

from parity.registry import import_modules

import_modules(__name__, __path__)
