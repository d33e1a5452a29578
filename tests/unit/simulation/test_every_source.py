"""Every source of the contracts is written, in the shapes senders use, and intake counts what the truth says."""

import json

import numpy as np
import pandas as pd
import pytest

from mentorat.contracts.sources import contract, contracts
from mentorat.identity.keys import load_keys
from mentorat.intake.normalisation import squeeze
from mentorat.intake.reception import receive
from mentorat.simulation.ecarts import OPEN_STATUSES
from mentorat.simulation.mentors import AGES_OF, PROFILES

COUNTS = ["source", "lignes_recues", "lignes_acceptees", "lignes_ecartees", "doublons_exacts", "lignes_ignorees"]


def every(demo, source: str) -> pd.DataFrame:
    """All the rows sent of one source that are not faulty, in the files as CSV; codes of the contract."""
    sound = [p for p in demo.sent(source) if p not in demo.verite["lignes_cassees"] and p.endswith(".csv")]
    return pd.concat([demo.read(p).assign(fichier_=p) for p in sound], ignore_index=True)


def in_clear(demo) -> pd.DataFrame:
    """Pairs of the associations with sound files, under the pseudonyms everybody shares."""
    pairs = every(demo, "binomes")
    for name in ("id_jeune", "id_mentor"):
        pairs[name] = pairs[f"{name}_ant"].fillna("").where(lambda v: v != "", pairs[name])
    return pairs


def test_every_source_of_the_contracts_is_sent(demo) -> None:
    assert set(demo.verite["sources"]) == set(contracts())
    for source, counts in demo.verite["sources"].items():
        assert counts["lignes_acceptees"] > 0, source


def test_every_file_of_the_depot_has_its_expected_answer(demo) -> None:
    files = {p.relative_to(demo.depot).as_posix() for p in demo.depot.rglob("*") if p.is_file()}
    assert files - {"simulation.json"} == set(demo.verite["fichiers"])
    for path, f in demo.verite["fichiers"].items():
        assert f["lignes_recues"] == f["lignes_acceptees"] + f["lignes_ecartees"] + f["doublons_exacts"], path


@pytest.mark.parametrize("source", sorted(contracts()))
def test_headers_are_declared_columns_and_codes_are_declared_codes(demo, source: str) -> None:
    known = contract(source)
    names = {squeeze(name): name for name in known.noms}
    for path in demo.sent(source):
        if path.endswith(".xml"):
            continue
        table = demo.read(path)
        assert {squeeze(header) for header in table.columns} <= set(names), path
        if path in demo.verite["lignes_cassees"]:
            continue
        for header in table.columns:
            column = known.colonne(names[squeeze(header)])
            if not column.codes:
                continue
            cells = set(table[header]) - {""}
            if column.type == "liste":
                cells = {part for cell in cells for part in cell.split("|")}
            if path.endswith(".csv") and not path.startswith(tuple(labelled(demo))):
                assert cells <= set(column.codes), (path, header)
            else:
                words = [*column.codes, *column.codes.values(), *column.synonymes]
                assert {squeeze(cell) for cell in cells} <= {squeeze(word) for word in words}, (path, header)


def labelled(demo) -> set[str]:
    """Files of S2 written in words: those in Windows-1252."""
    words = set()
    for path in demo.sent("dossiers_mentorat"):
        if path.endswith(".csv") and not (demo.depot / path).read_bytes().startswith(b"\xef\xbb\xbf"):
            words.add(path)
    return words


def test_intake_counts_what_the_truth_says_of_every_file(demo) -> None:
    journal = receive(demo.settings, 2024, load_keys(demo.settings, simulated=True)).journal
    found = journal.set_index("chemin")
    assert set(found.index) == set(demo.verite["fichiers"])
    refused = set(found.index[found["statut"] == "refusee"])
    assert refused == set(demo.verite["fichiers_refuses"])
    kept = found.drop(index=list(refused))[COUNTS].astype("object").to_dict("index")
    assert kept == {path: f for path, f in demo.verite["fichiers"].items() if path not in refused}
    replacing = found["lignes_remplacees"].dropna()
    assert replacing[replacing > 0].to_dict() == demo.verite["remplacements"]


def test_each_sender_tells_in_its_perimetre_every_source_it_sends(demo) -> None:
    told = every(demo, "perimetre")
    sent: dict[str, set[str]] = {}
    for path, f in demo.verite["fichiers"].items():
        if f["source"] not in (None, "perimetre"):
            sent.setdefault(path.split("/")[0], set()).add(f["source"])
    assert told.groupby("emetteur")["source"].apply(set).to_dict() == sent
    assert (told["emetteur"] == told["fichier_"].str.split("/").str[0]).all()


