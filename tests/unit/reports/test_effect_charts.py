"""Charts of the evaluation: what is drawn, what is said in words, what is refused."""

import re
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.effect_tables import COURBE, EFFETS, ENTONNOIR, EQUILIBRE, HETEROGENEITE, RECOUVREMENT, typed
from reports.effect_charts import forest_svg, funnel_svg, love_svg, overlap_svg, specification_svg, steps_svg


def balance() -> pd.DataFrame:
    """One balanced, one not defined before, one whose « after » is missing, one that is only missing."""
    before, after = [-0.4, np.inf, 0.05, np.nan], [0.02, 0.0, np.nan, np.nan]
    return typed(
        [
            {"covariable": f"c{rank}", "libelle": f"Covariable {rank}", "smd_avant": one, "smd_apres": other}
            for rank, (one, other) in enumerate(zip(before, after, strict=True))
        ],
        EQUILIBRE,
    )


def overlap() -> pd.DataFrame:
    return typed(
        [
            {"score_bas": 0.0, "score_haut": 0.5, "n_mentores": 25, "n_non_mentores": 80},
            {"score_bas": 0.5, "score_haut": 1.0, "n_mentores": 75, "n_non_mentores": None},
        ],
        RECOUVREMENT,
    )


def effects() -> pd.DataFrame:
    return typed(
        [
            {"libelle": "Se sent seul", "att": -0.05, "ic_bas": -0.09, "ic_haut": -0.01},
            {"libelle": "A quelqu'un à qui parler quand ça ne va pas, en dehors de la famille et des éducateurs"},
        ],
        EFFETS,
    )


def curve() -> pd.DataFrame:
    rows = [
        {
            "rang": rank,
            "covariables": sets,
            "estimateur": name,
            "codage": "positif",
            "population": "tous",
            "estimation": 0.01 * rank,
            "ic_bas": 0.01 * rank - 0.025,
            "ic_haut": 0.01 * rank + 0.025,
        }
        for rank, (sets, name) in enumerate(
            [("toutes", "regression"), ("sans sante", "score_ipw"), ("sans mna, sante", "entropie")], start=1
        )
    ]
    return typed([*rows, {"covariables": "toutes", "statut": "non_estime"}], COURBE)


def funnel() -> pd.DataFrame:
    return typed(
        [
            {
                "departement": code,
                "estimation": estimate,
                "se": se,
                "retrecie": None if estimate is None else 0.04 + 0.5 * (estimate - 0.04),
                "moyenne": 0.04,
                **{
                    f"limite_{level}_{side}": None if se is None else 0.04 + sign * z * se
                    for level, z in (("95", 1.96), ("998", 3.09))
                    for side, sign in (("bas", -1), ("haut", 1))
                },
            }
            for code, estimate, se in [("01", 0.1, 0.02), ("02", -0.02, 0.05), ("2A", None, None)]
        ],
        ENTONNOIR,
    )


def steps(start: float = 1.0, end: float = 0.5) -> pd.DataFrame:
    days = np.arange(30, 390, 30)
    shares = np.linspace(start, end, len(days) + 1)[1:]
    counts = pd.array([None if day > 300 else 1200 - day for day in days], dtype="Int64")
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "courbe": "maintien_binomes",
                    "groupe": group,
                    "jour": days,
                    "n_a_risque": counts,
                    "estimation": shares,
                    "ic_bas": shares - 0.02,
                    "ic_haut": shares + 0.02,
                }
            )
            for group in ("Ensemble", "À distance")
        ],
        ignore_index=True,
    )


DRAWINGS: dict[str, tuple[Callable[[pd.DataFrame], str], Callable[[], pd.DataFrame]]] = {
    "love": (love_svg, balance),
    "overlap": (overlap_svg, overlap),
    "forest": (forest_svg, effects),
    "specification": (specification_svg, curve),
    "funnel": (funnel_svg, funnel),
    "steps": (steps_svg, steps),
}


def texts(svg: str) -> list[str]:
    """What is written on the drawing, halos once."""
    return list(dict.fromkeys(re.findall(r">([^<>]+)</(?:text|tspan)>", svg)))


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_same_rows_give_the_same_bytes_without_english_nor_missing_numbers(name: str) -> None:
    draw, rows = DRAWINGS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = draw(rows())
    assert svg == draw(rows())
    assert "aria-" not in svg
    assert "NaN" not in svg
    assert not re.search(r"\bnull\b|undefined|Infinity", svg)
    assert float(re.search(r'width="([\d.]+)"', svg)[1]) < 460


@pytest.mark.parametrize("name", ["love", "specification", "funnel"])  # others keep the order of rows, or of groups
def test_rows_in_another_order_give_the_same_drawing_where_the_order_is_the_drawings_own(name: str) -> None:
    draw, rows = DRAWINGS[name]
    assert draw(rows().iloc[::-1]) == draw(rows())


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_table_without_a_figure_gives_a_drawing_that_says_so(name: str) -> None:
    draw, rows = DRAWINGS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "Aucun chiffre à montrer" in draw(rows().iloc[:0])


