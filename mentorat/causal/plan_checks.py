"""What an analysis plan may name: items of the codebook, covariates known beforehand, windows that can be looked at.

Items and their temporality come from the codebook and the contracts of the sources, columns and outcomes of the cohort
from `administratif.yml`. Every fault is a French sentence naming the key, what is wrong and how to mend it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from mentorat.causal.catalogues import (
    BEFORE,
    GROUPS,
    CohortIssue,
    cohort_catalogue,
    cohort_covariates,
    survey_covariates,
)
from mentorat.causal.plan import CohortOutcome, CohortPlan, CurveGrid, Plan, SurveyPlan
from mentorat.contracts.sources import Column, contract
from mentorat.survey.questionnaire import questionnaire

EVERYONE = "tous"
WITHOUT = "sans_"


@cache
def compared_items() -> tuple[str, ...]:
    """Items of the codebook that an effect may be estimated on: put to both groups, read as a share, tested."""
    return tuple(
        name
        for name, item in questionnaire().items.items()
        if item.famille is not None and item.scale.positif and set(GROUPS) <= set(item.groupes)
    )


def survey_columns() -> dict[str, Column]:
    """Columns that both questionnaires of young people hold."""
    mentored, others = ({one.nom: one for one in contract(f"enquete_{group}").colonnes} for group in GROUPS)
    return {name: column for name, column in mentored.items() if name in others}


def populations() -> tuple[str, ...]:
    """Populations a grid may keep: everyone, or all but those with a yes or no characteristic."""
    columns = survey_columns()
    return (EVERYONE, *(WITHOUT + name for name in survey_covariates() if columns[name].type == "booleen"))


def faults(plan: Plan) -> list[str]:
    """What keeps `plan` from being followed, one French sentence each; none when it can be."""
    return [*_survey(plan.enquete), *_cohort(plan.administratif)]


def _survey(plan: SurveyPlan) -> Iterator[str]:
    yield from _families(plan)
    yield from _controls(plan)
    for key, names in (("covariables", plan.covariables), ("sous_groupes", plan.sous_groupes)):
        yield from _repeated(f"enquete.{key}", names)
        yield from survey_covariate_faults(f"enquete.{key}", names)
    if plan.estimateur == "naif":
        yield (
            "enquete.estimateur : « naif » ne rend pas les groupes comparables. Choisissez un estimateur ajusté "
            "(entropie, par exemple) ; l'écart brut a sa place dans « robustesse »."
        )
    if plan.estimateur in plan.robustesse:
        yield (
            f"enquete.robustesse : « {plan.estimateur} » est déjà l'estimateur principal. "
            "Retirez-le de cette liste, qui dit les autres."
        )
    yield from _repeated("enquete.robustesse", plan.robustesse)
    yield from _grid(plan.grille)


def _families(plan: SurveyPlan) -> Iterator[str]:
    seen: dict[str, str] = {}
    if not plan.familles and plan.secondaires == "aucune":
        yield (
            "enquete.familles : aucune issue n'est comparée. Déclarez une famille (principale: [se_sent_seul], par "
            "exemple) ou écrivez « secondaires: toutes »."
        )
    for family, items in plan.familles.items():
        key = f"enquete.familles.{family}"
        if not items:
            yield f"{key} : la famille est vide. Donnez-lui une question au moins, ou retirez-la."
        yield from _items(key, items)
        for item in dict.fromkeys(items):
            if item in seen:
                yield (
                    f"{key} : « {item} » est déjà dans la famille « {seen[item]} ». Une issue est dans une seule "
                    "famille : retirez-la de l'une des deux."
                )
            seen.setdefault(item, family)


def _controls(plan: SurveyPlan) -> Iterator[str]:
    key = "enquete.temoins"
    yield from _items(key, plan.temoins)
    outcomes = {item for items in plan.familles.values() for item in items}
    for item in dict.fromkeys(plan.temoins):
        if item in outcomes:
            yield (
                f"{key} : « {item} » est aussi une issue. Un témoin est ce que le mentorat ne peut pas changer : "
                "retirez-le d'ici, ou de sa famille."
            )


def _items(key: str, items: Sequence[str]) -> Iterator[str]:
    yield from _repeated(key, items)
    known = questionnaire().items
    for item in dict.fromkeys(items):
        if item in compared_items():
            continue
        if item in known:
            why = (
                "n'est pas posée aux deux groupes"
                if not set(GROUPS) <= set(known[item].groupes)
                else "se décrit, mais ne se compare pas comme une part de réponses positives"
            )
            yield f"{key} : la question « {item} » {why}. Questions comparables : {_listed(compared_items())}."
        else:
            yield (
                f"{key} : la question « {item} » n'existe pas dans le questionnaire{_near(item, compared_items())}. "
                f"Questions comparables : {_listed(compared_items())}."
            )


def survey_covariate_faults(key: str, names: Iterable[str]) -> Iterator[str]:
    """Those of `names` that the survey does not have, or measured once mentoring had begun: French sentences."""
    columns = [one for group in GROUPS for one in contract(f"enquete_{group}").colonnes]
    late = {one.nom for one in columns if one.temporalite not in (*BEFORE, None)}
    for name in dict.fromkeys(names):
        if name in late:
            yield _too_late(key, name)
        elif name not in survey_covariates():
            yield _not_a_covariate(key, name, survey_covariates())


def _grid(grid: CurveGrid) -> Iterator[str]:
    blocks = {"toujours": grid.toujours, **{f"au_choix.{name}": block for name, block in grid.au_choix.items()}}
    seen: dict[str, str] = {}
    for place, names in blocks.items():
        key = f"enquete.grille.{place}"
        yield from _repeated(key, names)
        yield from survey_covariate_faults(key, names)
        for name in dict.fromkeys(names):
            if name in seen:
                yield (
                    f"{key} : « {name} » est déjà dans « {seen[name]} » ; présente et absente à la fois, elle ferait "
                    "deux fois la même spécification. Retirez-la d'un des deux."
                )
            seen.setdefault(name, place)
    for name in grid.populations:
        if name not in populations():
            yield (
                f"enquete.grille.populations : « {name} » n'est pas une population connue"
                f"{_near(name, populations())}. Populations : {_listed(populations())}."
            )
    for key, values in (
        ("estimateurs", grid.estimateurs),
        ("codages", grid.codages),
        ("populations", grid.populations),
    ):
        yield from _repeated(f"enquete.grille.{key}", values)


def _cohort(plan: CohortPlan) -> Iterator[str]:
    yield from _repeated("administratif.comparateurs", plan.comparateurs)
    yield from _repeated("administratif.robustesse", plan.robustesse)
    for key, names in (
        ("covariables", plan.covariables),
        ("appariement.exact", plan.appariement.exact),
        ("sous_groupes", plan.sous_groupes),
    ):
        yield from _repeated(f"administratif.{key}", names)
        yield from cohort_covariate_faults(f"administratif.{key}", names)
    for name, outcome in plan.issues.items():
        key = f"administratif.issues.{name}"
        if name not in cohort_catalogue().issues:
            yield (
                f"{key} : cette issue n'est pas dans les fichiers{_near(name, cohort_catalogue().issues)}. "
                f"Issues : {_listed(cohort_catalogue().issues)}."
            )
        else:
            yield from _outcome(key, outcome, cohort_catalogue().issues[name])


def cohort_covariate_faults(key: str, names: Iterable[str]) -> Iterator[str]:
    """Those of `names` that the cohort does not have, or knows of the index date or after only: French sentences."""
    for name in dict.fromkeys(names):
        if name not in cohort_catalogue().colonnes:
            yield _not_a_covariate(key, name, cohort_covariates())
        elif name not in cohort_covariates():
            yield _too_late(key, name)


def _outcome(key: str, outcome: CohortOutcome, known: CohortIssue) -> Iterator[str]:
    if known.temoin != (outcome.famille == "temoin"):
        yield (
            f"{key}.famille : cette issue se regarde avant la date de départ, elle ne peut être que témoin. Écrivez "
            "« famille: temoin », ou retirez-la."
            if known.temoin
            else f"{key}.famille : le mentorat peut changer cette issue, elle ne peut pas être témoin. Écrivez "
            "« principale » ou « secondaire »."
        )
    if known.fenetre == "majorite":
        if outcome.apres_18_ans_jours is None or outcome.de_jours is not None or outcome.a_jours is not None:
            yield (
                f"{key} : sa fenêtre part du dix-huitième anniversaire. Donnez « apres_18_ans_jours » et lui seul "
                "(183, par exemple)."
            )
        return
    first, last = outcome.de_jours, outcome.a_jours
    if outcome.apres_18_ans_jours is not None or first is None or last is None:
        yield (
            f"{key} : sa fenêtre part de la date de départ. Donnez « de_jours » et « a_jours », et eux seuls "
            "(de_jours: 1, a_jours: 183, par exemple)."
        )
        return
    if last < first:
        yield (
            f"{key} : la fenêtre finit (a_jours : {last}) avant de commencer (de_jours : {first}). Échangez les deux "
            "nombres, ou corrigez-les."
        )
    elif known.temoin and last >= 0:
        yield (
            f"{key}.a_jours : {last} n'est pas avant la date de départ ; un témoin ne regarde que ce qui précède. "
            "Donnez un nombre négatif (-1, par exemple)."
        )
    elif not known.temoin and first < 1:
        yield (
            f"{key}.de_jours : {first} regarde la date de départ ou ce qui la précède, que le mentorat n'a pas pu "
            "changer. Donnez 1 ou plus."
        )


def _repeated(key: str, names: Iterable[str]) -> Iterator[str]:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{key} : « {name} » est donné {times} fois. Gardez-le une fois."


def _too_late(key: str, name: str) -> str:
    return (
        f"{key} : « {name} » est mesuré après le début du mentorat, qui a pu le changer ; s'en servir pour comparer "
        "cacherait une part de l'effet. Retirez-le."
    )


def _not_a_covariate(key: str, name: str, known: Sequence[str]) -> str:
    return (
        f"{key} : « {name} » n'est pas une caractéristique connue avant le mentorat{_near(name, known)}. "
        f"Caractéristiques : {_listed(known)}."
    )


def _near(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f" (vouliez-vous dire « {close[0]} » ?)" if close else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


# --- faults of the schema itself ----------------------------------------------------------------------

_KINDS = {
    "string_type": "attend un texte. Mettez la valeur entre guillemets",
    "int_type": "attend un nombre entier",
    "int_parsing": "attend un nombre entier",
    "int_from_float": "attend un nombre entier, sans décimales",
    "tuple_type": "attend une liste. Écrivez-la entre crochets : [a, b]",
    "dict_type": "attend des clés, chacune avec sa valeur",
    "model_type": "attend des clés, chacune avec sa valeur",
    "model_attributes_type": "attend des clés, chacune avec sa valeur",
    "date_type": "attend une date : AAAA-MM-JJ",
    "date_parsing": "attend une date : AAAA-MM-JJ",
    "date_from_datetime_parsing": "attend une date : AAAA-MM-JJ",
    "date_from_datetime_inexact": "attend une date sans heure : AAAA-MM-JJ",
    "string_too_short": "est vide, ou presque. Dites-le en toutes lettres",
    "string_pattern_mismatch": "n'accepte que des minuscules sans accent, des chiffres et des tirets",
}
"""Pydantic's kinds of fault, in words. Any other reads as a value that does not fit."""


