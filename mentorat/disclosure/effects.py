"""Release of the tables of the evaluation (`mentorat.causal.effect_tables`), which all describe the same young people.

They are released by one call, because one of them could give back what another hides:

- **effets** decides. A comparison is hidden whole when a group, or in it those with or without the outcome, is under
  the threshold. The mentored compared with those who wait are part of those compared with all eligible ones: what the
  two differ by is a group like any other, held in one system of equations with them. Where a comparison is hidden, its
  rows of every other table are.
- **effets_heterogeneite**: a level is shown with `LEAST_LEVEL` times the threshold in each group, and there the
  threshold of those with the outcome and of those without: « nobody here had it » is told of each of them, and a figure
  that lacks beside known sizes says it as well. Where a level of a factor has too few young people, or where everyone
  less its levels would be few, the factor has no size at all, of any outcome: nothing is left to subtract from. Effects
  of levels are rounded to the point, tests to two figures: exact, the difference of two shares gives back both.
- **effets_entonnoir**, for the partner alone: the same, départements being the levels; sizes are protected with their
  national sum.
- **equilibre**: the classes of a covariate are hidden together, and with the sizes of the factor of the same name. The
  means of a class go when beside the other comparison they would tell of a few.
- **effets_estimateurs**: an estimator that leaves a few young people out of the comparison, or out of another
  estimator, is hidden: the difference of two shares is theirs.
- **effets_robustesse**: an analysis that reads the effect of a control goes with the control's own comparison.
- **effets_courbe**: a population that leaves a few out is hidden, for what it leaves out would be their number.
- **effets_recouvrement**: neighbouring bins are merged until each group has none or enough in each. An empty bin tells
  of nobody: whose score falls in it, no reader can say. Bins add up to a step of the flow: a group goes where that step
  is hidden, and so do the sizes and the means of **equilibre**.
- **texts** (warnings, readings, sentences) lose the sentence that counts a few young people.
- **effets_flux**: what each step of the cohort loses is a count, protected with the steps. The sizes that `effets`
  shows are known there, those it hides are hidden; sentences that count who has no comparator, and the number of
  unknown outcomes, go with the steps. What a survey loses is answers that were not given, and passes (rule
  `sans_reponse`); so does what an estimator leaves out for want of them.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd

from mentorat.disclosure.cells import Cells
from mentorat.disclosure.core import Suppression, refuse_if_breached, suppress
from mentorat.disclosure.counts import release_estimates
from mentorat.disclosure.door import ReleasedTable, open_door
from mentorat.disclosure.rules import AUDIENCES, Audience, rules

LEAST_LEVEL = 4
"""Young people of each group, in thresholds, under which the effect in a level or a département is not shown."""
LEAST_SPECIFICATION = 2
"""Young people, in thresholds, under which a specification or an analysis of sensitivity is not shown."""
SIZES = {"x_mentores": "n_mentores", "x_non_mentores": "n_non_mentores"}
"""Number with the outcome → size of its group."""
_COMPARED = ["source", "issue", "comparateurs"]
_GROUP = ["source", "comparateurs"]
_N = ["n_mentores", "n_non_mentores"]
_PLAN = ("famille", "role", "statut", "plan", "plan_version", "plan_empreinte")
_KEYS = {
    "effets": ("source", "issue", "libelle", "comparateurs", "dimension", *_PLAN, "fenetre"),
    "effets_estimateurs": ("source", "issue", "libelle", "comparateurs", "estimateur", "libelle_estimateur", "place"),
    "effets_courbe": ("source", "issue", "libelle", "comparateurs"),
    "effets_courbe_test": ("source", "issue", "libelle", "comparateurs"),
    "effets_robustesse": ("source", "issue", "libelle", "comparateurs", "analyse", "reference"),
    "effets_heterogeneite": ("source", "issue", "libelle", "comparateurs", "facteur", "libelle_facteur", "modalite"),
    "effets_entonnoir": ("source", "issue", "libelle", "comparateurs", "departement"),
    "equilibre": ("source", "comparateurs", "vague", "covariable", "libelle"),
}
"""What a hidden row still says: which figure is missing."""
_TEXTS = ("avertissements", "lecture", "motif", "phrase")
_COUNTED = re.compile(
    r"(?<![\d\u202f\u00a0,.])([1-9]\d?)"
    r"(?=[ \u00a0](?:nouve|bin[oô]me|jeune|mentor|non[ -]mentor|r[eé]pon|personne|sans ))"
)
"""A number of young people in a sentence."""
_SHARED = re.compile(r"(\d+)[ \u202f\u00a0]% des (?:jeunes (?:comparés|qui commencent)|comparateurs)")
"""A share of the young people compared: to the percent, of a hundred of them, it is a count."""
_STEPPED = ("effets", "effets_estimateurs")
_WINDOW = "fenetre_"
"""Steps of the flow that count those whose window is observed, before the name of the outcome."""
_PAIRS = "nouveaux_binomes"
"""The first step of the cohort."""
_LEFT_OUT = re.compile(r"sans jeune comparable")
"""Sentences that count steps of the flow."""
_COVERED = re.compile(r"entièrement observée que pour")
"""Sentences that tell what a window leaves of those who are matched: either gives the other back."""
UNCOUNTED = "Une réserve porte sur trop peu de jeunes pour être chiffrée."
_DISTANCES = [f"{one}_{when}" for one in ("smd", "rapport_variances", "ks") for when in ("avant", "apres")]
_MEANS = ["moyenne_mentores", "moyenne_non_mentores_avant", "moyenne_non_mentores_apres"]


@dataclass(frozen=True)
class _Lost:
    """What the flow hides: its cells; the numbers of a source, comparators and group; the source and comparators of the
    steps that sentences count; those whose matched pairs it hides; the comparisons whose window it hides; cells of
    `effets` that must go too."""

    cells: frozenset[str]
    numbers: frozenset[tuple[str, str, str, int]]
    counted: frozenset[tuple[str, str]]
    matched: frozenset[tuple[str, str]]
    windows: frozenset[tuple[str, str, str]]
    also: frozenset[str]


@dataclass(frozen=True)
class _Shown:
    """What was decided on `effets`, that the other tables follow."""

    hidden: frozenset[tuple[str, ...]]
    known: frozenset[tuple[str, ...]]
    sizes: Mapping[tuple[str, ...], tuple[int, int]]
    cells: frozenset[str]
    labels: frozenset[tuple[str, ...]]
    """Source, comparators and label of what is hidden: how an analysis names the control it reads."""

    def of(self, frame: pd.DataFrame) -> "pd.Series[bool]":
        """Rows whose comparison is shown."""
        keys = frame[_COMPARED].itertuples(index=False, name=None)
        told = [key in self.known and key not in self.hidden for key in keys]
        return pd.Series(told, index=frame.index, dtype=bool)

    def of_nobody(self, frame: pd.DataFrame) -> "pd.Series[bool]":
        """Rows without anyone, of a comparison whose row in `effets` says that nobody can be compared yet."""
        keys = frame[_COMPARED].itertuples(index=False, name=None)
        told = [key in self.known and key not in self.hidden and key not in self.sizes for key in keys]
        empty = frame[[name for name in (*_N, "n") if name in frame]].fillna(0).eq(0).all(axis=1)
        return pd.Series(told, index=frame.index, dtype=bool) & empty


def release_effects(tables: Mapping[str, pd.DataFrame], tied: Collection[str] = ()) -> Iterator[ReleasedTable]:
    """Release every table of `effect_tables.SCHEMAS` (name → rows), each audience apart.

    tied: steps of the flow that another table counts too and hides. Each table keeps its columns, hidden figures and
    texts missing, and has `diffusion`: `publie`, `secret` (the row is hidden), `partiel` (its sizes or means are). The
    public is given neither the départements nor the balance. Raises ValueError when a comparison is given twice,
    PublicationStopped when the attack on what is released finds anything.
    """
    cells: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()
    bins = tables["effets_recouvrement"]
    every = tables
    for audience in AUDIENCES:
        tables = {name: _worded(frame, rules().threshold(audience)) for name, frame in every.items()}
        while True:
            _, shown = _effets(tables["effets"], audience, cells)
            flow, lost = _flow(tables["effets_flux"], shown, audience, steps, tied)
            cells = shown.cells | lost.also
            if not lost.also:
                break
        steps = lost.cells
        tables |= {name: _unstepped(tables[name], lost) for name in _STEPPED}
        effets, shown = _effets(tables["effets"], audience, cells)
        yield effets
        for name in ("effets_estimateurs", "effets_courbe_test", "effets_robustesse"):
            yield _following(tables[name], name, shown, audience)
        yield _curve(tables["effets_courbe"], shown, audience)
        levels, unsized = _levels(tables["effets_heterogeneite"], shown, audience)
        yield levels
        yield flow
        bins = _merged_bins(
            bins, rules().threshold(audience)
        )  # from the partner's: no edge of the one splits the other's
        yield _bins(bins, lost, audience)
        if audience == "partenaire":
            yield _funnel(tables["effets_entonnoir"], shown, audience)
            yield _balance(tables["equilibre"], unsized, lost, audience)


def with_class_sizes(balance: pd.DataFrame) -> pd.DataFrame:
    """The balance table with how many young people a class (`sexe=F`) holds in each group; missing for a number.

    A class is a share of its group: mean × size gives it back, so it is judged as a count.
    """
    is_class = balance["covariable"].str.contains("=", regex=False)
    means = {"x_mentores": "moyenne_mentores", "x_non_mentores": "moyenne_non_mentores_avant"}
    counts = {
        x: (balance[mean] * balance[SIZES[x]]).round().astype("Int64").where(is_class) for x, mean in means.items()
    }
    return balance.assign(**counts)


def _worded(frame: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """The table, its texts without the sentences that count fewer than the threshold."""
    texts = [name for name in _TEXTS if name in frame]
    sizes = frame.reindex(columns=_N).astype("float64").min(axis=1)
    return frame.assign(
        **{
            name: [uncounted(said, threshold, size) for said, size in zip(frame[name], sizes, strict=True)]
            for name in texts
        }
    )


def uncounted(text: object, threshold: int, size: float = float("nan")) -> str:
    """A text without the sentences that count fewer young people than the threshold, or tell a share (or what it
    leaves) of fewer of the `size` of the smaller group; `UNCOUNTED` says there was one."""
    said = _sentences(text)
    kept = [
        one
        for one in said
        if not any(int(n) < threshold for n in _COUNTED.findall(one))
        and not any(min(int(p), 100 - int(p)) * size < 100 * threshold for p in _SHARED.findall(one))
    ]
    return " ".join(kept if len(kept) == len(said) else [*kept, UNCOUNTED])


def _unstepped(frame: pd.DataFrame, lost: _Lost) -> pd.DataFrame:
    """The table, its texts without the sentences that tell a step of the flow where the flow hides one, and without
    the number of unknown outcomes where it hides the window: with those that are known, they add up to it."""
    groups = list(zip(frame["source"], frame["comparateurs"], strict=True))
    windows = _secret(frame, lost.windows)
    texts: list[Any] = []
    for said, key, window in zip(frame["avertissements"], groups, windows, strict=True):
        banned = [_LEFT_OUT] if key in lost.counted else []
        texts.append(_without(said, [*banned, _COVERED] if window or key in lost.matched else banned))
    table = frame.assign(avertissements=texts)
    if "n_manquants" in table:
        table["n_manquants"] = table["n_manquants"].mask(windows)
    return table


def _without(text: object, banned: Sequence[re.Pattern[str]]) -> object:
    """A text without the sentences where one of `banned` is found; `UNCOUNTED` says there was one."""
    said = _sentences(text)
    kept = [one for one in said if not any(words.search(one) for words in banned)]
    return text if len(kept) == len(said) else " ".join([*(one for one in kept if one != UNCOUNTED), UNCOUNTED])


def _sentences(text: object) -> list[str]:
    return re.split(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý«\d])", text) if isinstance(text, str) else []


def _effets(frame: pd.DataFrame, audience: Audience, before: frozenset[str]) -> tuple[ReleasedTable, _Shown]:
    if frame.duplicated(_COMPARED).any():
        raise ValueError("effets: a comparison is given twice")
    threshold = rules().threshold(audience)
    rows = {tuple(row[name] for name in _COMPARED): row for row in _records(frame)}
    bare = {key for key, row in rows.items() if _nothing_estimated(row)}
    judged = {key: row for key, row in rows.items() if key not in bare}
    unsized = {key for key, row in judged.items() if any(pd.isna(row[n]) for n in _N)}
    system = Cells()
    own: dict[tuple[str, ...], list[str]] = {}
    for key, row in judged.items():
        if key not in unsized:
            own[key] = _tie_comparison(system, "|".join(key), row)
    _tie_nested(system, {key: judged[key] for key in own})
    done, hidden = _whole_rows(system, own, audience, before, "effets")
    hidden |= unsized
    secret = _secret(frame, hidden)
    table = _masked(frame, secret, _KEYS["effets"])
    few = {key for key in hidden if key in unsized or done.primary & set(own[key])}
    released = open_door(
        table.assign(diffusion=secret.map({True: "secret", False: "publie"})),
        name="effets",
        audience=audience,
        rule_ids=[f"seuil_{audience}", "effectif_estimation", "zero_et_totalite", "intervalle", "effets_lies"],
        threshold=threshold,
        cells=len(frame),
        primary=len(few),
        secondary=len(hidden) - len(few),
        reason="comparaisons sur trop peu de jeunes masquées en entier, avec celles qui les redonneraient",
    )
    sizes = {key: (int(row["n_mentores"]), int(row["n_non_mentores"])) for key, row in judged.items() if key in own}
    labels = frozenset(frame.loc[secret, [*_GROUP, "libelle"]].itertuples(index=False, name=None))
    return released, _Shown(frozenset(hidden), frozenset(rows), sizes, done.hidden, labels)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _nothing_estimated(row: Mapping[str, Any]) -> bool:
    """An outcome that nobody can have yet: no group, no figure, a sentence that says why."""
    sizes = [row[name] for name in (*_N, *SIZES)]
    figures = [row["att"], row["ecart_naif"]]
    return all(pd.isna(n) or n == 0 for n in sizes) and all(pd.isna(value) for value in figures)


def _tie_comparison(system: Cells, name: str, row: Mapping[str, Any]) -> list[str]:
    """Sizes of both groups, those with the outcome and those without. Returns the keys of what the row shows."""
    told = []
    for x, n in SIZES.items():
        size = f"{name}|{n}"
        system.add(size, int(row[n]), _rank(row))
        told.append(size)
        if not pd.isna(row[x]):
            with_it = f"{name}|{x}"
            system.add(with_it, int(row[x]), _rank(row))
            system.remainder(size, [with_it], f"{with_it}|sans", plain=False)
            told.append(with_it)
    return told


def _rank(row: Mapping[str, Any]) -> int:
    """Those who wait are the comparators looked at first: the other comparison is the one to hide."""
    return int(row["comparateurs"] != "eligibles_non_mentores")


def _tie_nested(system: Cells, rows: Mapping[tuple[str, ...], Mapping[str, Any]]) -> None:
    """The mentored of one comparison and those that another has besides, with the outcome and without."""
    by_outcome: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for key in rows:
        by_outcome.setdefault(key[:2], []).append(key)
    for keys in by_outcome.values():
        ordered = sorted(keys, key=lambda key: (int(rows[key]["n_mentores"]), key))
        for small, large in combinations(ordered, 2):
            a, b = "|".join(small), "|".join(large)
            totals = [(f"{b}|n_mentores", f"{a}|n_mentores")]
            totals += [(f"{b}|x_mentores", f"{a}|x_mentores")]
            totals += [(f"{b}|x_mentores|sans", f"{a}|x_mentores|sans")]
            pairs = [pair for pair in totals if set(pair) <= set(system.counts)]
            differences = [system.counts[whole] - system.counts[part] for whole, part in pairs]
            if min(differences) < 0:
                continue  # not one within the other
            for whole, part in pairs:
                system.remainder(whole, [part], f"{whole}|hors {small[2]}", plain=differences[0] == 0)


def _whole_rows(
    system: Cells, own: Mapping[tuple[str, ...], Sequence[str]], audience: Audience, before: frozenset[str], name: str
) -> tuple[Suppression, set[tuple[str, ...]]]:
    """Suppression where a row is hidden whole: what is hidden of it hides the rest, which may hide more."""
    cells, hidden = system.table(rules().threshold(audience)), set(before) & set(system.counts)
    while True:
        done = suppress(cells, system.equations, rules().protection(audience), hidden)
        rows = {key for key, told in own.items() if done.hidden & set(told)}
        grown = hidden | {cell for key in rows for cell in own[key]}
        if grown == hidden or not rows:
            break
        hidden = grown
    told = {key: n for key, n in system.counts.items() if key not in done.hidden | system.derived}
    refuse_if_breached(told, system.equations, done.needs, name)
    return done, rows


def _secret(frame: pd.DataFrame, hidden: Collection[tuple[str, ...]]) -> "pd.Series[bool]":
    keys = frame[_COMPARED].itertuples(index=False, name=None)
    return pd.Series([key in hidden for key in keys], index=frame.index, dtype=bool)


def _masked(frame: pd.DataFrame, secret: "pd.Series[bool]", keys: Sequence[str]) -> pd.DataFrame:
    """The rows of `secret` without anything but their keys."""
    table = frame.copy()
    for column in table.columns.difference(list(keys)):
        if pd.api.types.is_integer_dtype(table[column]):
            table[column] = table[column].astype("Int64")
        table[column] = table[column].mask(secret)
    return table


def _following(frame: pd.DataFrame, name: str, shown: _Shown, audience: Audience) -> ReleasedTable:
    """Rows that rest on a comparison of `effets`: hidden with it, or for the few they rest on themselves."""
    threshold = rules().threshold(audience)
    followed = ~shown.of(frame)
    few = pd.Series(False, index=frame.index)
    for column, least in ((_N[0], 1), (_N[1], 1), ("n", LEAST_SPECIFICATION)):
        if column in frame:
            few |= (frame[column] < least * threshold).fillna(False).astype(bool)
    few &= ~shown.of_nobody(frame)
    if name == "effets_estimateurs":
        few |= _few_left_out(frame, shown, threshold)
    if name == "effets_robustesse":
        whole = [sum(shown.sizes.get(key, ())) for key in frame[_COMPARED].itertuples(index=False, name=None)]
        left = (frame["n"] - whole).abs().between(1, threshold - 1).fillna(False).astype(bool)
        few |= left & frame["source"].eq("administratif")  # in a survey, answers that were not given
        controls = frame[[*_GROUP, "reference"]].itertuples(index=False, name=None)
        followed |= pd.Series([key in shown.labels for key in controls], index=frame.index, dtype=bool)
    return _released(_masked(frame, few | followed, _KEYS[name]), name, audience, few, followed)


def _few_left_out(frame: pd.DataFrame, shown: _Shown, threshold: int) -> "pd.Series[bool]":
    """Estimators that rest on a few young people more or less than the comparison, or than one another."""
    found = pd.Series(False, index=frame.index)
    for key, rows in frame.groupby(_COMPARED, sort=False):
        for place, name in enumerate(_N):
            whole = shown.sizes.get(tuple(map(str, key)), (None, None))[place]
            sizes = sorted({*rows[name].dropna().astype(int), *([] if whole is None else [whole])})
            close = {n for pair in pairwise(sizes) if pair[1] - pair[0] < threshold for n in pair} - {whole}
            found[rows.index] |= rows[name].isin(close)
    return found


def _few_positive(frame: pd.DataFrame, threshold: int) -> "pd.Series[bool]":
    """Rows where a group has too few with the outcome or without, none included; and those without a figure, which may
    lack because all had the same outcome."""
    few = frame["estimation"].isna()
    for x, n in SIZES.items():
        for count in (frame[x], frame[n] - frame[x]):
            few |= (count < threshold).fillna(False).astype(bool)
    return few


def _curve(frame: pd.DataFrame, shown: _Shown, audience: Audience) -> ReleasedTable:
    """Specifications; a population that leaves out fewer than the threshold of those of the same choices is hidden."""
    threshold = rules().threshold(audience)
    followed = ~shown.of(frame)
    few = (frame["n"] < LEAST_SPECIFICATION * threshold).fillna(False).astype(bool)
    most = frame.groupby([*_COMPARED, "covariables", "estimateur", "codage"], dropna=False)["n"].transform("max")
    left = most - frame["n"]
    short = ((left > 0) & (left < threshold)).fillna(False).astype(bool)
    # of the population whole, whatever the covariates: their missing values could be what another row lacks
    few |= short.groupby([*(frame[name] for name in _COMPARED), frame["population"]]).transform("any").astype(bool)
    return _released(_masked(frame, few | followed, _KEYS["effets_courbe"]), "effets_courbe", audience, few, followed)


def _released(
    table: pd.DataFrame, name: str, audience: Audience, few: "pd.Series[bool]", followed: "pd.Series[bool]"
) -> ReleasedTable:
    secret = few | followed
    return open_door(
        table.assign(diffusion=secret.map({True: "secret", False: "publie"})),
        name=name,
        audience=audience,
        rule_ids=[f"seuil_{audience}", "effectif_estimation", "effets_lies"],
        threshold=rules().threshold(audience),
        cells=len(table),
        primary=int(few.sum()),
        secondary=int((followed & ~few).sum()),
        reason="estimations sur trop peu de jeunes masquées, et celles d'une comparaison masquée avec elle",
    )


def _levels(frame: pd.DataFrame, shown: _Shown, audience: Audience) -> tuple[ReleasedTable, set[tuple[str, ...]]]:
    """Effects by level, and the factors (source, comparateurs, facteur) whose sizes are withheld."""
    threshold = rules().threshold(audience)
    followed = ~shown.of(frame)
    sizes = frame[_N].astype("Int64")
    thin = ~(sizes >= LEAST_LEVEL * threshold).fillna(False).astype(bool).all(axis=1)
    factor = [*_GROUP, "facteur"]
    doubtful = thin & sizes.fillna(0).gt(0).any(axis=1)
    doubtful |= _few_besides(frame.assign(**sizes), shown, threshold) | _few_of_another(
        frame.assign(**sizes), threshold
    )
    unsized = doubtful.groupby([frame[name] for name in factor]).transform("any").astype(bool)
    thin |= _few_positive(frame, threshold)
    table = _masked(frame, thin | followed, _KEYS["effets_heterogeneite"]).drop(columns=list(SIZES))
    table[_N] = table[_N].mask(unsized)
    _to_the_point(table)
    for test in ("p_interaction", "p_interaction_holm"):
        table[test] = table[test].map(lambda p: float(f"{p:.2g}"), na_action="ignore").astype("Float64")
    diffusion = unsized.map({True: "partiel", False: "publie"}).mask(thin | followed, "secret")
    released = open_door(
        table.assign(diffusion=diffusion),
        name="effets_heterogeneite",
        audience=audience,
        rule_ids=[f"seuil_{audience}", "effectif_estimation", "domaine_enquete", "effets_lies"],
        threshold=threshold,
        cells=len(table),
        primary=int(thin.sum()),
        secondary=int(((followed | unsized) & ~thin).sum()),
        reason="modalités de trop peu de jeunes masquées, avec les effectifs des autres modalités du même facteur",
    )
    return released, set(frame.loc[unsized, factor].itertuples(index=False, name=None))


def _few_besides(frame: pd.DataFrame, shown: _Shown, threshold: int) -> "pd.Series[bool]":
    """Rows of a factor whose levels lack a few of everyone."""
    found = pd.Series(False, index=frame.index)
    for key, rows in frame.groupby([*_COMPARED, "facteur"], sort=False):
        whole = shown.sizes.get(tuple(map(str, key[:3])))
        if whole is not None:
            left = [size - int(rows[name].fillna(0).sum()) for size, name in zip(whole, _N, strict=True)]
            found[rows.index] = any(0 < n < threshold for n in left)
    return found


def _few_of_another(frame: pd.DataFrame, threshold: int, level: str = "modalite") -> "pd.Series[bool]":
    """Rows of a level where two comparisons of the same mentored differ by a few."""
    place = ["source", "issue", *(["facteur"] if "facteur" in frame else []), level]
    ordered = frame.sort_values("n_mentores", kind="stable")
    gap = ordered.groupby(place)["n_mentores"].diff()
    few = gap.between(1, threshold - 1).fillna(False).astype(bool)
    return few.reindex(frame.index)


def _to_the_point(table: pd.DataFrame) -> None:
    """Effects of levels at a hundredth, the bounds of intervals outwards, standard errors too."""
    for column in ("estimation", "se"):
        table[column] = table[column].round(2)
    table["ic_bas"] = np.floor((table["ic_bas"] * 100).round(6)) / 100
    table["ic_haut"] = np.ceil((table["ic_haut"] * 100).round(6)) / 100 + 0.0  # never a negative zero


def _funnel(frame: pd.DataFrame, shown: _Shown, audience: Audience) -> ReleasedTable:
    """Départements: the figures of those with enough in each group, and the sizes that their sum does not give back."""
    threshold = rules().threshold(audience)
    table = frame.reset_index(drop=True)
    followed = ~shown.of(table)
    sizes = table[_N].astype("Int64")
    thin = ~(sizes >= LEAST_LEVEL * threshold).fillna(False).astype(bool).all(axis=1)
    thin |= table["retrecie"].isna()  # no département's effect stands by itself, away from the mean
    system = Cells()
    for group, rows in table[~followed].groupby(_COMPARED, sort=False):
        key = tuple(map(str, group))
        for place, name in enumerate(_N):
            total, parts = f"{'|'.join(key)}|{name}", {}
            for row in rows.index[sizes.loc[rows.index, name].notna()]:
                parts[row] = f"{total}|{row:06}"
                system.add(parts[row], int(sizes.loc[row, name]))  # none at all, of a known place, is a secret too
            system.add(total, shown.sizes[key][place] if key in shown.sizes else 0, rank=1, plain=True)
            if parts and system.counts[total] >= sum(system.counts[part] for part in parts.values()):
                system.remainder(total, parts.values(), f"{total}|hors", plain=True)
    done = suppress(system.table(threshold), system.equations, rules().protection(audience))
    told = {key: n for key, n in system.counts.items() if key not in done.hidden | system.derived}
    refuse_if_breached(told, system.equations, done.needs, "effets_entonnoir")
    thin |= _few_positive(table, threshold)
    few = _few_of_another(table.assign(**sizes), threshold, "departement")
    few = few.groupby([table[name] for name in _COMPARED]).transform("any").astype(bool)  # their sum gives one back
    released = _masked(table, thin | followed, _KEYS["effets_entonnoir"]).drop(columns=list(SIZES))
    for name in _N:
        lost = [
            f"{'|'.join(row[column] for column in _COMPARED)}|{name}|{place:06}" in done.hidden
            for place, row in table.iterrows()
        ]
        # a département too small for an effect still shows how many it has, where that is no secret
        released[name] = sizes[name].mask(pd.Series(lost, dtype=bool) | few | followed)
    for column in ("retrecie", "limite_95_bas", "limite_95_haut", "limite_998_bas", "limite_998_haut"):
        released[column] = released[column].round(2)
    _to_the_point(released)
    partial = released[_N].isna().any(axis=1) & ~(thin | followed)
    return open_door(
        released.assign(diffusion=partial.map({True: "partiel", False: "publie"}).mask(thin | followed, "secret")),
        name="effets_entonnoir",
        audience=audience,
        rule_ids=[f"seuil_{audience}", "effectif_estimation", "intervalle", "effets_lies"],
        threshold=threshold,
        cells=len(table),
        primary=int(thin.sum()),
        secondary=int(((followed & ~thin) | partial).sum()),
        reason="départements de trop peu de jeunes masqués, avec les effectifs que la somme nationale redonnerait",
    )


def _balance(
    frame: pd.DataFrame, unsized: Collection[tuple[str, ...]], lost: _Lost, audience: Audience
) -> ReleasedTable:
    """Balance, the classes of a covariate together; means go where beside another comparison they tell of a few, or
    where the flow hides how many young people they are of: a mean of a class is a fraction of that number."""
    threshold = rules().threshold(audience)
    table = with_class_sizes(frame).reset_index(drop=True)
    stem = table["covariable"].str.split("=").str[0]
    group = table["source"] + "|" + table["comparateurs"] + "|" + table["vague"].astype("str").fillna("") + "|" + stem
    coupled = (
        pd.Series(
            [key in unsized for key in zip(table["source"], table["comparateurs"], stem, strict=True)],
            index=table.index,
        )
        & table["x_mentores"].notna()
    )
    beside = _few_besides_classes(table, threshold).groupby(group).transform("any").astype(bool)
    matched = (table["moyenne_non_mentores_apres"] * table["n_mentores"]).round().astype("Int64")
    judged = release_estimates(
        table.assign(
            groupe=group + "=" + table["covariable"],
            x_apparies=matched.where(table["covariable"].str.contains("=", regex=False)),
        ),
        list(SIZES.values()),
        audience,
        events={**SIZES, "x_apparies": _N[0]},
        keys=(*_KEYS["equilibre"], "groupe"),
        whole="groupe",
        name="equilibre",
    )
    released = judged.frame.drop(columns=["groupe", "x_apparies"])
    secret = released["diffusion"].eq("secret")
    partial = (coupled | beside | _lost_sizes(table, lost) | _few_between(table, threshold)) & ~secret
    sizes = list(SIZES.values())
    released[[*_MEANS, *SIZES, *sizes]] = released[[*_MEANS, *SIZES, *sizes]].mask(partial)
    for column in _DISTANCES:
        released.loc[partial, column] = released.loc[partial, column].round(2)
    return open_door(
        released.assign(diffusion=released["diffusion"].mask(partial, "partiel")),
        name="equilibre",
        audience=audience,
        rule_ids=[*judged.audit["rules"], "effets_lies"],
        threshold=threshold,
        cells=len(table),
        primary=judged.audit["hidden_primary"],
        secondary=int(partial.sum()),
        reason="classes de trop peu de jeunes masquées avec celles du même caractère",
    )


def _lost_sizes(table: pd.DataFrame, lost: _Lost) -> "pd.Series[bool]":
    """Rows a size of which is a number that the flow hides."""
    found = pd.Series(False, index=table.index)
    for name in _N:
        keys = zip(table["source"], table["comparateurs"], table[name].fillna(-1).astype(int), strict=True)
        found |= pd.Series(
            [(source, others, name, n) in lost.numbers for source, others, n in keys], index=table.index, dtype=bool
        )
    return found


def _few_between(table: pd.DataFrame, threshold: int) -> "pd.Series[bool]":
    """Rows of the comparison whose mentored are a few more than those of another one of the same source."""
    sizes = table.groupby(_GROUP, as_index=False)["n_mentores"].max()
    sizes = sizes.loc[sizes["n_mentores"].argsort(kind="stable")]
    gap = sizes.groupby("source")["n_mentores"].diff()
    wide = sizes[gap.between(1, threshold - 1).fillna(False).astype(bool)]
    held = set(zip(wide["source"], wide["comparateurs"], strict=True))
    keys = zip(table["source"], table["comparateurs"], strict=True)
    return pd.Series([key in held for key in keys], index=table.index, dtype=bool)


def _few_besides_classes(table: pd.DataFrame, threshold: int) -> "pd.Series[bool]":
    """Classes whose mentored are, beside those of the other comparison, a few more or less."""
    ordered = table.sort_values(["n_mentores", "comparateurs"], kind="stable")
    gap = ordered.groupby(["source", "covariable"])["x_mentores"].diff().abs()
    return gap.between(1, threshold - 1).fillna(False).astype(bool).reindex(table.index)


def _merged_bins(frame: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Bins of each comparison, neighbours merged until each group has none or enough of them in each."""
    merged = []
    for key, rows in frame.sort_values("score_bas", kind="stable").groupby(_GROUP, sort=True):
        found: list[list[float]] = []
        for row in rows[["score_bas", "score_haut", *_N]].astype("float64").to_numpy().tolist():
            if found and not _enough(found[-1], threshold):
                found[-1] = [found[-1][0], row[1], found[-1][2] + row[2], found[-1][3] + row[3]]
            else:
                found.append(row)
        while len(found) > 1 and not _enough(found[-1], threshold):
            last = found.pop()
            found[-1] = [found[-1][0], last[1], found[-1][2] + last[2], found[-1][3] + last[3]]
        merged += [(*key, *one) for one in found]
    table = pd.DataFrame(merged, columns=[*_GROUP, "score_bas", "score_haut", *_N])
    return table.astype({"source": "str", "comparateurs": "str"} | dict.fromkeys(_N, "Int64"))


