"""Released tables of the evaluation as notebooks show them: comparisons in words, wide tables, French sentences.

Nothing is estimated here. A figure that was hidden stays hidden, and a sentence says no more than the figures it reads.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mentorat.causal.evidence import rules
from mentorat.typography import NOT_AVAILABLE, fr_count, fr_number, fr_p, fr_percent, fr_points, fr_text

SOURCES = {"enquete": "Enquête", "administratif": "Fichiers des départements"}
COMPARATORS = {
    "non_mentores": "jeunes non mentorés répondant à la même enquête",
    "acceptants_en_attente": "jeunes volontaires qui attendent encore un mentor",
    "eligibles_non_mentores": "jeunes éligibles sans mentor à cette date",
}
ROLES = {"principale": "Issue principale", "secondaire": "Issue secondaire", "temoin": "Témoin"}
HIDDEN_FACTOR = ("e_value", "valeur_robustesse", "reference_observee", "rosenbaum")
CHANCE = ("bootstrap_sauvage", "rerandomisation")
MISSING = ("imputation", "non_reponse_bornes", "censure_ponderee")
_KEY = ["source", "comparateurs"]
_OTHERS = "n_non_mentores"
_ORDER = {name: rank for rank, name in enumerate([*SOURCES, *COMPARATORS])}


@dataclass(frozen=True)
class Comparison:
    """Who is compared with whom, in one source."""

    source: str
    comparateurs: str

    @property
    def title(self) -> str:
        """« Enquête : mentorés comparés aux jeunes non mentorés… »."""
        return f"{SOURCES.get(self.source, self.source)} : mentorés comparés aux {self.others}"

    @property
    def others(self) -> str:
        """« jeunes non mentorés… »."""
        return COMPARATORS.get(self.comparateurs, self.comparateurs)

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of this comparison."""
        own = (frame["source"] == self.source) & (frame["comparateurs"] == self.comparateurs)
        return frame[own].reset_index(drop=True)


