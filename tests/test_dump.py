"""The lines of docs/dump.md write the array that they are given."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from parity.external.observations import Known, Observations
from parity.external.tensors import with_arrays
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "dump.md").read_text()
SHAPE = (1, 3, 4, 5)
NOT_RUN = {"Kotlin", "C\\#", "Swift", "Go"}

NUMBERS = np.arange(60, dtype=np.float32).reshape(SHAPE) / 7 - 3
"""Number i is i / 7 - 3 in float32, which every program below computes by itself."""

PROGRAMS = {
    "cpp": (
        "a.cpp",
        """
int main() {
    std::vector<float> data;
    for (int i = 0; i < 60; ++i) data.push_back(i / 7.0f - 3.0f);
    dump("a.npy", data.data(), {1, 3, 4, 5});
}
""",
        [["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "a.cpp", "-o", "a"], ["./a"]],
    ),
    "javascript": (
        "a.js",
        """
const f = Math.fround;
const data = Float32Array.from({ length: 61 }, (_, i) => f(f((i - 1) / 7) - 3)).subarray(1);
dump("a.npy", data, [1, 3, 4, 5]);
""",
        [["node", "a.js"]],
    ),
    "java": (
        "Main.java",
        """
class Main {
    public static void main(String[] args) throws IOException {
        float[] data = new float[60];
        for (int i = 0; i < 60; i++) data[i] = i / 7f - 3f;
        Dump.dump("a.raw", data);
    }
}
""",
        [["javac", "Main.java"], ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "Main"]],
    ),
    "rust": (
        "a.rs",
        """
fn main() {
    let data: Vec<f32> = (0..60).map(|i| i as f32 / 7.0 - 3.0).collect();
    dump("a.raw", &data).unwrap();
}
""",
        [["rustc", "a.rs"], ["./a"]],
    ),
}


def lines_of(language: str) -> str:
    """Return the lines that the document shows for a language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return str(found[0])


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_file_holds_the_array(tmp_path: Path, language: str) -> None:
    name, main, commands = PROGRAMS[language]
    compiler = commands[0][0]
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    (tmp_path / name).write_text(lines_of(language) + main)
    for command in commands:
        subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    found = with_arrays(
        Observations({}), Known(input_tensors=str(tmp_path)), ["a.jpg"], input_shape=SHAPE
    )
    np.testing.assert_array_equal(found.tensors["a.jpg"], NUMBERS)
    for written in tmp_path.glob("*.npy"):
        assert np.load(written).shape == SHAPE


def test_what_is_not_run_says_so() -> None:
    sections = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", TEXT, re.MULTILINE))
    assert {name for name, text in sections.items() if text.startswith("\nNot run.\n")} == NOT_RUN
