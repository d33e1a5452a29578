"""Release of survey results: distributions of items by domain, and response rates.

Same core and same attacker as the indicators. An estimate is judged on the answers it counts, before weighting: a
weighted share beside its base gives them back closely enough. Cells: for each item, group and wave, the answers of a
domain, those of each code, those that are positive. Equations: the answers of a domain are the sum of its codes (of a
code and its complement where several may be given), the positive ones the sum of theirs; everybody is the sum of the
domains shown and of a derived cell for those that are not. So neither the last code of a distribution, nor the last
domain of a dimension, gives back what the others hide.

Sensitive: a count under the threshold of the audience, 0 included where somebody answered (0 %) unless nobody in the
whole survey gave that answer, and a complement under it (100 %). A mean goes with the number of its answers.

Three things tie what this system holds apart, and are dealt with beside it. Answers and missing ones of a domain add up
to its respondents, the same for all items, and other tables count everybody's positive answers: sizes from the
threshold on are never hidden, nor those answers, since the rest would give them back; a dimension whose domains lack a
few respondents of everyone, or the answers of a few, withholds one more domain. Respondents are counted by the response
rates too: where they hide them, the domain is withheld. A mean is one more equation on the codes of its distribution:
it is rounded until it says nothing of those that are hidden, or goes with them.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from mentorat.disclosure.cells import Cells
from mentorat.disclosure.core import refuse_if_breached, suppress
from mentorat.disclosure.counts import WHOLE, release_counts, release_estimates
from mentorat.disclosure.door import ReleasedTable, open_door
from mentorat.disclosure.rules import AUDIENCES, Audience, rules

DOMAINS: dict[Audience, frozenset[str]] = {
    "public": frozenset({"", "sexe", "tranche_age", "type_accueil", "modalite"}),
    "partenaire": frozenset({"", "sexe", "tranche_age", "type_accueil", "modalite", "association", "departement"}),
}
"""Dimensions each audience may be given: what is local goes to the partner."""
BRIEF = frozenset({"type_accueil", "association", "departement"})
"""Dimensions of many small domains: the positive answers and the means alone are shown, not whole distributions."""
LEAST_ANSWERS, LEAST_BRIEF = 2, 4
"""Answers of a domain (of a brief one), in thresholds, under which it is not shown: its figures would be hidden."""
LEAST_CLUSTERS = 3
"""Clusters under which a domain is not shown: its figures would be those of a structure."""
ROUNDED = {
    "enquete_fiabilite": dict.fromkeys(("alpha", "ic_bas", "ic_haut", "omega"), 2),
    "enquete_ordinal": dict.fromkeys(("rapport_cotes", "ic_bas", "ic_haut", "deff"), 1)
    | dict.fromkeys(("p", "p_holm", "p_proportionnalite"), 2),
    "enquete_sensibilite": dict.fromkeys(("ecart", "ecart_bas", "ecart_haut", "ic_bas", "ic_haut"), 2),
}
"""Table of scales → decimals of its figures."""
COMPARED = ("mentores", "non_mentores")
"""Groups whose answers are set side by side."""
LEVELS: dict[Audience, list[str]] = {"public": ["national"], "partenaire": ["national", "association", "departement"]}
"""Levels of response rates each audience may be given."""
MEAN_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Roundings of a mean beside hidden codes, the finest that tells nothing first; a coarser one would serve nobody."""
SHARE_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.025, 0.05, 0.1)
"""Roundings of a weighted share, the finest that keeps its groups of weights apart from one another first."""
INDEX_STEP = 0.1
"""Rounding, in standard deviations, of an index some answers of which are hidden."""
ESTIMATED = ("estimation", "ic_bas", "ic_haut")
FIGURES = ("estimation", "ic_bas", "ic_haut", "deff", "ess")
_BLOCK = ["item", "groupe", "vague"]
_ROW = [*_BLOCK, "domaine", "mesure", "modalite"]


