"""The figures of the hand-made lake, counted on paper: see `hand_made_lake`."""

import pandas as pd
import pytest

from mentorat.contracts.catalogue import counted


@pytest.mark.parametrize(
    ("indicateur", "mesure", "periode", "numerateur", "denominateur", "manquants"),
    [
        # n1, n2, n3, n11, and n4 who is 10 but in 6e; n5 has no birth year.
        ("A1", "nombre", "2024", 5, None, 1),
        ("A1JM", "nombre", "2024", 1, None, 1),
        # n4 alone enters collège; evaluated on 15 June, postponed, never proposed.
        ("A2a", "nombre", "2024", 1, None, 0),
        ("A2a", "part", "2024", 1, 1, 0),
        ("A3E", "part", "2024", 0, 1, 0),
        ("A3D", "nombre", "2024", 1, None, 0),
        # d1, d2, d4; d11 was evaluated in 2022.
        ("A2b", "part", "2024", 3, 5, 0),
        # d1 and d11 in 2024; with d2 of November 2023 over the school year, when n4 was not yet eligible.
        ("A3", "part", "2024", 2, 5, 0),
        ("A3", "part", "2023-2024", 3, 4, 0),
        # b1 on 1 October 2024 (the file says 20 September); b7 in the school year.
        ("O1", "nombre", "2024", 1, None, 0),
        ("O1", "nombre", "2023-2024", 1, None, 0),
        ("O2", "nombre", "2024", 1, None, 0),
        ("O2", "nombre", "2023-2024", 0, None, 0),
    ],
)
def test_ain_sends_everything_and_is_counted(build, indicateur, mesure, periode, numerateur, denominateur, manquants):
    row = build.indicateur("01", indicateur, mesure, periode=periode)
    assert row["statut"] == "calcule"
    assert row["numerateur"] == numerateur
    assert row["n_manquants"] == manquants
    if denominateur is None:
        assert pd.isna(row["denominateur"])
        assert row["valeur"] == numerateur
    else:
        assert row["denominateur"] == denominateur
        assert row["valeur"] == pytest.approx(numerateur / denominateur, abs=5e-7)


def test_coverage_counts_who_has_a_pair_within_each_named_base(build):
    assert build.indicateur("01", "O3", "part", "base=confies_11_17")[["numerateur", "denominateur"]].tolist() == [1, 3]
    in_care = build.indicateur("01", "O3", "part", "base=pris_en_charge_11_17")
    assert in_care[["numerateur", "denominateur"]].tolist() == [1, 4]


def test_the_national_base_and_objective_follow_the_scale_of_the_depot(build):
    """Four young people with a pair (01, two in 02, 07), a hundredth of the country simulated."""
    row = build.indicateur("FR", "O3", "part", "base=suivis_350000")
    assert row[["numerateur", "denominateur"]].tolist() == [4, 3500]
    gap = build.indicateur("FR", "O3", "ecart", "base=suivis_350000")
    assert gap["valeur"] == 4 - 300


def test_launched_files_without_a_date_run_but_were_launched_nobody_knows_when(build):
    assert build.indicateur("02", "O2")["numerateur"] == 2
    launched = build.indicateur("02", "O1")
    assert launched[["numerateur", "n_manquants"]].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("code", "indicateur", "statut"),
    [
        ("02", "A1", "non_mesurable"),  # a tracking table alone
        ("02", "O1", "calcule"),
        ("03", "A1", "non_recu"),
        ("03", "O1", "non_recu"),
        ("04", "A1", "non_mesurable"),  # a flow without its stock
        ("04", "O2", "calcule"),
        ("05", "A1", "calcule"),
        ("05", "A3", "non_mesurable"),  # no correspondence table
        ("06", "A1", "non_mesurable"),  # an aggregate alone
        ("06", "O1", "calcule"),
        ("07", "O1", "calcule"),  # told by an association
        ("07", "A1", "non_recu"),
        ("68", "A1", "non_mesurable"),  # Alsace sent the other half
        ("6AE", "A1", "non_mesurable"),
        ("20R", "A1", "calcule"),
    ],
)
def test_what_was_not_sent_is_said_and_is_never_zero(build, code, indicateur, statut):
    row = build.indicateur(code, indicateur)
    assert row["statut"] == statut
    assert pd.isna(row["valeur"]) == (statut != "calcule")


