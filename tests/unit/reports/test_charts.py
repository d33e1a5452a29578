"""Likert bars: what is drawn, what is hidden, and what is read without colour."""

from reports.charts import Likert, likert_svg

SCALE = ["Pas du tout d'accord", "Plutôt pas", "Ni l'un ni l'autre", "Plutôt", "Tout à fait"]


def test_each_part_wide_enough_bears_its_share_and_a_hidden_distribution_is_said() -> None:
    bars = [Likert("Confiance en soi", (0.1, 0.2, 0.03, 0.4, 0.27)), Likert("Confiance en l'avenir", None)]
    svg = likert_svg(bars, SCALE, 2, "part des réponses")
    for written in ("Confiance en soi", "Confiance en l’avenir", ">10<", ">20<", ">40<", ">27<", "masqué"):
        assert written in svg, written
    assert ">3<" not in svg
    assert svg == likert_svg(bars, SCALE, 2, "part des réponses")


def test_all_hidden_still_draws_the_questions() -> None:
    assert "Confiance" in likert_svg([Likert("Confiance en soi", None)], SCALE, 2, "part des réponses")