def test_love_plot_says_which_difference_is_missing() -> None:
    written = texts(love_svg(balance()))
    assert "avant : non calculable ou masqué" in [one.replace("\u00a0", " ").replace("\u202f", " ") for one in written]
    assert sum("non calculable ou masqué" in one for one in written) == 3


def test_love_plot_before_any_design_misses_no_after() -> None:
    rows = balance().assign(smd_apres=np.nan).iloc[:1]
    assert not any("non calculable" in one for one in texts(love_svg(rows)))


def test_shares_of_the_overlap_are_of_each_group_and_a_hidden_bin_is_marked() -> None:
    svg = overlap_svg(overlap())
    assert "m" in texts(svg)
    assert "Part des jeunes de chaque groupe (m\u00a0: effectif masqué)" in texts(svg)


def test_a_hidden_bin_is_not_marked_where_there_is_none() -> None:
    shown = overlap().assign(n_non_mentores=[80, 20])
    assert "m" not in texts(overlap_svg(shown))


def test_forest_says_what_is_not_estimated_and_folds_long_labels() -> None:
    written = texts(forest_svg(effects()))
    assert "non estimé ou masqué" in written
    assert "la famille et des éducateurs" in written


def test_forest_heads_groups_and_tells_series_apart_by_shape() -> None:
    rows = typed(
        [
            {"libelle_facteur": "Sexe", "modalite": "filles", "estimation": 0.02, "ic_bas": 0.0, "ic_haut": 0.04},
            {"libelle_facteur": "Sexe", "modalite": "garçons", "estimation": 0.03, "ic_bas": 0.0, "ic_haut": 0.06},
        ],
        HETEROGENEITE,
    ).assign(qui=["en attente", "éligibles"])
    written = texts(forest_svg(rows, label="modalite", value="estimation", group="libelle_facteur", series="qui"))
    assert {"Sexe", "Filles", "Garçons", "En attente", "Éligibles"} <= set(written)
    with pytest.raises(ValueError, match="series"):
        forest_svg(pd.concat([rows] * 3).assign(qui=list("abcdef")), label="modalite", value="estimation", series="qui")


def test_curve_counts_what_was_not_estimated_and_splits_sets_of_covariates_by_what_they_leave_out() -> None:
    written = texts(specification_svg(curve(), labels={"score_ipw": "score de propension"}))
    assert {"Écart en points\u00a0: 3 spécifications", "1 autre, non estimée ou masquée"} <= set(written)
    assert {"sans mna", "sans sante", "toutes", "score de propension"} <= set(written)
    assert "sans mna, sante" not in written
    assert "Jeunes" not in written  # no choice was made


def test_funnel_names_no_departement() -> None:
    svg = funnel_svg(funnel())
    assert not {"01", "02", "2A"} & set(texts(svg))
    assert "Écart en points, un point un département (1 autre sans estimation)" in texts(svg)


def test_without_a_mean_to_be_brought_to_there_is_no_funnel() -> None:
    alone = funnel().assign(moyenne=pd.NA, retrecie=pd.NA, tau=pd.NA)
    assert texts(funnel_svg(alone)) == texts(funnel_svg(funnel().iloc[:0]))


def test_number_followed_stands_at_each_tick_and_what_is_withheld_is_marked() -> None:
    written = texts(steps_svg(steps(), "Part des binômes encore en cours"))
    assert {"1\u202f170", "m", "Ensemble", "À distance", "Mois"} <= set(written)


@pytest.mark.parametrize(("ends", "first"), [((1.0, 0.5), "survival"), ((0.0, 0.3), "incidence")])
def test_a_curve_starts_from_one_or_from_nothing(ends: tuple[float, float], first: str) -> None:
    assert steps_svg(steps(*ends)) == steps_svg(steps(*ends), rising=first == "incidence")
    assert steps_svg(steps(*ends)) != steps_svg(steps(*ends), rising=first != "incidence")


@pytest.mark.parametrize(
    ("name", "mixed"),
    [
        ("love", lambda rows: pd.concat([rows, rows])),
        ("overlap", lambda rows: pd.concat([rows, rows])),
        ("specification", lambda rows: pd.concat([rows, rows])),
        ("funnel", lambda rows: rows.assign(moyenne=[0.04, 0.05, 0.04])),
        ("steps", lambda rows: rows.assign(courbe=["a"] + ["b"] * (len(rows) - 1))),
    ],
)
def test_two_comparisons_are_not_drawn_as_one(name: str, mixed: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    draw, rows = DRAWINGS[name]
    with pytest.raises(ValueError, match="filter on"):
        draw(mixed(rows()))
