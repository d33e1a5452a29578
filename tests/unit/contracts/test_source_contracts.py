"""What a source contract promises to the rooms that read it: the width of the specification, and its own coherence."""

from pathlib import PurePath

import pyarrow as pa
import pytest
from pydantic import ValidationError

from mentorat import reference
from mentorat.contracts.sources import (
    Column,
    Contract,
    arrow_schema,
    codes_of,
    contract,
    contracts,
    pilotage_schema,
)
from mentorat.intake.normalisation import parser, squeeze
from mentorat.intake.recognition import columns_of, header_key, recognise

PEOPLE = "id_repondant vague date_reponse"
# source: key | columns asked of every sender, the key included (those that the specification does not mark `?`)
SPECIFIED = {
    "perimetre": ("emetteur source", "emetteur source date_extraction exhaustif"),
    "passage": ("departement numanonym", "departement numanonym id_jeune"),
    "mesures_ase": (
        "NUMDEP NUMANONYM TYPEV DECISION NATPDECADM NATDECASSED TYPINTERDOM TYPDECJUD DATDEB DATFIN",
        "NUMDEP NUMANONYM TYPEV DECISION",
    ),
    "dossiers_mentorat": ("departement id_dossier", "id_dossier departement id_jeune naissance statut"),
    "binomes": (
        "association id_binome",
        "id_binome association departement id_jeune id_mentor nature modalite date_debut",
    ),
    "seances": (
        "association id_binome date_seance rang",
        "id_binome association date_seance duree_minutes presence",
    ),
    "seances_mois": ("association id_binome mois", "id_binome association mois nb_seances"),
    "mentors": ("association id_mentor", "id_mentor association profil tranche_age date_recrutement"),
    "controles_honorabilite": (
        "departement id_mentor type date_controle",
        "departement id_mentor type date_controle",
    ),
    "conventions": (
        "departement operateur type date_signature annee",
        "departement operateur type date_signature date_fin annee",
    ),
    "demandes_1j1m": ("id_demande", "id_demande date_demande profil departement ase"),
    "enquete_echantillon": ("vague id_repondant", "vague id_repondant groupe departement repondu"),
    "enquete_mentores": (
        "vague id_repondant",
        f"{PEOPLE} departement age sexe association date_debut_mentorat modalite",
    ),
    "enquete_non_mentores": ("vague id_repondant", f"{PEOPLE} departement age sexe"),
    "enquete_mentors": ("vague id_repondant", f"{PEOPLE} association"),
    "enquete_professionnels": ("vague id_repondant", f"{PEOPLE} departement type_structure"),
    "questionnaire_acteurs": (
        "id_reponse",
        "id_reponse date_reponse departement type_structure nb_jeunes_11_20 nb_jeunes_mentores connait_mentorat",
    ),
    "label_qualite": ("association date_label", "association date_label"),
    "parcours_ase": (
        "departement id_jeune type_ligne date_debut nature",
        "departement id_jeune type_ligne nature date_debut",
    ),
    "feuille_route": ("departement annee sous_etape", "departement annee sous_etape statut"),
    "associations": ("association valable_du", "association nature valable_du"),
    "actions": ("departement date public format", "departement date public format"),
    "devenir": ("id_jeune source evenement date_debut", "id_jeune source evenement date_debut departement"),
    "fenetres": ("source departement debut", "source departement debut fin"),
    "remontee_agregee": ("departement annee", "departement annee"),
    "accompagnement": ("departement type date_debut", "departement type date_debut"),
}
OPTIONAL = {
    "perimetre": "premiere_etape_exhaustive publics_inclus statut_validation date_validation",
    "passage": "id_jeune_phon id_jeune_inv",
    "mesures_ase": "NUMANONYMANT SEXE ANAIS MNAIS SCODTCOM NIVSCO FREQSCO HANDICAP MINA DATDECPE INTERANT PROJET "
    "DATPPE DATDEB NATPDECADM NATDECASSED TYPINTERDOM TYPDECJUD LIEUACC LIEUPLAC CHGLIEU DATFIN MOTFININT "
    "MOTIFML DIPLOME NBCHGLIEU",
    "dossiers_mentorat": "sexe classe type_accueil besoin voie date_candidature association date_lancement date_fin "
    "motif_fin date_evaluation date_derniere_evaluation conclusion_evaluation nature_proposition date_proposition "
    "reponse_jeune date_reponse_jeune date_information_jeune date_information_titulaires date_avis_jeune "
    "statut_juridique date_demande_accord nb_titulaires nb_accords_recus date_accord decision_accord "
    "date_accord_conseil_famille type_operateur date_transmission date_validation date_convention_individuelle "
    "signee_jeune document_mention date_decision date_dernier_bilan avis_jeune_recueilli "
    "date_evaluation_fin_concertee",
    "binomes": "id_dossier id_demande naissance sexe lieu_principal objectif_principal voie seances_prevues_mois "
    "date_fin_prevue date_fin motif_fin",
    "seances": "rang modalite theme collectif",
    "seances_mois": "heures dernier_contact",
    "mentors": "sexe statut_engagement date_formation heures_formation formation_ase date_sortie",
    "controles_honorabilite": "date_decision prochaine_echeance",
    "conventions": "objectif_binomes montant_departement montant_etat montant_prive part_rh etp etp_departement "
    "imputation mode_selection publics territoires date_verification_capacite antenne_locale annee_antenne",
    "demandes_1j1m": "age besoin modalite_souhaitee associations_compatibles association_attribuee mode_attribution "
    "date_envoi date_binome suite",
    "enquete_echantillon": "structure association strate grappe poids date_invitation",
    "enquete_mentores": "id_jeune structure naissance type_accueil anciennete_ase mna handicap classe redoublement "
    "envie_reussir ose_interroger_prof absences_injustifiees moyenne_generale perseverance projection_direction "
    "diplome_vise choix_orientation_clair se_sent_seul confiance_en_soi confiance_adultes confiance_avenir "
    "soutien_moral connaissance_soi personne_ressource arret_conduites autonomie_demarches decouverte_environnements "
    "insertion satisfaction",
    "enquete_non_mentores": "id_jeune structure naissance type_accueil anciennete_ase mna handicap classe redoublement "
    "ose_interroger_prof absences_injustifiees moyenne_generale projection_direction diplome_vise "
    "choix_orientation_clair se_sent_seul confiance_en_soi confiance_adultes confiance_avenir personne_ressource "
    "autonomie_demarches decouverte_environnements insertion",
    "enquete_mentors": "id_mentor departement progres_jeune utilite_ressentie soutien_association competences_mentor "
    "regard_change",
    "enquete_professionnels": "attitude_ecole temps_gagne doublon acces_seances",
    "questionnaire_acteurs": "associations_connues freins equipement_numerique interet",
    "label_qualite": "valable_jusqu_au",
    "parcours_ase": "date_fin id_lieu motif_fin",
    "feuille_route": "date",
    "associations": "siren publics age_min age_max besoins modalites territoires capacite ouverte_demandes "
    "objectif_aap valable_au",
    "actions": "participants structures_touchees",
    "devenir": "date_fin",
    "fenetres": "",
    "remontee_agregee": "confies_11_17 propositions adhesions accords binomes_lances binomes_31_12 dont_jeunes_majeurs "
    "dont_mna dont_parrainage associations_conventionnees montant etp",
    "accompagnement": "",
}
LINKING = {f"id_{who}_{form}" for who in ("jeune", "mentor") for form in ("ant", "phon", "inv")}
ATTACHED = {
    "evenement": "seances seances_mois demandes_1j1m questionnaire_acteurs actions",
    "annee": "conventions feuille_route remontee_agregee",
    "stock": "dossiers_mentorat binomes mentors label_qualite associations accompagnement",
    "histoire": "passage mesures_ase controles_honorabilite parcours_ase devenir fenetres",
    "libre": "perimetre enquete_echantillon enquete_mentores enquete_non_mentores enquete_mentors "
    "enquete_professionnels",
}
PILOTAGE = "dossiers_mentorat binomes seances seances_mois mentors controles_honorabilite"
EVERY = sorted(SPECIFIED)