def release_survey(
    results: pd.DataFrame,
    rates: Mapping[Audience, pd.DataFrame] | None = None,
    weighting: pd.DataFrame | None = None,
    name: str = "enquete_resultats",
) -> dict[Audience, ReleasedTable]:
    """Release the results of the surveys, for each audience.

    results: columns of `RESULTS` (mentorat.survey.survey_results). rates: the released response rates of each audience,
    whose hidden respondents are not to be told here. weighting: columns of `WEIGHTING`, before their release; without
    it shares are told as they are. Each table has the rows of the domains its audience
    may be given, and `diffusion` (`publie`, `secret`): in a `secret` row the figures and the count are missing, and the
    number of answers too where it would tell them. What the partner is not told, the public is not. A domain with too
    few answers or clusters is left out whole (`LEAST_CLUSTERS`, `_shown`). Raises ValueError when a row is given twice,
    PublicationStopped when the attack on what is released finds anything.
    """
    if results.duplicated(_ROW).any():
        raise ValueError(f"{name}: a figure is given twice")
    released: dict[Audience, ReleasedTable] = {}
    hidden: frozenset[str] = frozenset()
    for audience in AUDIENCES:
        threshold = rules().threshold(audience)
        shown = _shown(results, audience, threshold).reset_index(drop=True)
        withheld = _untold(shown, (rates or {}).get(audience)) | _beside_few(shown, threshold)
        system = _system(shown[~withheld])
        cells = system.table(threshold)
        cells["connue"] = cells["cle"].isin(_told_elsewhere(system, shown[~withheld], threshold))
        done = suppress(cells, system.equations, rules().protection(audience), hidden & set(system.counts))
        hidden |= done.hidden
        told = {key: value for key, value in system.counts.items() if key not in hidden | system.derived}
        refuse_if_breached(told, system.equations, done.needs, name)
        released[audience] = open_door(
            _blank(shown, done.hidden, withheld, _share_steps(shown, weighting, rules().protection(audience))),
            name=name,
            audience=audience,
            rule_ids=[
                f"seuil_{audience}",
                "zero_et_totalite",
                "part_et_base",
                "intervalle",
                "domaine_enquete",
                "sans_reponse",
                "poids_enquete",
                "part_ponderee",
            ],
            threshold=threshold,
            cells=len(system.counts) - len(system.derived),
            primary=len(done.primary),
            secondary=len(done.secondary),
            reason="réponses trop peu nombreuses masquées, avec ce qu'il faut pour que leur somme ne les redonne pas",
        )
    return released


def _blank(
    shown: pd.DataFrame, hidden: frozenset[str], withheld: "pd.Series[bool]", shares: "pd.Series[float]"
) -> pd.DataFrame:
    """The rows without what is hidden: a share goes with its count and its base, and so do the words that tell them.

    shares: to what each share is rounded, 0 for as it is.
    """
    table = shown.copy()
    count, base = (keys.isin(hidden) | withheld for keys in _keys(table))
    secret = count | base
    steps = _mean_steps(table, secret)
    secret |= steps.isna()
    table[[*FIGURES, "x"]] = table[[*FIGURES, "x"]].mask(secret)
    table[["n", "n_manquants", "grappes"]] = table[["n", "n_manquants", "grappes"]].mask(base)
    table["avertissements"] = table["avertissements"].mask(secret, "")
    table[["deff", "ess"]] = table[["deff", "ess"]].mask(steps > 0)
    weighted = (shares > 0) & ~secret
    table.loc[weighted, "deff"] = table.loc[weighted, "deff"].round(1)
    table.loc[weighted, "ess"] = np.nan  # beside the answers, it would give the effect of the design exactly
    steps = steps.where(~weighted, shares)
    rounded = steps > 0
    for column in ESTIMATED:
        table.loc[rounded, column] = _to_step(table.loc[rounded, column], steps[rounded], column)
    return table.assign(diffusion=secret.map({True: "secret", False: "publie"}))


