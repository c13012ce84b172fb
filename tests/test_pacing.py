"""Text at a pace."""

from hypothesis import given
from hypothesis import strategies as st

from internvl_ui.engines.pacing import Pacer


def test_the_first_piece_goes_at_once_and_the_next_waits() -> None:
    pacer = Pacer(interval=0.04)
    assert pacer.wait(10.0) is None
    pacer.add("a")
    assert pacer.wait(10.0) == 0
    assert pacer.take(10.0) == "a"
    pacer.add("b")
    pacer.add("c")
    assert 0 < (pacer.wait(10.01) or 0) < 0.04
    assert pacer.wait(10.05) == 0
    assert pacer.take(10.05) == "bc"
    assert pacer.wait(10.05) is None


@given(st.lists(st.floats(0, 0.1), min_size=1, max_size=200))
def test_at_most_25_a_second_and_nothing_is_lost(gaps: list[float]) -> None:
    pacer, now, sent, out = Pacer(), 0.0, "", []
    for number, gap in enumerate(gaps):
        now += gap
        pacer.add(str(number))
        if pacer.wait(now) == 0:
            sent += pacer.take(now)
            out.append(now)
    assert all(later - earlier > 0.0399 for earlier, later in zip(out, out[1:], strict=False))
    assert sent + pacer.take(now) == "".join(map(str, range(len(gaps))))
