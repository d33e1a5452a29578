"""Release of plain tables of counts, of the cohort's flow, of estimates and of figures already public.

Same core and same attacker as the indicators: the attacker knows every visible count, the sums that tie them, and
that counts are integers ≥ 0. A zero is no secret here: rows set aside in a file, or an exclusion nobody met, describe
no one. Each table is protected on its own: two tables that share counts are to be released by one call, or tied in
one system.
"""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from mentorat.disclosure.core import Equation, Suppression, refuse_if_breached, suppress
from mentorat.disclosure.door import ReleasedTable, open_door
from mentorat.disclosure.rules import Audience, rules

WHOLE = "ensemble"
"""Value of a `by` column in a row that holds the sum of the others."""


def release_counts(
    frame: pd.DataFrame,
    total: str | None,
    parts: Sequence[str],
    by: Sequence[str],
    audience: Audience,
    *,
    alone: Sequence[str] = (),
    keep: Sequence[str] = (),
    name: str = "comptes",
) -> ReleasedTable:
    """Release counts by group, where a row's `total` is the sum of its `parts`.

    frame: one row a group (`by`, unique; the value `ensemble` in one of them marks a row that sums the others),
    columns of counts (integers ≥ 0, missing allowed). alone: counts tied to no other by a sum; they are hidden with
    their row, since they are often another of its counts under another name. keep: columns passed as they are
    (labels, numbers of files). Returns by + keep + total + parts + alone, sorted by `by`, hidden counts missing, and
    `diffusion` (`secret` when the row hides one). Raises PublicationStopped when the attack finds anything.
    """
    columns = [*([total] if total else []), *parts]
    table = _integers(frame[[*by, *keep, *columns, *alone]], [*columns, *alone]).sort_values(
        list(by), ignore_index=True
    )
    if table.duplicated(list(by)).any():
        raise ValueError(f"{name}: a group is given twice")
    keys = {(row, column): f"{row:06}|{column}" for row in table.index for column in columns}
    counts = {key: table.loc[place] for place, key in keys.items() if not pd.isna(table.loc[place])}
    sums: list[tuple[str, list[str]]] = []
    if total:
        sums += [(keys[row, total], [keys[row, part] for part in parts]) for row in table.index]
    for place in by:
        others = [column for column in by if column != place]
        # a constant group when there is nothing else to group by
        for _, rows in table.groupby([table[column] for column in others] or [pd.Series(0, table.index)]):
            inside = rows.index[rows[place] != WHOLE]
            for row in rows.index[rows[place] == WHOLE]:
                sums += [(keys[row, column], [keys[one, column] for one in inside]) for column in columns]
    done = _protect(counts, sums, audience, name)
    for (row, column), key in keys.items():
        if key in done.hidden:
            table.loc[row, column] = pd.NA
    secret = pd.Series([any(keys[row, column] in done.hidden for column in columns) for row in table.index], dtype=bool)
    threshold = rules().threshold(audience)
    for column in alone:
        small = table[column].between(1, threshold - 1).fillna(False).astype(bool)
        table[column] = table[column].mask(small | secret)
        secret |= small
    table["diffusion"] = secret.map({True: "secret", False: "publie"})
    return open_door(
        table,
        name=name,
        audience=audience,
        rule_ids=[f"seuil_{audience}", "intervalle"],
        threshold=threshold,
        cells=len(counts) + int(table[list(alone)].size),
        primary=len(done.primary),
        secondary=len(done.secondary),
        reason="petits effectifs masqués, avec ce qu'il faut pour que leur somme ne les redonne pas",
    )


def release_flow(
    frame: pd.DataFrame, audience: Audience, *, tied: Collection[str] = (), name: str = "flux_cohorte"
) -> ReleasedTable:
    """Release the flow from the population to the groups compared.

    frame: ordre (sorted), etape, nature (`ensemble`, `exclusion`, `groupe`), libelle, effectif, and any other label.
    Each `ensemble` is the sum of the exclusions that follow it and of the next `ensemble`, the last one of the
    groups. tied: steps that another table counts too and hides; they are protected here as small counts are.
    Returns the same columns and `diffusion`, hidden counts missing.
    """
    table = _integers(frame, ["effectif"]).sort_values("ordre", ignore_index=True)
    keys = [f"{row:06}|effectif" for row in table.index]
    counts = dict(zip(keys, table["effectif"], strict=True))
    sums: list[tuple[str, list[str]]] = []
    for key, nature in zip(keys, table["nature"], strict=True):
        if sums:
            sums[-1][1].append(key)
        if nature == "ensemble":
            sums.append((key, []))
    tied_keys = {key for key, step in zip(keys, table["etape"], strict=True) if step in tied}
    done = _protect({key: n for key, n in counts.items() if not pd.isna(n)}, sums, audience, name, tied_keys)
    secret = pd.Series([key in done.hidden for key in keys], dtype=bool)
    table["effectif"] = table["effectif"].mask(secret)
    table["diffusion"] = secret.map({True: "secret", False: "publie"})
    return open_door(
        table,
        name=name,
        audience=audience,
        rule_ids=[f"seuil_{audience}", "intervalle"],
        threshold=rules().threshold(audience),
        cells=len(counts),
        primary=len(done.primary),
        secondary=len(done.secondary),
        reason="petites exclusions masquées, avec ce qu'il faut pour que le reste ne les redonne pas",
    )