def _share_steps(shown: pd.DataFrame, weighting: pd.DataFrame | None, protection: int) -> "pd.Series[float]":
    """To what each weighted share is rounded, 0 where weights are equal: a share beside its count is its own.

    The weights of response groups take a few values: exact, a share of eight answers says how many of them are of each
    group. One answer moved from the lightest to the heaviest weight moves the share by their gap over the sum of
    weights; a step holds enough of these for the protection. Calibrated weights are nearly all different, and told
    by their extremes only: the finest step is enough. Near no answer or all of them, fewer splits are left.
    """
    from mentorat.survey.survey_weights import CALIBRATED

    if weighting is None:
        return pd.Series(0.0, index=shown.index)
    gaps = {
        (row["groupe"], str(row["vague"]), row["etape"]): (row["poids_max"] - row["poids_min"])
        * row["n"]
        / row["somme"]
        for row in weighting.to_dict("records")
    }
    keys = zip(shown["groupe"], shown["vague"].astype("str"), shown["ponderation"], strict=True)
    gap = pd.Series([gaps.get(key, 0.0) for key in keys], index=shown.index, dtype="float64")
    needed = ((protection + 1) * gap / shown["n"].astype("float64")).where(
        shown["ponderation"] != CALIBRATED, SHARE_STEPS[0]
    )
    places = np.searchsorted(SHARE_STEPS, needed.fillna(0.0)).clip(max=len(SHARE_STEPS) - 1)
    told = (gap > 0) & shown["mesure"].isin(["part", "part_positive"])
    return pd.Series(np.array(SHARE_STEPS)[places], index=shown.index).where(told, 0.0)


def _mean_steps(table: pd.DataFrame, secret: "pd.Series[bool]") -> "pd.Series[float]":
    """To what each mean is rounded: 0 as it is, missing when it is hidden; other rows are 0."""
    steps = pd.Series(0.0, index=table.index)
    for _, rows in table[table["item"].isin(table.loc[table["mesure"] == "moyenne", "item"])].groupby(
        [*_BLOCK, "domaine"], sort=False
    ):
        lost = rows[secret[rows.index] & rows["x"].notna()]
        for mean in rows.index[(rows["mesure"] == "moyenne") & ~secret[rows.index]]:
            steps[mean] = _mean_step(rows, lost, float(rows.loc[mean, "estimation"])) if len(lost) else 0.0
    return steps


def _mean_step(rows: pd.DataFrame, lost: pd.DataFrame, mean: float) -> float:
    """The finest rounding under which every split of the hidden answers among their codes is still possible."""
    size = float(rows["n"].iloc[0])
    parts = lost[lost["mesure"] == "part"]
    codes = pd.to_numeric(parts["modalite"], errors="coerce").to_numpy(dtype=np.float64)
    if not len(parts) or np.isnan(codes).any():
        return float("nan")
    count = parts["x"].to_numpy(dtype=np.float64)
    least, most = (float(mean + ((code * count.sum()) - codes @ count) / size) for code in (codes.min(), codes.max()))
    for step in MEAN_STEPS:
        told = step * np.floor(mean / step + 0.5)
        if told - step / 2 <= least and most <= told + step / 2:
            return step
    return float("nan")


def _to_step(values: "pd.Series[float]", steps: "pd.Series[float]", column: str) -> "pd.Series[float]":
    """To the nearest multiple of its step; a bound of an interval outwards."""
    ratio = (values / steps).round(9).to_numpy(dtype=np.float64)
    whole = np.floor(ratio) if column == "ic_bas" else np.ceil(ratio) if column == "ic_haut" else np.floor(ratio + 0.5)
    return pd.Series(whole, index=values.index).mul(steps).round(6)


def _untold(shown: pd.DataFrame, rates: pd.DataFrame | None) -> "pd.Series[bool]":
    """Domains whose respondents the response rates hide: answers and missing ones would add up to them."""
    if rates is None:
        return pd.Series(False, index=shown.index)
    told = rates[rates["repondants"].isna() & (rates["statut"] == "calcule")]
    hidden = {
        (str(row["groupe"]), str(row["vague"]), f"{level}={row[level]}")
        for level in ("association", "departement")
        for row in told[told[level] != WHOLE].to_dict("records")
    }
    keys = zip(shown["groupe"].astype("str"), shown["vague"].astype("str"), shown["domaine"], strict=True)
    return pd.Series([key in hidden for key in keys], index=shown.index, dtype=bool)


