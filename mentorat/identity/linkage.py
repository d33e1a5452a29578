"""Linkage across senders: which pseudonyms are one person's.

Passes, from the surest (`sources.md`, « Identity »): the exact `id_jeune`; `cle_anterieure`, the old and new
pseudonyms a sender gives in one row after a rotation of the programme's key; the `id_dossier` of a département;
phonetic forms with birth month and département; day and month of birth swapped, in one département. The last
three only add an edge where nothing speaks against it: `docs/linkage.md` says what does, and what was measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

EXACT = "exact"
BY_FORMER_KEY = "cle_anterieure"
BY_FILE = "id_dossier"
BY_SOUND = "phonetique"
BY_SWAPPED_DATE = "date_inversee"
PASSES = (EXACT, BY_FORMER_KEY, BY_FILE, BY_SOUND, BY_SWAPPED_DATE)

RECORDS_SCHEMA = pa.schema(
    [
        (name, pa.bool_() if name == "mna" else pa.string())
        for name in (
            *("source", "emetteur", "departement", "id_dossier"),
            *("id_jeune", "id_jeune_ant", "id_jeune_phon", "id_jeune_inv"),
            *("naissance", "mna", "id_jeune_etude", "id_jeune_ant_etude"),
        )
    ]
)
"""Records to link: one row per distinct record of any source that holds `id_jeune`; missing is null.

`id_jeune`, `id_jeune_ant` and `id_jeune_inv` share one domain of the pilotage key (they are compared with each
other), `id_jeune_phon` has its own; `*_etude` are under the étude key; `naissance` is AAAA-MM; `id_dossier` is
the sender's plain reference."""

IDENTITIES_SCHEMA = pa.schema([(name, pa.string()) for name in ("id_jeune", "id_personne", "passe")])
REVIEW_COLUMNS = [
    *("passe", "motif", "departement"),
    *("id_jeune_1", "sources_1", "emetteurs_1", "id_dossiers_1"),
    *("id_jeune_2", "sources_2", "emetteurs_2", "id_dossiers_2"),
]
REVIEW_SCHEMA = pa.schema([(name, pa.string()) for name in REVIEW_COLUMNS])

SEVERAL = "plusieurs_candidats"
DISTINCT = "personnes_distinctes"
OTHER_MONTH = "mois_differents"
UNKNOWN_MONTH = "mois_inconnu"
UNKNOWN_PLACE = "departement_inconnu"
REASONS = {
    SEVERAL: "Plusieurs personnes répondent au même critère : aucune n'est choisie.",
    DISTINCT: "Un même fichier donne ces pseudonymes à deux personnes.",
    OTHER_MONTH: "La référence est la même, le mois de naissance diffère : référence sans doute mal saisie.",
    UNKNOWN_MONTH: "Le mois de naissance manque d'un côté, et plusieurs mois sont possibles.",
    UNKNOWN_PLACE: "Le département manque d'un côté : la ressemblance ne suffit pas.",
}
"""Why a pair waits for a human eye."""

