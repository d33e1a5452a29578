"""Charts of the evaluation, from tables in the columns of `mentorat.causal.effect_tables`.

Shares and differences of shares are drawn in points. What was not estimated or was withheld is written in words, never
drawn as zero. Series differ by shape or dash as well as by colour. A table without a figure gives a drawing that says
so: a page of a small dépôt is built like another. Drawings are as narrow as those of `reports.charts`.
"""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from mentorat.causal.evidence import rules
from mentorat.typography import fr_count, fr_number, fr_text
from reports.charts import ACCENT, INK, LINE, SECOND, SOFT, WIDTH, drawn

MONTH = 365.25 / 12
"""Days."""
GAP = "Écart entre mentorés et non mentorés, en points"
_LABELS = 152
"""Pixels kept for labels at the left of a drawing."""
_LETTERS = 58
"""Letters of a label on one line over the whole width."""
_COLOURS, _DASHES = [ACCENT, SECOND, INK, SOFT], [[1, 0], [7, 3], [2, 3], [9, 3, 2, 3]]
_SHAPES = ["circle", "diamond", "square", "triangle-up"]
_SIGNED = "datum.value === 0 ? '0' : datum.label"


def love_svg(equilibre: pd.DataFrame) -> str:
    """Absolute standardised differences of each covariate before and after the design, with the line of balance.

    Rows: one covariate of one comparison (ValueError otherwise), largest difference before first. A difference that is
    missing or infinite is said in words on its line.
    """
    _refuse_mixed(equilibre, "covariable", "source, comparateurs and vague")
    frame = pd.DataFrame(
        {
            "label": [
                _said(label or name) for label, name in zip(equilibre["libelle"], equilibre["covariable"], strict=True)
            ],
            "nom": equilibre["covariable"].to_numpy(),
            "avant": equilibre["smd_avant"].abs().to_numpy(dtype=np.float64),
            "apres": equilibre["smd_apres"].abs().to_numpy(dtype=np.float64),
        }
    )
    frame = frame.sort_values(["avant", "nom"], ascending=[False, True], na_position="last").reset_index(drop=True)
    known = frame[["avant", "apres"]].where(np.isfinite(frame[["avant", "apres"]]))
    if frame.empty or known.isna().all(axis=None):
        return _nothing()
    sizes = np.array([8 + 12 * max(len(_folded(label)), 1) for label in frame["label"]], dtype=np.float64)
    height = float(sizes.sum())
    balanced = rules().seuils.smd_maximal.valeur
    top = 1.08 * max(float(np.nanmax(known.to_numpy())), 2 * balanced)
    x_scale = alt.Scale(domain=[0, top], nice=False, zero=True)
    axis = alt.Axis(format=".2~f", tickCount=5, grid=True, domain=False, ticks=False)
    title = fr_text(f"Différence standardisée, en valeur absolue (pointillé : {fr_number(balanced, 1)})")
    frame["y"] = np.cumsum(sizes) - sizes / 2
    y = _pixels(height)
    names = [fr_text("Avant la comparaison pondérée ou appariée"), fr_text("Après")]
    points = pd.concat(
        [frame.assign(serie=name, valeur=known[column]) for name, column in zip(names, known.columns, strict=True)],
        ignore_index=True,
    ).dropna(subset=["valeur"])
    links = frame.assign(bas=known.min(axis=1), haut=known.max(axis=1))[known.notna().all(axis=1)]
    unknown = known.isna()
    unknown["apres"] &= unknown["avant"] | (
        not unknown["apres"].all()
    )  # without any design there is no « after » to miss
    which = {(True, True): "", (True, False): "avant : ", (False, True): "après : "}
    lost = frame[unknown.any(axis=1)].assign(
        texte=[
            fr_text(which[(bool(avant), bool(apres))] + "non calculable ou masqué")
            for avant, apres in unknown[unknown.any(axis=1)].to_numpy()
        ]
    )
    told = alt.Chart(lost).encode(x=alt.value(0), y=y, text="texte:N")
    written: dict[str, Any] = {"align": "left", "fontStyle": "italic", "dx": 7}
    x = alt.X("valeur:Q", scale=x_scale, axis=axis, title=title)
    layers = [
        alt.Chart(links).mark_rule(color=LINE, strokeWidth=3).encode(x=alt.X("bas:Q", scale=x_scale), x2="haut:Q", y=y),
        alt.Chart(pd.DataFrame({"seuil": [balanced]}))
        .mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.2)
        .encode(x=alt.X("seuil:Q", scale=x_scale)),
        alt.Chart(points)
        .mark_point(filled=True, size=62, opacity=1)
        .encode(x=x, y=y, color=_colour(names, [SECOND, ACCENT]), shape=_shape(names, ["diamond", "circle"])),
        *_side_labels(frame, y),
        told.mark_text(**written, stroke="white", strokeWidth=5),
        told.mark_text(**written, color=SOFT),
    ]
    return drawn(alt.layer(*layers).properties(width=WIDTH - _LABELS, height=height))