def _beside_few(shown: pd.DataFrame, threshold: int) -> "pd.Series[bool]":
    """The smallest domain of a dimension, where everyone less the domains shown would be a few respondents, or the
    answers of a few to an item.

    Items put to the same people (a same number of respondents in the whole survey) are taken together: what one hides
    of a domain, another would tell.
    """
    people = (shown["n"] + shown["n_manquants"]).astype("float64")
    table = shown[_BLOCK].assign(
        dimension=_dimension(shown["domaine"]),
        domaine=shown["domaine"],
        repondants=people,
        n=shown["n"].astype("float64"),
    )
    national = table[table["domaine"] == ""].groupby(_BLOCK)
    for whole, count in (("tous", "repondants"), ("tous_n", "n")):
        table = table.join(national[count].max().rename(whole), on=_BLOCK)
    withheld = pd.Series(False, index=shown.index)
    keys = ["groupe", "vague", "dimension"]
    for whole, count, of in (("tous", "repondants", ["tous"]), ("tous_n", "n", ["item"])):
        told = table[(table["domaine"] != "") & ~withheld]
        for _, rows in told.groupby([*keys, *of], sort=True):
            sizes = rows.groupby("domaine")[count].max().sort_values(kind="stable")
            if 0 < float(rows[whole].iloc[0]) - float(sizes.sum()) < threshold:
                withheld[rows.index[rows["domaine"] == sizes.index[0]]] = True
    return withheld


def _told_elsewhere(system: Cells, shown: pd.DataFrame, threshold: int) -> set[str]:
    """Cells that need no row of this table to be known, so that hiding them protects nothing.

    The answers of a domain: its respondents are the same for all items, and missing answers pass. Everybody's positive
    answers: the differences, the effects and the calendar count them, when neither they nor the others are few.
    """
    count, base = _keys(shown)
    plenty = (shown["x"] >= threshold) & (shown["n"] - shown["x"] >= threshold)
    everybody = (shown["domaine"] == "") & (shown["mesure"] == "part_positive") & plenty.fillna(False).astype(bool)
    return {key for key in {*base, *count[everybody]} if system.counts[key] >= threshold}


def _dimension(domains: "pd.Series[str]") -> "pd.Series[str]":
    return domains.str.split("=").str[0]


def _shown(results: pd.DataFrame, audience: Audience, threshold: int) -> pd.DataFrame:
    """Rows of the domains an audience may be given, and of everyone whatever their number."""
    allowed = _dimension(results["domaine"]).isin(DOMAINS[audience])
    brief = _dimension(results["domaine"]).isin(BRIEF)
    least = threshold * np.where(brief, LEAST_BRIEF, LEAST_ANSWERS)
    enough = (results["n"] >= least) & (results["grappes"] >= LEAST_CLUSTERS).fillna(False)
    # a whole distribution on so few would be mostly hidden, and would hide more around it
    return results[allowed & ~(brief & (results["mesure"] == "part")) & (enough | (results["domaine"] == ""))]