def test_files_come_in_every_shape(demo) -> None:
    firsts = [(demo.depot / path).read_bytes() for path in demo.verite["fichiers"]]
    assert any(raw.startswith(b"\xff\xfe") for raw in firsts), "UTF-16"
    assert any(raw.startswith(b"\xef\xbb\xbf") for raw in firsts), "UTF-8 with its mark"
    assert any(raw.startswith(b"\xd0\xcf\x11\xe0") for raw in firsts), "a workbook under a password"
    suffixes = {path.rpartition(".")[2] for path in demo.verite["fichiers"]}
    assert suffixes == {"csv", "xlsx", "ods", "zip", "xml"}
    heads = [raw[:40].decode("latin-1") for raw in firsts]
    assert any("\t" in head for head in heads) and any("," in head for head in heads)


def test_a_file_is_sent_twice_and_a_later_one_corrects_rows_of_an_earlier_one(demo) -> None:
    twice = [p for p, f in demo.verite["fichiers"].items() if f["source"] and f["lignes_recues"] == 0]
    assert len(twice) == 1
    copy = demo.depot / twice[0]
    assert copy.read_bytes() == copy.with_name("conventions.csv").read_bytes()
    ((path, rows),) = demo.verite["remplacements"].items()
    corrected, first = demo.read(path), demo.read(path.replace("_corriges", ""))
    assert 0 < len(corrected) == rows < len(first)
    both = corrected.merge(first, on=["association", "id_mentor"], suffixes=("", "_avant"))
    assert len(both) == rows
    assert (both["heures_formation"] != both["heures_formation_avant"]).any()
    file = demo.depot / path
    assert file.stat().st_mtime > file.with_name("mentors.csv").stat().st_mtime


def test_sessions_stand_inside_their_pair_and_the_campagne(demo) -> None:
    sessions, pairs = every(demo, "seances"), every(demo, "binomes")
    both = sessions.merge(pairs, on=["association", "id_binome"], how="left", suffixes=("", "_binome"))
    known = both[both["date_debut"].notna()]
    assert set(both.loc[both["date_debut"].isna(), "association"]) <= {
        "demo-02",
        "demo-05",
    }  # their pairs' file is spoilt
    assert (known["date_seance"] >= known["date_debut"]).all()
    assert ((known["date_seance"] <= known["date_fin"]) | (known["date_fin"] == "")).all()
    assert sessions["date_seance"].between("2024-01-01", "2024-12-31").all()
    assert not sessions.duplicated(["association", "id_binome", "date_seance", "rang"]).any()
    assert (sessions.loc[sessions["presence"] != "present", "duree_minutes"] == "0").all()
    remote = known[known["modalite_binome"] == "distanciel"]
    assert (remote["modalite"] == "distanciel").all()


def test_an_association_keeps_its_sessions_one_by_one_or_by_month(demo) -> None:
    one, month = set(every(demo, "seances")["association"]), set(every(demo, "seances_mois")["association"])
    assert one and month and not one & month
    rows = every(demo, "seances_mois")
    assert not rows.duplicated(["association", "id_binome", "mois"]).any()
    assert (rows["dernier_contact"].str[:7] == rows["mois"]).all()
    assert (rows["nb_seances"].astype(int) >= 1).all()
    assert rows["heures"].astype(float).between(0.25, 80).all()


def test_the_truth_of_sessions_is_the_sum_of_what_is_sent_and_of_what_no_association_runs(demo) -> None:
    truth = demo.verite["seances"]
    days = demo.verite["sources"]["seances"]["lignes_acceptees"]
    held = (pd.concat([demo.read(p) for p in demo.sent("seances")])["presence"] == "present").sum()
    months = every(demo, "seances_mois")["nb_seances"].astype(int).sum()
    assert days < truth["seances"]
    assert 0.90 * truth["tenues"] < held + months < truth["tenues"] + 100  # services run about 3 % of pairs
    running = demo.verite["binomes"]["mentorat"] + demo.verite["binomes"]["parrainage"]
    assert truth["binomes_avec_seance"] <= running
    assert 15 < truth["seances"] / truth["binomes_avec_seance"] < 40  # about 20 weeks in the campagne, calls beside
    assert 0.7 < truth["heures"] / truth["tenues"] < 1.5


