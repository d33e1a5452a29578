"""The words senders really write, in cells and in headers, and those that must stay unknown."""

import pytest

from mentorat.contracts.sources import contract
from mentorat.intake.normalisation import Malformed, parser
from mentorat.intake.recognition import columns_of

UNKNOWN = "(code inconnu)"
CELLS: dict[tuple[str, str], dict[str, str]] = {
    ("dossiers_mentorat", "statut"): {
        "Lancée": "lance",
        "Évaluée": "evalue",
        "Proposées": "propose",
        "Rupture anticipée": "arret_anticipe",
        "Sur liste d'attente": "liste_attente",
        "En recherche de mentor": "attente_mentor",
        "Accord parental obtenu": "accord_complet",
        "on verra": UNKNOWN,
    },
    ("dossiers_mentorat", "type_accueil"): {
        "Établissements": "etablissement",
        "Foyer de l'enfance": "etablissement",
        "Assistants familiaux": "assistant_familial",
        "Lieux de vie": "lieu_de_vie",
        "Placement à domicile (PEAD)": "placement_domicile",
        "AEMO renforcée": "aemo",
        "Placement": UNKNOWN,
    },
    ("dossiers_mentorat", "motif_fin"): {
        "Opposition titulaires": "opposition_titulaires",
        "Départ de mentor": "depart_mentor",
        "Démission du mentor": "depart_mentor",
    },
    ("binomes", "modalite"): {
        "En présentiel": "presentiel",
        "présentielle": "presentiel",
        "distancielles": "distanciel",
    },
    ("binomes", "lieu_principal"): {"Lieux de vie": "lieu_de_vie", "Sorties culturelles": "sorties"},
    ("seances", "presence"): {"Présents": "present", "Présent(e)": "present", "absent(e)": "absent", "x": "present"},
    ("mentors", "profil"): {"autres": "autre", "Retraitées": "retraite", "Lycéennes": "lyceen"},
    ("mentors", "tranche_age"): {"+ de 65 ans": "65+", "18-24 - 18-24 ans": "18-24"},
    ("demandes_1j1m", "profil"): {"Mentors": "mentor", "mentorées": UNKNOWN},  # a mentor, or who has one?
    ("enquete_echantillon", "groupe"): {"Non-mentorées": "non_mentores", "mentorées": UNKNOWN},
    ("enquete_mentores", "diplome_vise"): {"bac+2 - Bac + 2": "bac+2"},
    ("enquete_mentores", "envie_reussir"): {
        "Plutôt d'accord (4)": "4",
        "5 = Tout à fait d'accord": "5",
        "Plutôt d'accord (2)": UNKNOWN,  # it says two things
    },
    ("feuille_route", "sous_etape"): {"1.2 - Étape 1, sous-étape 2": "1.2", "6.3": UNKNOWN},
    ("perimetre", "exhaustif"): {"vrai": "oui", "0": "non", "partielle": "partiel"},
    ("mesures_ase", "NIVSCO"): {"9": "999", "99": "999", "8": UNKNOWN},
    ("mesures_ase", "SEXE"): {"99": "9", "3": UNKNOWN},
}


@pytest.mark.parametrize(
    ("source", "column", "text", "code"),
    [(*place, text, code) for place, texts in CELLS.items() for text, code in texts.items()],
)
def test_a_code_is_known_in_the_words_of_the_field(source: str, column: str, text: str, code: str) -> None:
    spoken = contract(source)
    parse = parser(spoken.colonne(column), spoken.olinpe)
    if code == UNKNOWN:
        with pytest.raises(Malformed, match="code_inconnu"):
            parse(text)
    else:
        assert parse(text) == code


