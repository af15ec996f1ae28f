from __future__ import annotations

from burnish.panels import classification_panels, table_panel
from burnish.reporting.panels import view_panels
from tests.reporting.made_up import files

PANELS = files()["evaluate/panels.json"]


def test_matrix_shades_by_share_of_the_line() -> None:
    (matrix,) = view_panels(PANELS[:1])
    label, cells, total = matrix.matrix[0]
    assert (label, total) == ("bad", 100)
    assert [(cell.rows, cell.heat, cell.share, cell.right) for cell in cells] == [
        (70, 0.7, "70%", True),
        (30, 0.3, "30%", False),
    ]
    assert matrix.sentence == (
        "160 of 200 rows are right. The most frequent confusion: “bad” taken for “good”, 30 rows (30% of “bad”)."
    )


def test_matrix_with_an_empty_line_and_nothing_wrong() -> None:
    (matrix,) = view_panels([{**PANELS[0], "counts": [[0, 0], [0, 5]]}])
    assert [cell.heat for cell in matrix.matrix[0][1]] == [0.0, 0.0]
    assert matrix.sentence == "5 of 5 rows are right."


def test_large_matrices_have_upright_labels_and_no_shares() -> None:
    labels = [f"label {number}" for number in range(12)]
    (matrix,) = view_panels([{**PANELS[0], "labels": labels, "counts": [[1] * 12] * 12}])
    assert matrix.upright
    assert {cell.share for _, cells, _ in matrix.matrix for cell in cells} == {""}


def test_table_cells_by_their_kind() -> None:
    (table,) = view_panels(PANELS[1:2])
    assert [column.number for column in table.columns] == [False, True, True]
    assert [(cell.text, cell.bar) for cell in table.rows[0]] == [("bad", None), ("70.0%", 70.0), ("100", None)]
    assert [cell.text for cell in table.rows[1]] == ["good", "–", "1,000"]
    assert not table.tall


def test_long_tables_scroll_in_their_own_box_and_empty_ones_say_so() -> None:
    long, empty = view_panels(
        [table_panel("Long", "", ("a",), [(n,) for n in range(40)]), table_panel("Empty", "", ("a",), [])]
    )
    assert long.tall
    assert empty.sentence == "There is nothing to list."


def test_reliability_dots_have_intervals_and_sizes() -> None:
    (diagram,) = view_panels(PANELS[2:3])
    assert [dot.path for dot in diagram.dots] == ["M60,45h0.001", "M90,10h0.001"]
    assert diagram.dots[0].size < diagram.dots[1].size
    assert diagram.dots[0].interval.startswith("M60,")
    assert [cell.text for cell in diagram.rows[1]] == ["90.0%", "90.0%", "83.9 to 93.9%", "140"]
    assert diagram.sentence == (
        "On average it is 81.0% sure and 79.5% right: the gap is no larger than chance would make it."
    )


def test_reliability_says_which_way_confidence_is_off() -> None:
    bins = [{"confidence": 0.95, "accuracy": 0.6, "rows": 500}]
    (too_sure,) = view_panels([{**PANELS[2], "bins": bins}])
    assert too_sure.sentence.endswith("it is too sure of itself.")
    (modest,) = view_panels([{**PANELS[2], "bins": [{"confidence": 0.5, "accuracy": 0.9, "rows": 500}]}])
    assert modest.sentence.endswith("it is better than it thinks.")
    (none,) = view_panels([{**PANELS[2], "bins": []}])
    assert none.sentence == "There are no test rows to draw."


def test_long_inputs_and_many_errors_are_folded() -> None:
    error = {"input": "word " * 200, "truth": "bad", "answer": "good", "confidence": 0.97}
    (errors,) = view_panels([{**PANELS[3], "errors": [error] * 9}])
    assert (len(errors.mistakes), len(errors.more_mistakes)) == (6, 3)
    assert errors.mistakes[0].start.endswith("…")
    assert len(errors.mistakes[0].start) < len(errors.mistakes[0].text) == 1000


def test_an_unknown_kind_is_shown_as_its_plain_data() -> None:
    (panel,) = view_panels([{"kind": "novel", "title": "New", "caption": "Soon", "values": [1, 2]}])
    assert (panel.kind, panel.title) == ("plain", "New")
    assert '"values"' in panel.plain


def test_every_kind_that_classification_makes_has_a_layout() -> None:
    from burnish.contracts import Prediction, Targets

    predictions = [Prediction(value=v, confidence=0.9, scores={"a": 0.9, "b": 0.1}) for v in ("a", "b", "a")]
    targets = Targets(labels=("a", "b"), counts=(2, 1))
    panels = classification_panels(["x", "y", "z"], ["a", "b", "b"], predictions, targets)
    assert [panel.kind for panel in view_panels(panels)] == ["matrix", "table", "reliability", "errors"]


def test_answers_stand_side_by_side_with_what_was_asked() -> None:
    answers = [{"name": "specialist", "text": "two days"}, {"name": "prompted", "text": ""}]
    row = {"system": "Be brief.", "turns": 3, "question": "how long " * 60, "answers": answers}
    bare = {"system": "", "turns": 1, "question": "when?", "answers": [{"name": "the data", "text": "soon"}]}
    panel = {"kind": "answers", "title": "Answers", "caption": "Some.", "rows": [row, *[bare] * 8]}
    (view,) = view_panels([panel])
    assert (len(view.exchanges), len(view.more_exchanges)) == (6, 3)
    first, second = view.exchanges[:2]
    assert first.before == "It was told: Be brief. 2 earlier messages."
    assert first.start.endswith(" …")
    assert [(said.name, said.role) for said in first.answers] == [("specialist", "specialist"), ("prompted", "other")]
    assert (second.before, second.start, second.answers[0].role) == ("", "", "right")
