"""Release of survey results: distributions of items by domain, and response rates.

Same core and same attacker as the indicators. An estimate is judged on the answers it counts, before weighting: a
weighted share beside its base gives them back closely enough. Cells: for each item, group and wave, the answers of a
domain, those of each code, those that are positive. Equations: the answers of a domain are the sum of its codes (of a
code and its complement where several may be given), the positive ones the sum of theirs; everybody is the sum of the
domains shown and of a derived cell for those that are not. So neither the last code of a distribution, nor the last
domain of a dimension, gives back what the others hide.

Sensitive: a count under the threshold of the audience, 0 included where somebody answered (0 %) unless nobody in the
whole survey gave that answer, and a complement under it (100 %). A mean goes with the number of its answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from mentorat.disclosure.core import Equation, refuse_if_breached, suppress
from mentorat.disclosure.counts import WHOLE, release_counts
from mentorat.disclosure.door import ReleasedTable, open_door
from mentorat.disclosure.rules import AUDIENCES, Audience, rules

DOMAINS: dict[Audience, frozenset[str]] = {
    "public": frozenset({"", "sexe", "tranche_age", "type_accueil", "modalite"}),
    "partenaire": frozenset({"", "sexe", "tranche_age", "type_accueil", "modalite", "association", "departement"}),
}
"""Dimensions each audience may be given: what is local goes to the partner."""
LOCAL = frozenset({"association", "departement"})
LEAST_CLUSTERS = 3
"""Clusters under which a domain is not shown: its figures would be those of a structure."""
FIGURES = ("estimation", "ic_bas", "ic_haut", "deff", "ess")
_BLOCK = ["item", "groupe", "vague"]
_ROW = [*_BLOCK, "domaine", "mesure", "modalite"]


@dataclass
class _Cells:
    """Counts by key, and the sums that tie them."""

    values: dict[str, int] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    """Zeros that describe nobody."""
    equations: list[Equation] = field(default_factory=list)

    def add(self, key: str, value: int, rank: int, *, derived: bool = False, plain: bool = False) -> None:
        self.values[key], self.ranks[key] = value, rank
        if derived:
            self.derived.add(key)
        if plain and value == 0:
            self.plain.add(key)

    def tie(self, total: str, parts: Iterable[str]) -> None:
        parts = tuple(parts)
        if parts:
            self.equations.append(
                Equation(total, parts, self.values[total] - sum(self.values[part] for part in parts))
            )

    def remainder(self, total: str, parts: Iterable[str], name: str, *, plain: bool) -> None:
        """What is left of a total, that is never shown, as a cell of its own."""
        parts = tuple(parts)
        self.add(name, self.values[total] - sum(self.values[part] for part in parts), 0, derived=True, plain=plain)
        self.tie(total, (*parts, name))

    def table(self, threshold: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "cle": list(self.values),
                "valeur": list(self.values.values()),
                "sensible": [value < threshold and key not in self.plain for key, value in self.values.items()],
                "rang": [self.ranks[key] for key in self.values],
                "derivee": [key in self.derived for key in self.values],
            }
        )


def release_survey(results: pd.DataFrame, audience: Audience, name: str = "enquete_resultats") -> ReleasedTable:
    """Release the results of the surveys for an audience.

    results: columns of `RESULTS` (mentorat.survey.survey_results). Returns the rows of the domains the audience may be
    given, and `diffusion` (`publie`, `secret`): in a `secret` row the figures and the count are missing, and the number
    of answers too where it would tell them. A domain with fewer answers than twice the threshold, or fewer than three
    clusters, is left out whole: no share of it could be shown. Raises ValueError when a row is given twice,
    PublicationStopped when the attack on what is released finds anything.
    """
    if results.duplicated(_ROW).any():
        raise ValueError(f"{name}: a figure is given twice")
    regles = rules()
    hidden: frozenset[str] = frozenset()
    steps: tuple[Audience, ...] = AUDIENCES if audience == "public" else ("partenaire",)
    for step in steps:
        shown = _shown(results, step, regles.threshold(step))
        system = _system(shown)
        cells = system.table(regles.threshold(step))
        done = suppress(cells, system.equations, regles.protection(step), hidden & set(system.values))
        hidden = done.hidden
    table = shown.reset_index(drop=True)
    count, base = _keys(table)
    secret = count.isin(hidden)
    small = base.isin(hidden)
    table[list(FIGURES)] = table[list(FIGURES)].mask(secret)
    table["x"] = table["x"].mask(secret)
    table[["n", "n_manquants", "grappes"]] = table[["n", "n_manquants", "grappes"]].mask(small)
    # a share under a hidden base still tells how many, and so does a warning that counts them
    table[list(FIGURES)] = table[list(FIGURES)].mask(small)
    table["x"] = table["x"].mask(small)
    secret |= small
    table["avertissements"] = table["avertissements"].mask(secret, "")
    table["diffusion"] = secret.map({True: "secret", False: "publie"})
    released = {key: value for key, value in system.values.items() if key not in hidden and key not in system.derived}
    refuse_if_breached(released, system.equations, done.needs, name)
    return open_door(
        table,
        name=name,
        audience=audience,
        rule_ids=[f"seuil_{audience}", "zero_et_totalite", "part_et_base", "intervalle", "domaine_enquete"],
        threshold=regles.threshold(audience),
        cells=len(system.values) - len(system.derived),
        primary=len(done.primary),
        secondary=len(done.secondary),
        reason="réponses trop peu nombreuses masquées, avec ce qu'il faut pour que leur somme ne les redonne pas",
    )


def _dimension(domains: "pd.Series[str]") -> "pd.Series[str]":
    return domains.str.split("=").str[0]


def _shown(results: pd.DataFrame, audience: Audience, threshold: int) -> pd.DataFrame:
    """Rows of the domains an audience may be given, and of everyone whatever their number."""
    allowed = _dimension(results["domaine"]).isin(DOMAINS[audience])
    enough = (results["n"] >= 2 * threshold) & (results["grappes"] >= LEAST_CLUSTERS).fillna(False)
    # of a place, the positive answers and the means alone: a whole distribution on so few would be mostly hidden
    local = _dimension(results["domaine"]).isin(LOCAL) & (results["mesure"] == "part")
    return results[allowed & ~local & (enough | (results["domaine"] == ""))]


def _keys(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Cell of the count of each row (its base where it counts nothing), and cell of its base."""
    block = table["item"] + "|" + table["groupe"] + "|" + table["vague"].astype("str") + "|" + table["domaine"]
    base = block + "|n"
    count = block + "|" + table["mesure"] + "|" + table["modalite"]
    return count.where(table["x"].notna(), base), base