def test_the_country_adds_what_is_counted_and_says_what_is_not(build):
    row = build.indicateur("FR", "A1")
    assert row["numerateur"] == 5 + 2 + 1 + 1 + 1  # 01, 05, 2A, 2B, 67
    assert row["n_manquants"] == 102 - 5
    assert build.indicateur("20R", "A1")["numerateur"] == 2


def test_an_aggregated_return_stands_in_and_is_told_apart(build):
    """06 sent numbers alone; 01 sent them beside its files: both are kept, the files are retained."""
    assert build.indicateur("06", "O1")["numerateur"] == 9
    assert build.indicateur("06", "O3", "part", "base=confies_11_17")[["numerateur", "denominateur"]].tolist() == [
        5,
        20,
    ]
    assert build.indicateur("06", "O3", "part", "base=pris_en_charge_11_17")["statut"] == "non_mesurable"
    both = build.mart("rapprochement_agrege").set_index(["code", "indicateur"])
    told = both.loc[("01", "O1")]
    assert told[["numerateur_agrege", "numerateur_individuel", "ecart_nb"]].tolist() == [3, 1, 2]
    assert told["origine_retenue"] == "individuelle"
    assert both.loc[("06", "O1"), "origine_retenue"] == "agregee"
    # a share as returned (pairs of anyone over the confiés) is added to no other
    assert build.indicateur("FR", "O3", "part", "base=confies_11_17")["denominateur"] == 3  # 01 alone


def test_associations_have_their_own_figures(build):
    assert build.indicateur("demo-01", "O1")["numerateur"] == 2  # b1 and b70
    assert build.indicateur("demo-01", "O2")["numerateur"] == 2


def test_breakdowns_tell_who_has_a_pair(build):
    assert build.indicateur("01", "O2", ventilation="sexe=F")["numerateur"] == 1
    assert build.indicateur("01", "A1", ventilation="accueil=etablissement")["numerateur"] >= 1
    assert build.indicateur("07", "O2", ventilation="tranche_age=13_et_moins")["numerateur"] == 1
    assert build.indicateur("07", "O2", ventilation="modalite=distanciel")["numerateur"] == 1
    # n4 is 10 and in 6e: with those of 11 to 13
    assert build.indicateur("01", "A1", ventilation="tranche_age=13_et_moins")["numerateur"] >= 1


def test_where_nobody_s_class_is_known_there_is_no_false_zero(build):
    """02 has two running pairs, told by its tracking table alone, where no modality is kept."""
    assert build.indicateur("02", "O2")["numerateur"] == 2
    for modalite in ("presentiel", "distanciel", "mixte"):
        row = build.indicateur("02", "O2", ventilation=f"modalite={modalite}")
        assert row["statut"] == "non_mesurable"
        assert pd.isna(row["numerateur"])


def test_the_indicators_of_the_mart_are_those_the_catalogue_says_it_counts(build):
    frame = build.mart("indicateurs")
    assert set(frame["indicateur"]) == set(counted())
    for name, entry in counted().items():
        rows = frame[frame["indicateur"] == name]
        assert set(rows["mesure"]) == entry.every_measure(), name
        assert set(rows["niveau"]) <= set(entry.niveaux), name
        dimensions = {part.split("=")[0] for cell in rows["ventilation"] if cell for part in cell.split(";")}
        assert dimensions <= set(entry.ventilations), name
        periods = {"civile": "2024", "scolaire": "2023-2024"}
        assert set(rows["periode"]) == {periods[period] for period in entry.periodes}, name


