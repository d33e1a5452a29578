"""The national report: coverage without a league table, the 2022 study, the survey of the campagne."""

from collections.abc import Callable

import pytest

from mentorat.causal.covariates import POOLED_TOLD
from mentorat.typography import fr_text
from reports.html import html_page
from reports.model import Paragraph, Report, Table
from reports.national import _classes
from tests.unit.reports import sample_tables as sample


def table(report: Report, title: str) -> Table:
    found = [b for s in report.sections for b in s.blocks if isinstance(b, Table)]
    found += [chart.data for chart in report.charts]
    return next(item for item in found if item.title == title)


def test_how_many_territories_are_counted_is_said_beside_the_figures(national: Callable[..., Report]) -> None:
    assert "Données manquantes pour compter les jeunes éligibles : 2 territoires sur 8." in html_page(
        national()
    ).replace("\u00a0", " ")


def test_the_gap_to_the_objective_is_told_with_the_objective(national: Callable[..., Report]) -> None:
    text = html_page(national()).replace("\u00a0", " ").replace("\u202f", " ")
    assert "Il manque 6 740 jeunes ayant un binôme actif pour atteindre l’objectif national de 7 500 jeunes." in text


def test_every_published_territory_is_in_one_class_of_coverage() -> None:
    assert _classes([0.149999, 0.15, 0.16, 0.05]) == [("0-5", 0), ("5-10", 1), ("10-15", 1), ("15-20", 2)]
    assert _classes([0.40, 0.93])[-1] == ("≥ 40", 2)


def test_territories_without_a_published_coverage_are_counted_apart(national: Callable[..., Report]) -> None:
    alt = national().charts[0].alt
    assert "Couverture publiée : 5 territoires ; sous secret statistique : 1 ; non mesurable ou non reçue : 2" in alt


def test_territories_are_listed_by_code_and_not_ranked(national: Callable[..., Report]) -> None:
    names = [cells[0] for cells in table(national(), "Éligibles, binômes actifs et couverture par territoire").rows]
    assert names[:3] == ["Ain (01)", "Alpes-de-Haute-Provence (04)", "Ardèche (07)"]


@pytest.mark.parametrize(
    ("item", "conclusion"),
    [
        ("Se sentir seul", "L'écart observé est compatible avec une absence de différence."),
        ("Absences injustifiées", "Rapport publié de 0,33, sans effectifs : ni intervalle ni test."),
        (
            "Se voir occuper",
            "Différence nette entre les groupes si les réponses sont indépendantes ; non ajustée.",
        ),
        ("Le mentorat a renforcé l'envie de réussir", "Satisfaction déclarée : pas de groupe de comparaison."),
    ],
)
def test_the_2022_study_is_told_with_what_it_allows_to_say(
    national: Callable[..., Report], item: str, conclusion: str
) -> None:
    rows = table(national(), "Étude de 2022 : mentorés et non mentorés").rows
    wanted = [cells[-1] for cells in rows if cells[0].lower().startswith(item.lower()[:14])]
    assert wanted == [conclusion]


def test_the_difference_in_loneliness_has_its_interval_and_p(national: Callable[..., Report]) -> None:
    rows = table(national(), "Étude de 2022 : mentorés et non mentorés").rows
    assert ("\u22128,8", "\u221218,2\u00a0à\u00a0+0,8", "0,073") in [cells[3:6] for cells in rows]


def test_raw_and_adjusted_differences_are_in_points_side_by_side(national: Callable[..., Report]) -> None:
    rows = table(national(), "Écarts entre mentorés et non mentorés, en points").rows
    assert rows[0][1:5] == ("+13,0", "+9,0\u00a0à\u00a0+17,0", "+5,0", "+1,0\u00a0à\u00a0+9,0")
    assert rows[0][-1] == "non concluant"


def test_a_hidden_estimate_keeps_nothing(national: Callable[..., Report]) -> None:
    effects = sample.effects()
    effects.loc[1, ["att", "phrase"]] = [None, None]
    effects.loc[1, "diffusion"] = "secret"
    report = national(effets=sample.released(effects, "effets", "public"))
    assert table(report, "Écarts entre mentorés et non mentorés, en points").rows[1][1:8] == ("secret statistique",) * 7


def test_an_item_that_could_not_be_estimated_keeps_its_raw_difference(national: Callable[..., Report]) -> None:
    effects = sample.effects()
    effects.loc[1, ["att", "ic_bas", "ic_haut", "smd_max_avant", "smd_max_apres"]] = None
    report = national(effets=sample.released(effects, "effets", "public"))
    assert table(report, "Écarts entre mentorés et non mentorés, en points").rows[1][1:4] == (
        "\u22128,8",
        "\u221213,0\u00a0à\u00a0\u22124,0",
        "non estimé",
    )


def test_a_warning_that_several_items_share_is_told_once(national: Callable[..., Report]) -> None:
    effects = sample.effects()
    pooled = f"{POOLED_TOLD}{{}}. Moins de quatre degrés de liberté."
    effects["avertissements"] = [
        fr_text(pooled.format(("classe (autre), type d'accueil (aemo, domicile)", "classe (autre)")[row % 2]))
        for row in range(len(effects))
    ]
    report = national(effets=sample.released(effects, "effets", "public"))
    blocks = [block for part in report.sections if part.anchor == "enquete" for block in part.blocks]
    told = [block.text for block in blocks if isinstance(block, Paragraph) and block.kind == "alerte"]
    assert told == [
        fr_text(f"{POOLED_TOLD}classe (autre), type d'accueil (aemo, domicile)."),
        "Moins de quatre degrés de liberté.",
    ]


