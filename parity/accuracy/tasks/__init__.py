"""How each task is measured against labels: one module a task, registering itself."""

from parity.registry import import_modules

import_modules(__name__, __path__)