def test_mentors_are_recruited_then_trained_and_leave_last(demo) -> None:
    mentors = every(demo, "mentors")
    trained, left = mentors["date_formation"] != "", mentors["date_sortie"] != ""
    assert (mentors["date_formation"] >= mentors["date_recrutement"])[trained].all()
    assert (mentors["date_sortie"] >= mentors["date_recrutement"])[left].all()
    assert 0.85 < trained.mean() < 0.97
    assert set(mentors["profil"]) <= set(PROFILES) == set(AGES_OF)
    assert in_clear(demo)["id_mentor"].isin(all_mentors(demo)).all()


def all_mentors(demo) -> set[str]:
    """Pseudonyms of S5 under the key everybody shares, from the protected and the spoilt files too."""
    tables = [demo.read(p).rename(columns=squeeze) for p in demo.sent("mentors")]
    known = [t["idmentorant"] if "idmentorant" in t else t["idmentor"] for t in tables]
    return set(pd.concat(known))


def test_checks_are_dates_only_before_the_decision_then_every_year(demo) -> None:
    checks = every(demo, "controles_honorabilite")
    assert {c for c in checks.columns if not c.startswith(("date_", "prochaine_"))} == {
        "departement", "id_mentor", "id_mentor_ant", "type", "fichier_",
    }  # fmt: skip
    assert (checks["date_controle"] <= "2024-12-31").all()
    assert (checks["prochaine_echeance"] > checks["date_controle"]).all()
    assert not checks.duplicated(["fichier_", "departement", "id_mentor", "type", "date_controle"]).any()
    truth = demo.verite["mentors"]
    states = ("binomes_controle_a_jour", "binomes_controle_en_retard", "binomes_sans_controle")
    assert sum(truth[name] for name in states) == truth["binomes_en_cours"]
    assert all(truth[name] > 0 for name in states)
    first = checks.sort_values("date_controle").drop_duplicates("id_mentor")
    pairs = in_clear(demo).merge(first, on="id_mentor")
    assert 0.90 < (pairs["date_controle"] < pairs["date_debut"]).mean() < 1


def test_demands_lead_to_the_pairs_that_name_them(demo) -> None:
    demands = demo.read("plateforme-1jeune1mentor/demandes_1j1m.zip").drop_duplicates("id_demande")
    demands = demands[demands["profil"] != "curieux"]
    assert demands["date_demande"].between("2024-01-01", "2024-12-31").all()
    sent = demands["date_envoi"] != ""
    assert (demands["date_envoi"] >= demands["date_demande"])[sent].all()
    attributed = demands[demands["association_attribuee"] != ""]
    compatible = [
        a in c.split("|")
        for a, c in zip(attributed["association_attribuee"], attributed["associations_compatibles"], strict=True)
    ]
    assert all(compatible)
    assert set(attributed["mode_attribution"]) == {"arbre", "arm", "manuel"}
    named = every(demo, "binomes").query("id_demande != ''").merge(demands, on="id_demande", suffixes=("", "_demande"))
    assert len(named) > 0
    assert (named["association"] == named["association_attribuee"]).all()
    assert (named["date_debut"] == named["date_binome"]).all()


def test_own_software_tells_the_same_people_as_the_passage(demo) -> None:
    (path,) = demo.sent("parcours_ase")
    lines = demo.read(path).query("id_jeune != '' and type_ligne in ['mesure', 'accueil']")
    passage = demo.read(path.replace("parcours_ase", "passage"))
    assert set(lines["id_jeune"]) <= set(passage["id_jeune"])
    assert lines["id_jeune"].nunique() > 0.95 * len(passage)
    closed = lines["date_fin"] != ""
    assert (lines["date_fin"] >= lines["date_debut"])[closed].all()
    places = lines[lines["type_ligne"] == "accueil"]
    assert (places["id_lieu"] != "").all()
    assert places.groupby("id_jeune").size().max() > 1
    open_places = places[places["date_fin"] == ""]
    assert not open_places.duplicated("id_jeune").any()
    running = places[places["id_jeune"].isin(open_places["id_jeune"])].groupby("id_jeune").size()
    assert 0.4 < (running > 1).mean() < 0.8, "those still in care have moved as the others have"


def test_aggregates_are_those_of_the_individual_files_where_both_are_sent(demo) -> None:
    rows = every(demo, "remontee_agregee")
    assert set(rows.columns) - {"fichier_"} == set(contract("remontee_agregee").noms)
    both = [
        p
        for p in demo.sent("remontee_agregee")
        if f"{p.split('/')[0]}/dossiers_mentorat.csv" in demo.sent("dossiers_mentorat")
    ]
    assert both
    for path in both:
        dossiers = demo.read(f"{path.split('/')[0]}/dossiers_mentorat.csv")
        launched = dossiers["date_lancement"].str.contains("2024") & (dossiers["statut"] != "en_vacances")
        assert int(demo.read(path)["binomes_lances"].iloc[0]) <= launched.sum()


