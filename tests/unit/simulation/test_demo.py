import hashlib
import json
import re
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentorat import reference
from mentorat.errors import UsageError
from mentorat.secrets import of_sender
from mentorat.settings import Settings
from mentorat.simulation import write_demo
from mentorat.simulation.enquete import ITEMS, PRIMARY
from tests.unit.simulation.conftest import opened

LEGAL_ORDER = (
    "date_evaluation", "date_proposition", "date_reponse_jeune", "date_demande_accord", "date_accord",
    "date_transmission", "date_validation", "date_lancement", "date_fin",
)  # fmt: skip


def fingerprint(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under `folder`, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    prints, opened_ = [], []
    for name, graine in (("a", 3), ("b", 3), ("c", 4)):
        settings = Settings(data=tmp_path / name)
        write_demo(settings, 2024, jeunes=1_500, graine=graine)
        found = fingerprint(settings.data)
        # encryption draws a salt: of a protected file, what it holds is compared
        protected = {}
        for path in json.loads(settings.verite(2024).read_text(encoding="utf-8"))["fichiers_proteges"]:
            found.pop(f"depot/2024/{path}")
            file = settings.depot(2024) / path
            secret = settings.secrets / of_sender("MENTORAT_MDP", file.parent.name)
            protected[path] = opened(file.read_bytes(), file, secret.read_text(encoding="utf-8").strip())
        prints.append(found)
        opened_.append(protected)
    assert len(opened_[0]) == 2
    assert (prints[0], opened_[0]) == (prints[1], opened_[1])
    assert prints[0] != prints[2]
    assert opened_[0] != opened_[2]


def test_exactly_16_percent_of_the_eligible_have_a_mentor_on_31_december(demo) -> None:
    verite = demo.verite
    assert verite["mentores_31_12"] == round(0.16 * verite["eligibles"])
    assert verite["jeunes_suivis"] == demo.simulation["jeunes"]
    assert 0.08 < verite["mentores_31_12"] / verite["jeunes_suivis"] < 0.092
    territoires = pd.DataFrame(verite["territoires"]).T
    assert territoires.sum().to_dict() == {
        "eligibles": verite["eligibles"],
        "mentores": verite["mentores_31_12"],
    }


def test_one_pair_in_five_ended_early_and_one_in_twenty_is_a_parrainage(demo) -> None:
    binomes = demo.verite["binomes"]
    assert binomes["part_arrets_anticipes"] == pytest.approx(0.20, abs=0.01)
    assert binomes["parrainage"] / binomes["mentorat"] == pytest.approx(0.05, abs=0.01)


def test_pairs_of_the_associations_match_the_truth_where_an_association_operates_them(demo) -> None:
    pairs = demo.table("binomes").query("nature == 'mentorat' and date_fin == ''")
    running = pairs["id_jeune"].nunique()
    assert 0.93 * demo.verite["mentores_31_12"] < running <= demo.verite["mentores_31_12"] + 20


def test_dates_of_dossiers_follow_the_legal_order(demo) -> None:
    for emetteur, table in demo.sound("dossiers_mentorat").groupby("emetteur_"):
        for before, after in pairwise(LEGAL_ORDER):
            if before not in table or after not in table:
                continue
            both = table[(table[before].fillna("") != "") & (table[after].fillna("") != "")]
            french = both[before].str.contains("/").any()
            first, second = (pd.to_datetime(both[c], dayfirst=french) for c in (before, after))
            assert (first <= second).all(), (emetteur, before, after)


def test_pairs_begin_before_they_end_and_overlap_the_campagne(demo) -> None:
    pairs = demo.sound("binomes")
    ended = pairs["date_fin"] != ""
    assert (pairs["date_debut"] <= "2024-12-31").all()
    assert (pairs.loc[ended, "date_fin"] > pairs.loc[ended, "date_debut"]).all()
    assert pairs.loc[ended, "date_fin"].between("2024-01-01", "2024-12-31").all()
    assert (pairs["motif_fin"] != "").equals(ended)


def test_olinpe_events_are_dated_in_order_and_an_end_closes_a_known_measure(demo) -> None:
    events = demo.sound("mesures_ase")
    ends = events[events["TYPEV"] == "3"]
    assert (ends["DATFIN"] >= ends["DATDEB"]).all()
    assert (ends["DATFIN"] >= "2024-01-01").all()
    assert (events.loc[events["TYPEV"] != "3", "DATFIN"] == "").all()
    known = events[(events["ANAIS"] != "9999") & (events["MNAIS"] != "99")]
    assert (known["ANAIS"] + "-" + known["MNAIS"] + "-15" <= known["DATDEB"]).all()
    measure = ["NUMDEP", "NUMANONYM", "DECISION", "NATPDECADM", "NATDECASSED", "DATDEB"]
    begun = events.loc[events["TYPEV"] != "3", measure].drop_duplicates()
    orphans = ends.merge(begun, on=measure, how="left", indicator=True).query("_merge == 'left_only'")
    assert len(set(orphans["emetteur_"])) <= 1  # the sender that gave no initialisation


def test_olinpe_events_have_unique_keys_and_declared_codes(demo) -> None:
    events = demo.sound("mesures_ase")
    key = [
        "NUMDEP", "NUMANONYM", "TYPEV", "DECISION", "NATPDECADM", "NATDECASSED", "TYPINTERDOM", "TYPDECJUD",
        "DATDEB", "DATFIN",
    ]  # fmt: skip
    assert not events.duplicated(key).any()
    lieux = reference.load("lieux_olinpe")
    for variable in ("LIEUACC", "LIEUPLAC"):
        declared = set(lieux.loc[lieux["variable"] == variable, "code"]) | {"", "20"}
        assert set(events[variable]) <= declared
    assert set(events["NUMDEP"]) <= set(reference.load("territoires")["territoire"])
    assert events["NUMANONYM"].str.fullmatch("[0-9a-f]{40}").all()


def test_pseudonyms_have_64_hexadecimal_characters_and_the_survey_shares_them_with_the_passage(demo) -> None:
    passage, mentores = demo.table("passage"), demo.table("mentores")
    assert passage["id_jeune"].str.fullmatch("[0-9a-f]{64}").all()
    assert passage["id_jeune"].is_unique
    known = mentores["departement"].isin(passage["departement"])
    assert mentores.loc[known, "id_jeune"].isin(passage["id_jeune"]).all()


def test_some_pairs_are_linked_by_their_dossier_only(demo) -> None:
    dossiers = demo.sound("dossiers_mentorat")[["departement", "id_dossier", "id_jeune"]]
    pairs = demo.sound("binomes").query("id_dossier != ''")
    both = pairs.merge(dossiers, on=["departement", "id_dossier"], suffixes=("", "_dossier"))
    former = both["id_jeune_ant"].fillna("").where(lambda v: v != "", both["id_jeune"])
    assert 0 < (former != both["id_jeune_dossier"]).mean() < 0.15


def test_the_truth_is_nowhere_in_the_depot(demo) -> None:
    assert not list(demo.depot.rglob("*verite*"))
    content = json.loads((demo.depot / "simulation.json").read_text(encoding="utf-8"))
    assert set(content) == {
        "simule",
        "collectivites",
        "mention",
        "campagne",
        "graine",
        "jeunes",
        "facteur_echelle",
        "hypotheses",
    }
    assert content == demo.simulation
    assert content["facteur_echelle"] == pytest.approx(content["jeunes"] / 350_000)
    text = " ".join(content["hypotheses"])
    assert "Mayotte" in text and "Corse" in text


def test_faulty_rows_are_told_in_the_truth_and_stand_in_their_files(demo) -> None:
    assert demo.verite["lignes_cassees"]
    for path, expected in demo.verite["lignes_cassees"].items():
        assert demo.read(path).duplicated().sum() == expected["doublons"], path
        assert expected["ecartees"] >= 2


def test_one_file_names_people_by_tokens_and_is_expected_to_be_refused(demo) -> None:
    (path,) = demo.verite["fichiers_refuses"]
    table = pd.read_csv(demo.depot / path, sep=";", dtype="str", encoding="cp1252")
    assert {"Nom", "Prénom"} <= set(table.columns)
    assert table["Nom"].str.fullmatch(r"CANARI-NOM-\d").all()


def test_the_olinpe_xml_and_the_workbook_are_read_back(demo) -> None:
    (xml,) = demo.depot.rglob("olinpe.xml")
    text = xml.read_text(encoding="utf-8")
    assert "<VERSIONXSD>2.0</VERSIONXSD>" in text
    assert text.count("<DONNEE>") == text.count("<NUMANONYM>") > 100
    book = next(demo.depot.rglob("dossiers_mentorat.xlsx"))
    with zipfile.ZipFile(book) as archive:
        words = archive.read("xl/sharedStrings.xml").decode()
    assert "Suivi du mentorat" in words and "Département" in words and "Total" in words


def test_files_of_pairs_come_from_demonstration_associations_only(demo) -> None:
    folders = {path.parent.name for path in demo.depot.glob("*/binomes.csv")}
    assert folders and all(re.fullmatch(r"association-demo-\d\d", name) for name in folders)
    assert {path.name for path in demo.depot.iterdir() if path.is_dir()} <= set(reference.load("emetteurs")["emetteur"])


def test_the_survey_has_as_many_mentored_as_non_mentored_and_more_invited_than_answered(demo) -> None:
    sample = demo.table("enquete_echantillon")
    by_group = pd.crosstab(sample["groupe"], sample["repondu"])
    assert by_group.loc["mentores", "oui"] == by_group.loc["non_mentores", "oui"] == len(demo.table("mentores"))
    assert by_group.loc["mentores", "oui"] <= demo.verite["mentores_31_12"] / 3
    assert (by_group.loc[["mentores", "non_mentores"], "non"] > 0).all()
    answered = demo.table("mentores")
    assert 0 < (answered["projection_direction"] == "").mean() < 0.15


def test_every_item_asked_of_both_groups_has_its_true_effect(demo) -> None:
    truth = demo.verite["enquete"]["items"]
    for item in ITEMS:
        assert truth[item.nom]["att"] == pytest.approx(item.att, abs=1e-4)
    assert set(PRIMARY) <= set(truth)


def test_the_mentored_differ_from_the_others_before_any_effect(demo) -> None:
    item = demo.verite["enquete"]["items"]["projection_direction"]
    assert item["part_sans_mentorat"] - item["part_non_mentores"] > 0.03


def test_demonstration_keys_say_so_and_are_readable_by_their_owner_alone(demo) -> None:
    folder = demo.settings.secrets
    assert folder.stat().st_mode & 0o777 == 0o700
    keys = sorted(folder.iterdir())
    assert [k.name for k in keys] == [
        "MENTORAT_CLE_ETUDE",
        "MENTORAT_CLE_PILOTAGE",
        "MENTORAT_CLE_PROGRAMME",
        "MENTORAT_MDP_ASSOCIATION_DEMO_04",
        "MENTORAT_MDP_PLATEFORME_1JEUNE1MENTOR",
    ]
    for key in keys:
        assert re.fullmatch(r"demonstration:[0-9a-f]{64}\n", key.read_text(encoding="utf-8"))
        assert key.stat().st_mode & 0o777 == 0o600


def test_a_depot_that_is_not_simulated_is_never_overwritten(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    kept = settings.depot(2024) / "departement-59" / "dossiers.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text("contenu réel", encoding="utf-8")
    with pytest.raises(UsageError, match="n'est pas simulé"):
        write_demo(settings, 2024, jeunes=1_500)
    assert kept.read_text(encoding="utf-8") == "contenu réel"
    assert not settings.secrets.exists()


@pytest.mark.parametrize("name", ["MENTORAT_CLE_ETUDE", "MENTORAT_MDP_ASSOCIATION_DEMO_04"])
def test_a_real_key_or_password_is_never_overwritten(tmp_path: Path, name: str) -> None:
    settings = Settings(data=tmp_path)
    settings.secrets.mkdir()
    (settings.secrets / name).write_text("x" * 40, encoding="utf-8")
    with pytest.raises(UsageError, match="pas de démonstration"):
        write_demo(settings, 2024, jeunes=1_500)
    assert not settings.depot(2024).exists()


def test_a_second_demonstration_replaces_the_first_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    write_demo(settings, 2024, jeunes=1_500, graine=1)
    stray = settings.depot(2024) / "departement-72" / "ancien.csv"
    stray.write_text("", encoding="utf-8")
    write_demo(settings, 2024, jeunes=1_200, graine=2)
    assert not stray.exists()
    assert [p.name for p in settings.depot(2024).parent.iterdir()] == ["2024"]


@pytest.mark.parametrize(("campagne", "jeunes"), [(1999, 2_000), (2024, 10)])
def test_an_impossible_demonstration_is_refused(tmp_path: Path, campagne: int, jeunes: int) -> None:
    with pytest.raises(UsageError):
        write_demo(Settings(data=tmp_path), campagne, jeunes=jeunes)


def test_margins_of_sex_and_age_are_the_published_ones(demo) -> None:
    events = demo.sound("mesures_ase").drop_duplicates("NUMANONYM", keep="last")
    home = events["NATDECASSED"].isin(["15", "16"]) | (events["NATPDECADM"] == "10")
    boys = (events["SEXE"] == "1").groupby(home).mean()
    assert boys[True] == pytest.approx(0.55, abs=0.04)
    assert boys[False] == pytest.approx(0.61, abs=0.04)
    age = 2024 - events.loc[events["ANAIS"] != "9999", "ANAIS"].astype(int)
    teenagers = age.between(11, 17).groupby(home).mean()
    assert teenagers[True] == pytest.approx(0.57, abs=0.05)
    assert np.isclose(teenagers[False], 0.50, atol=0.05)