def overlap_svg(recouvrement: pd.DataFrame) -> str:
    """Propensity scores of both groups back to back: shares of the mentored above, of the others below.

    Rows: the bins of one comparison (ValueError otherwise). Shares are of the people whose bin is shown; a bin that is
    withheld bears an « m ».
    """
    _refuse_mixed(recouvrement, "score_bas", "source and comparateurs")
    groups = {"Mentorés": ("n_mentores", 1), "Non mentorés": ("n_non_mentores", -1)}
    parts = []
    for name, (column, side) in groups.items():
        counts = recouvrement[column].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        total = np.nansum(counts)
        parts.append(
            pd.DataFrame(
                {
                    "serie": fr_text(name),
                    "bas": recouvrement["score_bas"].to_numpy(dtype=np.float64),
                    "haut": recouvrement["score_haut"].to_numpy(dtype=np.float64),
                    "part": side * 100 * counts / total if total else counts * np.nan,
                    "cote": side,
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    if frame["part"].isna().all():
        return _nothing()
    names = [fr_text(name) for name in groups]
    edge = 1.06 * float(frame["part"].abs().max())
    ends = [float(frame["bas"].min()), float(frame["haut"].max())]
    hidden = frame[frame["part"].isna()].assign(
        milieu=lambda rows: (rows["bas"] + rows["haut"]) / 2, place=lambda rows: rows["cote"] * edge * 0.045, texte="m"
    )
    x_scale = alt.Scale(domain=ends, nice=False)
    y_scale = alt.Scale(domain=[-edge, edge], nice=False)
    x = alt.X(
        "bas:Q",
        scale=x_scale,
        title=fr_text("Score de propension : chance d'être mentoré au vu des caractéristiques connues"),
        axis=alt.Axis(format=".2~f", tickCount=6, grid=False, titleFontSize=11, titlePadding=8),
    )
    y = alt.Y(
        "part:Q",
        scale=y_scale,
        title=None,
        axis=alt.Axis(
            labelExpr="format(abs(datum.value), '.0f') + ' %'", tickCount=6, grid=True, domain=False, ticks=False
        ),
    )
    layers = [
        alt.Chart(frame.dropna(subset=["part"]))
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(x=x, x2="haut:Q", y=y, y2=alt.datum(0), color=_colour(names, [ACCENT, SECOND])),
        alt.Chart(pd.DataFrame({"zero": [0]}))
        .mark_rule(color=INK, strokeWidth=1.2)
        .encode(y=alt.Y("zero:Q", scale=y_scale)),
        alt.Chart(hidden)
        .mark_text(color=SOFT, fontStyle="italic", fontSize=11)
        .encode(x=alt.X("milieu:Q", scale=x_scale), y=alt.Y("place:Q", scale=y_scale), text="texte:N"),
    ]
    said = "Part des jeunes de chaque groupe" + (" (m : effectif masqué)" if len(hidden) else "")
    return drawn(alt.layer(*layers).properties(width=WIDTH - 36, height=230, title=_over(said)))


def forest_svg(
    rows: pd.DataFrame,
    label: str = "libelle",
    value: str = "att",
    *,
    series: str | None = None,
    group: str | None = None,
    x_title: str = GAP,
) -> str:
    """Estimates of column `value` with `ic_bas` and `ic_haut`, in points, around zero, one line a `label`, in order.

    `series`: a column whose values (at most four) are drawn under one label, one below the other; `group`: a column
    whose values head the lines that follow. A row without an estimate says so.
    """
    frame = pd.DataFrame(
        {
            "label": [_said(one) for one in rows[label]],
            "serie": [_said(one) for one in rows[series]] if series else "",
            "groupe": [_said(one) for one in rows[group]] if group else "",
            "estimation": 100 * rows[value].to_numpy(dtype=np.float64),
            "bas": 100 * rows["ic_bas"].to_numpy(dtype=np.float64),
            "haut": 100 * rows["ic_haut"].to_numpy(dtype=np.float64),
        }
    )
    if frame["estimation"].isna().all():
        return _nothing()
    names = list(dict.fromkeys(frame["serie"]))
    if len(names) > len(_COLOURS):
        raise ValueError(f"at most {len(_COLOURS)} series, not {len(names)}")
    heads, height, seen = [], 4.0, ""
    for found, part in frame.groupby(["groupe", "label"], sort=False):
        heading, text = (str(one) for one in found)
        if heading != seen:
            heads.append({"texte": [heading], "y": height + 12, "tete": True})
            height, seen = height + 24, heading
        lines = wrap(text, _LETTERS) or [""]
        heads.append({"texte": lines, "y": height + 10, "tete": False})
        height += 15 * len(lines) + 8
        frame.loc[part.index, "y"] = height + 12.0 * np.arange(len(part))
        height += 12.0 * (len(part) - 1) + 12
    titles = pd.DataFrame(heads)
    known = frame.dropna(subset=["estimation"])
    edge = 1.06 * max(1.0, float(np.nanmax(frame[["bas", "haut", "estimation"]].abs().to_numpy())))
    x_scale, y = alt.Scale(domain=[-edge, edge], nice=False), _pixels(height)
    shown = [name for name in names if name]
    base = alt.Chart(known).encode(y=y, color=_colour(names, _COLOURS, legend=len(shown) > 1))
    axis = alt.Axis(format="+.2~f", labelExpr=_SIGNED, tickCount=7, grid=True, domain=False)
    head = alt.Chart(titles[~titles["tete"]]).encode(y=y, x=alt.value(0), text="texte:N")
    above = alt.Chart(titles[titles["tete"]]).encode(y=y, x=alt.value(0), text="texte:N")
    written: dict[str, Any] = {"align": "left", "baseline": "middle", "dx": 1, "lineHeight": 15}
    halo: dict[str, Any] = {"stroke": "white", "strokeWidth": 5}
    lost = frame[frame["estimation"].isna()].assign(texte=fr_text("non estimé ou masqué"))
    layers = [
        _zero(x_scale),
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("bas:Q", scale=x_scale, axis=axis, title=fr_text(x_title)), x2="haut:Q"
        ),
        base.mark_point(filled=True, size=66, opacity=1).encode(
            x=alt.X("estimation:Q", scale=x_scale), shape=_shape(names, _SHAPES, legend=len(shown) > 1)
        ),
        alt.Chart(lost)
        .mark_text(align="left", fontStyle="italic", color=SOFT, dx=1)
        .encode(x=alt.value(0), y=y, text="texte:N"),
        head.mark_text(**written, **halo),  # read over the zero line
        head.mark_text(**written),
        above.mark_text(**written, **halo, fontWeight=700),
        above.mark_text(**written, fontWeight=700, color=ACCENT),
    ]
    return drawn(alt.layer(*layers).properties(width=WIDTH, height=height))


def specification_svg(courbe: pd.DataFrame, *, labels: Mapping[str, str] | None = None) -> str:
    """Every specification of one outcome in the order of its estimate, and below it the choices it is made of.

    `labels`: how choices are written, those that need it (`score` → « échelle entière »). Intervals that leave zero out
    are dark. Specifications that could not be estimated are counted, not drawn.
    """
    known = courbe[courbe["estimation"].notna()].sort_values("rang", kind="stable")
    if known.empty:
        return _nothing()
    _refuse_mixed(known, "rang", "source, issue and comparateurs")
    ranks = known["rang"].astype("int64").to_numpy()
    frame = pd.DataFrame(
        {
            "rang": ranks,
            "estimation": 100 * known["estimation"].to_numpy(dtype=np.float64),
            "bas": 100 * known["ic_bas"].to_numpy(dtype=np.float64),
            "haut": 100 * known["ic_haut"].to_numpy(dtype=np.float64),
        }
    )
    names = [fr_text("L'intervalle contient zéro"), fr_text("Il exclut zéro")]
    frame["serie"] = np.where((frame["bas"] > 0) | (frame["haut"] < 0), names[1], names[0])
    width = WIDTH - _LABELS - 20
    margin = max(1.0, 0.015 * (ranks[-1] - ranks[0]))
    x_scale = alt.Scale(domain=[float(ranks[0]) - margin, float(ranks[-1]) + margin], nice=False, zero=False)
    x = alt.X("rang:Q", scale=x_scale, axis=None)
    thin = width / (ranks[-1] - ranks[0] + 2 * margin)
    colour = _colour(names, ["#8a97a1", ACCENT])
    axis = alt.Axis(format="+.2~f", labelExpr=_SIGNED, tickCount=6, grid=True, domain=False, ticks=False)
    y = alt.Y("estimation:Q", axis=axis, title=None, scale=alt.Scale(zero=True))
    main = alt.Chart(frame).encode(x=x, color=colour)
    layers = [
        main.mark_rule(strokeWidth=float(np.clip(thin * 0.7, 0.5, 3)), opacity=0.55).encode(
            y=alt.Y("bas:Q", axis=axis, title=None), y2="haut:Q"
        ),
        alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK, strokeWidth=1.2).encode(y="zero:Q"),
        main.mark_point(filled=True, size=float(np.clip(7 * thin, 9, 42)), opacity=1).encode(y=y),
    ]
    lost = len(courbe) - len(known)
    said = [f"Écart en points : {fr_count(len(known), 'spécification', 'spécifications')}"]
    if lost:
        said.append(fr_count(lost, "autre, non estimée ou masquée", "autres, non estimées ou masquées"))
    above = alt.layer(*layers).properties(width=width, height=200, title=_over(*said))
    return drawn(alt.vconcat(above, _choices(known, x, width, thin, labels or {}), spacing=6))


def funnel_svg(entonnoir: pd.DataFrame) -> str:
    """Each département's own estimate and the one shrunk to the national mean, against its standard error.

    The limits are what chance alone would leave around the mean at 95 and 99.8 %. No département is named: a funnel
    tells how far they differ, never who comes first.
    """
    # too few départements to have a mean: no funnel
    known = entonnoir[entonnoir[["estimation", "se", "moyenne"]].notna().all(axis=1)].sort_values(
        ["se", "departement"], kind="stable"
    )
    if known.empty:
        return _nothing()
    if np.ptp(known["moyenne"].to_numpy(dtype=np.float64)) > 1e-9:
        raise ValueError("one outcome and one comparison a drawing: filter on source, issue and comparateurs")
    se = 100 * known["se"].to_numpy(dtype=np.float64)
    mean = 100 * float(known["moyenne"].iloc[0])
    far = 1.05 * float(se.max())
    names = [fr_text("Estimation du département seul"), fr_text("Rapprochée de la moyenne nationale")]
    points = pd.DataFrame(
        {
            "se": np.tile(se, 2),
            "valeur": 100 * np.concatenate([known["estimation"], known["retrecie"]]).astype(np.float64),
            "serie": np.repeat(names, len(known)),
        }
    ).dropna(subset=["valeur"])
    widest = max(_slope(known, "998") * far, float((points["valeur"] - mean).abs().max()), abs(mean))
    y_scale = alt.Scale(domain=[mean - 1.08 * widest, mean + 1.08 * widest], nice=False)
    links = pd.DataFrame({"se": se, "bas": points["valeur"].to_numpy()[: len(se)], "haut": np.nan})
    links["haut"] = 100 * known["retrecie"].to_numpy(dtype=np.float64)
    x_scale = alt.Scale(domain=[0, far], reverse=True, nice=False)
    x_axis = alt.Axis(format=".2~f", tickCount=6, grid=False)
    x = alt.X("se:Q", scale=x_scale, axis=x_axis, title=fr_text("Erreur type, en points (plus précis vers la droite)"))
    axis = alt.Axis(format="+.2~f", labelExpr=_SIGNED, tickCount=7, grid=True, domain=False, ticks=False)
    shades = []
    edges = pd.DataFrame({"se": [0.0, far]})
    for z, tag, dash in ((_slope(known, "95"), "95 %", [1, 0]), (_slope(known, "998"), "99,8 %", [6, 3])):
        for side in (-1, 1):
            line = alt.Chart(edges.assign(y=mean + side * z * edges["se"])).encode(x=x, y="y:Q")
            shades.append(line.mark_line(color=SOFT, strokeWidth=1.1, strokeDash=dash))
        named = alt.Chart(pd.DataFrame({"se": [far * 0.985], "y": [mean + z * far * 0.985], "texte": [fr_text(tag)]}))
        told = named.encode(x=x, y="y:Q", text="texte:N")
        placed: dict[str, Any] = {"align": "left", "dx": 3, "dy": -8, "fontSize": 11.5}
        shades += [told.mark_text(**placed, stroke="white", strokeWidth=4), told.mark_text(**placed, color=SOFT)]
    lost = len(entonnoir) - len(known)
    said = "Écart en points, un point un département"
    if lost:
        said += f" ({fr_count(lost, 'autre', 'autres')} sans estimation)"
    layers = [
        alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK, strokeWidth=1.2).encode(y="zero:Q"),
        alt.Chart(pd.DataFrame({"m": [mean]}))
        .mark_rule(color=ACCENT, strokeWidth=1.4, strokeDash=[2, 2])
        .encode(y="m:Q"),
        alt.Chart(links.dropna())
        .mark_rule(color=LINE, strokeWidth=1)
        .encode(x=x, y=alt.Y("bas:Q", axis=axis, title=None, scale=y_scale), y2="haut:Q"),
        *shades,
        alt.Chart(points[points["serie"] == names[0]])
        .mark_point(filled=False, size=34, strokeWidth=1.3, opacity=1)
        .encode(x=x, y="valeur:Q", color=_colour(names, [SECOND, ACCENT]), shape=_shape(names, ["diamond", "circle"])),
        alt.Chart(points[points["serie"] == names[1]])
        .mark_point(filled=True, size=30, opacity=1)
        .encode(x=x, y="valeur:Q", color=_colour(names, [SECOND, ACCENT]), shape=_shape(names, ["diamond", "circle"])),
    ]
    return drawn(alt.layer(*layers).properties(width=WIDTH - 36, height=300, title=_over(said)))


