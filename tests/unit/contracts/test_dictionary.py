"""The dictionary says every column of every source, and the page committed is the one the contracts give."""

from mentorat.contracts.dictionary import dictionary, dictionary_markdown
from mentorat.contracts.sources import contracts
from mentorat.settings import CHECKOUT


def test_one_row_a_column_of_every_source() -> None:
    told = dictionary()
    wanted = {(source, column.nom) for source, found in contracts().items() for column in found.colonnes}
    assert set(zip(told["source"], told["colonne"], strict=True)) == wanted
    assert len(told) == len(wanted)
    assert told.notna().all(axis=None)


def test_sources_follow_the_order_of_the_specification() -> None:
    numbers = dictionary()["numero"].drop_duplicates().tolist()
    assert numbers == ["P", *(f"S{n}" for n in range(6)), "S5b", *(f"S{n}" for n in range(6, 17)), "—"]


def test_what_is_asked_what_is_kept_and_what_the_law_says_are_told() -> None:
    told = dictionary().set_index(["source", "colonne"])
    dossier = told.loc[("dossiers_mentorat", "id_dossier")]
    assert (dossier["presence"], dossier["conservation"]) == ("indispensable", "recodée à la réception")
    assert told.loc[("dossiers_mentorat", "statut"), "presence"] == "attendue"
    assert told.loc[("dossiers_mentorat", "sexe"), "presence"] == "facultative"
    assert told.loc[("controles_honorabilite", "date_controle"), "article"] == "D221-39"
    assert told.loc[("seances", "duree_minutes"), "unite"] == "minutes"
    assert "« autre »" in told.loc[("seances", "theme"), "attendu"]
    assert "sensible" in told.loc[("enquete_mentores", "handicap"), "conservation"]


def test_the_page_has_a_section_a_source_and_tables_whose_lines_have_one_width() -> None:
    page = dictionary_markdown()
    for source, found in contracts().items():
        assert f"Source `{source}`" in page and found.titre in page
    widths = {line.replace("\\|", "").count("|") for line in page.splitlines() if line.startswith("|")}
    assert widths == {9}


def test_what_olinpe_sends_and_we_never_keep_is_named() -> None:
    assert "jamais conservées : MODACC, SCOCLASPE" in dictionary_markdown()


def test_the_page_committed_is_up_to_date() -> None:
    """To mend it: `python -m mentorat.contracts`."""
    assert (CHECKOUT / "docs" / "dictionnaire.md").read_text(encoding="utf-8") == dictionary_markdown()
