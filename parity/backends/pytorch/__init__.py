"""Everything that imports torch or ultralytics.

Ultralytics reads its settings while it is imported. The values below keep them in the working
tree and keep it from installing or downloading anything by itself.
"""

import os
from pathlib import Path

os.environ.setdefault("YOLO_CONFIG_DIR", str(Path(".ultralytics").absolute()))
os.environ["YOLO_AUTOINSTALL"] = "false"
os.environ["YOLO_OFFLINE"] = "true"