def columns() -> list[tuple[str, Column]]:
    return [(source, column) for source, found in contracts().items() for column in found.colonnes]


# --- the width of the specification ---------------------------------------------------------------


def test_every_source_of_the_specification_is_there() -> None:
    assert sorted(contracts()) == EVERY


@pytest.mark.parametrize("source", EVERY)
def test_a_source_has_its_key(source: str) -> None:
    assert contract(source).cle == SPECIFIED[source][0].split()


@pytest.mark.parametrize("source", EVERY)
def test_a_source_holds_every_column_and_asks_for_those_that_are_not_optional(source: str) -> None:
    found = contract(source)
    asked = {column.nom for column in found.colonnes if column.obligatoire}
    assert asked == set(SPECIFIED[source][1].split())
    assert set(found.noms) - asked - LINKING == set(OPTIONAL[source].split()) - LINKING


@pytest.mark.parametrize("source", EVERY)
def test_whoever_gives_a_pseudonym_may_give_what_links_it(source: str) -> None:
    names = set(contract(source).noms)
    for who in ("id_jeune", "id_mentor"):
        forms = {f"{who}_{form}" for form in ("ant", "phon", "inv")}
        assert names & forms == (forms if who in names else set())


@pytest.mark.parametrize("kind", sorted(ATTACHED))
def test_rows_belong_to_a_campagne_as_the_specification_says(kind: str) -> None:
    assert {name for name, found in contracts().items() if found.rattachement.type == kind} == set(
        ATTACHED[kind].split()
    )


