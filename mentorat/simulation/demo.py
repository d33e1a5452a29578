"""Writes the demonstration: the dépôt, its simulation.json, the keys, and the truth apart."""

import json
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mentorat.errors import UsageError
from mentorat.french import counted
from mentorat.identity.secret_key import DEMONSTRATION, PROGRAMME
from mentorat.lake import written_aside
from mentorat.reference import parametre
from mentorat.secrets import of_sender
from mentorat.settings import CAMPAGNES, Settings
from mentorat.simulation import depot, mentors, parcours, plan, pseudonyms, seances
from mentorat.simulation import historique as history
from mentorat.simulation.ecarts import with_gaps
from mentorat.simulation.enquete import PRIMARY, draw_survey
from mentorat.simulation.fichiers import Outbox
from mentorat.simulation.identites import with_mentors, with_pseudonyms
from mentorat.simulation.mesures import add_renewals, draw_events
from mentorat.simulation.parcours import draw_mentoring
from mentorat.simulation.plan import Sender
from mentorat.simulation.population import draw_population
from mentorat.simulation.verite import recoverable

MINIMUM = 1_000


def write(
    settings: Settings,
    campagne: int,
    jeunes: int,
    graine: int,
    progress: Callable[[str], None],
    *,
    historique: int = 1,
) -> dict[str, Any]:
    """Body of `mentorat.simulation.write_demo`."""
    since = campagne - historique + 1
    _refuse_years_too_early(campagne, historique)
    for year in range(since, campagne + 1):
        _refuse_what_is_not_a_demonstration(settings, year, jeunes)
    progress(f"Simulation de {jeunes} jeunes suivis")
    key = pseudonyms.demonstration_key(PROGRAMME, graine)
    content: dict[str, Any] = {}
    if historique == 1:
        world, rng, senders = _one_campagne(campagne, jeunes, graine, key)
        content = _write_campagne(settings, world, rng, _simulation(campagne, jeunes, graine, senders), progress)
    else:
        # The last campagne is drawn first, and the others are told backward from it.
        for world, rng in history.draw_worlds(since, campagne, jeunes, graine, key):
            followed = int((world.people["champ"] == "suivi").sum())
            told = _simulation(world.campagne, followed, graine, world.senders)
            told["hypotheses"].insert(1, history.HYPOTHESIS.format(debut=since, fin=campagne))
            written = _write_campagne(settings, world, rng, told, progress)
            content = content or written
            del world  # the next one needs the room
    _write_secrets(settings.secrets, graine)
    return content


def _one_campagne(
    campagne: int, jeunes: int, graine: int, key: str
) -> tuple[depot.World, np.random.Generator, dict[str, Sender]]:
    """A campagne alone, the generator its files go on drawing from, and who sends."""
    rng = np.random.default_rng([graine, campagne, jeunes])

    def stream(name: str) -> np.random.Generator:
        return np.random.default_rng([graine, campagne, jeunes, 1 + depot.STREAMS.index(name)])

    territories = plan.territories(jeunes)
    senders = plan.senders(territories, rng)
    people = draw_population(campagne, territories, rng)
    people = with_pseudonyms(people, key, graine, rng, stream("naissance"))
    events = draw_events(campagne, people, rng)
    levels = parcours.last_levels(events, len(people), np.datetime64(f"{campagne}-12-31"))
    mentoring = draw_mentoring(campagne, people, levels, rng)
    with_mentors(mentoring.pairs, people, key, graine)
    survey = draw_survey(campagne, people, mentoring, rng)
    pairs = mentoring.pairs
    world = depot.World(
        campagne=campagne,
        graine=graine,
        key=key,
        senders=senders,
        people=people,
        events=add_renewals(campagne, people, events, stream("renouvellements")),
        mentoring=mentoring,
        survey=survey,
        sessions=seances.draw_sessions(campagne, pairs, stream("seances")),
        mentors=mentors.draw_mentors(campagne, pairs, key, graine, stream("mentors")),
        checks=mentors.draw_checks(campagne, pairs, stream("controles")),
        stream=stream,
    )
    return world, rng, senders


