"""What a job checks first: that its node sees the project and the images.

That it sees the environment shows in that it gets so far.
"""

import os
import socket
from pathlib import Path

from parity.data.batch_files import load_batch
from parity.data.batch_plan import BatchPlan, load_batch_plan
from parity.data.shards import split_member
from parity.errors import UserError

SAME_PATH = "put it where every node of the cluster sees it under the same path"


def load_plan_on_node(directory: str) -> BatchPlan:
    """Return what the coordinating process planned.

    Parameters
    ----------
    directory : str
        Where the batches are listed.

    Raises
    ------
    UserError
        If this machine does not see the plan or the folder or shard of an image.
    """
    host = socket.gethostname()
    if not Path(directory).is_dir():
        raise UserError(f"{host} does not see {Path(directory).absolute()}; {SAME_PATH}.")
    planned = load_batch_plan(directory)
    image = load_batch(f"{directory}/{planned.names[0]}.json")[0]
    shard = split_member(image.path)
    if shard and not Path(shard[0]).exists():
        raise UserError(f"{host} does not see {os.path.abspath(shard[0])}; {SAME_PATH}.")  # noqa: PTH100
    folder = Path(image.path).parent
    if not shard and not folder.is_dir():
        raise UserError(
            f"{host} does not see {os.fspath(folder.absolute())}, the folder of {image.name}; "
            f"{SAME_PATH}."
        )
    return planned