SOURCES = ("passage", "dossiers_mentorat", "binomes")
S0, S2, S3 = range(3)
"""Sources by the trust given to their spelling: a person is best known by its pseudonym in the first of them."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Linkage:
    """What linkage found.

    `identites` (n pseudonyms): `id_jeune`, `id_personne` (both under the étude key), `passe`; one row per étude
    pseudonym seen, former ones included. `revue` (REVIEW_COLUMNS): pairs of pseudonyms left apart that a human
    may look at, with senders and plain references; it belongs to the pilotage store.
    """

    identites: pd.DataFrame
    revue: pd.DataFrame


def _in_text(records: pd.DataFrame) -> pd.DataFrame:
    """The rows that hold a pseudonym, text columns as dtype `str` whatever they were read as; new index."""
    texts = [name for name in RECORDS_SCHEMA.names if name != "mna"]
    rows = records.dropna(subset=["id_jeune", "id_jeune_etude"]).reset_index(drop=True)
    return rows.astype(dict.fromkeys(texts, "str"))


# --- codes ----------------------------------------------------------------------------------------


def _codes(*columns: pd.Series, sort: bool = False) -> "tuple[list[Ints], pd.Index[str]]":
    """(the columns as integers of one common numbering, -1 for missing; the values numbered)."""
    codes, values = pd.factorize(pd.concat(columns, ignore_index=True), sort=sort)
    return [part.astype(np.int64) for part in np.split(codes, len(columns))], pd.Index(values)


def _jointly(*codes: Ints) -> Ints:
    """One integer for each distinct tuple of codes, -1 where one of them is missing."""
    missing = np.any([code < 0 for code in codes], axis=0)
    joint: Ints = np.zeros(len(missing), dtype=np.int64)
    for code in codes:
        joint = joint * (code.max(initial=0) + 1) + code
    return np.where(missing, -1, joint)


def _completed(node: Ints, fact: Ints) -> Ints:
    """`fact` (-1 missing) with its gaps filled by the only value known elsewhere under the same pseudonym."""
    known = pd.DataFrame({"node": node, "fact": fact})[fact >= 0].drop_duplicates()
    only = known.drop_duplicates("node", keep=False).set_index("node")["fact"]
    found = pd.Series(node).map(only).fillna(-1).to_numpy(dtype=np.int64)
    return np.where(fact >= 0, fact, found)


def _components(size: int, left: Ints, right: Ints) -> Ints:
    """Component of each of `size` nodes under the edges, named by its smallest node."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    smallest = np.full(size, size, dtype=np.int64)
    np.minimum.at(smallest, labels, np.arange(size))
    named: Ints = smallest[labels]
    return named


@dataclass(frozen=True)
class _Coded:
    """Records as integers (-1 missing), each distinct fact once.

    `pseudonyms` (étude, in order) and `places` name the codes.
    `rows`: `node` (pseudonym), `pilotage` and `inverse` (one numbering), `sound`, `place`, `month`, `reference`
    (département and id_dossier), `source` (place in SOURCES, or their number).
    `held`: `node`, `file` (source, sender, campagne), `label` (what tells two persons of a file apart: the reference,
    the pseudonym where there is none).
    `chains`: `node`, `former` (its pseudonym before a rotation).
    """

    pseudonyms: "pd.Index[str]"
    places: "pd.Index[str]"
    rows: pd.DataFrame
    held: pd.DataFrame
    chains: pd.DataFrame


def _read(records: pd.DataFrame) -> _Coded:
    (node, former), pseudonyms = _codes(records["id_jeune_etude"], records["id_jeune_ant_etude"], sort=True)
    (pilotage, inverse), _ = _codes(records["id_jeune"], records["id_jeune_inv"])
    (place,), places = _codes(records["departement"])
    year = records["campagne"] if "campagne" in records else pd.Series(0, index=records.index)
    single = (*(records[name] for name in ("id_dossier", "id_jeune_phon", "naissance", "source", "emetteur")), year)
    dossier, sound, month, kind, sender, campagne = (_codes(column)[0][0] for column in single)
    reference = _jointly(place, dossier)
    source = records["source"].map({name: order for order, name in enumerate(SOURCES)}).fillna(len(SOURCES))
    rows = pd.DataFrame(
        {
            "node": node,
            "pilotage": pilotage,
            "inverse": _completed(node, inverse),
            "sound": _completed(node, sound),
            "place": place,
            "month": _completed(node, month),
            "reference": reference,
            "source": source.to_numpy(dtype=np.int64),
        }
    )
    label = np.where(reference < 0, node, reference + len(pseudonyms))
    held = pd.DataFrame({"node": node, "file": _jointly(kind, sender, campagne), "label": label})
    chains = pd.DataFrame({"node": node, "former": former})[former >= 0]
    return _Coded(
        pseudonyms,
        places,
        rows.drop_duplicates(ignore_index=True),
        held.drop_duplicates(ignore_index=True),
        chains.drop_duplicates(ignore_index=True),
    )


