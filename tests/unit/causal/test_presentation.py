"""What the pages of the evaluation say of released rows: each sentence holds to its figures."""

import pandas as pd

from mentorat.causal.effect_tables import COURBE_TEST, EFFETS, RECOUVREMENT, typed
from mentorat.causal.presentation import conclusions, curve_sentences, losses, overlap_sentences, reason
from mentorat.typography import NOT_AVAILABLE, fr_text

PARTLY = "La fenêtre n'est entièrement observée que pour 86 % des binômes : l'effet ne vaut que pour eux."
NOT_YET = "La fenêtre (6 à 18 mois après) n'est encore écoulée pour aucun nouveau binôme : rien avant 2026."
TOO_EARLY = "Aucun nouveau binôme n'est suivi assez tôt (dans les 6 mois qui précèdent) : attendez une campagne."


def outcome(warnings: str) -> pd.DataFrame:
    row = {"libelle": "Décrochage", "avertissements": fr_text(warnings), "phrase": "Rien.", "preuve": "descriptif"}
    return typed([row | {"statut": "exploratoire"}], EFFETS).assign(diffusion="publie")


def test_an_outcome_awaited_says_from_when_and_one_refused_does_not_pass_for_awaited() -> None:
    for told in (NOT_YET, TOO_EARLY):
        rows = outcome(f"Peu de grappes. {told} Une autre réserve.")
        assert reason(rows.iloc[0]) == fr_text(told)
        assert conclusions(rows) == [f"« Décrochage » : pas encore de chiffre. {fr_text(told)}"]
    refused = outcome(f"Les jeunes mentorés ne viennent que de 3 grappes : l'effet n'est pas estimé. {PARTLY}")
    assert reason(refused.iloc[0]) == ""
    assert conclusions(refused) == ["Rien. Preuve : descriptif (exploratoire)."]


def test_a_curve_that_goes_mostly_the_other_way_says_so() -> None:
    row = {"libelle": "Solitude", "specifications": 96, "estimees": 88, "mediane": -0.02, "part_meme_signe": 0.27}
    (told,) = curve_sentences(typed(pd.DataFrame([row | {"part_exclut_zero": 0.0}]), COURBE_TEST))
    assert "27\u00a0% vont dans le sens du calcul principal" in told


def test_a_wide_bin_is_no_proof_that_each_mentored_has_somebody_alike() -> None:
    bins = [
        {"score_bas": 0.0, "score_haut": 0.5, "n_mentores": 20, "n_non_mentores": 60},
        {"score_bas": 0.5, "score_haut": 1.0, "n_mentores": 80, "n_non_mentores": 12},
    ]
    both, few = overlap_sentences(typed(pd.DataFrame(bins), RECOUVREMENT))
    assert "une classe large peut cacher un vide" in both
    assert few.startswith("80,0\u00a0% sont dans une classe")
    bins[1]["n_non_mentores"] = 0
    (alone,) = overlap_sentences(typed(pd.DataFrame(bins), RECOUVREMENT))
    assert alone.startswith("80,0\u00a0% des mentorés sont dans une classe de score où ne se trouve aucun jeune")


def test_a_window_counts_its_losses_from_what_outcomes_share_and_hidden_steps_are_told_once() -> None:
    steps = [
        ("eligibles", 100, 900),
        ("apparies", 90, None),
        ("fenetre_decrochage", 60, 300),
        ("issue_decrochage", None, None),
        ("fenetre_nivsco", 70, 400),
    ]
    flux = pd.DataFrame(
        [
            {"source": "administratif", "comparateurs": "file_attente", "ordre": rank, "etape": name}
            | {"n_mentores": mentored, "n_non_mentores": others}
            for rank, (name, mentored, others) in enumerate(steps)
        ]
    )
    expected = ["", f"10 et {NOT_AVAILABLE}", f"30 et {NOT_AVAILABLE}", NOT_AVAILABLE, f"20 et {NOT_AVAILABLE}"]
    assert losses(flux.sample(frac=1, random_state=0))["perte"].tolist() == expected