def steps_svg(courbes: pd.DataFrame, y_title: str = "", *, rising: bool | None = None) -> str:
    """Step curves of shares with their bands, and the number followed at each tick below, by group.

    Rows of one `courbe` (ValueError otherwise): groupe, jour, n_a_risque, estimation, ic_bas, ic_haut; at most four
    groups. `rising`: from 0 (cumulative incidence) or from 1 (survival) at day 0; by default, what the figures do.
    """
    if len(set(courbes["courbe"])) > 1:
        raise ValueError("one curve a drawing: filter on courbe")
    frame = pd.DataFrame(
        {
            "serie": [_said(one) for one in courbes["groupe"]],
            "jour": courbes["jour"].to_numpy(dtype=np.float64),
            "n": courbes["n_a_risque"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan),
        }
    )
    for name, column in (("y", "estimation"), ("bas", "ic_bas"), ("haut", "ic_haut")):
        frame[name] = 100 * courbes[column].to_numpy(dtype=np.float64)
    names = list(dict.fromkeys(frame["serie"]))
    if len(names) > len(_COLOURS):
        raise ValueError(f"at most {len(_COLOURS)} groups, not {len(names)}")
    frame = frame.sort_values(["serie", "jour"], kind="stable")
    known = frame.dropna(subset=["y"])
    if known.empty:
        return _nothing()
    last, months = float(known["jour"].max()), bool(known["jour"].max() > 120)
    unit = MONTH if months else 1.0
    if rising is None:
        ends = known.groupby("serie")["y"].agg(["first", "last"])
        rising = bool((ends["last"] > ends["first"]).any() or (ends["first"] < 50).all())
    start = 0.0 if rising else 100.0
    begun = set(known.loc[known["jour"] <= 0, "serie"])
    first = pd.DataFrame(
        {"serie": [name for name in names if name not in begun and (known["serie"] == name).any()], "jour": 0.0}
    ).assign(y=start, bas=start, haut=start)
    lines = pd.concat([first, known], ignore_index=True).assign(x=lambda rows: rows["jour"] / unit)
    ticks = _ticks(last / unit, (1, 2, 3, 6, 12, 24) if months else (1, 2, 5, 10, 15, 30))
    end = max(last / unit, ticks[-1])
    x_scale = alt.Scale(domain=[0, end], nice=False)
    x = alt.X(
        "x:Q",
        scale=x_scale,
        title=fr_text("Mois" if months else "Jours"),
        axis=alt.Axis(values=ticks, grid=False, format="d", titlePadding=4, labelFlush=False),
    )
    y_scale = alt.Scale(domain=[0, 100], nice=False)
    percent = alt.Axis(labelExpr="datum.label + ' %'", tickCount=6, grid=True, domain=False, ticks=False)
    colour, dash = _colour(names, _COLOURS, legend=False), _dash(names)
    base = alt.Chart(lines).encode(x=x, color=colour)
    above = alt.layer(
        base.mark_area(interpolate="step-after", opacity=0.16).encode(
            y=alt.Y("bas:Q", scale=y_scale, axis=percent, title=None), y2="haut:Q"
        ),
        base.mark_line(interpolate="step-after", strokeWidth=2.2).encode(
            y=alt.Y("y:Q", scale=y_scale, axis=percent, title=None), strokeDash=dash
        ),
    ).properties(width=WIDTH - 40, height=230, **({"title": _over(y_title)} if y_title else {}))
    return drawn(alt.vconcat(above, _at_risk(frame, names, ticks, unit, x_scale), spacing=4))