# --- what speaks against a link -------------------------------------------------------------------


def _crowded(members: pd.DataFrame, held: pd.DataFrame, person: Ints) -> "pd.Index[int]":
    """Keys of `members` (`key`, `person`) that would join two persons one file tells apart.

    A file tells two persons apart when it names them by two pseudonyms under two labels.
    """
    wanted = np.zeros(len(person), dtype=np.bool_)
    wanted[members["person"]] = True
    held = held[wanted[person[held["node"]]]]
    held = held.assign(person=person[held["node"]])[["person", "file", "label"]].drop_duplicates()
    together = members.drop_duplicates().merge(held, on="person").groupby(["key", "file"])
    count = together[["person", "label"]].nunique()
    crowded = count.index[(count["person"] > 1) & (count["label"] > 1)]
    return crowded.get_level_values("key").unique()


def _settle(groups: pd.DataFrame, held: pd.DataFrame, person: Ints) -> tuple[Ints, pd.DataFrame]:
    """(persons once the groups are united, groups left for review with their `motif`).

    `groups` (`key`, `node`, `place`) holds candidates that a pass finds alike. A group that would join persons
    told apart is left whole; then so are the groups of a chain that would.
    """
    groups = groups.drop_duplicates(["key", "node"]).assign(person=lambda frame: person[frame["node"]])
    groups = groups[groups.groupby("key")["person"].transform("nunique") > 1]
    several = groups["key"].isin(_crowded(groups[["key", "person"]], held, person))
    sure = groups[~several]
    first = sure.groupby("key")["person"].transform("first")
    chain = _components(len(person), first.to_numpy(dtype=np.int64), sure["person"].to_numpy(dtype=np.int64))
    members = pd.DataFrame({"key": chain[sure["person"]], "person": sure["person"]})
    joined = pd.Series(chain[sure["person"]], index=sure.index).isin(_crowded(members, held, person))
    kept = sure[~joined]
    first = kept.groupby("key")["person"].transform("first")
    united = _components(len(person), first.to_numpy(dtype=np.int64), kept["person"].to_numpy(dtype=np.int64))
    left = pd.concat([groups[several].assign(motif=SEVERAL), sure[joined].assign(motif=DISTINCT)])
    return united[person], left


# --- candidates of each pass ----------------------------------------------------------------------


