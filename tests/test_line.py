"""First come, first served."""

from internvl_ui.engines.line import Line


def test_places_move_up_when_somebody_leaves() -> None:
    line = Line()
    first, second, third = line.join(), line.join(), line.join()
    assert [line.ahead(ticket) for ticket in (first, second, third)] == [0, 1, 2]
    line.leave(second)
    assert [line.ahead(ticket) for ticket in (first, third)] == [0, 1]
    line.leave(first)
    line.leave(first)
    assert line.ahead(third) == 0
