"""The figure of the layers of an export."""

from pathlib import Path

from parity.layers.results import LayerResults
from parity.reporting.figures.layers import draw_layers
from parity.reporting.figures.theme import save_figure
from tests.report_documents import layers


def test_the_figure_is_drawn(tmp_path: Path) -> None:
    save_figure(draw_layers(layers(), "int8"), tmp_path / "layers.png")
    none = LayerResults(drifts=False, sentences=["It stays."])
    save_figure(draw_layers(none, "fp16"), tmp_path / "none.png")
    assert (tmp_path / "layers.png").stat().st_size > (tmp_path / "none.png").stat().st_size