def _enough(one: Sequence[float], threshold: int) -> bool:
    return all(n == 0 or n >= threshold for n in one[2:])


def _bins(frame: pd.DataFrame, lost: _Lost, audience: Audience) -> ReleasedTable:
    """Bins; of a group whose sum the flow hides, or is a few more than another's, none."""
    threshold = rules().threshold(audience)
    sums = frame.groupby(_GROUP, as_index=False)[_N].sum()
    gone = {
        (row["source"], row["comparateurs"], name)
        for wide, row in zip(_few_between(sums, threshold), _records(sums), strict=True)
        for name in _N
        if (row["source"], row["comparateurs"], name, int(row[name])) in lost.numbers or (wide and name == _N[0])
    }
    few = frame[_N].apply(lambda n: n.between(1, threshold - 1)).fillna(False).astype(bool).any(axis=1)
    few = few if len(frame) else pd.Series(dtype=bool)
    table = frame.copy()
    table[_N] = table[_N].mask(few)  # one bin, of too few
    for name in _N:
        keys = zip(table["source"], table["comparateurs"], strict=True)
        withheld = pd.Series([(*key, name) in gone for key in keys], index=table.index, dtype=bool)
        table[name] = table[name].mask(withheld)
        few |= withheld
    return open_door(
        table.assign(diffusion=few.map({True: "secret", False: "publie"})),
        name="effets_recouvrement",
        audience=audience,
        rule_ids=[f"seuil_{audience}", "effets_lies"],
        threshold=threshold,
        cells=len(table),
        primary=int(few.sum()),
        secondary=0,
        reason="classes de score de trop peu de jeunes réunies à leurs voisines",
    )


