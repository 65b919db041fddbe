"""ONNX Runtime's web build, WebAssembly, under Node: what a deployment in a browser runs."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import IO, TYPE_CHECKING, Any

from parity.backends.onnx_file import graph_inputs, graph_outputs, read_onnx
from parity.backends.runtimes.runtime import (
    RUNTIMES,
    Runtime,
    Session,
    only_input,
    some_outputs,
)
from parity.errors import UserError
from parity.model_files.stored_metadata import metadata_props

if TYPE_CHECKING:
    import numpy as np

FOLDER = Path(__file__).parent / "web"
"""Where ``package.json`` pins the package, and npm puts it."""
RUNNER = FOLDER / "runner.mjs"
INSTALL = "npm install --no-package-lock --prefix parity/backends/runtimes/web"


@dataclass(frozen=True)
class NodeProcess:
    """A process of Node that has loaded a model; it ends when its input does."""

    process: "subprocess.Popen[bytes]"

    def run(self, tensor: "np.ndarray") -> "list[np.ndarray]":
        """Return all outputs for an input; tensors go through pipes as they are."""
        import numpy as np  # noqa: PLC0415

        given, taken = _pipes(self.process)
        fed = np.ascontiguousarray(tensor, np.float32)
        given.write(json.dumps({"shape": fed.shape}).encode() + b"\n")
        given.write(fed.data)
        given.flush()
        shapes = _answer(self.process)["shapes"]
        sizes = [4 * int(np.prod(shape)) for shape in shapes]
        return [
            np.frombuffer(taken.read(size), np.float32).reshape(shape)
            for size, shape in zip(sizes, shapes, strict=True)
        ]

    def __del__(self) -> None:
        """Let the process end."""
        _pipes(self.process)[0].close()
        self.process.wait()


def installed_node() -> str:
    """Return where Node is.

    Raises
    ------
    UserError
        If it or ONNX Runtime Web is not installed.
    """
    node = which("node")
    if node is None or not (FOLDER / "node_modules" / "onnxruntime-web").is_dir():
        raise UserError(
            "runtime is onnxruntime-web, which is not installed here; it needs Node, and "
            f"{INSTALL}."
        )
    return node


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:  # noqa: ARG001
    """Load a model in a process of Node."""
    node = installed_node()
    model = read_onnx(path)
    process = subprocess.Popen(  # noqa: S603
        [node, str(RUNNER), str(path), str(threads)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        version = _answer(process)["version"]
    except RuntimeError as error:
        raise UserError(f"{path}: ONNX Runtime Web cannot load it ({error}).") from None
    return Session(
        NodeProcess(process).run,
        only_input(graph_inputs(model), path),
        some_outputs(graph_outputs(model), path),
        f"ONNX Runtime Web {version} under Node, WebAssembly",
        {"onnxruntime-web": version},
        metadata_props(model),
    )


def _pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
    return process.stdin, process.stdout


def _answer(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """Return the next line of a process; RuntimeError if it is an error or there is none."""
    line = _pipes(process)[1].readline()
    said: dict[str, Any] = json.loads(line) if line else {"error": "the process ended"}
    if "error" in said:
        raise RuntimeError(" ".join(str(said["error"]).split()))
    return said


RUNTIMES.add("onnxruntime-web", Runtime("ONNX Runtime Web", load_session, check=installed_node))