@pytest.mark.parametrize(
    ("source", "column", "text", "value"),
    [
        ("demandes_1j1m", "age", "14 ans", "14"),
        ("enquete_mentores", "anciennete_ase", "3,5 années", "3.5"),
        ("questionnaire_acteurs", "nb_jeunes_11_20", "18 jeunes", "18"),
        ("enquete_mentores", "moyenne_generale", "12,5 / 20", "12.5"),
        ("enquete_mentores", "satisfaction", "8/10", "8"),
        ("dossiers_mentorat", "naissance", "201005", "2010-05"),
        ("seances_mois", "mois", "202412", "2024-12"),
        ("seances_mois", "mois", "3/24", "2024-03"),
        ("dossiers_mentorat", "naissance", "05/99", "1999-05"),
    ],
)
def test_a_quantity_may_be_written_with_its_unit(source: str, column: str, text: str, value: str) -> None:
    assert parser(contract(source).colonne(column))(text) == value


@pytest.mark.parametrize(
    ("source", "column", "text", "rule"),
    [
        ("demandes_1j1m", "age", "14 mois", "nombre_illisible"),
        ("enquete_mentores", "anciennete_ase", "18 mois", "nombre_illisible"),
        ("enquete_mentores", "moyenne_generale", "12/10", "nombre_illisible"),
        ("enquete_mentores", "moyenne_generale", "25/20", "hors_bornes"),
        ("dossiers_mentorat", "naissance", "201013", "mois_illisible"),
        ("dossiers_mentorat", "naissance", "13/10", "mois_illisible"),
    ],
)
def test_a_quantity_in_another_unit_is_not_guessed(source: str, column: str, text: str, rule: str) -> None:
    with pytest.raises(Malformed, match=rule):
        parser(contract(source).colonne(column))(text)


@pytest.mark.parametrize(
    ("column", "text"), [("DATDEB", "99"), ("DATDEB", "9999"), ("ANAIS", "99"), ("NBCHGLIEU", "999")]
)
def test_olinpe_writes_unknown_with_nines_of_any_number(column: str, text: str) -> None:
    assert parser(contract("mesures_ase").colonne(column), olinpe=True)(text) is None


def test_nines_stay_a_fault_elsewhere() -> None:
    with pytest.raises(Malformed, match="date_illisible"):
        parser(contract("dossiers_mentorat").colonne("date_lancement"))("99")


HEADERS = {
    "dossiers_mentorat": {
        "naissance": ("Mois et année de naissance", "Né(e) le"),
        "type_accueil": ("Type de lieu d'accueil", "Mode de placement"),
        "date_lancement": ("Date de lancement du binôme", "Date de lancement du mentorat", "Lancé le"),
        "date_fin": ("Date de fin du mentorat", "Date de rupture"),
        "motif_fin": ("Motif de rupture",),
        "nature_proposition": ("Mentorat / parrainage",),
        "reponse_jeune": ("Accord du jeune",),
        "id_dossier": ("n° dossier", "N° de dossier", "Dossier n°"),
    },
    "binomes": {
        "date_debut": ("Date de lancement du binôme", "Date de mise en relation"),
        "date_fin": ("Date de fin effective",),
        "nature": ("Mentorat ou parrainage",),
        "id_dossier": ("N° dossier département",),
        "seances_prevues_mois": ("Nb séances prévues / mois",),
    },
    "mentors": {"formation_ase": ("Formé à l'ASE",), "tranche_age": ("Tranches d'âge",)},
    "controles_honorabilite": {"date_controle": ("Contrôlé le",), "prochaine_echeance": ("Date de renouvellement",)},
    "conventions": {"operateur": ("Association / service", "Partenaire"), "part_rh": ("% RH",)},
    "remontee_agregee": {"binomes_31_12": ("Binômes actifs au 31/12",)},
    "enquete_mentores": {"anciennete_ase": ("Ancienneté à l'ASE",)},
}


@pytest.mark.parametrize(
    ("source", "column", "header"),
    [
        (s, column, header)
        for s, columns in HEADERS.items()
        for column, headers in columns.items()
        for header in headers
    ],
)
def test_a_header_is_known_in_the_words_of_the_field(source: str, column: str, header: str) -> None:
    assert columns_of([header], contract(source)) == {0: column}