def schema_faults(error: ValidationError) -> list[str]:
    """The faults pydantic found, one French sentence each, in the order of the file's keys."""
    return [_schema_fault(dict(found)) for found in error.errors(include_url=False)]


def _schema_fault(found: dict[str, Any]) -> str:
    kind, context = str(found["type"]), dict(found.get("ctx") or {})
    place = [str(part) if isinstance(part, str) else f"n° {part + 1}" for part in found["loc"]]
    key = ".".join(place)
    if kind == "missing":
        return f"{key} : cette clé manque. Ajoutez-la ; le modèle commenté en dit le sens."
    if kind == "extra_forbidden":
        siblings = _siblings(place[:-1])
        return f"{key} : cette clé n'existe pas{_near(place[-1], siblings)}. Clés attendues ici : {_listed(siblings)}."
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace(" or ", ", ").replace("'", "")
        return f"{key} : « {str(found['input'])[:40]} » ne convient pas. Valeurs possibles : {expected}."
    if kind == "too_short":
        return f"{key} : la liste est vide. Donnez-lui un élément au moins."
    if kind in {"greater_than_equal", "greater_than"}:
        least = context.get("ge", context.get("gt"))
        return (
            f"{key} : {found['input']} est trop petit. Donnez {'au moins' if 'ge' in context else 'plus de'} {least}."
        )
    return f"{key} : cette clé {_KINDS.get(kind, 'a une valeur qui ne convient pas')}."


def _siblings(place: Sequence[str]) -> list[str]:
    """Keys expected at a place of the plan."""
    part: type[BaseModel] = Plan
    for name in place:
        field = part.model_fields.get(name)
        kind = None if field is None else field.annotation
        if name in cohort_catalogue().issues:
            kind = CohortOutcome
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            part = kind
    return list(part.model_fields)
