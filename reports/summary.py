"""The last lines of a run: where the reports are, and the three figures a reader asks for first."""

from collections.abc import Iterator

import pandas as pd

from mentorat.disclosure.storage import load_release
from mentorat.reference import load
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
    effects = load_release(released, "effets", "public").frame
    yield f"  {_effect(effects[effects['source'] == 'enquete'])}"
    yield f"Rapport national       : {publication / 'national' / 'rapport.html'}"
    yield f"Rapports territoriaux  : {publication / 'departements'}"
    yield f"Évaluation             : {publication / 'evaluation'}"
    yield f"Qualité des données    : {publication / 'qualite' / 'index.html'}"
    yield f"Réponses aux émetteurs : {settings.retours(campagne)}"
    refused = refused_files(settings, campagne)
    if refused:
        yield f"Fichiers refusés ({len(refused)}) ; le remède est dans la réponse à l'émetteur :"
        yield from (f"  {line}" for line in refused)
    if strangers := unknown_senders(settings, campagne):
        names = ", ".join(strangers)
        yield f"Émetteurs absents de la liste de référence, lus quand même ; vérifiez ces dossiers : {names}"


def _journal(settings: Settings, campagne: int) -> pd.DataFrame:
    return pd.read_parquet(settings.lake / "journal" / f"{campagne}.parquet")


def refused_files(settings: Settings, campagne: int) -> list[str]:
    """« path : why » of each refused file, sorted; never a value of the file."""
    journal = _journal(settings, campagne)
    refused = journal[journal["statut"] == "refusee"].sort_values("chemin")
    return [f"{row.chemin} : {row.motif}" for row in refused.itertuples()]


def unknown_senders(settings: Settings, campagne: int) -> list[str]:
    """Folders of the dépôt that are no sender of the reference list, sorted."""
    journal = _journal(settings, campagne)
    present = set(journal.loc[journal["statut"] != "retiree", "emetteur"]) - {""}
    return sorted(present - set(load("emetteurs")["emetteur"]))


def _effect(effects: pd.DataFrame) -> str:
    """The adjusted difference of the first outcome of the plan, with its interval and grade."""
    if not effects.empty and effects.iloc[0]["diffusion"] == "secret":
        return "Écart ajusté entre mentorés et non-mentorés : secret statistique (trop peu de réponses)"
    if effects.empty or pd.isna(effects.iloc[0]["att"]):
        return "Écart ajusté entre mentorés et non-mentorés : non estimable avec les données transmises"
    first = effects.iloc[0]
    estimate, low, high = (fr_points(100 * float(first[name])) for name in ("att", "ic_bas", "ic_haut"))
    return (
        f"Écart ajusté entre mentorés et non-mentorés, « {first['libelle']} » : {estimate} "
        f"(intervalle à 95 % : {low} à {high} ; niveau de preuve : {first['preuve']})"
    )