def test_pilotage_holds_s2_to_s5b() -> None:
    assert {name for name, found in contracts().items() if found.pilotage} == set(PILOTAGE.split())


def test_the_105_olinpe_variables_are_known_and_30_of_them_are_stored() -> None:
    s1 = contract("mesures_ase")
    assert len(s1.noms) == 30
    assert len(set(s1.noms) | set(s1.ignorees)) == 105 + 1  # UTDP stands in the local observatory's copy only
    assert {"SANTE", "VIOLSEX", "AUTREDA", "AUTREDJ"} <= set(s1.ignorees)


def test_olinpe_knows_the_territories_that_no_addressee_has() -> None:
    codes = codes_of(contract("mesures_ase").colonne("NUMDEP"))
    assert {"975", "976", "977", "978", "986", "69D", "69M", "2A"} <= set(codes)
    assert "975" not in codes_of(contract("passage").colonne("departement"))


def test_only_where_a_collectivite_speaks_for_itself_may_it_write_its_own_code() -> None:
    assert {source for source, column in columns() if column.collectivites} == {
        "accompagnement",
        "actions",
        "conventions",
        "feuille_route",
        "remontee_agregee",
    }


VOCABULARIES = {
    ("dossiers_mentorat", "statut"): 20,
    ("dossiers_mentorat", "motif_fin"): 14,
    ("dossiers_mentorat", "type_accueil"): 12,
    ("dossiers_mentorat", "decision_accord"): 5,
    ("mentors", "profil"): 6,
    ("mentors", "tranche_age"): 6,
    ("demandes_1j1m", "suite"): 4,
    ("questionnaire_acteurs", "freins"): 8,
    ("devenir", "source"): 8,
    ("enquete_mentores", "personne_ressource"): 7,
    ("enquete_mentores", "diplome_vise"): 6,
    ("perimetre", "source"): 26,
}


@pytest.mark.parametrize(("source", "name"), sorted(VOCABULARIES))
def test_a_closed_vocabulary_has_every_code_and_takes_no_other_word(source: str, name: str) -> None:
    column = contract(source).colonne(name)
    assert len(column.codes) == VOCABULARIES[source, name]
    assert column.repli is None


def test_an_open_vocabulary_never_sets_a_row_aside() -> None:
    assert {(source, column.nom) for source, column in columns() if column.repli} == {
        ("associations", "besoins"),
        ("associations", "modalites"),
        ("associations", "publics"),
        ("conventions", "publics"),
        ("demandes_1j1m", "modalite_souhaitee"),
        ("dossiers_mentorat", "classe"),
        ("enquete_mentores", "classe"),
        ("enquete_non_mentores", "classe"),
        ("enquete_professionnels", "type_structure"),
        ("parcours_ase", "motif_fin"),
        ("questionnaire_acteurs", "type_structure"),
        ("seances", "theme"),
    }