def _at_risk(frame: pd.DataFrame, names: Sequence[str], ticks: Sequence[int], unit: float, x_scale: Any) -> Any:
    """The number followed at each tick, under the axis: that of the first row on or after it; « m » when withheld."""
    rows = []
    for rank, name in enumerate(names):
        group = frame[frame["serie"] == name]
        days, counts = group["jour"].to_numpy(), group["n"].to_numpy()
        for tick in ticks:
            place = int(np.searchsorted(days, tick * unit - 0.5))
            if place < len(days):
                text = "m" if np.isnan(counts[place]) else fr_number(counts[place])
                rows.append({"x": tick, "rang": rank, "texte": text, "serie": name})
    table = pd.DataFrame(rows, columns=["x", "rang", "texte", "serie"])
    step, head = 34, 16
    y = _pixels(head + step * len(names))
    table["y"] = head + table["rang"] * step + 26
    titles = pd.DataFrame(
        {"texte": list(names), "serie": list(names), "y": [head + 11 + step * r for r in range(len(names))]}
    )
    keys = pd.DataFrame({"serie": list(names), "y": titles["y"], "debut": 0, "fin": 30})
    key_scale = alt.Scale(domain=[0, WIDTH - 40], nice=False)
    x_none = alt.X("x:Q", scale=x_scale, axis=None)
    # Keys and names: the legend of the curves, drawn where their numbers are.
    told = pd.DataFrame({"texte": [fr_text("Jeunes ou binômes suivis (n)")], "y": [4]})
    numbers = alt.Chart(table).mark_text(fontSize=11.5, color=SOFT).encode(x=x_none, y=y, text="texte:N")
    return (
        alt.layer(
            alt.Chart(keys)
            .mark_rule(strokeWidth=2.4)
            .encode(
                x=alt.X("debut:Q", scale=key_scale, axis=None),
                x2="fin:Q",
                y=y,
                color=_colour(names, _COLOURS, legend=False),
                strokeDash=_dash(names),
            ),
            numbers,
            alt.Chart(titles).mark_text(align="left", fontWeight=600).encode(x=alt.value(38), y=y, text="texte:N"),
            alt.Chart(told)
            .mark_text(align="left", fontSize=11.5, color=SOFT)
            .encode(x=alt.value(0), y=y, text="texte:N"),
        )
        .resolve_scale(x="independent")
        .properties(width=WIDTH - 40, height=head + step * len(names))
    )