def _write_campagne(
    settings: Settings,
    world: depot.World,
    rng: np.random.Generator,
    content: dict[str, Any],
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Write the dépôt of one campagne and its truth; return `content`, that of simulation.json."""
    world = with_gaps(world)
    campagne = world.campagne
    progress(f"Écriture des fichiers des départements, des associations, de l'État et de l'enquête ({campagne})")
    folder = settings.depot(campagne)
    aside = folder.with_name(f".{campagne}.en_cours")
    shutil.rmtree(aside, ignore_errors=True)
    box = Outbox(aside, datetime(campagne + 1, 3, 31, 12))
    try:
        conventions = depot.write_senders(box, world, rng)
        linkage = depot.write_associations(box, world, rng)
        demands = depot.write_national(box, world)
        depot.write_survey(box, world)
        _write_json(aside / "simulation.json", content)
        truth = _truth(world, box, linkage, demands) | {"conventions": conventions}
        _replace_folder(folder, aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _write_json(settings.verite(campagne), truth)
    return content


def _secret_names() -> list[str]:
    """The demonstration's secrets: three keys, and the passwords of protected files."""
    return [*pseudonyms.KEYS, *(of_sender("MENTORAT_MDP", emetteur) for emetteur in depot.PROTECTED)]


def _refuse_years_too_early(campagne: int, historique: int) -> None:
    first, known = campagne - historique + 1, CAMPAGNES.start
    if campagne in CAMPAGNES and first < known:
        raise UsageError(
            f"Avec --historique {historique}, la première campagne serait {first} ; la première connue est {known}. "
            f"Demandez au plus {counted(campagne - known + 1, 'campagne')} jusqu'à {campagne}"
            + (
                f", ou une dernière campagne à partir de {known + historique - 1}."
                if historique <= len(CAMPAGNES)
                else "."
            )
        )


def _refuse_what_is_not_a_demonstration(settings: Settings, campagne: int, jeunes: int) -> None:
    if campagne not in CAMPAGNES:
        raise UsageError(f"La campagne doit être une année de {CAMPAGNES.start} à {CAMPAGNES.stop - 1}.")
    if jeunes < MINIMUM:
        raise UsageError(f"La démonstration demande au moins {MINIMUM} jeunes.")
    folder = settings.depot(campagne)
    if folder.exists() and any(folder.iterdir()) and settings.simulation(campagne) is None:
        raise UsageError(
            f"Le dossier {folder} contient un dépôt qui n'est pas simulé : la démonstration ne l'écrasera "
            "pas. Choisissez une autre campagne, ou un autre dossier de données (MENTORAT_DATA)."
        )
    for name in _secret_names():
        path = settings.secrets / name
        if path.exists() and not path.read_text(encoding="utf-8").startswith(DEMONSTRATION):
            raise UsageError(
                f"Le fichier {path} contient une clé ou un mot de passe qui n'est pas de démonstration : il ne sera "
                "pas écrasé. Déplacez-le, ou choisissez un autre dossier de données (MENTORAT_DATA)."
            )


def _simulation(campagne: int, jeunes: int, graine: int, senders: dict[str, Sender]) -> dict[str, Any]:
    """Content of simulation.json: what a reader must know, and nothing of the true effect."""
    hypotheses = [
        "Tous les jeunes, mentors, binômes et réponses sont tirés au hasard : aucun ne décrit une personne réelle.",
        "Les jeunes suivis au 31 décembre sont répartis selon les mesures d'aide sociale à l'enfance de 2022 "
        "(DREES), comme si une mesure était un jeune ; s'y ajoutent 8 % de jeunes sortis dans l'année.",
        "Le chiffre de la Corse, publié en une seule ligne, est réparti par moitié entre la Corse-du-Sud "
        "et la Haute-Corse.",
        "Mayotte n'a pas de chiffre publié et n'est pas simulée.",
        "L'âge, le sexe, les lieux d'accueil et le retard scolaire suivent des marges publiées ; "
        "leurs croisements sont supposés.",
        "La date de naissance est supposée être le 15 du mois ; les pseudonymes, eux, suivent un jour tiré au hasard, "
        "le 1er janvier pour beaucoup de mineurs non accompagnés.",
        "16 % des jeunes éligibles ont un mentor au 31 décembre, soit environ 8,6 % des jeunes suivis : "
        "c'est l'objectif de 30 000 jeunes, pas la situation observée.",
        "Les effectifs, objectifs et montants sont à l'échelle de la simulation (voir facteur_echelle).",
        "Les collectivités qui n'envoient rien ou qu'une partie des fichiers sont tirées au hasard : "
        "cela ne dit rien des collectivités réelles.",
        "Les associations sont des associations de démonstration, sans lien avec une association réelle.",
        "Les binômes se voient environ une fois par semaine, moins pendant les vacances ; 5 % des binômes cessent de "
        "se voir avant leur fin.",
        "Les formations, les contrôles d'honorabilité (dates seules), les demandes sur la plateforme, les actions, la "
        "feuille de route et le devenir des jeunes sont supposés ; le mentorat n'a aucun effet sur le devenir simulé.",
        "La feuille de route compte 14 sous-étapes de 1.1 à 6.2 dont la liste n'est pas publique : leur répartition "
        "entre les étapes est supposée.",
        "Des fichiers sont protégés par un mot de passe, mal remplis, envoyés deux fois ou corrigés, et des "
        "pseudonymes portent des fautes d'orthographe ou de date, pour ressembler à ce que les émetteurs envoient.",
        "Quelques dossiers contredisent leur binôme (dates, motif, état), quelques conventions sont dites avec deux "
        "montants et quelques jeunes quittent la prise en charge avec un dossier ouvert, pour éprouver les contrôles.",
        "L'enquête comporte un effet du mentorat fixé d'avance et une sélection des jeunes mentorés ; "
        "cet effet ne dit rien du mentorat réel.",
    ]
    if len(senders) < 90:
        hypotheses.insert(2, f"Seules {len(senders)} collectivités sont simulées.")
    return {
        "simule": True,
        "mention": "Données simulées",
        "campagne": campagne,
        "graine": graine,
        "jeunes": jeunes,
        "facteur_echelle": jeunes / parametre("base_jeunes_suivis", date(campagne, 12, 31)),
        "collectivites": len(senders),
        "hypotheses": hypotheses,
    }


def _truth(world: depot.World, box: Outbox, linkage: dict[str, Any], demands: dict[str, Any]) -> dict[str, Any]:
    """What only tests, benchmarks and one notebook cell may read."""
    campagne, people, mentoring, survey = world.campagne, world.people, world.mentoring, world.survey
    last_day = np.datetime64(f"{campagne}-12-31")
    mentored = np.zeros(len(people), dtype=bool)
    mentored[mentoring.running(last_day)["person"].unique()] = True
    by_territory = pd.DataFrame(
        {"eligibles": mentoring.eligible, "mentores": mentored, "territoire": people["territoire"]}
    ).groupby("territoire", sort=True)[["eligibles", "mentores"]]
    mentorat = mentoring.pairs[mentoring.pairs["nature"] == "mentorat"]
    responding = {k: len(survey.files[k]) for k in ("mentores", "non_mentores")}
    score = mentoring.score
    return {
        "simule": True,
        "campagne": campagne,
        "jeunes_suivis": int((people["champ"] == "suivi").sum()),
        "sortants": int((people["champ"] == "sortant").sum()),
        "eligibles": int(mentoring.eligible.sum()),
        "mentores_31_12": int(mentored.sum()),
        "couverture_cible": parcours.COVERAGE,
        "binomes": {
            "mentorat": len(mentorat),
            "parrainage": int((mentoring.pairs["nature"] == "parrainage").sum()),
            "termines": int(mentorat["date_fin"].notna().sum()),
            "arrets_anticipes": int(mentorat["anticipe"].sum()),
            "part_arrets_anticipes": round(float(mentorat["anticipe"].mean()), 6),
        },
        "dossiers": {str(k): int(v) for k, v in mentoring.dossiers["statut"].value_counts().sort_index().items()},
        "territoires": {str(k): {c: int(v) for c, v in row.items()} for k, row in by_territory.sum().iterrows()},
        "selection": {
            "logit": parcours.SELECTION,
            "ecart_standardise": round(
                float(
                    (score[mentored].mean() - score[mentoring.eligible & ~mentored].mean())
                    / score[mentoring.eligible].std()
                ),
                6,
            ),
        },
        "enquete": {"repondants": responding, "criteres_principaux": list(PRIMARY), "items": survey.truth},
        "seances": seances.summary(campagne, world.sessions, mentoring.pairs),
        "mentors": mentors.summary(campagne, mentoring.pairs, world.mentors, world.checks),
        "demandes_1j1m": demands,
        "rapprochement": linkage,
        "recouvrement": recoverable(world, box),
        "sources": _by_source(box),
        "fichiers": box.expected(),
        "lignes_cassees": {
            path: {"ecartees": sent.lignes_ecartees, "doublons": sent.doublons_exacts}
            for path, sent in sorted(box.files.items())
            if sent.source and (sent.lignes_ecartees or sent.doublons_exacts)
        },
        "remplacements": box.replaced,
        "fichiers_proteges": box.protected,
        "fichiers_refuses": [path for path, sent in sorted(box.files.items()) if sent.source is None],
    }


def _by_source(box: Outbox) -> dict[str, dict[str, int]]:
    """Totals by source of the files expected to be accepted."""
    table = pd.DataFrame(box.expected()).T.dropna(subset="source")
    counts = [str(name) for name in table if name != "source"]
    totals = table.astype(dict.fromkeys(counts, "int64")).groupby("source", sort=True)[counts].sum()
    totals["fichiers"] = table["source"].value_counts()
    return {str(source): {str(k): int(v) for k, v in row.items()} for source, row in totals.iterrows()}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with written_aside(path) as aside:
        aside.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _write_secrets(folder: Path, graine: int) -> None:
    """Demonstration keys and passwords, readable by their owner alone."""
    contents = {name: pseudonyms.demonstration_key(name, graine) for name in pseudonyms.KEYS}
    contents |= {of_sender("MENTORAT_MDP", emetteur): depot.password(emetteur, graine) for emetteur in depot.PROTECTED}
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name, content in contents.items():
        with written_aside(folder / name) as aside:
            aside.touch(mode=0o600)
            aside.chmod(0o600)
            aside.write_text(content + "\n", encoding="utf-8")


def _replace_folder(folder: Path, aside: Path) -> None:
    """Put `aside` in the place of `folder`; the former demonstration is removed last."""
    former = folder.with_name(f".{folder.name}.ancien")
    shutil.rmtree(former, ignore_errors=True)
    if folder.exists():
        folder.replace(former)
    aside.replace(folder)
    shutil.rmtree(former, ignore_errors=True)