def test_free_text_is_kept_only_where_a_key_or_a_design_needs_it() -> None:
    assert {(source, column.nom) for source, column in columns() if column.type == "texte"} == {
        ("actions", "format"),
        ("devenir", "evenement"),
        ("enquete_echantillon", "strate"),
        ("parcours_ase", "nature"),
        ("perimetre", "emetteur"),
    }


def test_rupture_is_read_as_an_early_end() -> None:
    assert contract("dossiers_mentorat").colonne("statut").synonymes["rupture"] == "arret_anticipe"


def test_the_sub_steps_run_from_1_1_to_6_2() -> None:
    codes = list(contract("feuille_route").colonne("sous_etape").codes)
    assert (codes[0], codes[-1]) == ("1.1", "6.2")


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("4ème", "4e"),
        ("Sixième", "6e"),
        ("2de GT", "2nde"),
        ("1ère générale", "1re"),
        ("Tle", "terminale"),
        ("bac pro", "bac_pro"),
        ("BTS", "post_bac"),
        ("descolarisé", "non_scolarise"),
        ("IME des Tilleuls", "autre"),
    ],
)
def test_a_class_is_kept_as_a_level_never_as_free_words(written: str, level: str) -> None:
    assert parser(contract("dossiers_mentorat").colonne("classe"))(written) == level


def test_every_level_of_class_is_one_the_evaluation_knows() -> None:
    from mentorat.causal.survey_respondents import class_level

    levels = {code: class_level(code) for code in contract("dossiers_mentorat").colonne("classe").codes}
    assert {code for code, level in levels.items() if level == "primaire"} == {
        "cp", "ce1", "ce2", "cm1", "cm2", "primaire",
    }  # fmt: skip
    assert {code for code, level in levels.items() if level == "college"} == {
        "6e",
        "5e",
        "4e",
        "3e",
        "segpa",
        "college",
    }
    assert {code for code, level in levels.items() if level == "lycee"} == {
        "2nde", "1re", "terminale", "lycee", "cap", "bac_pro",
    }  # fmt: skip


@pytest.mark.parametrize("source", ["enquete_mentores", "enquete_non_mentores"])
def test_every_covariate_says_whether_it_comes_before_mentoring(source: str) -> None:
    covariates = [
        "naissance",
        "age",
        "sexe",
        "type_accueil",
        "anciennete_ase",
        "mna",
        "handicap",
        "classe",
        "redoublement",
    ]
    found = contract(source)
    assert {found.colonne(name).temporalite for name in covariates} == {"fixe", "avant"}
    assert all(c.temporalite == "apres" for c in found.colonnes if c.dimension)


def test_both_surveys_of_young_people_ask_the_same_question_in_the_same_way() -> None:
    mentored, others = contract("enquete_mentores"), contract("enquete_non_mentores")
    assert all(mentored.colonne(column.nom) == column for column in others.colonnes)


def test_the_legal_chain_names_its_articles() -> None:
    articles = {column.article for column in contract("dossiers_mentorat").colonnes if column.article}
    assert articles == {f"D221-{number}" for number in (34, 35, 36, 38, 39, 40)}
    assert contract("conventions").colonne("date_verification_capacite").article == "D221-37"


# --- identities -----------------------------------------------------------------------------------


@pytest.mark.parametrize("source", EVERY)
def test_whatever_names_a_person_a_place_or_a_senders_row_is_rehashed(source: str) -> None:
    for column in contract(source).colonnes:
        if column.type in ("pseudonyme", "reference") or column.sensibilite in ("identite", "reference"):
            assert column.rehashed, column.nom