def _flow(
    frame: pd.DataFrame, shown: _Shown, audience: Audience, before: frozenset[str], tied: Collection[str]
) -> tuple[ReleasedTable, _Lost]:
    """Steps from those who could be compared to those who are, what each loses being a count; and what is hidden."""
    threshold = rules().threshold(audience)
    table = frame.sort_values([*_GROUP, "ordre"], kind="stable", ignore_index=True)
    table = table.astype(dict.fromkeys(_N, "Int64"))
    known = _told_by_effects(table, shown)
    system = Cells()
    keys = {(row, name): f"{row:06}|{name}" for row in table.index for name in _N if not pd.isna(table.loc[row, name])}
    for (source, _), rows in table.groupby(_GROUP, sort=True):
        for name in _N:
            steps = [row for row in rows.index if (row, name) in keys]
            for row in steps:
                # what `effets` shows is hidden after all else; of two comparisons, the one that it hides first
                rank = 4 if (row, name) in known else 2 * int(row in {steps[0], steps[-1]})
                rank += _rank({"comparateurs": table.loc[row, "comparateurs"]})
                system.add(keys[row, name], int(table.loc[row, name]), rank, plain=True)
            if source == "administratif":
                for first, second in _losing(table["etape"], steps):
                    _tie_loss(system, keys[first, name], keys[second, name], f"perte {second}")
    for _, rows in table.groupby(["source", "etape"], sort=True):
        same = sorted((row for row in rows.index if (row, _N[0]) in keys), key=lambda row: (table.loc[row, _N[0]], row))
        for small, large in combinations(same, 2):
            _tie_loss(system, keys[large, _N[0]], keys[small, _N[0]], f"hors {small}")
    cells = system.table(threshold)
    held = {key for (row, _), key in keys.items() if table.loc[row, "etape"] in tied}
    held |= {keys[place] for place, cell in known.items() if cell in shown.cells and system.counts[keys[place]]}
    cells["sensible"] |= cells["cle"].isin(held)
    # the same new pairs, whoever they are compared with: what one comparison hides of them, another would tell
    pairs = {key for (row, name), key in keys.items() if table.loc[row, "etape"] == _PAIRS and name == _N[0]}
    cells["connue"] = cells["cle"].isin(pairs)
    done = suppress(cells, system.equations, rules().protection(audience), before & set(system.counts))
    told = {key: n for key, n in system.counts.items() if key not in done.hidden | system.derived}
    refuse_if_breached(told, system.equations, done.needs, "effets_flux")
    gone = [place for place, key in keys.items() if key in done.hidden]
    common = table[~table["etape"].map(_of_outcome).astype(bool)]
    matched = set(common.groupby(_GROUP).tail(1).index)  # those with a comparator: the last step before outcomes
    groups = {row: (str(table.loc[row, "source"]), str(table.loc[row, "comparateurs"])) for row, _ in gone}
    lost = _Lost(
        cells=done.hidden,
        numbers=frozenset((*groups[row], name, system.counts[keys[row, name]]) for row, name in gone),
        counted=frozenset(groups[row] for row, _ in gone if not _of_outcome(str(table.loc[row, "etape"]))),
        matched=frozenset(groups[row] for row, name in gone if name == _N[0] and row in matched),
        windows=frozenset(
            (source, step.removeprefix(_WINDOW), others)
            for (source, others), step in ((groups[row], str(table.loc[row, "etape"])) for row, _ in gone)
            if step.startswith(_WINDOW)
        ),
        also=frozenset(known[place] for place in gone if place in known) - shown.cells,
    )
    for row, name in gone:
        table.loc[row, name] = pd.NA
    secret = pd.Series(table.index.isin(list(groups)), index=table.index)
    released = open_door(
        table.assign(diffusion=secret.map({True: "secret", False: "publie"})),
        name="effets_flux",
        audience=audience,
        rule_ids=[f"seuil_{audience}", "intervalle", "sans_reponse", "effets_lies"],
        threshold=threshold,
        cells=len(keys),
        primary=len(done.primary),
        secondary=len(done.secondary),
        reason="petits effectifs et petites pertes masqués, avec ce qu'il faut pour que le reste ne les redonne pas",
    )
    return released, lost


