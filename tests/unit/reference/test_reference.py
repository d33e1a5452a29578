from datetime import date

import pandas as pd
import pytest

from mentorat import reference


def test_there_are_101_departements_102_territories_and_100_collectivites() -> None:
    assert len(reference.load("departements")) == 101
    assert len(reference.load("territoires")) == 102
    assert len(reference.load("collectivites")) == 100
    assert len(reference.load("regions")) == 18


def test_every_territory_maps_to_a_departement_and_to_a_collectivite() -> None:
    territoires = reference.load("territoires")
    assert territoires["territoire"].is_unique
    assert set(territoires["departement"]) == set(reference.load("departements")["departement"])
    assert set(territoires["collectivite"]) == set(reference.load("collectivites")["collectivite"])


def test_rhone_is_one_departement_and_two_collectivites_corsica_and_alsace_the_reverse() -> None:
    territoires = reference.load("territoires").set_index("territoire")
    assert territoires.loc[["69D", "69M"], "departement"].tolist() == ["69", "69"]
    assert territoires.loc[["69D", "69M"], "collectivite"].tolist() == ["69D", "69M"]
    assert territoires.loc[["2A", "2B"], "collectivite"].tolist() == ["20R", "20R"]
    assert territoires.loc[["67", "68"], "collectivite"].tolist() == ["6AE", "6AE"]


def test_every_departement_and_collectivite_has_a_known_region() -> None:
    regions = set(reference.load("regions")["region"])
    assert set(reference.load("departements")["region"]) == regions
    assert set(reference.load("collectivites")["region"]) == regions


def test_drees_2022_counts_corsica_and_rhone_once() -> None:
    drees = reference.load("drees_ase").query("annee == 2022")
    assert drees["accueils"].sum() == 208_064
    assert drees["actions_educatives"].sum() == 172_498
    assert {"20R", "69D", "69M"} <= set(drees["code"])
    assert not {"20", "2A", "2B", "69", "976"} & set(drees["code"])


@pytest.mark.parametrize("annee", range(2018, 2023))
def test_the_100_drees_lines_of_a_year_add_up_to_france(annee: int) -> None:
    drees = reference.load("drees_ase").query("annee == @annee")
    france = reference.load("drees_national").query("annee == @annee").set_index("mesure")["valeur"]
    assert len(drees) == 100
    for mesure in ("accueils", "confies", "actions_educatives", "aed", "aemo"):
        assert drees[mesure].sum() == france[mesure]


def test_every_collectivite_is_a_sender_and_no_demonstration_sender_bears_a_real_name() -> None:
    emetteurs = reference.load("emetteurs")
    assert emetteurs["emetteur"].is_unique
    senders = emetteurs.query("type == 'collectivite'")
    assert set(senders["code"]) == set(reference.load("collectivites")["collectivite"])
    demo = emetteurs[emetteurs["code"].str.startswith("demo-")]
    assert len(demo) == 12
    assert demo["libelle"].str.startswith("Association de démonstration ").all()


def test_the_2022_study_has_its_nine_items_with_published_shares_and_bases() -> None:
    etude = reference.load("etude_2022").set_index("item")
    assert etude.index.tolist() == [
        "envie_reussir",
        "perseverance",
        "ose_interroger_prof",
        "confiance_en_soi",
        "projection_direction",
        "se_sent_seul",
        "personne_ressource_mentor",
        "arret_conduites",
        "absences_injustifiees",
    ]
    assert etude.loc["se_sent_seul", ["pct_mentores", "pct_non_mentores"]].tolist() == [24, 33]
    assert etude.loc["projection_direction", ["n_mentores", "n_non_mentores"]].tolist() == [163, 174]
    assert pd.isna(etude.loc["arret_conduites", "n_mentores"])
    assert etude["risque_relatif"].dropna().to_dict() == {"absences_injustifiees": 0.33}


def test_every_olinpe_place_is_a_declared_place_of_care_with_a_group() -> None:
    types = reference.load("types_accueil")
    assert set(reference.load("lieux_olinpe")["type_accueil"]) <= set(types["type_accueil"])
    assert "20" not in set(reference.load("lieux_olinpe")["code"])
    assert types.notna().all(axis=None)


def test_legal_parameters_are_dated_and_unique() -> None:
    parametres = reference.load("parametres")
    assert parametres["parametre"].is_unique
    assert parametres[["valeur", "unite", "valable_du", "article"]].notna().all(axis=None)
    values = parametres.set_index("parametre")["valeur"]
    assert (values["age_minimum"], values["objectif_jeunes"]) == ("11", "30000")


def test_a_parameter_is_the_value_in_force_on_a_day_or_the_first_one(monkeypatch: pytest.MonkeyPatch) -> None:
    dated = pd.DataFrame(
        {"parametre": ["age", "age"], "valeur": ["12", "11"], "valable_du": ["2027-01-01", "2024-02-19"]}, dtype="str"
    )
    monkeypatch.setattr(reference, "_read", lambda _: dated)
    days = (date(2020, 1, 1), date(2024, 2, 19), date(2026, 12, 31), date(2027, 1, 1))
    assert [reference.parametre("age", day) for day in days] == [11, 11, 11, 12]
    with pytest.raises(KeyError):
        reference.parametre("taille", days[0])


def test_a_loaded_table_is_the_callers_own_copy() -> None:
    mine = reference.load("regions")
    mine["libelle"] = "autre"
    assert "Bretagne" in set(reference.load("regions")["libelle"])


def test_an_unknown_table_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        reference.load("inconnue")