def _system(shown: pd.DataFrame) -> _Cells:
    from mentorat.survey.questionnaire import questionnaire

    system = _Cells()
    items = questionnaire().items
    table = shown.assign(dimension=_dimension(shown["domaine"]), cle=_keys(shown)[0], base=_keys(shown)[1])
    for (name, _, _), block in table.groupby(_BLOCK, sort=True):
        item = items[str(name)]
        whole = block[block["domaine"] == ""]
        # an answer that nobody gave in the whole survey says nothing of anyone
        never = {(row.mesure, row.modalite) for row in whole.itertuples() if row.x is not pd.NA and row.x == 0}
        for _, rows in block.groupby("domaine", sort=True):
            _tie_distribution(system, rows, item.scale.positif, item.scale.type == "multiple", never)
        for dimension, rows in block[block["domaine"] != ""].groupby("dimension", sort=True):
            for kind in [None, *zip(rows["mesure"], rows["modalite"], strict=True)]:
                _tie_domains(system, whole, rows, kind, str(dimension), kind in never)
    return system


def _tie_distribution(
    system: _Cells,
    rows: pd.DataFrame,
    positive: tuple[str, ...],
    several: bool,
    never: set[tuple[str, str]],
) -> None:
    """Cells of one domain: its answers, each code, the positive ones, and what is left of each."""
    base, national = str(rows["base"].iloc[0]), bool((rows["domaine"] == "").all())
    size = int(rows["n"].iloc[0])
    system.add(base, size, 5 if national else 4, plain=True)
    codes: dict[str, str] = {}
    for row in rows[rows["x"].notna()].itertuples():
        whole = row.mesure != "part"
        nobody = (row.mesure, row.modalite) in never or size == 0
        system.add(str(row.cle), int(str(row.x)), (3 if whole else 2) if national else (1 if whole else 0), plain=nobody)
        if not whole:
            codes[str(row.modalite)] = str(row.cle)
        if whole or several:
            system.remainder(base, [str(row.cle)], f"{row.cle}|reste", plain=size == 0)
        if whole:
            system.tie(str(row.cle), [codes[code] for code in positive if code in codes])
    if codes and not several:
        system.tie(base, codes.values())


def _tie_domains(
    system: _Cells,
    whole: pd.DataFrame,
    rows: pd.DataFrame,
    kind: tuple[str, str] | None,
    dimension: str,
    never: bool,
) -> None:
    """Everybody = the domains of one dimension that are shown + those that are not."""

    def cells(table: pd.DataFrame) -> list[str]:
        if kind is None:
            return list(dict.fromkeys(table["base"]))
        right = (table["mesure"] == kind[0]) & (table["modalite"] == kind[1]) & table["x"].notna()
        return list(table.loc[right, "cle"])

    total, parts = cells(whole), cells(rows)
    name = f"{total[0]}|hors {dimension}" if total else ""
    if total and parts and name not in system.values:
        others = whole["n"].iloc[0] - rows.drop_duplicates("base")["n"].sum()
        system.remainder(total[0], parts, name, plain=never or int(others) == 0)


def release_response_rates(rates: pd.DataFrame, audience: Audience) -> ReleasedTable:
    """Release response rates: by association and département for the partner, of the whole survey for the public.

    rates: groupe, vague, niveau, code, invites, repondants, non_repondants, … (mentorat.survey.response_rates). Rows of
    structures never pass. Returns counts and `taux`, missing where a count is.
    """
    levels = {"public": ["national"], "partenaire": ["national", "association", "departement"]}[audience]
    kept = rates[rates["niveau"].isin(levels) & (rates["statut"] == "calcule")].copy()
    kept["serie"] = kept["groupe"] + ";" + kept["vague"].astype("str")
    counted = ["invites", "repondants", "non_repondants"]
    released = []
    for level in levels:
        rows = kept[kept["niveau"].isin(["national", level])].copy()
        rows["code"] = rows["code"].where(rows["niveau"] != "national", WHOLE)
        released.append(rows)
    raise NotImplementedError(counted, released, release_counts)
