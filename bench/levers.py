"""What might make the network faster, one lever at a time, against the plain session.

Every variant is a session of one thread in this process; they run in turn, round by round, on the
same tensor. Processor time is compared, not wall time, so that other work on the machine disturbs
little. The outputs are compared bit by bit with the plain session's.

    python -m bench.levers results/export/yolo11n/fp32.onnx
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime as ort

Run = Callable[[np.ndarray], np.ndarray]

LEVELS = ort.GraphOptimizationLevel


def options(**attributes: object) -> ort.SessionOptions:
    """Return the options of a session of one thread; names with dots are configuration entries."""
    made = ort.SessionOptions()
    made.intra_op_num_threads = made.inter_op_num_threads = 1
    for name, value in attributes.items():
        if name.startswith("session_"):
            made.add_session_config_entry(name.replace("_", ".", 1), str(value))
        else:
            setattr(made, name, value)
    return made


def plain(path: str, made: ort.SessionOptions | None = None) -> Run:
    """Return ``session.run``."""
    session = ort.InferenceSession(path, made or options(), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda tensor: session.run(None, {name: tensor})[0]


def bound(path: str) -> Run:
    """Return a run whose output is written into the same array each time."""
    session = ort.InferenceSession(path, options(), providers=["CPUExecutionProvider"])
    feed, output = session.get_inputs()[0], session.get_outputs()[0]
    result = np.empty(output.shape, np.float32)
    binding = session.io_binding()
    kind = {"device_type": "cpu", "device_id": 0, "element_type": np.float32}
    binding.bind_output(output.name, **kind, shape=result.shape, buffer_ptr=result.ctypes.data)

    def run(tensor: np.ndarray) -> np.ndarray:
        pointer = tensor.ctypes.data
        binding.bind_input(feed.name, **kind, shape=tensor.shape, buffer_ptr=pointer)
        session.run_with_iobinding(binding)
        return result

    return run


def saved(path: str, folder: str) -> Run:
    """Return a run of the model that a session optimised and saved."""
    optimised = str(Path(folder) / "optimised.onnx")
    plain(path, options(optimized_model_filepath=optimised))
    return plain(optimised, options(graph_optimization_level=LEVELS.ORT_DISABLE_ALL))


def variants(path: str, folder: str) -> dict[str, Run]:
    """Return the runs by name, the plain one first."""
    level = "graph_optimization_level"
    return {
        "plain session": plain(path),
        "plain session again": plain(path),
        "IO binding, one output array": bound(path),
        "optimised model saved and loaded": saved(path, folder),
        "denormals as zero": plain(path, options(session_set_denormal_as_zero=1)),
        "no memory arena": plain(path, options(enable_cpu_mem_arena=False)),
        "no memory pattern": plain(path, options(enable_mem_pattern=False)),
        "no prepacked weights": plain(path, options(session_disable_prepacking=1)),
        "execution in parallel": plain(
            path, options(execution_mode=ort.ExecutionMode.ORT_PARALLEL)
        ),
        "extended optimisation": plain(path, options(**{level: LEVELS.ORT_ENABLE_EXTENDED})),
        "basic optimisation": plain(path, options(**{level: LEVELS.ORT_ENABLE_BASIC})),
        "no optimisation": plain(path, options(**{level: LEVELS.ORT_DISABLE_ALL})),
    }


def main() -> None:
    """Print the ratio of processor time to the plain session's and whether the bits agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("onnx", help="an export of fixed shape")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--runs", type=int, default=10, help="runs of a turn")
    arguments = parser.parse_args()
    shape = ort.InferenceSession(arguments.onnx).get_inputs()[0].shape
    tensor = np.random.default_rng(0).random(shape, np.float32)
    with tempfile.TemporaryDirectory() as folder:
        runs = variants(arguments.onnx, folder)
        first, *_ = runs
        expected = runs[first](tensor).copy()
        largest = {name: np.abs(run(tensor) - expected).max() for name, run in runs.items()}
        spent: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(arguments.rounds):
            for name, run in runs.items():
                start = time.process_time()
                for _ in range(arguments.runs):
                    run(tensor)
                spent[name].append((time.process_time() - start) / arguments.runs)
    for name, seconds in spent.items():
        ratios = [a / b for a, b in zip(seconds, spent[first], strict=True)]
        bits = "bit-equal" if largest[name] == 0 else f"differs by up to {largest[name]:.1e}"
        print(
            f"{name:34}{median(ratios):6.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
            f" x {1000 * median(spent[first]):.1f} ms, {bits}"
        )


if __name__ == "__main__":
    main()