def test_the_roadmap_has_14_sub_steps_and_the_first_are_done_first(demo) -> None:
    rows = every(demo, "feuille_route")
    assert (rows.groupby("departement").size() == 14).all()
    assert (rows.loc[rows["statut"] != "fait", "date"] == "").all()
    order = rows["statut"].map({"fait": 0, "en_cours": 1, "a_faire": 2}).groupby(rows["departement"])
    assert order.apply(lambda s: s.is_monotonic_increasing).all()


def test_structures_answer_with_their_true_numbers(demo) -> None:
    answers = demo.read("enquete/questionnaire_acteurs.csv").query("interet != '12' and id_reponse != ''")
    assert (answers["nb_jeunes_mentores"].astype(int) <= answers["nb_jeunes_11_20"].astype(int)).all()
    assert 0 < answers["nb_jeunes_mentores"].astype(int).sum() <= demo.verite["mentores_31_12"]


def test_departements_and_associations_contradict_each_other_where_the_truth_says(demo) -> None:
    told = demo.verite["rapprochement"]["ecarts_sources"]
    expected = pd.DataFrame(told).T.fillna(0).sum().astype(int)
    assert set(expected.index) == {"date_debut", "date_fin", "motif_fin", "etat"}
    pairs = in_clear(demo).query("id_dossier != ''")
    dossiers = demo.sound("dossiers_mentorat").query("date_lancement.str.contains('-') or date_lancement == ''")
    both = pairs.merge(dossiers, on=["departement", "id_dossier"], suffixes=("", "_dossier"))
    found = {
        "date_debut": both["date_debut"] != both["date_lancement"],
        "date_fin": (both["date_fin"] != both["date_fin_dossier"]) & (both["date_fin_dossier"] != ""),
        "motif_fin": (both["motif_fin"] != both["motif_fin_dossier"]) & (both["motif_fin_dossier"] != ""),
        "etat": (both["date_fin"] != "") & (both["date_fin_dossier"] == ""),
    }
    for what, differs in found.items():
        assert 0 < differs.sum() <= expected[what], what
    assert (both["date_lancement"] >= both["date_debut"]).all()


def test_a_judge_authorises_in_the_place_of_one_of_two_holders(demo) -> None:
    dossiers = demo.sound("dossiers_mentorat")
    judged = dossiers[dossiers["decision_accord"] == "autorisation_juge"]
    assert len(judged) > 0
    assert (judged["nb_titulaires"] == "2").all() and (judged["nb_accords_recus"] == "1").all()


def test_some_leave_care_with_an_open_dossier(demo) -> None:
    dossiers = demo.table("dossiers_mentorat")
    opened = dossiers[dossiers["id_dossier"].str.contains("-S")]
    assert len(opened) > 0
    assert set(opened["statut"].str.casefold().str.replace(" ", "_")) <= set(OPEN_STATUSES)
    assert (opened["date_lancement"] == "").all()


def test_both_sides_tell_some_conventions_sometimes_with_another_amount(demo) -> None:
    key = ["departement", "operateur", "type", "date_signature", "annee"]
    conventions = every(demo, "conventions").query("~fichier_.str.contains('conventions \\(2\\)')")
    own = conventions["fichier_"].str.startswith("association-")
    both = conventions[own].merge(conventions[~own], on=key, suffixes=("", "_collectivite"))
    differs = both["montant_departement"] != both["montant_departement_collectivite"]
    assert demo.verite["conventions"] == {"doubles": len(both), "montants_differents": int(differs.sum())}
    assert 0 < differs.sum() < len(both) == own.sum()


def test_the_registry_tells_the_young_people_each_association_takes(demo) -> None:
    registry = demo.read("dgcs/associations.csv")
    assert registry["publics"].str.startswith("confies").all()
    adults = registry["publics"].str.contains("jeunes_majeurs")
    assert (adults == (registry["age_max"].astype(int) > 18)).all()


def test_later_outcomes_are_told_of_adults_inside_what_each_source_sees(demo) -> None:
    devenir = demo.read("dgcs/devenir.csv").query("source != 'horoscope' and id_jeune != ''")
    windows = demo.read("dgcs/fenetres.csv")
    both = devenir.merge(windows, on=["source", "departement"], how="left")
    assert ((both["date_debut"] >= both["debut"]) & (both["date_debut"] <= both["fin"])).all()
    assert devenir["id_jeune"].str.fullmatch("[0-9a-f]{64}").all()


