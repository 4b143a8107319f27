"""A small corpus with traps: nothing wrong, and hardly anything left to people. The whole one runs in `make bench`."""

from __future__ import annotations

from tests.bench import remit_figures


def test_a_corpus_posts_without_people_and_without_mistakes() -> None:
    score = remit_figures.judge_corpus(1200, seed=3)
    assert (score.wrong, score.claims_wrong, score.examples) == (0, 0, [])
    assert score.right + score.waiting == score.lines
    assert 100 * score.right / score.lines >= 98
    assert score.kinds["reversed"] > 10
    assert score.waiting > 0  # the traps are in it