def _told_by_effects(table: pd.DataFrame, shown: _Shown) -> dict[tuple[int, str], str]:
    """Steps (row and group) that are a size of `effets` → its cell there."""
    found = {}
    for row, (source, others, step) in enumerate(table[[*_GROUP, "etape"]].itertuples(index=False, name=None)):
        key = (str(source), str(step).partition("_")[2], str(others))
        if _of_outcome(str(step)) and key in shown.sizes:
            for size, name in zip(shown.sizes[key], _N, strict=True):
                if table[name].eq(size).fillna(False).astype(bool).iloc[row]:
                    found[row, name] = f"{'|'.join(key)}|{name}"
    return found


def _of_outcome(step: str) -> bool:
    return step.startswith((_WINDOW, "issue_"))


def _losing(steps: "pd.Series[str]", rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each step and the one it is what is left of: the one before; for the window of an outcome, the last common one.

    Those whose outcome is not known (`issue_`) did not give an answer: no trait of theirs, as in a survey.
    """
    common = [row for row in rows if not _of_outcome(steps[row])]
    yield from pairwise(common)
    if common:
        yield from ((common[-1], row) for row in rows if steps[row].startswith(_WINDOW))


def _tie_loss(system: Cells, before: str, after: str, name: str) -> None:
    """What a step loses; nothing where it gains."""
    if system.counts[before] >= system.counts[after]:
        system.remainder(before, [after], f"{before}|{name}", plain=True)