def release_estimates(
    frame: pd.DataFrame,
    n_columns: Sequence[str],
    audience: Audience,
    *,
    events: Mapping[str, str] | None = None,
    keys: Sequence[str] = ("item", "libelle"),
    whole: str | None = None,
    name: str = "estimations",
) -> ReleasedTable:
    """Release estimates, each row with the sizes it rests on.

    frame: one row an estimate. n_columns: group sizes; events: number with the trait → size of its group. A row is
    hidden whole (all but `keys`) when a size, a number with the trait or without it is under the threshold, 0
    included. A group that was not asked (size and number with the trait both missing) hides nothing, unless no group
    was; a size missing beside a known number hides the row. Sums over rows are no issue where items are questions put
    to the same people; where rows are the classes of one trait (`sexe=F`, `sexe=G` in the column `whole`), they add up
    to the group, and one that is hidden hides them all. Numbers of missing answers describe the survey, and pass.
    Returns the same columns and `diffusion`.
    """
    threshold = rules().threshold(audience)
    events = events or {}
    small = pd.Series(False, index=frame.index)
    trait_of = {size: with_trait for with_trait, size in events.items()}
    sizes = sorted({*n_columns, *events.values()})
    unasked = {size: frame[size].isna() & frame[trait_of[size]].isna() for size in sizes if size in trait_of}
    nobody = pd.Series(bool(sizes), index=frame.index)
    for size in sizes:
        absent = unasked.get(size, pd.Series(False, index=frame.index))
        small |= ~absent & ~(frame[size] >= threshold).fillna(False).astype(bool)
        nobody &= absent
    small |= nobody
    for with_trait, size in events.items():
        known = frame[with_trait].notna()
        without = frame[size] - frame[with_trait]
        low = ~((frame[with_trait] >= threshold) & (without >= threshold)).fillna(False).astype(bool)
        small |= known & low
    if whole:
        small = small.groupby(frame[whole].str.split("=").str[0]).transform("any")
    hidden = [column for column in frame.columns if column not in keys]
    table = frame.copy()
    for column in hidden:
        if pd.api.types.is_integer_dtype(table[column]) or pd.api.types.is_bool_dtype(table[column]):
            table[column] = table[column].convert_dtypes()
        table[column] = table[column].mask(small)
    table["diffusion"] = small.map({True: "secret", False: "publie"})
    return open_door(
        table,
        name=name,
        audience=audience,
        rule_ids=[f"seuil_{audience}", "effectif_estimation"],
        threshold=threshold,
        cells=len(table),
        primary=int(small.sum()),
        secondary=0,
        reason="estimations sur trop peu de jeunes masquées en entier",
    )


def release_public_figures(
    frame: pd.DataFrame, reason: str, audience: Audience = "public", name: str = "chiffres_publies"
) -> ReleasedTable:
    """Release figures that their source has already published, and what is computed from them alone; `reason` names
    it."""
    if not reason.strip():
        raise ValueError("figures already public are released with their source")
    return open_door(
        frame.copy(),
        name=name,
        audience=audience,
        rule_ids=["deja_public"],
        threshold=None,
        cells=len(frame),
        primary=0,
        secondary=0,
        reason=reason,
    )


def _integers(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(columns, "Int64"))


def _protect(
    counts: Mapping[str, int],
    sums: Sequence[tuple[str, list[str]]],
    audience: Audience,
    name: str,
    tied: Collection[str] = (),
) -> Suppression:
    """Suppression for the partner, then from there for the public; attacked before it is returned.

    A sum that lacks a count is written with the others, what is missing being granted to the attacker.
    """
    equations = []
    for total, parts in sums:
        known = tuple(part for part in parts if part in counts)
        if total in counts and known:
            gap = int(counts[total]) - sum(int(counts[part]) for part in known)
            equations.append(Equation(total, known, gap))
    cells = pd.DataFrame({"cle": list(counts), "valeur": [int(n) for n in counts.values()]})
    totals = {equation.total for equation in equations}
    cells["rang"] = cells["cle"].isin(totals).astype(int)
    hidden: frozenset[str] = frozenset()
    steps: tuple[Audience, ...] = ("partenaire", "public") if audience == "public" else ("partenaire",)
    for step in steps:
        cells["sensible"] = cells["valeur"].between(1, rules().threshold(step) - 1) | cells["cle"].isin(tied)
        done = suppress(cells, equations, rules().protection(step), hidden)
        hidden = done.hidden
    released = {key: int(n) for key, n in counts.items() if key not in hidden}
    refuse_if_breached(released, equations, done.needs, name)
    return done