def test_a_swapped_date_exchanges_the_exact_and_the_swapped_pseudonym(demo) -> None:
    passage = demo.table("passage").set_index("id_jeune")
    pairs = in_clear(demo)
    swapped = pairs[
        (~pairs["id_jeune"].isin(passage.index)) & pairs["id_jeune"].isin(set(passage["id_jeune_inv"]) - {""})
    ]
    assert len(swapped) > 0
    own = swapped[~swapped["fichier_"].str.contains("demo-10")]
    assert len(own) > 0
    person = passage.loc[own["id_jeune_inv"]]
    assert (person["id_jeune_inv"].to_numpy() == own["id_jeune"].to_numpy()).all()
    assert (person["id_jeune_phon"].to_numpy() != own["id_jeune_phon"].to_numpy()).all()


def test_a_spelling_that_sounds_alike_keeps_the_phonetic_pseudonym(demo) -> None:
    passage = demo.table("passage")
    pairs = in_clear(demo).query("~fichier_.str.contains('demo-10')")
    other = pairs[~pairs["id_jeune"].isin(passage["id_jeune"]) & ~pairs["id_jeune"].isin(passage["id_jeune_inv"])]
    alike = other["id_jeune_phon"].isin(passage["id_jeune_phon"])
    assert 0 < alike.sum() < len(other)


def test_only_days_1_to_12_can_be_swapped_and_some_swap_to_themselves(demo) -> None:
    passage = demo.table("passage")
    there = passage["id_jeune_inv"] != ""
    assert 0.38 < there.mean() < 0.52
    assert 0 < (passage["id_jeune_inv"] == passage["id_jeune"]).mean() < 0.10


def test_one_association_has_turned_to_the_next_key_and_gives_the_former_pseudonyms(demo) -> None:
    rotated = demo.read("association-demo-10/binomes.csv")
    passage, dossiers = demo.table("passage"), demo.table("dossiers_mentorat")
    shared = set(passage["id_jeune"]) | set(dossiers["id_jeune"])
    assert not set(rotated["id_jeune"]) & shared
    assert rotated["id_jeune_ant"].isin(shared).mean() > 0.8
    assert rotated["id_mentor"].isin(demo.read("association-demo-10/mentors.csv")["id_mentor"]).all()
    assert not set(rotated["id_jeune_phon"]) & set(passage["id_jeune_phon"])
    others = every(demo, "binomes").query("~fichier_.str.contains('demo-10')")
    assert others["id_jeune_ant"].isna().all()


def test_the_truth_of_linkage_counts_the_misspelt_pairs_by_kind(demo) -> None:
    truth = demo.verite["rapprochement"]
    assert truth["binomes"] == demo.verite["sources"]["binomes"]["lignes_acceptees"]
    assert set(truth["fautes"]) == {"graphie_voisine", "date_inversee", "autre_graphie"}
    total = sum(kind["binomes"] for kind in truth["fautes"].values())
    assert 0.02 < total / truth["binomes"] < 0.08
    without = {kind: counts["sans_id_dossier"] / counts["binomes"] for kind, counts in truth["fautes"].items()}
    assert without["graphie_voisine"] > 0.3 > without["autre_graphie"]


def test_a_renewal_more_changes_neither_who_is_in_care_nor_who_is_eligible(demo) -> None:
    events = demo.sound("mesures_ase")
    last = events.sort_values(["NUMANONYM", "DATDEB", "TYPEV"]).drop_duplicates("NUMANONYM", keep="last")
    running = last[last["TYPEV"] != "3"]
    assert running["DATFIN"].eq("").all()
    assert (events["TYPEV"] == "2").sum() > 0.6 * events["NUMANONYM"].nunique()
    key = ["NUMDEP", "NUMANONYM", "TYPEV", "DECISION", "NATPDECADM", "NATDECASSED", "DATDEB", "DATFIN"]
    assert not events.duplicated(key).any()


def test_simulation_json_tells_what_is_supposed_of_the_new_sources(demo) -> None:
    said = " ".join(json.loads((demo.depot / "simulation.json").read_text(encoding="utf-8"))["hypotheses"])
    for word in ("feuille de route", "une fois par semaine", "mot de passe", "devenir"):
        assert word in said
    assert np.all([sentence.endswith(".") for sentence in demo.simulation["hypotheses"]])