def test_a_swapped_form_is_hashed_as_the_exact_one_so_that_the_two_meet() -> None:
    domains = {column.nom: column.domaine for _, column in columns() if column.type == "pseudonyme"}
    assert domains == {
        "id_jeune": "id_jeune",
        "id_jeune_ant": "id_jeune",
        "id_jeune_inv": "id_jeune",
        "id_jeune_phon": "id_jeune_phon",
        "id_mentor": "id_mentor",
        "id_mentor_ant": "id_mentor",
        "id_mentor_inv": "id_mentor",
        "id_mentor_phon": "id_mentor_phon",
        "numanonym": "numanonym",
        "NUMANONYM": "numanonym",
        "NUMANONYMANT": "numanonym",
    }


def test_a_senders_reference_is_scoped_by_its_sender_and_a_shared_one_is_not() -> None:
    scopes = {column.nom: column.portee for _, column in columns() if column.type == "reference"}
    assert scopes == {
        "id_dossier": "departement",
        "id_binome": "association",
        "id_lieu": "departement",
        "id_demande": None,
        "id_repondant": None,
        "id_reponse": None,
        "structure": None,
        "grappe": None,
    }
    for source, column in columns():
        assert column.portee is None or column.portee in contract(source).noms


# --- schemas --------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", EVERY)
def test_the_raw_schema_is_the_contract_then_campagne_and_sender(source: str) -> None:
    assert arrow_schema(source).names == [*contract(source).noms, "campagne", "depose_par"]


def test_raw_types_follow_the_contract() -> None:
    schema = arrow_schema("dossiers_mentorat")
    assert schema.field("date_lancement").type == pa.date32()
    assert schema.field("signee_jeune").type == pa.bool_()
    assert schema.field("nb_titulaires").type == pa.int64()
    assert schema.field("naissance").type == pa.string()
    s1 = arrow_schema("mesures_ase")
    assert s1.field("ANAIS").type == pa.int64()
    assert s1.field("LIEUACC").type == pa.string()


def test_pilotage_carries_the_etude_pseudonym_of_each_person_it_holds() -> None:
    assert pilotage_schema("dossiers_mentorat").names[-1] == "id_jeune_etude"
    assert pilotage_schema("binomes").names[-2:] == ["id_jeune_etude", "id_mentor_etude"]
    assert pilotage_schema("mentors").names[-1] == "id_mentor_etude"
    assert pilotage_schema("seances") == arrow_schema("seances")


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", EVERY)
def test_every_column_and_code_has_a_french_label_of_its_own(source: str) -> None:
    found = contract(source)
    labels = [column.libelle.strip() for column in found.colonnes]
    assert all(labels) and len({squeeze(label) for label in labels}) == len(labels)
    for column in found.colonnes:
        assert all(label.strip() for label in column.codes.values())


@pytest.mark.parametrize("source", EVERY)
def test_no_word_names_two_columns_of_a_source(source: str) -> None:
    named: dict[str, str] = {}
    for column in contract(source).colonnes:
        for key in {header_key(word) for word in (column.libelle, *column.alias)}:
            assert named.setdefault(key, column.nom) == column.nom, key
    for column in contract(source).colonnes:  # names apart: « valable_du » and « valable_au » differ by a little word
        assert named.get(header_key(column.nom), column.nom) == column.nom


@pytest.mark.parametrize("source", EVERY)
def test_no_word_means_two_codes_of_a_column(source: str) -> None:
    for column in contract(source).colonnes:
        meant: dict[str, str] = {}
        words = [*((code, code) for code in column.codes), *((label, code) for code, label in column.codes.items())]
        for word, code in [*words, *column.synonymes.items()]:
            assert meant.setdefault(squeeze(word), code) == code, (column.nom, word)


def test_lists_told_in_two_places_are_the_same() -> None:
    assert set(contract("perimetre").colonne("source").codes) == set(contracts())
    assert contract("fenetres").colonne("source").codes == contract("devenir").colonne("source").codes
    closed = contract("perimetre").colonne("publics_inclus").codes
    assert contract("associations").colonne("publics").codes == closed | {"autre": "Autre"}
    besoin = contract("dossiers_mentorat").colonne("besoin").codes
    assert contract("binomes").colonne("objectif_principal").codes == besoin
    for source, name in (("associations", "besoins"), ("seances", "theme")):
        assert contract(source).colonne(name).codes == besoin | {"autre": "Autre"}


