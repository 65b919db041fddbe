"""torchvision's NMS without torchvision: the same operator, and the rest within reach."""

import subprocess
import sys

BOXES = "torch.rand(500, 4, generator=torch.Generator().manual_seed(1)).cumsum(1)"
SCORES = "torch.rand(500, generator=torch.Generator().manual_seed(2))"


def kept_in_a_new_process(first: str) -> str:
    code = f"""
import torch
{first}
import torchvision
print(torchvision.ops.nms({BOXES}, {SCORES}, 0.45).tolist())
"""
    return printed(code)


def printed(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


PROVIDED = """
from parity.backends.pytorch.torchvision_operators import provide_operators
provide_operators()
"""


def test_the_operator_keeps_what_torchvision_keeps() -> None:
    kept = kept_in_a_new_process(PROVIDED)
    assert kept == kept_in_a_new_process("")
    assert kept.count(",") > 10


def test_the_compiler_of_torch_is_not_imported() -> None:
    code = PROVIDED + "import sys, torchvision; print('torch._dynamo' in sys.modules)"
    assert printed(code) == "False"


def test_other_modules_are_found_when_they_are_asked_for() -> None:
    code = f"""{PROVIDED}
import torchvision
import torchvision.transforms as T
print(torchvision.models.get_model.__name__, T.Resize.__name__, hasattr(torchvision, "no_such"))
"""
    assert printed(code) == "get_model Resize False"


def test_torchvision_stays_as_it_is_where_it_is_imported() -> None:
    code = f"import torchvision; before = torchvision.ops\n{PROVIDED}\nimport torchvision\n"
    assert printed(code + "print(torchvision.ops is before)") == "True"