def _choices(known: pd.DataFrame, x: Any, width: int, thin: float, labels: Mapping[str, str]) -> Any:
    """The panel of choices: a heading a dimension, a line a choice, a stroke where a specification makes it."""
    heads, lines, marks, height = [], [], [], 4.0
    titles = {"estimateur": "Calcul", "codage": "Réponse", "population": "Jeunes", "covariables": "Caractéristiques"}
    ranks = known["rang"].astype("int64").to_numpy()
    for column, title in titles.items():
        made = _made(known[column].astype("str"))
        if len(made) < 2:
            continue  # no choice was made: nothing to compare
        heads.append({"texte": fr_text(title), "y": height + 9})
        height += 20
        for name, taken in made.items():
            label = fr_text(labels.get(name, name.replace("_", " ")))
            middle = height + 1 + 6 * len(_folded(label))
            lines.append({"label": label, "y": middle})
            marks += [{"rang": int(rank), "y": middle} for rank in ranks[taken]]
            height += 3 + 12 * len(_folded(label))
        height += 5
    y = _pixels(height)
    written = alt.Chart(pd.DataFrame(heads, columns=["texte", "y"]))
    strokes = alt.Chart(pd.DataFrame(marks, columns=["rang", "y"]))
    return alt.layer(
        strokes.mark_tick(
            color=ACCENT, thickness=float(np.clip(thin * 0.6, 0.6, 3)), size=10, orient="vertical"
        ).encode(x=x, y=y),
        written.mark_text(align="left", fontWeight=600, fontSize=11.5).encode(
            x=alt.value(4 - _LABELS), y=y, text="texte"
        ),
        *_side_labels(pd.DataFrame(lines, columns=["label", "y"]), y, size=11.5),
    ).properties(width=width, height=height)


