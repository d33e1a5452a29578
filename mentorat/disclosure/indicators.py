"""Release of the mart `indicateurs`: every count of the table is a cell of one linear system.

Cells. A row `nombre` has one count, a row `part` a numerator and a base; the complement (base − numerator) is a derived
cell, since a share gives it away. A count has one cell wherever it is shown: the numerator of a share and the number
it is the share of, and any two series that are equal in every territory where both are known (the base of a share and
the number of eligible young people). There is no list of names to keep up to date, and an equality by chance only
makes the attacker stronger. Bases that are constants known to all (`KNOWN_BASES`) are no cells. `n_manquants` of a
territory is hidden from 1 to threshold − 1, and granted to the attacker otherwise (at national level it counts
territories, and passes).

Equations. A ventilation along a dimension of `PARTITIONS` adds up to the count without it, with a derived
cell for what no category holds; the nation adds up its territories, Alsace and Corsica their two
départements; base = numerator + complement; `WITHIN` and `NESTED` name counts that cannot exceed another, the
difference being a derived cell.

Sensitive: a count from 1 to threshold − 1; a complement under the threshold; 0 where a base is above 0 (0 % and 100
%), or where a ventilation holds someone whose category is known. Every other zero is plain information, that
describes nobody: a category empty in the whole country, no young person of unknown category, no young person at all.

Audiences are nested: the partner's table is protected first, and what it hides stays hidden from the public.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from mentorat.disclosure.core import Equation, Suppression, refuse_if_breached, suppress
from mentorat.disclosure.door import ReleasedTable, open_door
from mentorat.disclosure.rules import Audience, rules
from mentorat.errors import PublicationStopped

PARTITIONS = frozenset({"sexe", "tranche_age", "accueil", "modalite"})
"""Dimensions whose categories share out the total."""
OTHERS = frozenset({"base"})
"""Dimensions that share out nothing (`base=` names a denominator). One in neither list stops publication."""
KNOWN_BASES = frozenset({"base=suivis_350000"})
"""Bases that anyone knows, published elsewhere."""
WITHIN = {"O3": "O2"}
"""Counts that cannot exceed another of the same date: young people with a pair, and running pairs."""
NESTED = {"base=confies_11_17": "base=pris_en_charge_11_17"}
"""Bases that are part of another: what is counted on one is counted on the other."""
AT_LEAST = {"O3;base=pris_en_charge_11_17;part;denominateur": "A1;;nombre;numerateur"}
"""Counts that hold another and something more: the eligible, and those of them aged 11 to 17 (the rest is under 11)."""
AT_HOME = {"denominateur": "A1;accueil=milieu_ouvert;nombre;numerateur"}
"""The two bases of O3 differ by those followed at home, whom a ventilation counts too (with those under 11)."""
MEMBERS = {"20R": ("2A", "2B"), "6AE": ("67", "68")}
"""Collectivités made of several territories."""
MEASURES = ("nombre", "part", "ecart")

COUNTS = ("numerateur", "denominateur")
_ROW = ["campagne", "periode", "niveau", "code", "indicateur", "ventilation", "mesure"]
_RULES = ["zero_et_totalite", "part_et_base", "intervalle"]
_RANK = {"national": 3, "collectivite": 2}


@dataclass
class _System:
    """Cells by key, equations, and the key of each count shown."""

    counts: dict[str, int] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    """Derived cells that describe no group of young people."""
    trait: set[str] = field(default_factory=set)
    """Cells whose zero says something of each young person counted in a base."""
    equations: set[Equation] = field(default_factory=set)

    def add(self, total: str, parts: Iterable[str]) -> None:
        """Tie a total to its parts; what they do not account for is granted to the attacker."""
        parts = tuple(sorted(set(parts) - {total}))
        if parts:
            self.equations.add(Equation(total, parts, self.counts[total] - sum(self.counts[part] for part in parts)))

    def remainder(self, total: str, parts: Iterable[str], name: str, *, telling: bool = True) -> str | None:
        """A derived cell for what is left of a total, when something may be; None when the parts exceed it.

        `telling` False: what is left has no trait in common (second pairs, other ages, unknown class), and a small
        one describes nobody; the attacker knows the equation all the same.
        """
        left = self.counts[total] - sum(self.counts[part] for part in parts)
        if left < 0:
            return None
        self.counts[name] = left
        self.ranks[name] = 0
        self.derived.add(name)
        if not telling:
            self.plain.add(name)
        return name

    def protect(self, threshold: int, protection: int, already: frozenset[str]) -> Suppression:
        """Suppression for one audience."""
        cells = pd.DataFrame({"cle": list(self.counts), "valeur": list(self.counts.values())})
        cells["sensible"] = [
            key not in self.plain and ((0 < value < threshold) or (value == 0 and key in self.trait))
            for key, value in self.counts.items()
        ]
        cells["rang"] = cells["cle"].map(self.ranks)
        cells["derivee"] = cells["cle"].isin(self.derived)
        return suppress(cells, self.equations, protection, already & set(self.counts))


def release_indicators(indicateurs: pd.DataFrame, audience: Audience, name: str = "indicateurs") -> ReleasedTable:
    """Release the mart for an audience.

    indicateurs: schema of the mart (campagne, periode, niveau, code, indicateur, ventilation, mesure,
    numerateur, denominateur, valeur, ic_bas, ic_haut, unite, n_manquants, statut), one row a measure, unique.
    Returns the same rows and columns plus `diffusion` (`publie`, `secret`): the partner gets every row, the
    public the national ones and the totals of territories. A category that is missing from a complete
    ventilation is written as the zero it is, for its absence would tell it. In a `secret` row `valeur` and
    its interval are missing, and so is each count that is hidden; a base may stay visible beside a hidden
    numerator. Raises PublicationStopped when a measure has no rule, or when the attack on what is released
    finds anything.
    """
    table = _complete(indicateurs).sort_values(_ROW, ignore_index=True)
    keys = _keys(table)
    regles = rules()
    hidden: frozenset[str] = frozenset()
    for step in ("partenaire", "public") if audience == "public" else ("partenaire",):
        shown = table if step == "partenaire" else table[_is_public(table)]
        threshold = regles.threshold(step)
        system = _system(shown, keys, threshold)
        done = system.protect(threshold, regles.protection(step), hidden)
        hidden = done.hidden
    released = _blank(shown, keys.loc[shown.index], hidden, threshold)
    refuse_if_breached(_visible(released, keys.loc[shown.index]), sorted(system.equations, key=repr), done.needs, name)
    rule_ids = [f"seuil_{audience}", *_RULES, *(["ventilation_departement"] if audience == "public" else [])]
    return open_door(
        released,
        name=name,
        audience=audience,
        rule_ids=rule_ids,
        threshold=threshold,
        cells=len(set(system.counts) - system.derived),
        primary=len(done.primary),
        secondary=len(done.secondary),
        reason="petits effectifs, 0 % et 100 % masqués, avec ce qu'il faut pour qu'ils le restent",
    )


def _tuples(table: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples (their fields are not typed by pandas)."""
    return iter(table.itertuples())