def _keys(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Cell of the count of each row (its base where it counts nothing), and cell of its base."""
    block = table["item"] + "|" + table["groupe"] + "|" + table["vague"].astype("str") + "|" + table["domaine"]
    base = block + "|n"
    count = block + "|" + table["mesure"] + "|" + table["modalite"]
    return count.where(table["x"].notna(), base), base


class _Row(NamedTuple):
    """What protection reads of a row of results. `x`: None where it counts nothing."""

    domain: str
    kind: tuple[str, str]
    n: int
    x: int | None
    cell: str
    base: str


def _blocks(shown: pd.DataFrame) -> dict[str, dict[str, list[_Row]]]:
    """Item → domain → rows, a group and a wave at a time; plain objects, for a table costs more than the few rows of a
    domain."""
    count, base = _keys(shown)
    kinds = zip(shown["mesure"].tolist(), shown["modalite"].tolist(), strict=True)
    sizes = shown["n"].astype("int64").tolist()
    counted = [None if pd.isna(x) else int(x) for x in shown["x"].tolist()]
    rows = map(_Row, shown["domaine"].tolist(), kinds, sizes, counted, count.tolist(), base.tolist())
    found: dict[str, dict[str, list[_Row]]] = {}
    blocks = shown["item"] + "|" + shown["groupe"] + "|" + shown["vague"].astype("str")
    for block, row in zip(blocks.tolist(), rows, strict=True):
        found.setdefault(block, {}).setdefault(row.domain, []).append(row)
    return found


def _system(shown: pd.DataFrame) -> Cells:
    from mentorat.survey.questionnaire import questionnaire

    system = Cells()
    items = questionnaire().items
    for name, domains in _blocks(shown).items():
        scale = items[name.split("|")[0]].scale
        whole = domains.get("", [])
        # an answer that nobody gave in the whole survey says nothing of anyone
        never = {row.kind for row in whole if row.x == 0}
        dimensions: dict[str, list[_Row]] = {}
        for domain, rows in domains.items():
            _tie_distribution(system, rows, scale.positif, scale.type == "multiple", never)
            if domain:
                dimensions.setdefault(domain.split("=")[0], []).extend(rows)
        if whole:
            for dimension, rows in dimensions.items():
                _tie_domains(system, whole, rows, dimension, never)
    return system


def _tie_distribution(
    system: Cells,
    rows: Sequence[_Row],
    positive: tuple[str, ...],
    several: bool,
    never: set[tuple[str, str]],
) -> None:
    """Cells of one domain: its answers, each code, the positive ones, and what is left of each."""
    base, national, size = rows[0].base, rows[0].domain == "", rows[0].n
    system.add(base, size, 5 if national else 4, plain=True)
    codes: dict[str, str] = {}
    for row in rows:
        if row.x is None:
            continue
        measure, code = row.kind
        whole = measure != "part"
        nobody = row.kind in never or size == 0
        system.add(row.cell, row.x, (3 if whole else 2) if national else (1 if whole else 0), plain=nobody)
        if not whole:
            codes[code] = row.cell
        if whole or several:
            system.remainder(base, [row.cell], f"{row.cell}|reste", plain=size == 0)
        if whole:
            system.tie(row.cell, [codes[code] for code in positive if code in codes])
    if codes and not several:
        system.tie(base, codes.values())


def _tie_domains(
    system: Cells, whole: Sequence[_Row], rows: Sequence[_Row], dimension: str, never: set[tuple[str, str]]
) -> None:
    """Everybody = the domains of one dimension that are shown (`rows`) + those that are not: the bases, and each
    count."""
    size, bases = whole[0].n, {row.base: row.n for row in rows}
    nobody = size == sum(bases.values())
    name = f"|hors {dimension}"
    system.remainder(whole[0].base, bases, f"{whole[0].base}{name}", plain=nobody)
    parts: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.x is not None:
            parts.setdefault(row.kind, []).append(row.cell)
    for row in whole:
        if row.x is not None and row.kind in parts:
            system.remainder(row.cell, parts[row.kind], f"{row.cell}{name}", plain=nobody or row.kind in never)


SCALES: dict[str, tuple[tuple[str, ...], tuple[str, ...], bool]] = {
    "enquete_fiabilite": (("dimension", "libelle", "groupe", "vague"), ("n",), False),
    "enquete_indices": (("dimension", "libelle", "vague"), ("n_mentores", "n_non_mentores"), False),
    "enquete_ordinal": (("item", "libelle", "vague"), ("n_mentores", "n_non_mentores"), True),
    "enquete_manquants": (("item", "libelle", "vague"), ("n_mentores", "n_non_mentores"), False),
    "enquete_sensibilite": (("item", "libelle", "vague", "methode"), ("n_mentores", "n_non_mentores"), True),
}
"""Table of scales or missing answers → what names its rows, the sizes they rest on, whether positive answers count."""


def release_scales(
    frame: pd.DataFrame, name: str, audience: Audience, results: pd.DataFrame | None = None
) -> ReleasedTable:
    """Release a table of `SCALES`: of whole groups alone, each row judged by the answers it rests on.

    An index is a mean of several items over a group, and a ratio of odds a figure of the whole scale; the bounds of a
    difference give back its positive answers, so that these and the others must reach the threshold in each group.
    results: the released results of the audience. Where they hide some answers of everybody to an item, its ratio of
    odds is hidden, for only one split of these answers gives that ratio and that p; the index it enters is told to the
    tenth, its intervals outwards.
    """
    keys, sizes, positive = SCALES[name]
    events = {size.replace("n_", "x_", 1): size for size in sizes} if positive else None
    partial = _partly_hidden(results)
    waves = frame["vague"].astype("str")
    if name == "enquete_ordinal":
        lost = pd.Series([key in partial for key in zip(frame["item"], waves, strict=True)], frame.index, dtype=bool)
        frame = frame.assign(n_mentores=frame["n_mentores"].mask(lost))  # a size that lacks hides the row
    if name == "enquete_indices":
        coarse = [
            any((item, wave) in partial for item in str(items).split("|"))
            for items, wave in zip(frame["items"], waves, strict=True)
        ]
        told, step = frame[coarse].select_dtypes("float64"), pd.Series(INDEX_STEP, frame.index)[coarse]
        rounded = {column: _to_step(told[column], step, str(column).split("mentores_")[-1]) for column in told}
        frame = pd.DataFrame(rounded, index=told.index).combine_first(frame)[frame.columns].astype(frame.dtypes)
    # exact, a figure of weighted answers says how many of them have each weight
    frame = frame.round(ROUNDED.get(name, {}))
    return release_estimates(frame, list(sizes), audience, events=events, keys=keys, name=name)


def _partly_hidden(results: pd.DataFrame | None) -> set[tuple[str, str]]:
    """Items (and waves) some answers of which are hidden for everybody."""
    if results is None:
        return set()
    lost = results[(results["domaine"] == "") & results["groupe"].isin(COMPARED) & (results["diffusion"] == "secret")]
    return set(zip(lost["item"], lost["vague"].astype("str"), strict=True))


def release_response_rates(rates: pd.DataFrame, audience: Audience) -> ReleasedTable:
    """Release response rates: of the whole survey for the public, by association and département too for the partner.

    rates: columns of `RATES` (mentorat.survey.response_rates). Rows of structures never pass. Returns groupe, vague,
    association, departement (`ensemble` in both for everyone), statut, avertissements, the counts and `diffusion`; no
    rate, for `with_rates` gives it where both of its counts are told. What the sample and the answers disagree on
    describes the files, and passes. A survey whose respondents would be hidden as a whole has no count at all here:
    its results tell how many answered.
    """
    rows = rates[rates["niveau"].isin(LEVELS[audience])].copy()
    for level in ("association", "departement"):
        rows[level] = rows["code"].where(rows["niveau"] == level, WHOLE)
    rows = rows.assign(vague=rows["vague"].astype("str"))
    while True:
        released = _released_rates(rows, audience)
        table = released.frame
        lost = table[
            (table[["association", "departement"]] == WHOLE).all(axis=1)
            & (table["diffusion"] == "secret")
            & table["repondants"].isna()
        ]
        if lost.empty:
            return released
        surveys = set(zip(lost["groupe"], lost["vague"], strict=True))
        mute = pd.Series([key in surveys for key in zip(rows["groupe"], rows["vague"], strict=True)], index=rows.index)
        rows.loc[mute, [*_COUNTED, "reponses_recues"]] = pd.NA
        rows.loc[mute, "avertissements"] = ALMOST_ALL


ALMOST_ALL = "Taux masqué : trop peu de personnes ont répondu, ou n'ont pas répondu."
_COUNTED = ["invites", "repondants", "non_repondants"]


def _released_rates(rows: pd.DataFrame, audience: Audience) -> ReleasedTable:
    return release_counts(
        rows,
        _COUNTED[0],
        _COUNTED[1:],
        ["groupe", "vague", "association", "departement"],
        audience,
        alone=["reponses_recues"],
        keep=["annonces_sans_reponse", "reponses_hors_echantillon", "statut", "avertissements"],
        name="enquete_taux_reponse",
    )


def release_weighting(weighting: pd.DataFrame, audience: Audience, name: str = "enquete_ponderation") -> ReleasedTable:
    """Release the steps of weighting: respondents, and weights to two or three figures.

    weighting: columns of `WEIGHTING` (mentorat.survey.survey_weights). Exact, a sum of weights is the number of young
    people drawn from, or in care, that other tables hide or round; and the quotient of two weights is a response rate
    of a few people.
    """
    table = weighting.assign(
        somme=_figures(weighting["somme"], 2),
        **{column: _figures(weighting[column], 3) for column in ("poids_min", "poids_max")},
        ess=weighting["ess"].round(0),
        deff=weighting["deff"].round(2),
    )
    return release_estimates(table, ["n"], audience, keys=("groupe", "vague", "etape"), name=name)


def _figures(values: "pd.Series[float]", digits: int) -> "pd.Series[float]":
    return values.map(lambda value: float(f"{value:.{digits}g}"), na_action="ignore")
