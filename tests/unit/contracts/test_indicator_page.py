"""The page of indicators says the whole catalogue, and is the one committed."""

import re

import pytest

from mentorat.contracts.catalogue import catalogue
from mentorat.contracts.indicator_page import PAGE, fact_in_words, indicators_markdown


def test_the_page_committed_is_up_to_date() -> None:
    """To mend it: `python -m mentorat.contracts`."""
    assert PAGE.read_text(encoding="utf-8") == indicators_markdown()


def test_every_indicator_has_its_section_with_what_it_divides_and_the_law() -> None:
    page = indicators_markdown()
    for indicator in catalogue().values():
        section = page.partition(f"### {indicator.id} · {indicator.libelle}\n")[2].partition("\n##")[0]
        assert indicator.definition.strip() in section
        assert f"- Numérateur : {indicator.numerateur.rstrip('.')}." in section
        assert ("- Dénominateur :" in section) == bool(indicator.denominateur)
        assert ("- Base légale :" in section) == bool(indicator.base_legale)


def test_every_link_of_the_index_leads_to_a_section() -> None:
    page = indicators_markdown()
    # as GitHub does: lower case, no punctuation, a dash a blank
    anchors = [
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in re.findall("^### (.*)$", page, re.M)
    ]
    assert re.findall(r"\]\(#(.*?)\)", page) == anchors
    assert len(anchors) == len(set(anchors)) == len(catalogue())


def test_who_is_expected_asks_for_nothing_by_itself() -> None:
    page = indicators_markdown()
    assert "- Il faut avoir reçu : un fichier au moins." in page
    assert "- Il faut avoir reçu : rien (compté pour tout émetteur attendu)." in page


def test_what_an_indicator_needs_is_told_in_words() -> None:
    assert fact_in_words("evaluations") == "les dossiers de mentorat (S2), exhaustifs dès l'évaluation"
    assert fact_in_words("feuille_route").startswith("« ") and fact_in_words("feuille_route").endswith("(S12)")
    assert "« Réponse du jeune »" in fact_in_words("dossiers_mentorat.reponse_jeune")
    with pytest.raises(KeyError):
        fact_in_words("inconnu")