def test_each_eligible_young_person_is_in_one_group(build):
    groups = build.mart("cohorte").set_index("id_population")["groupe"]
    assert groups.loc[["p1", "p2", "p3", "p4", "p11"]].tolist() == [
        "mentores",
        "reponse_sans_date",  # waits for a mentor, since no one knows when
        "eligibles_non_mentores",
        "eligibles_non_mentores",
        "reponse_sans_date",  # refused, no one knows when
    ]
    assert set(groups.loc[groups.index.str.startswith("numanonym:")]) == {"non_rapprochables"}


def test_comparators_draw_their_index_date_from_the_mentores_of_the_departement(build):
    cohort = build.mart("cohorte").set_index("id_population")
    assert cohort.loc["p3", "origine_index"] == "tirage_departement"
    assert cohort.loc["p3", "date_index"] == cohort.loc["p1", "date_index"]
    # left in April, mentored since the year before: a group of his own
    assert cohort.loc["p7", "groupe"] == "mentorat_commence_avant"
    assert cohort.loc["p7", "sortant"]


def test_covariates_are_known_strictly_before_the_index_date(build):
    cohort = build.mart("cohorte").set_index("id_population")
    mentored = cohort.loc["p1"]
    assert str(mentored["date_index"])[:10] == "2024-10-01"
    assert mentored["anciennete_jours"] == 945  # since 1 March 2022
    assert (cohort["anciennete_jours"].dropna() > 0).all()


def test_the_flow_counts_everyone_once(build):
    flow = build.mart("flux_cohorte").set_index("etape")["effectif"]
    assert flow[["population", "age_inconnu", "majeurs", "moins_de_11_ans"]].tolist() == [26, 1, 0, 1]
    # 04 sent a flow without its stock: nobody there is counted eligible, in the flow as in A1
    assert flow["stock_incomplet"] == 12
    # A1 at 31 December, and p7 and p8, eligible until they came of age in the year
    assert flow["eligibles"] == build.indicateur("FR", "A1")["numerateur"] + 2 == 12
    assert flow["analyses"] == flow["mentores"] + flow["acceptants_en_attente"] + flow["eligibles_non_mentores"] == 3


def test_expertise_and_unexecuted_placements_bring_nobody_into_care(build):
    population = set(build.mart("population")["id_population"])
    assert not population & {"numanonym:n9", "numanonym:n10", "p9", "p10"}
    left = build.mart("population").set_index("id_population").loc["p7"]
    assert left["sortant"]
    assert left["fin_presumee"]


def test_receptions_say_what_each_territory_sent(build):
    receptions = build.mart("receptions").set_index(["territoire", "source"])
    assert receptions.loc[("01", "mesures_ase"), "recu"]
    assert receptions.loc[("01", "dossiers_mentorat"), "premiere_etape_exhaustive"] == "evaluation"
    assert receptions.loc[("02", "dossiers_mentorat"), "premiere_etape_exhaustive"] == "lancement"
    assert not receptions.loc[("03", "mesures_ase"), "recu"]
    assert receptions.loc[("04", "mesures_ase"), "stock_incomplet"]
    assert receptions.loc[("06", "remontee_agregee"), "recu"]
    assert receptions.loc[("07", "binomes"), "lignes_territoire"] == 2
    assert not receptions.loc[("68", "mesures_ase"), "recu"]


def test_building_again_gives_the_same_marts(build):
    first = {path.name: path.read_bytes() for path in (build.lake / "marts" / "2024").glob("*.parquet")}
    assert set(first) == {f"{mart}.parquet" for mart in build.marts}
    result = build.build()
    assert result.returncode == 0, result.stdout[-4000:]
    again = {path.name: path.read_bytes() for path in (build.lake / "marts" / "2024").glob("*.parquet")}
    assert [name for name in first if first[name] != again[name]] == []