@pytest.mark.parametrize("source", EVERY)
def test_a_row_rule_orders_days_or_months_and_tells_how_to_mend_them(source: str) -> None:
    found = contract(source)
    for rule in found.regles:
        assert all(found.colonne(name).type in ("date", "mois") for name in rule.colonnes)
        assert rule.motif.endswith(".") and all(name in rule.remede for name in rule.colonnes)
    assert len({rule.id for rule in found.regles}) == len(found.regles)


def test_a_quantity_has_its_unit() -> None:
    years = {"annee", "annee_antenne", "ANAIS", "MNAIS", "NBCHGLIEU"}
    ranks = {"vague", "rang", "siren", "poids"}
    for _, column in columns():
        if column.type in ("entier", "decimal") and column.nom not in years | ranks:
            assert column.unite, column.nom


@pytest.mark.parametrize("source", EVERY)
def test_every_alias_and_label_is_read_as_its_column(source: str) -> None:
    found = contract(source)
    for column in found.colonnes:
        for word in (column.nom, column.libelle, *column.alias, column.libelle.upper()):
            assert columns_of([word], found) == {0: column.nom}, word


@pytest.mark.parametrize("source", EVERY)
def test_a_source_is_recognised_in_full_by_what_it_must_hold_and_by_its_labels(source: str) -> None:
    found = contract(source)
    for headers in (
        found.noms,
        [column.nom for column in found.colonnes if column.obligatoire],
        [column.libelle for column in found.colonnes],
    ):
        assert recognise(headers, PurePath("fichier.csv")).source == source


# --- senders --------------------------------------------------------------------------------------


def test_a_sender_is_expected_to_send_only_what_its_kind_sends() -> None:
    senders = reference.load("emetteurs")
    for kind, expected in set(zip(senders["type"], senders["sources_attendues"], strict=True)):
        assert all(kind in contract(source).emetteurs for source in expected.split("|")), (kind, expected)


def test_every_source_but_the_occasional_ones_is_expected_of_someone() -> None:
    expected = set("|".join(reference.load("emetteurs")["sources_attendues"]).split("|"))
    instead = {name for name, found in contracts().items() if found.tient_lieu_de in expected}
    assert instead == {"seances_mois", "parcours_ase"}
    # for want of individual files, or by agreement with another administration
    assert set(contracts()) - expected - instead == {"remontee_agregee", "devenir", "fenetres"}


# --- the model ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ({"type": "texte", "obligatoir": True}, "obligatoir"),
        ({"type": "code"}, "needs its codes"),
        ({"type": "pseudonyme", "domaine": "x"}, "needs its domaine and longueur"),
        ({"type": "reference"}, "needs its domaine"),
        ({"type": "code", "codes": {"a": "A"}, "synonymes": {"b": "c"}}, "unknown codes"),
        ({"type": "code", "codes": {"a": "A"}, "repli": "z"}, "repli"),
        ({"type": "texte", "elements": "departement"}, "elements"),
    ],
)
def test_an_incoherent_column_is_an_error(column: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Column.model_validate({"nom": "x", "libelle": "X", **column})


def test_a_rule_on_an_undeclared_column_is_an_error() -> None:
    column = {"nom": "x", "type": "date", "libelle": "X", "obligatoire": True}
    rule = {"id": "r", "ordre": ["x", "y"], "motif": "m", "remede": "r"}
    with pytest.raises(ValidationError, match="undeclared"):
        Contract.model_validate(
            {"nom": "s", "numero": "S", "titre": "t", "cle": ["x"], "colonnes": [column], "regles": [rule]}
        )


def test_a_column_both_stored_and_ignored_is_an_error() -> None:
    column = {"nom": "x", "type": "date", "libelle": "X", "obligatoire": True}
    with pytest.raises(ValidationError, match="twice"):
        Contract.model_validate(
            {"nom": "s", "numero": "S", "titre": "t", "cle": ["x"], "colonnes": [column], "ignorees": ["x"]}
        )
