"""Shards are divided into batches that read them from one end to the other, and stay so."""

from hypothesis import given
from hypothesis import strategies as st

from parity.data.shard_assignment import images_per_batch, shards_by_batch
from tests.conftest import examples

COUNTS = st.dictionaries(st.text(min_size=1), st.integers(0, 400), max_size=40)


@examples(300)
@given(COUNTS, st.integers(1, 300) | st.just("auto"))
def test_every_image_is_in_one_batch(counts: dict[str, int], images_per_job: int | str) -> None:
    batches = shards_by_batch(counts, images_per_job)
    seen = [
        (piece.shard, row)
        for pieces in batches.values()
        for piece in pieces
        for row in range(piece.start, piece.stop)
    ]
    assert sorted(seen) == sorted((name, row) for name, n in counts.items() for row in range(n))
    size = images_per_batch(sum(counts.values()), images_per_job)
    for pieces in batches.values():
        assert 0 < sum(piece.stop - piece.start for piece in pieces) <= size
        assert len(pieces) == 1 or all(p.stop - p.start == counts[p.shard] for p in pieces)


def test_pieces_of_a_shard_are_equal() -> None:
    (first,), (second,) = shards_by_batch({"0.tar": 257}, 256).values()
    assert (first.stop - first.start, second.stop - second.start) == (128, 129)


def test_batches_of_small_shards_are_rather_full() -> None:
    batches = shards_by_batch({f"{n:05d}.tar": 100 for n in range(1000)}, 1000)
    sizes = [sum(p.stop for p in pieces) for pieces in batches.values()]
    assert min(sizes[:-1]) >= 500
    assert 700 <= sum(sizes) / len(sizes) <= 1000


def test_one_shard_less_disturbs_few_batches() -> None:
    counts = {f"{n:05d}.tar": 100 for n in range(1000)}
    before = shards_by_batch(counts, 1000)
    for name in [*counts][::53]:
        after = shards_by_batch({k: v for k, v in counts.items() if k != name}, 1000)
        assert sum(before.get(batch) != pieces for batch, pieces in after.items()) <= 20


def test_more_shards_at_the_end_disturb_the_last_batch() -> None:
    before = shards_by_batch({f"{n:05d}.tar": 250 for n in range(100)}, 1000)
    after = shards_by_batch({f"{n:05d}.tar": 250 for n in range(101)}, 1000)
    assert sum(before.get(batch) != pieces for batch, pieces in after.items()) == 1


def test_auto_is_a_power_of_two_like_the_batches_of_files() -> None:
    sizes = {images: images_per_batch(images, "auto") for images in (1, 256, 2000, 10**5, 10**6)}
    assert sizes == {1: 64, 256: 64, 2000: 256, 10**5: 1024, 10**6: 4096}
