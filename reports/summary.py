"""The last lines of a run: where the reports are, and the three figures a reader asks for first."""

from collections.abc import Iterator

import pandas as pd

from mentorat.disclosure.storage import load_release
from mentorat.settings import Settings
from mentorat.typography import fr_points
from reports.reading import Indicators


def summary_lines(settings: Settings, campagne: int) -> Iterator[str]:
    """French lines for the terminal, from tables released to the public alone."""
    publication = settings.publication(campagne)
    released = settings.lake / "diffusion" / str(campagne)
    indicators = Indicators(load_release(released, "indicateurs", "public").frame, campagne)
    if simulation := settings.simulation(campagne):
        yield f"{simulation['mention']} : aucun de ces chiffres ne décrit de vrais jeunes."
    eligible = indicators.read("national", "FR", "A1").count()
    pairs = indicators.read("national", "FR", "O2").count()
    base = "base=pris_en_charge_11_17"
    coverage = indicators.read("national", "FR", "O3", "part", ventilation=base).share()
    yield f"  Jeunes éligibles au mentorat (collectivités ayant répondu) : {eligible}"
    yield f"  Binômes actifs au 31 décembre : {pairs} ; couverture des 11-17 ans suivis : {coverage}"
    yield f"  {_effect(load_release(released, 'effets', 'public').frame)}"
    yield f"Rapport national      : {publication / 'national' / 'rapport.html'}"
    yield f"Rapports territoriaux : {publication / 'departements'}"
    yield f"Évaluation            : {publication / 'evaluation'}"
    yield f"Qualité des données   : {publication / 'qualite' / 'index.html'}"
    yield f"Réponses aux émetteurs: {settings.retours(campagne)}"
    journal = pd.read_parquet(settings.lake / "journal" / f"{campagne}.parquet")
    refused = sorted(journal.loc[journal["statut"] == "refusee", "chemin"])
    if refused:
        yield f"Fichiers refusés ({len(refused)}) ; le motif et le remède sont dans la réponse à l'émetteur :"
        yield from (f"  {name}" for name in refused)


def _effect(effects: pd.DataFrame) -> str:
    """The adjusted difference of the first outcome of the plan, with its interval and grade."""
    if effects.empty or pd.isna(effects.iloc[0]["att"]):
        return "Écart ajusté entre mentorés et non-mentorés : non estimable avec les données transmises"
    first = effects.iloc[0]
    estimate, low, high = (fr_points(100 * float(first[name])) for name in ("att", "ic_bas", "ic_haut"))
    return (
        f"Écart ajusté entre mentorés et non-mentorés, « {first['libelle']} » : {estimate} "
        f"(intervalle à 95 % : {low} à {high} ; niveau de preuve : {first['preuve']})"
    )
