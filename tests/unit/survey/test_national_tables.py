"""Who answered, and the tables of national totals."""

import pandas as pd
import pytest

from mentorat import reference
from mentorat.contracts.catalogue import estimated
from mentorat.survey.national import reference_frame
from mentorat.survey.national_tables import (
    COUNTED,
    Marts,
    collectivite_counts,
    narrowing,
    national_tables,
    statements,
    truth_beside,
    under,
    young_people,
)

MARTS = ("indicateurs", "collecte", "rapprochement_agrege", "binomes_retenus")
OWNERS = {"01": "01", "02": "02", "03": "03", "67": "6AE", "68": "6AE"}


def figure(code: str, count: float | None, niveau: str = "departement", indicateur: str = "O2") -> dict:
    return {
        "indicateur": indicateur, "periode": "2024", "ventilation": "", "mesure": "nombre", "niveau": niveau,
        "code": code, "numerateur": count, "statut": "non_recu" if count is None else "calcule",
        "denominateur": None,
    }  # fmt: skip


def sent(code: str, source: str = "dossiers_mentorat", exhaustif: str | None = "oui") -> dict:
    return {
        "type_emetteur": "collectivite", "code": code, "source": source, "est_recue": True, "exhaustif": exhaustif,
    }  # fmt: skip


def pair(person: str, territoire: str, nature: str = "mentorat", running: bool = True) -> dict:
    return {"id_personne": person, "territoire": territoire, "nature": nature, "est_actif_fin_campagne": running}


def marts(figures: list[dict], senders: list[dict], returned: list[dict] = (), pairs: list[dict] = ()) -> Marts:
    return Marts(
        pd.DataFrame(figures).astype({"numerateur": "Int64", "denominateur": "Int64"}),
        pd.DataFrame(senders, columns=list(sent("x"))),
        pd.DataFrame(returned, columns=["indicateur", "code"]),
        pd.DataFrame(pairs, columns=list(pair("x", "x"))),
    )


def counted(given: Marts, name: str = "O2r") -> dict[str, tuple[float, float]]:
    table = collectivite_counts(2024, given, OWNERS, name)
    return {
        row["collectivite"]: (row["connu"], None if pd.isna(row["reponse"]) else row["reponse"])
        for row in table.to_dict("records")
    }


def test_pairs_told_by_associations_alone_are_known_and_are_no_answer():
    given = marts([figure("01", 12), figure("02", 7), figure("03", None)], [sent("01")])
    assert counted(given) == {"01": (12, 12), "02": (7, None), "03": (0, None)}


def test_files_declared_not_exhaustive_are_no_answer():
    given = marts([figure("01", 12)], [sent("01", exhaustif="non")])
    assert counted(given)["01"] == (12, None)


def test_an_aggregated_return_answers_for_pairs_and_not_for_young_people():
    given = marts([figure("01", 12)], [], [{"indicateur": "O2", "code": "01"}], [pair("p", "01")])
    assert counted(given)["01"] == (12, 12)
    assert counted(given, "O3r")["01"] == (1, None)


def test_a_collectivite_of_several_territories_answers_when_each_is_counted():
    whole = [figure("67", 5), figure("68", 6), figure("6AE", 11, "collectivite")]
    part = [figure("67", 5), figure("68", None), figure("6AE", None, "collectivite")]
    assert counted(marts(whole, [sent("6AE")]))["6AE"] == (11, 11)
    assert counted(marts(part, [sent("6AE")]))["6AE"] == (5, None)


def test_a_young_person_with_two_pairs_counts_once_and_in_one_place():
    pairs = [pair("p", "02"), pair("p", "01"), pair("q", "67"), pair("r", "67", running=False)]
    pairs.append(pair("s", "67", nature="parrainage"))
    assert young_people(pd.DataFrame(pairs), OWNERS).to_dict() == {"01": 1, "6AE": 1}


@pytest.fixture(scope="module")
def tables():
    """Every collectivité of the frame has a count in proportion to its measures; five did not answer."""
    frame = reference_frame().table
    silent = {"02", "19", "34", "79", "976"}
    codes = [code for code in frame["collectivite"] if code not in {"20R", "6AE"}]
    sizes = frame.set_index("collectivite")["mesures"]
    figures = [figure(code, int(sizes[code]) // 50 + int(code[:2]) % 5, indicateur=i) for code in codes for i in
               ("O2", "O1", "A1")]  # fmt: skip
    for mesure, denominator in (("part", 87_500), ("ecart", 7_500)):
        aim = figure("FR", 9, "national", "O3")
        figures.append(aim | {"mesure": mesure, "ventilation": "base=suivis_350000", "denominateur": denominator})
    pairs = [pair(f"{code}-{rank}", code) for code in codes for rank in range(int(sizes[code]) // 50)]
    given = marts(figures, [sent(code) for code in codes if code not in silent], [], pairs)
    truth = {code: {"mentores": int(sizes[code]) // 50, "eligibles": 1} for code in [*codes, "20R", "6AE"]}
    given = Marts(*(getattr(given, name) for name in MARTS), truth)
    return national_tables(2024, given, reference.load("territoires"))


def test_each_national_total_of_the_catalogue_is_given_by_both_estimators(tables):
    assert set(COUNTED) <= set(estimated())
    assert len(tables.redressement) == 2 * len(COUNTED)
    assert tables.redressement["statut"].eq("calcule").all()


def test_the_mart_rows_are_those_the_catalogue_announces(tables):
    rows = tables.indicateurs
    assert set(rows["indicateur"]) == set(COUNTED)
    o3 = rows[rows["indicateur"] == "O3r"].set_index("mesure")
    total = o3.loc["nombre", "valeur"]
    assert o3.loc["part", "valeur"] == pytest.approx(total / 87_500)
    assert o3.loc["ecart", "valeur"] == pytest.approx(total - 7_500)
    assert (rows["ic_bas"] <= rows["valeur"]).all()
    assert (rows["valeur"] <= rows["ic_haut"]).all()


def test_the_missing_are_those_that_did_not_answer(tables):
    missing = under(tables.manquants, "O3r")
    assert set(missing["collectivite"]) == {"02", "19", "20R", "34", "6AE", "79"}
    assert missing["libelle"].iloc[0] in narrowing(missing)[0]


def test_the_truth_of_a_simulation_stands_beside_the_totals_that_have_one(tables):
    told = tables.redressement.set_index(["indicateur", "estimateur"])["verite_simulee"]
    assert told["O3r", "ratio"] > 0
    assert pd.isna(told["O2r", "ratio"])
    assert any("vérité simulée" in text for text in truth_beside(tables.redressement))


def test_a_simulation_of_some_collectivites_has_no_national_total():
    given = marts([figure(code, 12) for code in OWNERS], [sent(code) for code in OWNERS])
    given = Marts(*(getattr(given, name) for name in MARTS), simulated=1)
    tables = national_tables(2024, given, reference.load("territoires"))
    assert tables.redressement["statut"].eq("non_mesurable").all()
    assert "1 collectivités sur 99" in tables.redressement["avertissements"].iloc[0]


def test_too_few_answers_are_a_total_that_cannot_be_measured_with_the_reason():
    given = marts([figure("01", 12), figure("02", 7)], [sent("01")])
    tables = national_tables(2024, given, reference.load("territoires"))
    assert tables.redressement["statut"].eq("non_mesurable").all()
    assert tables.indicateurs["statut"].eq("non_mesurable").all()
    assert "il en faut au moins 3" in statements(under(tables.redressement, "O3r"))[0]
    assert tables.strates.empty