def _made(values: pd.Series) -> dict[str, np.ndarray]:
    """Choice → which specifications make it. Sets of covariates named by the blocks left out give one line a block."""
    labels = list(dict.fromkeys(values.sort_values()))
    if not all(label == "toutes" or label.startswith("sans ") for label in labels):
        return {label: (values == label).to_numpy() for label in labels}
    left = {label: set(label.removeprefix("sans ").split(", ")) - {"toutes"} for label in labels}
    blocks = sorted(set().union(*left.values()))
    found = {"toutes": (values == "toutes").to_numpy()}
    found |= {f"sans {block}": values.map(lambda one, block=block: block in left[one]).to_numpy() for block in blocks}
    return {name: taken for name, taken in found.items() if taken.any()}


def _slope(known: pd.DataFrame, level: str) -> float:
    """Half-width of the limits over the standard error, read on the widest row."""
    row = known.iloc[-1]
    return float((row[f"limite_{level}_haut"] - row["moyenne"]) / row["se"])


def _ticks(last: float, steps: Sequence[int]) -> list[int]:
    """Round ticks from 0, eight at most."""
    step = next((one for one in steps if last / one < 8), 10 * steps[-1])
    return list(range(0, int(last + 0.1) + 1, step))


def _pixels(height: float) -> alt.Y:
    """A vertical place in pixels from the top."""
    return alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False, zero=False))