def test_warnings_that_differ_by_their_numbers_are_told_as_one(national: Callable[..., Report]) -> None:
    effects = sample.effects()
    effects["avertissements"] = [
        fr_text(f"Les {clusters} grappes, inégales, en valent {worth}. Moins de 30 : le résultat est fragile.")
        for clusters, worth in (("1\u202f346", "106,6"), ("347", "72,5"))
    ]
    report = national(effets=sample.released(effects, "effets", "public"))
    blocks = next(section.blocks for section in report.sections if section.anchor == "enquete")
    told = [block.text for block in blocks if isinstance(block, Paragraph) and block.kind == "alerte"]
    assert told == [
        fr_text("Les 347 à 1\u202f346 grappes, inégales, en valent 72,5 à 106,6."),
        fr_text("Moins de 30 : le résultat est fragile."),
    ]


def test_without_a_survey_the_report_says_so(national: Callable[..., Report]) -> None:
    written = html_page(national(differences=None, effets=None))
    assert "Aucune enquête comparative n’a été reçue" in written
    assert "Aucune réponse n’a été reçue" in written


def test_answers_of_the_mentored_alone_are_called_satisfaction(national: Callable[..., Report]) -> None:
    rows = table(national(), "Réponses positives des jeunes mentorés").rows
    assert rows == (("Avoir davantage envie de réussir", "71,0\u00a0%", "68,6 à 73,3", "1\u202f400", "60"),)


def test_a_hostile_item_label_is_escaped(national: Callable[..., Report]) -> None:
    hostile = sample.effects("<img src=x onerror=alert(1)>")
    written = html_page(national(effets=sample.released(hostile, "effets", "public")))
    assert "<img" not in written


def test_a_hidden_exclusion_of_the_flow_is_not_a_zero(national: Callable[..., Report]) -> None:
    rows = table(national(), "De la population aux groupes comparés").rows
    assert rows[1] == ("Majeurs", "exclusion", "secret statistique")


def test_what_the_plan_announced_and_what_grades_mean_are_beside_the_effects(national: Callable[..., Report]) -> None:
    effects = sample.effects().assign(
        plan="france-2025", plan_version="1", plan_empreinte="a" * 64, statut=["confirmatoire", "exploratoire"]
    )
    written = html_page(national(effets=sample.released(effects, "effets", "public"))).replace("\u00a0", " ")
    assert "Plan d’analyse « france-2025 », version 1 (empreinte aaaaaaaaaaaa)." in written
    assert "Annoncé d’avance : « Se voir occuper un poste de direction » ; le reste" in written.replace("\u202f", " ")
    assert "« établi » : mentorat tiré au sort" in written


def test_without_a_registered_plan_everything_is_called_exploratory(national: Callable[..., Report]) -> None:
    assert "Ici tout est exploratoire" in html_page(national())


def test_an_outcome_nobody_can_have_yet_says_from_when(national: Callable[..., Report]) -> None:
    later = "La fenêtre (6 à 18 mois après) n'est encore écoulée pour aucun nouveau binôme : campagne 2025."
    rows = sample.effects("Décrochage").assign(
        source="administratif", comparateurs="acceptants_en_attente", role="principale", fenetre="6 à 18 mois après"
    )
    rows = rows.assign(att=None, ic_bas=None, ic_haut=None, avertissements=later).iloc[1:]
    report = national(effets=sample.released(rows, "effets", "public"))
    said = [block.text for section in report.sections for block in section.blocks if isinstance(block, Paragraph)]
    assert "« Décrochage » : pas encore de chiffre." in " ".join(said) and "campagne 2025" in " ".join(said)


def test_two_comparisons_that_wait_for_other_campagnes_say_which(national: Callable[..., Report]) -> None:
    later = "La fenêtre n'est encore écoulée pour aucun nouveau binôme : campagne"
    rows = sample.effects().assign(
        source="administratif",
        libelle="Décrochage",
        comparateurs=["acceptants_en_attente", "eligibles_non_mentores"],
        att=None,
        avertissements=[f"{later} 2026.", f"{later} 2025."],
    )
    report = national(effets=sample.released(rows, "effets", "public"))
    said = [block.text for section in report.sections for block in section.blocks if isinstance(block, Paragraph)]
    waiting = [text for text in said if "pas encore de chiffre" in text]
    assert [text.split("campagne ")[1] for text in waiting] == [
        "2026. Cela vaut en comparant aux jeunes volontaires qui attendent encore un mentor.",
        "2025. Cela vaut en comparant aux jeunes éligibles sans mentor à cette date.",
    ]


def test_the_cohort_says_whom_the_plan_compares_and_how(national: Callable[..., Report]) -> None:
    rows = sample.effects().assign(
        source="administratif",
        comparateurs=["eligibles_non_mentores", "acceptants_en_attente"],
        methode="Appariement au jour du départ (même sexe)",
        plan="essai",
        plan_version="1",
        plan_empreinte="b" * 64,
    )
    report = national(effets=sample.released(rows, "effets", "public"))
    blocks = next(section.blocks for section in report.sections if section.anchor == "cohorte")
    said = [block.text for block in blocks if isinstance(block, Paragraph)]
    order = "parmi les jeunes éligibles sans mentor à cette date, puis parmi les jeunes volontaires qui attendent"
    assert order in said[0]
    assert "Plan d'analyse « essai », version 1" in said[-1]
    note = table(report, "Ce qui suit le début du mentorat, en points").note
    assert note.startswith("Appariement au jour du départ (même sexe). Un même jeune")