def _is_public(table: pd.DataFrame) -> "pd.Series[bool]":
    whole = table["ventilation"].map(lambda ventilation: not _partition(ventilation))
    return (table["niveau"] == "national") | ((table["niveau"] == "departement") & whole)


def _dimensions(ventilation: str) -> tuple[str, ...]:
    return tuple(part for part in ventilation.split(";") if part)


def _partition(ventilation: str) -> tuple[str, ...]:
    """The categories of a ventilation that share out a total."""
    return tuple(part for part in _dimensions(ventilation) if part.split("=")[0] in PARTITIONS)


def _parents(ventilation: str) -> list[tuple[str, str]]:
    """(ventilation without one dimension, that dimension) for each dimension that shares out a total."""
    parts = _dimensions(ventilation)
    return [
        (";".join(other for other in parts if other != part), part.split("=")[0]) for part in _partition(ventilation)
    ]


def _complete(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a row of zero for each category missing from a ventilation that adds up without it."""
    unknown = sorted(set(table["mesure"]) - set(MEASURES))
    if unknown:
        raise PublicationStopped(
            "Publication arrêtée : aucune règle de diffusion n'existe pour la mesure " + ", ".join(unknown) + "."
        )
    table = table.reset_index(drop=True).assign(ventilation=table["ventilation"].fillna("").to_numpy())
    dimensions = {part.split("=")[0] for ventilation in set(table["ventilation"]) for part in _dimensions(ventilation)}
    if unruled := sorted(dimensions - PARTITIONS - OTHERS):
        raise PublicationStopped(
            "Publication arrêtée : aucune règle de diffusion n'existe pour la ventilation " + ", ".join(unruled) + "."
        )
    table = table.astype(dict.fromkeys([*COUNTS, "n_manquants"], "Int64") | {"valeur": "float64"})
    if table.duplicated(_ROW).any():
        raise ValueError("indicateurs: a measure is given twice")
    counts = table[(table["mesure"] == "nombre") & table["numerateur"].notna()]
    totals = counts.set_index(_ROW)["numerateur"].to_dict()
    categories: dict[tuple[str, str], set[str]] = defaultdict(set)
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for row in _tuples(counts[counts["ventilation"] != ""]):
        for parent, dimension in _parents(row.ventilation):
            own = set(_dimensions(row.ventilation)) - set(_dimensions(parent))
            categories[row.indicateur, dimension] |= own
            place = (row.campagne, row.periode, row.niveau, row.code, row.indicateur)
            groups[(*place, parent, row.mesure, dimension)].append(row.Index)
    added = []
    for (*head, above, measure, along), members in groups.items():
        total = totals.get((*head, above, measure))
        if total is None or counts.loc[members, "numerateur"].sum() != total:
            continue
        present = set(counts.loc[members, "ventilation"])
        for category in sorted(categories[str(head[-1]), str(along)]):
            ventilation = ";".join(sorted({*_dimensions(str(above)), category}))
            if ventilation not in present:
                model = table.loc[members[0]].to_dict()
                added.append(model | {"ventilation": ventilation, "numerateur": 0, "valeur": 0.0, "n_manquants": pd.NA})
    if not added:
        return table
    extra = pd.DataFrame(added, columns=table.columns).astype(table.dtypes.to_dict())
    return pd.concat([table, extra], ignore_index=True).drop_duplicates(_ROW, ignore_index=True)


def _keys(table: pd.DataFrame) -> pd.DataFrame:
    """The cell of each count of each row: columns of COUNTS, same index, None where there is no cell.

    Counts of a place that are equal because their series are (see the module) get one key.
    """
    keys = pd.DataFrame(index=table.index, columns=list(COUNTS), dtype=object)
    names = table[["indicateur", "periode", "niveau", "code", "ventilation", "mesure"]].agg("|".join, axis=1)
    constant = table["ventilation"].map(lambda ventilation: not KNOWN_BASES.isdisjoint(_dimensions(ventilation)))
    absent = {
        "numerateur": table["numerateur"].isna(),
        "denominateur": table["denominateur"].isna() | constant | (table["mesure"] != "part"),
    }
    for count in COUNTS:
        keys[count] = (names + "|" + count).where(~absent[count], None)
    same = _Same()
    places = table["campagne"].astype(str) + "|" + table["niveau"] + "|" + table["code"]
    cells = pd.concat(
        [
            pd.DataFrame(
                {
                    "cle": keys[count],
                    "valeur": table[count].astype("float64"),
                    "lieu": places,
                    "croisement": table["ventilation"].map(lambda ventilation: ";".join(_partition(ventilation))),
                    "mesure": table[["indicateur", "periode", "ventilation", "mesure"]].agg("|".join, axis=1),
                    "compte": count,
                }
            )
            for count in COUNTS
        ]
    ).dropna(subset=["cle"])
    for _, group in cells.groupby("croisement"):
        names_of = group.pivot(index=["mesure", "compte"], columns="lieu", values="cle").sort_index()  # noqa: PD010
        wide = group.pivot(index=["mesure", "compte"], columns="lieu", values="valeur").sort_index()  # noqa: PD010
        name = names_of.to_numpy()
        for one, other, shared in _equal_series(wide):
            for left, right in zip(name[one][shared], name[other][shared], strict=True):
                same.join(left, right)
    # lists of objects: pandas would write a missing key as NaN in a column of strings
    named = {count: [same.name(key) if isinstance(key, str) else None for key in keys[count]] for count in COUNTS}
    return pd.DataFrame(named, index=keys.index, dtype=object)


def _equal_series(wide: pd.DataFrame) -> Iterator[tuple[int, int, np.ndarray[Any, np.dtype[np.bool_]]]]:
    """Pairs of series (rows of `wide`) equal in each territory where both are known, with the places of one count.

    The national figures are one count when they add up the same territories only. A numerator and its own base stay
    two cells even when every share is 100 %: it is what must not be seen.
    """
    values = wide.to_numpy()
    labels: list[tuple[str, str]] = wide.index.tolist()
    place = {label: row for row, label in enumerate(labels)}
    shares = [(place[name, "numerateur"], row) for (name, count), row in place.items() if count == "denominateur"]
    root = list(range(len(labels)))

    def kinship(pair: tuple[int, int]) -> int:
        (one, first), (other, second) = labels[pair[0]], labels[pair[1]]
        if "denominateur" in {first, second}:
            return 1
        return 0 if one.rsplit("|", 1)[0] == other.rsplit("|", 1)[0] else 2

    local = np.array(["|national|" not in lieu for lieu in wide.columns], dtype=np.bool_)
    known = ~np.isnan(values)
    for one, other in sorted(combinations(range(len(labels)), 2), key=kinship):
        shared = known[one] & known[other]
        compared = shared & local if (shared & local).any() else shared
        if not compared.any() or (values[one] != values[other])[compared].any():
            continue
        if kinship((one, other)) and not values[one][compared].any():  # two things that never happened are not one
            continue
        ends = {root[one], root[other]}
        if any({root[part], root[base]} == ends for part, base in shares):
            continue
        root = [min(ends) if end in ends else end for end in root]
        everywhere = (known[one] == known[other])[local].all() or not (shared & local).any()
        yield one, other, shared & (values[one] == values[other]) & (local | everywhere)


class _Same:
    """Names of one thing: each is known by the first of them."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def name(self, key: str) -> str:
        while (first := self._first.get(key, key)) != key:
            key = first
        return key

    def join(self, one: str, other: str) -> None:
        low, high = sorted((self.name(one), self.name(other)))
        if low != high:
            self._first[high] = low


def _system(shown: pd.DataFrame, keys: pd.DataFrame, threshold: int) -> _System:
    """Cells and equations of the rows an audience may receive."""
    system = _System()
    cell: dict[tuple[str, ...], str] = {}
    key_of: dict[str, dict[Any, Any]] = {count: keys[count].to_dict() for count in COUNTS}
    rows = list(_tuples(shown[[*_ROW, *COUNTS, "n_manquants"]]))
    for row in rows:
        depth = _RANK.get(row.niveau, 1) - (1 if _partition(row.ventilation) else 0)
        for count in COUNTS:
            if (key := key_of[count][row.Index]) is not None:
                system.counts[key] = int(getattr(row, count))
                # a base is worth more than what is measured on it: it is hidden after
                rank = 2 * depth + (1 if count == "denominateur" else 0)
                if row.indicateur == "A1" and not _partition(row.ventilation):
                    rank += 2  # how many are eligible is the first figure asked for
                system.ranks[key] = max(rank, system.ranks.get(key, 0))
                cell[(*(str(value) for value in row[1:8]), count)] = key
    for row in rows:
        num = key_of["numerateur"][row.Index]
        if row.mesure == "part" and num is not None and row.denominateur > 0:
            system.trait.add(num)
            _tie_share(system, num, key_of["denominateur"][row.Index])
    _tie_ventilations(system, rows, cell, threshold)
    _tie_places(system, cell)
    _tie_bounds(system, cell)
    return system


def _tie_share(system: _System, num: str, den: str | None) -> None:
    if den is None:
        return
    if rest := system.remainder(den, [num], f"{den}|sauf|{num}"):
        system.trait.add(rest)
        system.add(den, [num, rest])


def _tie_ventilations(system: _System, rows: list[Any], cell: dict[tuple[str, ...], str], threshold: int) -> None:
    """total = sum of its categories + what no category holds (known where a visible `n_manquants` says it)."""
    groups: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    nameless: dict[str, bool] = {}
    zeros = {key for key, value in system.counts.items() if value == 0}
    structural: set[str] = set()
    shown = {tuple(map(str, row[1:8])): row.n_manquants for row in rows if not pd.isna(row.n_manquants)}
    for row in rows:
        campagne, periode, niveau, code, indicateur, ventilation, mesure = (str(value) for value in row[1:8])
        for parent, dimension in _parents(ventilation):
            for count in COUNTS:
                above = (campagne, periode, niveau, code, indicateur, parent, mesure, count)
                key = cell.get((campagne, periode, niveau, code, indicateur, ventilation, mesure, count))
                if key is not None and above in cell:
                    groups[above, dimension].append(key)
                    nameless[key] = f"{dimension}=inconnu" in _dimensions(ventilation)
                    if cell.get((campagne, periode, "national", "FR", indicateur, ventilation, mesure, count)) in zeros:
                        structural.add(key)
    for (whole, dimension), categories in groups.items():
        total = cell[whole]
        known = [category for category in categories if not nameless[category]]
        if sum(system.counts[category] for category in known) > 0:
            system.trait.update(category for category in known if category not in structural)
        left = system.counts[total] - sum(system.counts[category] for category in categories)
        told = left == shown.get(whole[:-1]) and left >= threshold
        if (
            left > 0
            and not told
            and (rest := system.remainder(total, categories, f"{total}|sans {dimension}", telling=False))
        ):
            categories.append(rest)
        system.add(total, categories)


def _tie_places(system: _System, cell: dict[tuple[str, ...], str]) -> None:
    """nation = sum of territories (and of associations); Alsace, Corsica = sum of their two départements."""
    sums: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (campagne, periode, niveau, code, *rest), key in cell.items():
        nation = cell.get((campagne, periode, "national", "FR", *rest))
        if nation is not None and niveau in {"departement", "association"}:
            sums[nation, niveau].append(key)
        for group, members in MEMBERS.items():
            above = cell.get((campagne, periode, "collectivite", group, *rest))
            if niveau == "departement" and code in members and above is not None:
                sums[above, niveau].append(key)
    for (total, _), parts in sums.items():
        system.add(total, parts)


def _tie_bounds(system: _System, cell: dict[tuple[str, ...], str]) -> None:
    """A count that cannot exceed another: the larger is the smaller and a derived cell."""
    for (*head, indicateur, ventilation, mesure, count), small in list(cell.items()):
        if mesure == "part" and count == "numerateur" and indicateur in WITHIN:
            pairs = cell.get((*head, WITHIN[indicateur], ";".join(_partition(ventilation)), "nombre", count))
            _tie_below(system, small, pairs, telling=False)
        if ventilation in NESTED:
            at_home = _tie_below(system, small, cell.get((*head, indicateur, NESTED[ventilation], mesure, count)))
            if at_home is not None and count in AT_HOME:
                _tie_below(system, at_home, cell.get((*head, *AT_HOME[count].split(";"))))
        if (more := AT_LEAST.get(";".join((indicateur, ventilation, mesure, count)))) is not None:
            _tie_below(system, small, cell.get((*head, *more.split(";"))))


def _tie_below(system: _System, small: str, large: str | None, *, telling: bool = True) -> str | None:
    """`large` holds `small` and something more, the cell returned; None where it does not, or is not shown."""
    if large is None or large == small:
        return None
    more = system.remainder(large, [small], f"{large}|au-delà de|{small}", telling=telling)
    if more is not None:
        system.add(large, [small, more])
    return more


def _blank(shown: pd.DataFrame, keys: pd.DataFrame, hidden: frozenset[str], threshold: int) -> pd.DataFrame:
    """The rows an audience receives, without what is hidden."""
    covered = keys.isin(hidden)
    released = shown.copy()
    for count in COUNTS:
        released[count] = released[count].mask(covered[count])
    few = released["n_manquants"].between(1, threshold - 1).fillna(False).astype(bool)
    released["n_manquants"] = released["n_manquants"].mask(few & (released["niveau"] != "national"))
    secret = covered["numerateur"] | covered["denominateur"]
    head = [shown[column] for column in ("campagne", "periode", "niveau", "code", "indicateur")]
    # a gap to an objective is the objective less the count: it goes with the counts of its indicator
    around = covered["numerateur"].groupby(head).transform("any")
    gap = shown["mesure"] == "ecart"
    secret |= gap & around
    released.loc[secret & gap, ["numerateur", "denominateur"]] = pd.NA
    for column in ("valeur", "ic_bas", "ic_haut"):
        released[column] = released[column].mask(secret)
    released["diffusion"] = np.where(secret, "secret", "publie")
    return released


def _visible(released: pd.DataFrame, keys: pd.DataFrame) -> dict[str, int]:
    """What the attacker reads in the released rows: each count shown, and the numerator that a share and its
    base give."""
    visible: dict[str, int] = {}
    for count in COUNTS:
        read = released[count].notna() & keys[count].notna()
        visible.update(zip(keys.loc[read, count], released.loc[read, count].astype(int), strict=True))
    numerators = keys["numerateur"].to_dict()
    for row in _tuples(released[released["valeur"].notna()]):
        key = numerators[row.Index]
        if key is not None and row.mesure == "nombre":
            visible[key] = round(row.valeur)
        elif key is not None and row.mesure == "part" and not pd.isna(row.denominateur):
            visible[key] = round(row.valeur * row.denominateur)
    return visible