def _zero(scale: alt.Scale) -> alt.Chart:
    rule: alt.Chart = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK, strokeWidth=1.2)
    found: alt.Chart = rule.encode(x=alt.X("zero:Q", scale=scale))
    return found


def _side_labels(frame: pd.DataFrame, y: alt.Y, size: float = 12) -> list[alt.Chart]:
    """Labels at the left of the drawing, centred on the rows of `frame` (label, y), on several lines when long."""
    lines = [
        {"texte": line, "y": y_row + 12 * (rank - (len(folded) - 1) / 2)}
        for label, y_row in zip(frame["label"], frame["y"], strict=True)
        for folded in [_folded(label)]
        for rank, line in enumerate(folded)
    ]
    text = alt.Chart(pd.DataFrame(lines, columns=["texte", "y"])).mark_text(
        align="left", baseline="middle", fontSize=size, limit=_LABELS - 8
    )
    return [text.encode(x=alt.value(4 - _LABELS), y=y, text="texte:N")]


def _folded(label: str) -> list[str]:
    """The lines of a label at the left of a drawing."""
    return wrap(label, 24) or [""]


def _said(label: object) -> str:
    """A label as it stands at the head of a line."""
    text = fr_text(str(label))
    return text[:1].upper() + text[1:]


def _over(*lines: str) -> alt.TitleParams:
    return alt.TitleParams(
        [fr_text(line) for line in lines], anchor="start", fontSize=11.5, fontWeight="normal", color=SOFT
    )


