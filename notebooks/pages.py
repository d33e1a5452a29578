"""The notebooks that a run executes, and the released tables each may read."""

from typing import NamedTuple


class Page(NamedTuple):
    """A notebook of this folder: its file without `.py`, the title of its page, the released tables it reads.

    `campagne`: whether it tells of the campagne's data, whose page says so when they are simulated.
    """

    stem: str
    title: str
    tables: tuple[str, ...]
    campagne: bool = True


PAGES = (
    Page("01_etude_2022", "L'étude publiée de 2022, relue avec ses intervalles", ("etude_2022",), campagne=False),
    Page(
        "02_enquete",
        "L'enquête de la campagne, du fichier au résultat",
        (
            "enquete_resultats",
            "enquete_taux_reponse",
            "enquete_ponderation",
            "enquete_verite",
            "enquete_fiabilite",
            "enquete_indices",
            "enquete_ordinal",
            "enquete_manquants",
            "enquete_sensibilite",
        ),
    ),
    Page(
        "03_redressement",
        "Du nombre observé au total national : le redressement, pas à pas",
        ("redressement", "redressement_strates", "redressement_manquants", "redressement_residus"),
    ),
    Page(
        "04_comparabilite",
        "Les jeunes comparés sont-ils comparables ?",
        ("effets", "effets_flux", "equilibre", "effets_recouvrement"),
    ),
    Page(
        "05_effets",
        "Ce que change le mentorat : les effets estimés",
        ("effets", "effets_estimateurs", "effets_heterogeneite", "effets_entonnoir"),
    ),
    Page(
        "06_robustesse",
        "Ces résultats tiennent-ils ?",
        ("effets", "effets_robustesse", "effets_courbe", "effets_courbe_test"),
    ),
    Page(
        "07_durees",
        "Ce qui dure : les étapes, les binômes, leurs fins et leurs séances",
        ("durees_courbes", "durees_resumes", "durees_fins", "dose", "diplomes_sortie"),
    ),
    Page("08_reel", "Les méthodes sur des données réelles et publiques", ("etudes_reelles",), campagne=False),
)
