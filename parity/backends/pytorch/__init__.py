"""Everything that imports torch or ultralytics.

Ultralytics reads its settings while it is imported. The values below keep them in the working
tree, keep it from installing or downloading anything by itself, and from loading checkpoints that
hold more than known classes. Nothing here trains on several machines.
"""

import os
from pathlib import Path

os.environ.setdefault("YOLO_CONFIG_DIR", str(Path(".ultralytics").absolute()))
os.environ["YOLO_AUTOINSTALL"] = "false"
os.environ["YOLO_OFFLINE"] = "true"
os.environ["ULTRALYTICS_SAFE_LOAD"] = "1"
os.environ.pop("WORLD_SIZE", None)