@dataclass(frozen=True)
class Outcome:
    """One outcome of one comparison."""

    comparison: Comparison
    issue: str
    libelle: str

    @property
    def title(self) -> str:
        """« Se sentir seul » and the comparison."""
        return f"« {self.libelle} ». {self.comparison.title}"

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of this outcome."""
        rows = self.comparison.of(frame)
        return rows[rows["issue"] == self.issue].reset_index(drop=True)


def comparisons(*frames: pd.DataFrame) -> list[Comparison]:
    """Comparisons that any of the tables holds, the survey first."""
    pairs = {(str(a), str(b)) for frame in frames for a, b in zip(frame["source"], frame["comparateurs"], strict=True)}
    return [Comparison(*pair) for pair in sorted(pairs, key=lambda pair: [(_ORDER.get(one, 99), one) for one in pair])]


def outcomes(effets: pd.DataFrame, role: str | None = None) -> list[Outcome]:
    """Outcomes of each comparison in the order of the table; of one role of the plan, or all."""
    rows = effets if role is None else effets[effets["role"] == role]
    return [
        Outcome(one, str(row["issue"]), str(row["libelle"]))
        for one in comparisons(rows)
        for _, row in one.of(rows).iterrows()
    ]


def with_figures(frame: pd.DataFrame, value: str = "att") -> pd.DataFrame:
    """The rows that have a figure, or one that is hidden; not those of which nothing can be known yet."""
    return frame[frame[value].notna() | (frame["diffusion"] == "secret")].reset_index(drop=True)


def interval(row: pd.Series, value: str = "att") -> str:
    """« −6,0 points (de −10,2 points à −1,7 point) », or that there is none."""
    if pd.isna(row[value]):
        return "masqué" if row.get("diffusion") == "secret" else "non estimé"
    return f"{fr_points(100 * row[value])} (de {fr_points(100 * row['ic_bas'])} à {fr_points(100 * row['ic_haut'])})"


def losses(flux: pd.DataFrame) -> pd.DataFrame:
    """Steps in order, with what each group lost, in words (`perte`).

    Since the step before; for the window of an outcome, since the last step that all outcomes share.
    """
    rows = flux.sort_values([*_KEY, "ordre"], kind="stable", ignore_index=True)
    lost: list[str] = []
    for _, steps in rows.groupby(_KEY, sort=False):
        shared: pd.Series | None = None
        before: pd.Series | None = None
        for _, step in steps.iterrows():
            window = str(step["etape"]).startswith("fenetre_")
            since = shared if window else before
            lost.append("" if since is None else _losses_of_step(since, step))
            before = step
            if not window and not str(step["etape"]).startswith("issue_"):
                shared = step
    return rows.assign(perte=lost)


def _losses_of_step(since: pd.Series, step: pd.Series) -> str:
    mentored, others = (_loss(since, step, name) for name in ("n_mentores", _OTHERS))
    return NOT_AVAILABLE if mentored == others == NOT_AVAILABLE else f"{mentored} et {others}"


def _loss(since: pd.Series, step: pd.Series, name: str) -> str:
    if pd.isna(since[name]) or pd.isna(step[name]):
        return NOT_AVAILABLE
    return fr_number(max(int(since[name]) - int(step[name]), 0))


def balance_sentences(equilibre: pd.DataFrame) -> list[str]:
    """Of one comparison: how many covariates differ before and after, and the one that differs most after."""
    known = equilibre.dropna(subset=["smd_avant", "smd_apres"])
    if known.empty:
        return ["Aucune caractéristique à comparer : rien n'a été reçu, ou tout est masqué."]
    before, after = (known[column].abs() for column in ("smd_avant", "smd_apres"))
    most = rules().seuils.smd_maximal.valeur
    beyond = [fr_number(n) if n else "aucune" for n in (int((values > most).sum()) for values in (before, after))]
    shown = fr_count(len(known), "ligne montrée", "lignes montrées")
    told = [
        f"Sur {shown} (une par modalité), au-delà de {fr_number(most, 1)} : {beyond[0]} avant, {beyond[1]} après.",
        f"Après, la plus grande différence est {fr_number(after.max(), 3)}, "
        f"pour « {known.loc[after == after.max(), 'libelle'].iloc[0]} »."
        if after.max() >= 0.005
        else "Après, toutes les différences sont nulles à 0,01 près : la comparaison est construite pour cela.",
    ]
    if (after > most).any():
        told.append("Les groupes ne sont donc pas rendus comparables : l'écart reste une description.")
    return told


def balance_rows(equilibre: pd.DataFrame) -> pd.DataFrame:
    """The balance table as it is printed: labels with their capital."""
    return equilibre.assign(libelle=[label[:1].upper() + label[1:] for label in equilibre["libelle"]])


def overlap_sentences(recouvrement: pd.DataFrame) -> list[str]:
    """Of one comparison: the mentored in a bin of scores with no one, or hardly anyone, of the others."""
    rows = recouvrement.dropna(subset=["n_mentores", "n_non_mentores"])
    mentored, others = (float(rows[name].sum()) for name in ("n_mentores", "n_non_mentores"))
    if not mentored or not others:
        return ["Le recouvrement ne peut pas être montré : rien n'a été reçu, ou tout est masqué."]
    alone = float(rows.loc[rows["n_non_mentores"] == 0, "n_mentores"].sum())
    rare = float(rows.loc[rows["n_non_mentores"] * 5 < rows["n_mentores"], "n_mentores"].sum())
    told = [
        f"{fr_percent(alone / mentored)} des mentorés sont dans une classe de score où ne se trouve aucun jeune de "
        "l'autre groupe."
        if alone
        else "Dans chaque classe de score où il y a des mentorés se trouvent aussi des jeunes de l'autre groupe ; une "
        "classe large peut cacher un vide."
    ]
    if rare > alone:
        told.append(
            f"{fr_percent(rare / mentored)} sont dans une classe où l'autre groupe est plus de cinq fois moins "
            "nombreux : quelques jeunes y comptent beaucoup."
        )
    return told


def plan_table(effets: pd.DataFrame) -> pd.DataFrame:
    """The plans that the results follow: one row a plan and version, its hash, how many results are confirmatory."""
    columns = ["plan", "plan_version", "plan_empreinte"]
    rows = effets.assign(confirmatoires=(effets["statut"] == "confirmatoire").astype("int64"), resultats=1)
    return rows.groupby(columns, as_index=False)[["resultats", "confirmatoires"]].sum()


def conclusions(effets: pd.DataFrame) -> list[str]:
    """The sentence of each result, with its grade and its status."""
    return [_conclusion(row) for _, row in effets.iterrows()] or ["Aucune issue de ce rang dans cette campagne."]


def _conclusion(row: pd.Series) -> str:
    if row["diffusion"] == "secret":
        return f"« {row['libelle']} » est masqué : trop peu de jeunes sont concernés."
    said = _text(row["phrase"]) or _text(row["avertissements"]) or f"« {row['libelle']} » : aucun chiffre."
    if pd.isna(row["att"]) and (why := reason(row)):
        head = "Données simulées. " if said.startswith("Données simulées") else ""
        return f"{head}« {row['libelle']} » : pas encore de chiffre. {why}"
    return f"{said} Preuve : {_text(row['preuve']) or 'non graduée'} ({_text(row['statut'])})."


def reason(row: Mapping[Any, Any] | pd.Series) -> str:
    """Why an outcome has no figure yet: the sentence of its warnings that says from when it will, or nothing.

    « La fenêtre n'est entièrement observée que pour… » is no reason: it limits a figure, and another refused it.
    """
    said = _sentences(_text(row["avertissements"]))
    return next((one for one in said if "encore écoulée" in one or one.startswith("Aucun nouveau binôme n")), "")


def grade_table(effets: pd.DataFrame) -> pd.DataFrame:
    """Grades of evidence, strongest first: what each means, how many results have it."""
    counts = effets["preuve"].value_counts()
    return pd.DataFrame(
        [(grade, meaning, int(counts.get(grade, 0))) for grade, meaning in rules().niveaux.items()],
        columns=["preuve", "sens", "resultats"],
    )


def side_by_side(estimateurs: pd.DataFrame) -> pd.DataFrame:
    """One row an outcome of one comparison, one column an estimator (its label), differences in points."""
    order = list(dict.fromkeys(estimateurs["libelle_estimateur"]))
    wide = estimateurs.pivot_table(
        index="libelle", columns="libelle_estimateur", values="estimation", aggfunc="first", dropna=False
    )
    wide = wide.reindex(index=list(dict.fromkeys(estimateurs["libelle"])), columns=order)
    return (100 * wide).reset_index().rename_axis(columns=None)


def agreement(estimateurs: pd.DataFrame) -> list[str]:
    """Of each outcome of one comparison: where the adjusted estimators stand, beside the raw difference."""
    told = []
    for label, rows in estimateurs.groupby("libelle", sort=False):
        known = rows.dropna(subset=["estimation"])
        adjusted, raw = known[known["place"] != "naif"], known[known["place"] == "naif"]
        if adjusted.empty:
            continue
        low, high = adjusted["estimation"].min(), adjusted["estimation"].max()
        sign = "tous de même signe" if low * high > 0 else "qui n'ont pas tous le même signe"
        beside = f", à côté d'un écart brut de {fr_points(100 * raw['estimation'].iloc[0])}" if len(raw) else ""
        told.append(
            f"« {label} » : {fr_count(len(adjusted), 'calcul ajusté', 'calculs ajustés')}, de {fr_points(100 * low)} à "
            f"{fr_points(100 * high)}, {sign}{beside}."
        )
    return told or ["Aucun autre calcul à mettre en regard."]


def refusals(frame: pd.DataFrame, name: str, value: str) -> list[str]:
    """Why figures are missing or to be read with care: `name` of those it is said of, then the warning, told once."""
    about: dict[str, list[str]] = {}
    for _, row in frame.iterrows():
        for one in _sentences(_text(row["avertissements"])):
            about.setdefault(one, []).append(f"« {row[name]} »{'' if pd.notna(row[value]) else ', non estimé'}")
    merged: dict[str, list[str]] = {}
    for one, labels in about.items():
        merged.setdefault(" ; ".join(dict.fromkeys(labels)), []).append(one)
    return [f"{labels} : {' '.join(said)}" for labels, said in merged.items()]


def interactions(heterogeneite: pd.DataFrame) -> list[str]:
    """Of each factor of one comparison, whether the effects of its levels differ more than chance would do."""
    told = []
    for (label, factor), rows in heterogeneite.groupby(["libelle", "libelle_facteur"], sort=False):
        tested = rows.dropna(subset=["p_interaction"])
        if tested.empty:
            told.append(
                f"« {label} », par {str(factor).lower()} : pas de test, trop peu de jeunes par modalité ou chiffres "
                "masqués."
            )
            continue
        p, corrected = tested["p_interaction"].iloc[0], tested["p_interaction_holm"].iloc[0]
        judged = corrected if pd.notna(corrected) else p
        reading = (
            "les écarts diffèrent plus que le hasard ne l'explique d'ordinaire, ce qui reste exploratoire"
            if judged < rules().seuils.alpha.valeur
            else "les écarts sont compatibles avec un même écart pour tous"
        )
        after = f" ; {fr_p(corrected)} après correction de Holm" if pd.notna(corrected) else ""
        told.append(f"« {label} », par {str(factor).lower()} : {reading} ({fr_p(p)}{after}).")
    return told or ["Aucun sous-groupe à comparer."]


def funnel_sentences(entonnoir: pd.DataFrame) -> list[str]:
    """Of one outcome: how many départements have a figure or lie outside the limits, and their spread."""
    known = entonnoir.dropna(subset=["estimation", "se", "moyenne"])
    if known.empty:
        return ["Trop peu de départements ont assez de jeunes pour qu'un écart y soit montré."]
    outside = (known["estimation"] < known["limite_998_bas"]) | (known["estimation"] > known["limite_998_haut"])
    count = int(outside.sum())
    told = "aucun ne sort" if not count else f"{fr_count(count, 'département sort', 'départements sortent')}"
    return [
        f"Sur {fr_count(len(entonnoir), 'département', 'départements')}, {fr_number(len(known))} "
        f"{'a' if len(known) < 2 else 'ont'} assez de jeunes pour qu'un écart soit montré.",
        f"Autour de l'écart national de {fr_points(100 * known['moyenne'].iloc[0])}, {told} des limites à 99,8 %.",
        f"Une fois retiré ce que le hasard explique, l'écart-type entre départements est estimé à "
        f"{fr_points(100 * known['tau'].iloc[0]).removeprefix('+')}.",
    ]


def readings_by_outcome(
    effets: pd.DataFrame, robustesse: pd.DataFrame, analyses: Sequence[str]
) -> list[tuple[str, list[str]]]:
    """Title and sentences of each outcome, principal or not, that has some of these analyses, in their order."""
    found = [(one.title, _readings(one.of(robustesse), analyses)) for one in outcomes(effets)]
    return [(title, said) for title, said in found if said]


def _readings(robustesse: pd.DataFrame, analyses: Sequence[str]) -> list[str]:
    told = [
        _text(said) for analysis in analyses for said in robustesse.loc[robustesse["analyse"] == analysis, "lecture"]
    ]
    return [said for said in told if said]


def curve_sentences(courbe_test: pd.DataFrame) -> list[str]:
    """Of each outcome of one comparison: its whole curve in a sentence, with the joint test where it was drawn."""
    return [_curve_sentence(row) for _, row in courbe_test.iterrows() if pd.notna(row["mediane"])] or [
        "Aucune courbe pour cette comparaison."
    ]


def _curve_sentence(row: pd.Series) -> str:
    told = (
        f"« {row['libelle']} » : {fr_number(row['estimees'])} calculs admissibles estimés sur "
        f"{fr_number(row['specifications'])}, écart médian {fr_points(100 * row['mediane'])} ; "
        f"{fr_percent(row['part_meme_signe'], 0)} vont dans le sens du calcul principal, "
        f"{fr_percent(row['part_exclut_zero'], 0)} en excluant zéro."
    )
    if pd.isna(row["p_mediane"]):
        return f"{told} Le test d'ensemble n'a pas été fait."
    return (
        f"{told} Si le mentorat ne changeait rien, une médiane aussi éloignée de zéro se verrait avec une probabilité "
        f"de {fr_number(row['p_mediane'], 3)} ({fr_count(row['permutations'], 'permutation', 'permutations')})."
    )


def hidden(frame: pd.DataFrame, what: str = "effectif") -> list[str]:
    """How many rows of a table are hidden, or lack `what`, when any does."""
    whole, part = (int((frame["diffusion"] == state).sum()) for state in ("secret", "partiel"))
    told = []
    if whole:
        told.append(f"{fr_count(whole, 'ligne masquée', 'lignes masquées')} : trop peu de jeunes.")
    if part:
        told.append(f"{fr_count(part, 'ligne', 'lignes')} sans {what} : on en déduirait ce qui est masqué ailleurs.")
    return told


def in_points(frame: pd.DataFrame, label: str, value: str) -> str:
    """The text alternative of a drawing of estimates: each label, its estimate and interval."""
    return " ; ".join(fr_text(f"{row[label]} : {interval(row, value)}") for _, row in frame.iterrows()) + "."


def balance_in_words(equilibre: pd.DataFrame) -> str:
    """The text alternative of a love plot."""
    told = (
        f"{row['libelle']} : {_plain(row['smd_avant'])} avant, {_plain(row['smd_apres'])} après"
        for _, row in equilibre.iterrows()
    )
    return "Différences standardisées. " + " ; ".join(told) + "."


def overlap_in_words(recouvrement: pd.DataFrame) -> str:
    """The text alternative of the overlap: who is in each bin."""
    return " ; ".join(_bins(recouvrement)) + "."


def _bins(recouvrement: pd.DataFrame) -> Iterator[str]:
    for _, row in recouvrement.iterrows():
        sizes = [
            NOT_AVAILABLE if pd.isna(row[name]) else fr_number(row[name]) for name in ("n_mentores", "n_non_mentores")
        ]
        yield (
            f"score de {fr_number(row['score_bas'], 2)} à {fr_number(row['score_haut'], 2)} : "
            f"{sizes[0]} mentorés, {sizes[1]} non mentorés"
        )


def _plain(value: float) -> str:
    return NOT_AVAILABLE if pd.isna(value) else fr_number(value, 2)


def _sentences(text: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý«\d])", text) if one]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
