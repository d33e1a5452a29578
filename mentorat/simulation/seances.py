"""S4: the sessions of the simulated pairs, one by one, and by month for the associations that count so.

A pair meets about once a week at the start of the week it began in, less in holidays; some weeks hold a short call
beside. A few pairs stop meeting before they end.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

KEPT = 0.90
HOLIDAY_KEPT = 0.45
"""Share of the weekly sessions held in term, and in July, August and the last ten days of December."""
CALLS = 0.45
TWICE_A_DAY = 0.004
DORMANT = 0.05
PRESENCE = ("present", "absent_excuse", "absent")
PRESENCE_SHARES = (0.88, 0.09, 0.03)
MODALITIES = ("presentiel", "distanciel", "mixte")
LENGTHS = (60, 75, 90, 120)
CALL_LENGTHS = (20, 30, 45)


@dataclass(frozen=True)
class Sessions:
    """n sessions of one campagne, sorted by pair then date: arrays of n.

    `pair`: row number in the pairs; `day`: datetime64[D]; `rank`: 1 or 2 in the day; `minutes`: planned length;
    `remote`, `group`: booleans; `presence`: index in `PRESENCE`.
    """

    pair: Any
    day: Any
    rank: Any
    minutes: Any
    remote: Any
    group: Any
    presence: Any

    @property
    def held(self) -> Any:
        """Booleans: the young person was there."""
        return self.presence == 0

    def take(self, chosen: Any) -> "Sessions":
        """The sessions of an index or mask."""
        return Sessions(**{name: values[chosen] for name, values in vars(self).items()})


def draw_sessions(campagne: int, pairs: pd.DataFrame, rng: np.random.Generator) -> Sessions:
    """Sessions of every pair inside its own dates and the campagne."""
    first, last = np.datetime64(f"{campagne}-01-01"), np.datetime64(f"{campagne}-12-31")
    begun = np.maximum(pairs["date_debut"].to_numpy().astype("datetime64[D]"), first)
    end = pairs["date_fin"].to_numpy().astype("datetime64[D]")
    end = np.where(np.isnat(end), last, np.minimum(end, last))
    span = np.maximum((end - begun).astype(np.int64), 0)
    dormant = (rng.random(len(pairs)) < DORMANT) & (span > 120)
    span = np.where(dormant, np.minimum(span - 61, (span * 0.4).astype(np.int64)), span)
    start = begun + np.minimum(rng.integers(0, 7, len(pairs)), span)
    weeks = (span - (start - begun).astype(np.int64)) // 7 + 1
    pair = np.repeat(np.arange(len(pairs)), weeks)
    week = np.arange(len(pair)) - np.repeat(np.cumsum(weeks) - weeks, weeks)
    day = start[pair] + 7 * week
    month = day.astype("datetime64[M]").astype(np.int64) % 12 + 1
    holiday = (month == 7) | (month == 8) | (day > last - 11)
    kept = rng.random(len(pair)) < np.where(holiday, HOLIDAY_KEPT, KEPT)
    call_day = day + rng.integers(2, 5, len(pair))
    called = (rng.random(len(pair)) < CALLS) & (call_day <= (begun + span)[pair])
    twice = kept & (rng.random(len(pair)) < TWICE_A_DAY)
    person = np.concatenate([pair[kept], pair[called], pair[twice]])
    days = np.concatenate([day[kept], call_day[called], day[twice]])
    call = np.repeat([False, True, False], [kept.sum(), called.sum(), twice.sum()])
    rank = np.repeat([1, 1, 2], [kept.sum(), called.sum(), twice.sum()])
    order = np.lexsort((rank, days, person))
    person, days, call, rank = person[order], days[order], call[order], rank[order]
    n = len(person)
    modality = pairs["modalite"].to_numpy()[person]
    remote = call | (modality == "distanciel") | ((modality == "mixte") & (rng.random(n) < 0.5))
    minutes = np.where(call, rng.choice(CALL_LENGTHS, n), rng.choice(LENGTHS, n, p=[0.5, 0.1, 0.3, 0.1]))
    group = ~call & ~remote & (rng.random(n) < 0.06)
    presence = rng.choice(len(PRESENCE), n, p=PRESENCE_SHARES)
    return Sessions(person, days, rank, minutes, remote, group, presence)


def day_table(sessions: Sessions, pairs: pd.DataFrame) -> pa.Table:
    """S4 in the order of `sessions`: one row a session; who was absent has a session of 0 minutes."""

    def words(values: Any, index: Any) -> pa.Array:
        return pa.array(values, pa.string()).take(pa.array(index))

    return pa.table(
        {
            "id_binome": words(pairs["id_binome"], sessions.pair),
            "association": words(pairs["association"], sessions.pair),
            "date_seance": pa.array(sessions.day.astype("datetime64[D]")),
            "rang": pa.array(sessions.rank),
            "duree_minutes": pa.array(np.where(sessions.held, sessions.minutes, 0)),
            "modalite": words(MODALITIES, sessions.remote.astype(np.int64)),
            "theme": words(pairs["besoin"], sessions.pair),
            "presence": words(PRESENCE, sessions.presence),
            "collectif": words(("non", "oui"), sessions.group.astype(np.int64)),
        }
    )


def month_table(sessions: Sessions, pairs: pd.DataFrame) -> pd.DataFrame:
    """`seances_mois` (text): one row per pair and month with a session held."""
    held = sessions.take(sessions.held)
    frame = pd.DataFrame(
        {
            "pair": held.pair,
            "mois": held.day.astype("datetime64[M]").astype(str),
            "minutes": held.minutes,
            "jour": held.day.astype("datetime64[s]"),
        }
    )
    grouped = frame.groupby(["pair", "mois"], sort=True).agg(
        nb=("minutes", "size"), minutes=("minutes", "sum"), dernier=("jour", "max")
    )
    grouped = grouped.reset_index()
    own = pairs.iloc[grouped["pair"].to_numpy()].reset_index(drop=True)
    return pd.DataFrame(
        {
            "id_binome": own["id_binome"],
            "association": own["association"],
            "mois": grouped["mois"],
            "nb_seances": grouped["nb"].astype("str"),
            "heures": (grouped["minutes"] / 60).map("{:.2f}".format),
            "dernier_contact": grouped["dernier"].dt.strftime("%Y-%m-%d"),
        }
    )


def spoil_sessions(table: pa.Table, campagne: int, duplicates: int, last_year: int) -> pa.Table:
    """`table` with its first rows once more, and rows of the December before, which another campagne holds."""
    again = table.slice(0, duplicates)
    before = table.slice(0, last_year)
    day = pa.array(np.full(last_year, np.datetime64(f"{campagne - 1}-12-05")))
    rank = pc.add(pa.array(np.arange(last_year)), 1)
    before = before.set_column(2, "date_seance", day).set_column(3, "rang", rank)
    return pa.concat_tables([before, table, again])


def summary(campagne: int, sessions: Sessions, pairs: pd.DataFrame) -> dict[str, Any]:
    """What is true of the sessions of the mentoring pairs and the godparents: counts, hours, pairs without any."""
    held = sessions.take(sessions.held)
    last_day = np.datetime64(f"{campagne}-12-31")
    latest = pd.Series(held.day).groupby(held.pair).max().reindex(range(len(pairs)))
    running = pairs["date_fin"].isna().to_numpy()
    recent = (latest >= pd.Timestamp(last_day - 60)).to_numpy()
    return {
        "seances": len(sessions.pair),
        "tenues": len(held.pair),
        "heures": round(float(held.minutes.sum()) / 60, 2),
        "binomes_avec_seance": len(np.unique(held.pair)),
        "binomes_en_cours_sans_seance_60_jours": int((running & ~recent).sum()),
    }