def _by_file(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Groups of one dossier and one birth month, and groups of one dossier whose months differ.

    A missing month takes that of the dossier where there is one only. A group needs the dossier itself: two
    pairs that name the same reference are not enough.
    """
    named = rows[(rows["reference"] >= 0) & rows["source"].isin((S2, S3))]
    named = named.assign(month=_completed(named["reference"].to_numpy(), named["month"].to_numpy()))
    months = named.groupby("reference")["month"]
    # Still unknown: no month at all in the dossier (one group), or several to choose from (left to review).
    several = months.transform("nunique") > 1
    sure = named[~(several & (named["month"] < 0))]
    sure = sure.assign(key=_jointly(sure["reference"].to_numpy(), sure["month"].to_numpy() + 1))
    sure = sure[(sure["source"] == S2).groupby(sure["key"]).transform("any")]
    doubtful = named[several & (named["source"] == S2).groupby(named["reference"]).transform("any")]
    return sure[["key", "node", "place"]], doubtful.assign(key=doubtful["reference"])[["key", "node", "place"]]


def _by_sound(rows: pd.DataFrame) -> pd.DataFrame:
    """Groups of equal phonetic forms, birth month and département.

    The hash holds the full birth date with the sounds, and S0 has no month: a missing month takes that of its likes
    where there is one only, and known months that differ keep their rows apart.
    """
    alike = _jointly(rows["sound"].to_numpy(), rows["place"].to_numpy())
    month = _completed(alike, rows["month"].to_numpy())
    key = np.where(alike < 0, -1, _jointly(alike, month + 1))
    return rows.assign(key=key).loc[key >= 0, ["key", "node", "place"]]


def _swapped(rows: pd.DataFrame) -> pd.DataFrame:
    """Pairs (`node_1` < `node_2`, `place_1`, `place_2`): one pseudonym is the other's with day and month swapped."""
    given = rows.loc[rows["inverse"] >= 0, ["node", "inverse", "place"]].drop_duplicates()
    own = rows[["node", "pilotage", "place"]].drop_duplicates()
    there = given.merge(own, left_on="inverse", right_on="pilotage", suffixes=("_1", "_2"))
    back = given.merge(own, left_on="inverse", right_on="pilotage", suffixes=("_2", "_1"))
    pairs = pd.concat([there, back])[["node_1", "node_2", "place_1", "place_2"]]
    return pairs[pairs["node_1"] < pairs["node_2"]].drop_duplicates(ignore_index=True)


def _by_swapped_date(pairs: pd.DataFrame) -> pd.DataFrame:
    """Groups of two pseudonyms of one département, each the other with day and month of birth swapped."""
    near = pairs[(pairs["place_1"] == pairs["place_2"]) & (pairs["place_1"] >= 0)]
    ends = [near[["place_1", side]].set_axis(["place", "node"], axis=1) for side in ("node_1", "node_2")]
    return pd.concat(ends).rename_axis("key").reset_index()


# --- review ---------------------------------------------------------------------------------------


def _pairs(groups: pd.DataFrame) -> pd.DataFrame:
    """Every two nodes of each group: `node_1` < `node_2`, `place`, `motif`."""
    groups = groups.drop_duplicates(["key", "node"])
    pairs = groups.merge(groups[["key", "node"]], on="key", suffixes=("_1", "_2"))
    return pairs.loc[pairs["node_1"] < pairs["node_2"], ["node_1", "node_2", "place", "motif"]]


def _half_known(rows: pd.DataFrame, swapped: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """(pass, pairs) alike in all that is known, with the month or the département missing on one side."""
    heard = rows.loc[rows["sound"] >= 0, ["sound", "node", "place", "month"]].drop_duplicates()
    heard = heard[heard.groupby("sound")["node"].transform("nunique") > 1]
    pairs = heard.merge(heard, on="sound", suffixes=("_1", "_2"))
    pairs = pairs[pairs["node_1"] < pairs["node_2"]]
    for found, name in ((pairs, BY_SOUND), (swapped, BY_SWAPPED_DATE)):
        nowhere = (found["place_1"] < 0) | (found["place_2"] < 0)
        here = found.assign(place=found[["place_1", "place_2"]].max(axis=1))
        yield name, here[nowhere].assign(motif=UNKNOWN_PLACE)
    near = pairs[(pairs["place_1"] == pairs["place_2"]) & (pairs["place_1"] >= 0)]
    undated = near[(near["month_1"] < 0) | (near["month_2"] < 0)]
    yield BY_SOUND, undated.assign(place=undated["place_1"], motif=UNKNOWN_MONTH)


def _told_apart(pairs: pd.DataFrame, held: pd.DataFrame, person: Ints) -> npt.NDArray[np.bool_]:
    """Which pairs one file tells apart: nothing for a human to settle there."""
    sides = pd.DataFrame({"left": person[pairs["node_1"]], "right": person[pairs["node_2"]]})
    members = sides.melt(value_name="person", ignore_index=False).rename_axis("key").reset_index()
    return np.asarray(sides.index.isin(_crowded(members[["key", "person"]], held, person)))


def _summaries(records: pd.DataFrame, pseudonyms: "pd.Index[str]") -> pd.DataFrame:
    """Sources, senders and references of each of `pseudonyms`, joined by `|`."""
    names = {"source": "sources", "emetteur": "emetteurs", "id_dossier": "id_dossiers"}
    held = records[records["id_jeune_etude"].isin(pseudonyms)]
    return pd.DataFrame(
        {
            label: held[["id_jeune_etude", name]]
            .dropna()
            .drop_duplicates()
            .sort_values(name)
            .groupby("id_jeune_etude")[name]
            .agg("|".join)
            for name, label in names.items()
        }
    )


def _review(found: list[tuple[str, pd.DataFrame]], records: pd.DataFrame, coded: _Coded, person: Ints) -> pd.DataFrame:
    """REVIEW_COLUMNS of the pairs still apart, each under its first pass; sorted."""
    pairs = pd.concat([each.assign(passe=name) for name, each in found], ignore_index=True)
    pairs = pairs[person[pairs["node_1"]] != person[pairs["node_2"]]]
    pairs = pairs.drop_duplicates(["node_1", "node_2"], ignore_index=True)
    apart = _told_apart(pairs, coded.held, person)
    # Two persons of one file that only look alike are two persons; under one dossier, a reference is mistyped.
    pairs = pairs.assign(motif=pairs["motif"].mask(apart & (pairs["motif"] == SEVERAL), DISTINCT))
    pairs = pairs[(pairs["passe"] == BY_FILE) | ~apart]
    nodes = np.unique(pairs[["node_1", "node_2"]].to_numpy(dtype=np.int64))
    about = _summaries(records, coded.pseudonyms[nodes])
    table = pairs[["passe", "motif"]].assign(
        departement=np.array([*coded.places, None], dtype=object)[pairs["place"].to_numpy(dtype=np.int64)]
    )
    for side in ("1", "2"):
        table[f"id_jeune_{side}"] = coded.pseudonyms[pairs[f"node_{side}"].to_numpy(dtype=np.int64)]
        for name in about.columns:
            table[f"{name}_{side}"] = table[f"id_jeune_{side}"].map(about[name])
    rank = table["passe"].map({name: place for place, name in enumerate(PASSES)})
    table = table.assign(rank=rank).sort_values(["rank", "id_jeune_1", "id_jeune_2"], ignore_index=True)
    review: pd.DataFrame = table.reindex(columns=REVIEW_COLUMNS).astype("str")
    return review


# --- the whole ------------------------------------------------------------------------------------


def _steps(coded: _Coded) -> tuple[list[Ints], list[tuple[str, pd.DataFrame]]]:
    """(persons after each pass of PASSES, pairs left for review by pass)."""
    rows, size = coded.rows, len(coded.pseudonyms)
    person = _components(size, coded.chains["node"].to_numpy(), coded.chains["former"].to_numpy())
    steps: list[Ints] = [np.arange(size, dtype=np.int64), person]
    review = []
    sure, doubtful = _by_file(rows)
    swapped = _swapped(rows)
    for name, groups in ((BY_FILE, sure), (BY_SOUND, _by_sound(rows)), (BY_SWAPPED_DATE, _by_swapped_date(swapped))):
        person, left = _settle(groups, coded.held, person)
        steps.append(person)
        review.append((name, _pairs(left)))
    review.insert(1, (BY_FILE, _pairs(doubtful.assign(motif=OTHER_MONTH))))
    return steps, review + list(_half_known(rows, swapped))


def _passes(steps: list[Ints], rows: pd.DataFrame) -> npt.NDArray[Any]:
    """For each pseudonym, the pass that first joins it to the pseudonym its person is best known by."""
    size, person = len(steps[0]), steps[-1]
    rank = np.full(size, len(SOURCES) + 1, dtype=np.int64)  # a former pseudonym seen nowhere else comes last
    np.minimum.at(rank, rows["node"].to_numpy(), rows["source"].to_numpy())
    by_rank = np.lexsort((np.arange(size), rank))[::-1]
    anchor = np.empty(size, dtype=np.int64)
    anchor[person[by_rank]] = by_rank  # the last written is the best rank, then the smallest
    own = anchor[person]
    joined = np.array([step == step[own] for step in steps])
    names: npt.NDArray[Any] = np.array(PASSES, dtype=object)[joined.argmax(axis=0)]
    return names


def link(records: pd.DataFrame) -> Linkage:
    """Persons of `records` (RECORDS_SCHEMA, and `campagne` where several are read together).

    A person is a connected component of the passes' edges, named by its smallest étude pseudonym. `passe` says
    how a pseudonym reached its person: `exact` for the one the person is best known by (that of S0, then S2,
    S3, any), else the surest pass that leads to it. The result does not hang on the order of rows.
    """
    records = _in_text(records)
    coded = _read(records)
    names = coded.pseudonyms
    steps, found = _steps(coded)
    identites = pd.DataFrame(
        {"id_jeune": names, "id_personne": names[steps[-1]], "passe": _passes(steps, coded.rows)}, dtype="str"
    )
    return Linkage(identites, _review(found, records, coded, steps[-1]))


def link_mentors(records: pd.DataFrame) -> pd.DataFrame:
    """One row per étude pseudonym of a mentor: `id_mentor`, `id_personne`, `passe` (exact or cle_anterieure).

    `records` holds `id_mentor`, `id_mentor_ant` (pilotage key), `id_mentor_etude`, `id_mentor_ant_etude` (étude
    key); missing is null. Mentors are adults who give their own name: no pass looks further than the keys.
    """
    (node, former), pseudonyms = _codes(records["id_mentor_etude"], records["id_mentor_ant_etude"], sort=True)
    told = (node >= 0) & (former >= 0)
    person = _components(len(pseudonyms), node[told], former[told])
    passe = np.where(person == np.arange(len(pseudonyms)), EXACT, BY_FORMER_KEY)
    return pd.DataFrame({"id_mentor": pseudonyms, "id_personne": pseudonyms[person], "passe": passe}, dtype="str")


def unaccompanied(linkage: Linkage, records: pd.DataFrame) -> pd.Series:
    """True for each row of `linkage.identites` whose person is an unaccompanied minor (MNA) or born on 1 January.

    1 January shows in a month of January and a pseudonym equal to its own with day and month swapped.
    """
    records = _in_text(records)
    january = records["naissance"].str.endswith("-01").fillna(False).astype(bool)
    same_day = (records["id_jeune"] == records["id_jeune_inv"]).fillna(False).astype(bool)
    alone = records["mna"].fillna(False).astype(bool) | (january & same_day)
    told = records.loc[alone, "id_jeune_etude"]
    persons = linkage.identites.loc[linkage.identites["id_jeune"].isin(told), "id_personne"]
    return linkage.identites["id_personne"].isin(persons).rename("mna")


def by_pass(linkage: Linkage, records: pd.DataFrame) -> pd.DataFrame:
    """Pseudonyms by `passe` and `mna` (as `unaccompanied`), zeros included: what a quality page tells.

    `pseudonymes`; `plusieurs_departements`, those that S0 gives in two départements or more (young people who moved,
    and homonyms born on one day that nothing can tell apart); `revue`, pairs that wait for a human eye (`mna` when one
    of the two sides is).
    """
    apart = unaccompanied(linkage, records)
    every = pd.MultiIndex.from_product([PASSES, [False, True]], names=["passe", "mna"])
    known = records.loc[records["source"] == SOURCES[S0]].groupby("id_jeune_etude")["departement"].nunique()
    shared = linkage.identites["id_jeune"].map(known).fillna(0) > 1
    of_them = linkage.identites.loc[apart, "id_jeune"]
    waiting = linkage.revue["id_jeune_1"].isin(of_them) | linkage.revue["id_jeune_2"].isin(of_them)
    by = [linkage.identites["passe"], apart]
    counts: dict[str, pd.Series] = {
        "pseudonymes": linkage.identites.groupby(by).size(),
        "plusieurs_departements": shared.groupby(by).sum(),
        "revue": linkage.revue.groupby(["passe", waiting.rename("mna")]).size(),
    }
    table = pd.DataFrame({name: count.reindex(every, fill_value=0) for name, count in counts.items()})
    return table.astype("int64").reset_index()