def _legend(shown: bool) -> alt.Legend | None:
    return (
        alt.Legend(title=None, orient="top", direction="vertical", columns=1, labelLimit=WIDTH, offset=6)
        if shown
        else None
    )


def _colour(names: Sequence[str], colours: Sequence[str], *, legend: bool = True) -> alt.Color:
    scale = alt.Scale(domain=list(names), range=list(colours)[: len(names)])
    return alt.Color("serie:N", sort=list(names), scale=scale, legend=_legend(legend))


def _shape(names: Sequence[str], shapes: Sequence[str], *, legend: bool = True) -> alt.Shape:
    scale = alt.Scale(domain=list(names), range=list(shapes)[: len(names)])
    return alt.Shape("serie:N", sort=list(names), scale=scale, legend=_legend(legend))


def _dash(names: Sequence[str]) -> alt.StrokeDash:
    scale = alt.Scale(domain=list(names), range=_DASHES[: len(names)])
    return alt.StrokeDash("serie:N", sort=list(names), scale=scale, legend=None)


def _refuse_mixed(frame: pd.DataFrame, key: str, by: str) -> None:
    if frame[key].duplicated().any():
        raise ValueError(f"one row a {key}: filter on {by}")


def _nothing() -> str:
    """A drawing that says that there is nothing to draw."""
    frame = pd.DataFrame({"texte": [fr_text("Aucun chiffre à montrer : non estimé, ou masqué.")]})
    text = alt.Chart(frame).mark_text(align="left", fontStyle="italic", color=SOFT)
    return drawn(text.encode(x=alt.value(0), y=alt.value(14), text="texte:N").properties(width=WIDTH, height=28))
