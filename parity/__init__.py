"""Say whether the ONNX deployment of a YOLO detector sees what the PyTorch model sees.

Importing torch or Snakemake makes hundreds of thousands of objects that stay. Python looks through
them for garbage again and again, unless it is told that they stay, and to look less often.
"""

import gc

gc.freeze()
gc.set_threshold(100_000)
