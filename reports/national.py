"""The national report: coverage, the 2022 study read again, what the survey of the campagne can say."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from mentorat.causal.covariates import POOLED_TOLD
from mentorat.causal.evidence import rules
from mentorat.causal.presentation import COMPARATORS, reason
from mentorat.disclosure.door import ReleasedTable
from mentorat.reference import load, parametre
from mentorat.survey.presentation import positive_answers
from mentorat.survey.survey_results import POSITIVE
from mentorat.typography import MINUS, fr_count, fr_date, fr_number, fr_p, fr_percent, fr_points, fr_text
from reports.charts import Interval, forest_svg, histogram_svg
from reports.departement import BASES, TITLE, coverage_of
from reports.model import Block, Chart, Column, KeyFigure, KeyFigures, Paragraph, Report, Section, Table
from reports.parts import HIDDEN_NOTE, chain, mention, method_section
from reports.reading import HIDDEN, Indicators, Reading, checked, label, territories

CLASS_WIDTH = 0.05
"""Width of a class of coverage on the chart (5 points)."""
COMPARED = ("mentores", "non_mentores")
FEW = 5
"""Territories under which a distribution says nothing: no quartile, no chart."""
_NUMBER = re.compile(r"\d+(?:\u202f\d{3})*(?:,\d+)?")
LAST_CLASS = 8
"""From this class on (40 %), one class for all."""


def national_report(  # noqa: PLR0917 - one argument a released table
    campagne: int,
    indicateurs: ReleasedTable,
    flux: ReleasedTable,
    etude_2022: ReleasedTable,
    differences: ReleasedTable | None,
    effets: ReleasedTable | None,
    simulation: Mapping[str, Any] | None,
    *,
    redressement: ReleasedTable | None = None,
    resultats: ReleasedTable | None = None,
) -> Report:
    """The national report of `campagne`, from tables released to the public: TypeError, ValueError otherwise.

    `differences` and `effets` are None where no survey was received: the report says so. `redressement`: national
    totals from the collectivités that answered; None where they were not estimated. `resultats`: weighted results of
    the survey by item; without them the report has no such section.
    """
    indicators = Indicators(checked(indicateurs, "public"), campagne)
    study = checked(etude_2022, "public")
    raw = None if differences is None else checked(differences, "public")
    every = None if effets is None else checked(effets, "public")
    effects, cohort = (
        None if every is None else every[every["source"] == source] for source in ("enquete", "administratif")
    )
    banner, detail = mention(simulation)
    return Report(
        title=TITLE,
        subtitle=f"France entière, campagne {campagne}",
        audience="public",
        mention=banner,
        mention_detail=detail,
        sections=(
            _summary(indicators),
            *(() if redressement is None else (_national_total(checked(redressement, "public"), campagne),)),
            _coverage(indicators),
            Section(
                "chaine",
                "La chaîne de valeur de l'impact",
                (
                    chain(
                        indicators,
                        "national",
                        "FR",
                        results=("Résultats déclarés par enquête : voir plus bas.",),
                        impact=_impact_words(effects),
                    ),
                ),
            ),
            _survey(effects),
            *(() if resultats is None else _answers(checked(resultats, "public"))),
            _declared(raw),
            *_cohort(cohort),
            _study(study),
            _flow(checked(flux, "public")),
            _places(indicators),
            method_section(("A1", "A1JM", "A2a", "A2b", "A3", "A3E", "A3D", "O1", "O2", "O3", "O3r"), simulation),
        ),
        sources=(
            "Fichiers transmis par les collectivités, les associations et l'évaluateur pour la campagne.",
            "Étude Break Poverty Foundation et Koreis Conseil, 2022, chiffres publiés.",
            "Drees, enquête Aide sociale, 2018-2022.",
        ),
    )


def _summary(indicators: Indicators) -> Section:
    eligible, active = (indicators.read("national", "FR", name) for name in ("A1", "O2"))
    launched = indicators.read("national", "FR", "O1")
    base, coverage = coverage_of(indicators, "national", "FR")
    followed = indicators.read("national", "FR", "O3", "part", ventilation="base=suivis_350000")
    asked, missing = len(indicators.codes("departement")), eligible.missing or 0
    figures = (
        KeyFigure(
            "jeunes éligibles comptés au 31 décembre",
            eligible.count(),
            f"dans {fr_number(asked - missing)} territoires",
        ),
        KeyFigure("binômes actifs au 31 décembre", active.count(), f"{launched.count()} lancés dans l'année"),
        KeyFigure(f"des {label('base', base)} ont un binôme actif", coverage.share(), _fraction(coverage)),
        KeyFigure(f"des {label('base', 'suivis_350000')}", followed.share(), _scaled(followed, indicators.campagne)),
    )
    blocks: list[Block] = [KeyFigures(figures)]
    if gap := _gap_sentence(indicators.read("national", "FR", "O3", "ecart", ventilation="base=suivis_350000")):
        silent = indicators.read("national", "FR", "O2").missing or 0
        known = f" Compte fait des binômes connus, dans {fr_number(asked - silent)} territoires sur {fr_number(asked)}."
        blocks.append(Paragraph(gap + (known if silent else "")))
    if missing:
        blocks.append(
            Paragraph(
                "Données manquantes pour compter les jeunes éligibles : "
                f"{fr_count(missing, 'territoire', 'territoires')} sur {fr_number(asked)}. "
                "Les nombres de jeunes sont ceux des autres territoires, sans extrapolation.",
                "alerte",
            )
        )
    return Section("essentiel", "L'essentiel", tuple(blocks))


def _fraction(cell: Reading) -> str:
    if cell.numerator is None or cell.denominator is None:
        return ""
    return f"{fr_number(cell.numerator)} sur {fr_number(cell.denominator)}"


def _scaled(followed: Reading, campagne: int) -> str:
    """The fraction of the young people followed in the country, told as reduced when a simulation reduced it."""
    told, whole = _fraction(followed), parametre("base_jeunes_suivis", date(campagne, 12, 31))
    reduced = followed.denominator is not None and followed.denominator != whole
    return f"{told}, base réduite à l'échelle simulée" if told and reduced else told


def _gap_sentence(gap: Reading) -> str:
    """How far the objective is; nothing where the gap is not computed."""
    if gap.state != "chiffre" or gap.value is None:
        return ""
    if gap.value >= 0:
        more = f", avec {fr_count(gap.value, 'jeune', 'jeunes')} de plus" if gap.value else ""
        return f"L'objectif national{_aim(gap)} est atteint{more}."
    return (
        f"Il manque {fr_count(-gap.value, 'jeune', 'jeunes')} ayant un binôme actif pour atteindre l'objectif "
        f"national{_aim(gap)}."
    )


def _aim(gap: Reading) -> str:
    return "" if gap.denominator is None else f" de {fr_number(gap.denominator)} jeunes"


ESTIMATORS = {"ratio": "Redressé, par le ratio", "calage": "Redressé, par calage"}


def _national_total(totals: pd.DataFrame, campagne: int) -> Section:
    """O3 in two lines, observed and estimated, with what the estimate rests on."""
    rows = totals[totals["indicateur"] == "O3r"].set_index("estimateur")
    title = "Combien de jeunes en France : ce qui est observé, ce qui est estimé"
    row = rows.loc["ratio"].to_dict()
    if row["statut"] != "calcule" or row["diffusion"] == "secret":
        why = str(row["avertissements"]) if row["statut"] != "calcule" else f"Total national estimé : {HIDDEN}."
        return Section("redressement", title, (Paragraph(f"Pas de ligne redressée. {why}", "alerte"),))
    answered = f"{fr_number(row['n_reponses'])} sur {fr_number(row['n_collectivites'])}"
    share = fr_percent(row["part_accueils"])
    lines = [
        ("Observé : collectivités ayant répondu", fr_number(row["observe"]), "–", answered, share, "–", "–"),
        ("Connu, avec ce que disent les seules associations", fr_number(row["connu"]), "–", "–", "–", "–", "–"),
    ]
    for estimator, found in rows.iterrows():
        aimed = pd.notna(found["ecart"])
        gap = f"{_more(found['ecart'])} ({_more(found['ecart_bas'])} à {_more(found['ecart_haut'])})" if aimed else "–"
        lines.append(
            (
                ESTIMATORS[str(estimator)],
                fr_number(found["estimation"]),
                f"{fr_number(found['ic_bas'])} à {fr_number(found['ic_haut'])}",
                answered,
                share,
                "–" if pd.isna(found["part"]) else fr_percent(found["part"]),
                gap,
            )
        )
    table = Table(
        "Jeunes ayant un binôme actif au 31 décembre, France hors Mayotte",
        (
            Column("Ligne"),
            Column("Jeunes", True),
            Column("Intervalle à 95 %", True),
            Column("Collectivités", True),
            Column("Part des accueils", True),
            Column("Part des jeunes suivis", True),
            Column("Écart à l'objectif", True),
        ),
        tuple(lines),
        note=f"Nombres arrondis à {fr_number(row['arrondi'])} près, les intervalles vers l'extérieur, pour qu'ils ne "
        "redonnent aucun effectif masqué. Une collectivité répond quand elle transmet ses propres dossiers de "
        "mentorat ; ce que les associations disent d'une collectivité sans réponse est connu, mais peut être partiel. "
        "Le ratio et le calage sont deux calculs de la même estimation : proches, ils se confirment.",
    )
    condition = Paragraph(
        f"Cette estimation vaut {row['condition']} ; son intervalle ne dit rien de l'erreur si ce n'est pas le cas. "
        "Les strates sont les tiers de taille des collectivités de métropole, selon leurs mesures d'aide sociale à "
        f"l'enfance (Drees, {row['annee_drees']}), et l'outre-mer. " + str(row["avertissements"]).replace("\n", " "),
        "alerte",
    )
    return Section("redressement", title, (Paragraph(_estimate_sentences(row, campagne)), table, condition))


def _estimate_sentences(row: Mapping[Any, Any], campagne: int) -> str:
    low, high = fr_number(row["ic_bas"]), fr_number(row["ic_haut"])
    answers = (
        f"{fr_number(row['n_reponses'])} collectivités sur {fr_number(row['n_collectivites'])} ont répondu ; elles "
        f"font {fr_percent(row['part_accueils'])} des accueils recensés par la Drees."
    )
    if row["n_reponses"] == row["n_collectivites"]:
        return f"{answers} Aucune ne manque : la ligne redressée est la ligne observée, sans intervalle."
    told = (
        f"{answers} Au 31 décembre {campagne}, environ {fr_number(row['estimation'])} jeunes auraient un binôme actif "
        f"en France hors Mayotte, entre {low} et {high} (intervalle à 95 %), {row['condition']}."
    )
    if pd.isna(row["objectif"]):
        return told
    reduced = row["objectif"] != parametre("objectif_jeunes", date(campagne, 12, 31))
    scale = " (réduit à l'échelle simulée)" if reduced else ""
    aim = f"l'objectif national de {fr_number(row['objectif'])} jeunes{scale}"
    if row["ecart_haut"] < 0:
        short = f"entre {fr_number(-row['ecart_haut'])} et {fr_number(-row['ecart_bas'])}"
        return f"{told} Il manquerait {short} jeunes pour atteindre {aim}."
    if row["ecart_bas"] > 0:
        return f"{told} Selon cette estimation, {aim} est atteint."
    return f"{told} L'intervalle contient {aim} : on ne peut pas dire s'il est atteint."


def _more(gap: float) -> str:
    """« +60 », « −120 », « 0 »."""
    return f"+{fr_number(gap)}" if gap > 0 else fr_number(gap)


def _coverage(indicators: Indicators) -> Section:
    codes = indicators.codes("departement")
    base = max(BASES, key=lambda name: (_known(indicators, codes, name), -BASES.index(name)))
    cells = [indicators.read("departement", code, "O3", "part", ventilation=f"base={base}") for code in codes]
    values = [cell.value for cell in cells if cell.state == "chiffre" and cell.value is not None]
    hidden = sum(cell.state == "secret" for cell in cells)
    silent = len(cells) - len(values) - hidden
    title = f"Part des {label('base', base)} ayant un binôme actif : combien de territoires à chaque niveau"
    left = (
        f"Couverture publiée : {fr_count(len(values), 'territoire', 'territoires')} ; sous secret statistique : "
        f"{fr_number(hidden)} ; non mesurable ou non reçue : {fr_number(silent)}."
    )
    if len(values) < FEW:
        return Section("couverture", "La couverture selon les territoires", (Paragraph(left),))
    classes = _classes(values)
    middle = float(pd.Series(values).median())
    chart = Chart(
        title=title,
        svg=histogram_svg(classes, "part des jeunes ayant un binôme actif, en %", "nombre de territoires"),
        alt=f"Histogramme de la couverture. {left} La moitié des territoires publiés sont au-dessus de "
        f"{fr_percent(middle)}. Par classe : " + " ; ".join(f"{name} % : {count}" for name, count in classes) + ".",
        data=Table(
            "Territoires par niveau de couverture",
            (Column("Couverture (%)"), Column("Territoires", True)),
            tuple((name, fr_number(count)) for name, count in classes),
        ),
        note=left + " Ce graphique n'est pas un classement : les territoires diffèrent par leurs jeunes, leurs lieux "
        "d'accueil et les associations présentes.",
    )
    sentence = Paragraph(
        f"Parmi les territoires publiés, la moitié a une couverture d'au moins {fr_percent(middle)}, le "
        "quart le moins "
        f"couvert reste sous {fr_percent(float(pd.Series(values).quantile(0.25)))} et le quart le plus "
        "couvert dépasse "
        f"{fr_percent(float(pd.Series(values).quantile(0.75)))}."
    )
    return Section("couverture", "La couverture selon les territoires", (sentence, chart))


def _known(indicators: Indicators, codes: list[str], base: str) -> int:
    return sum(
        indicators.read("departement", c, "O3", "part", ventilation=f"base={base}").state == "chiffre" for c in codes
    )


def _classes(values: list[float]) -> list[tuple[str, int]]:
    """Counts by class of 5 points from 0, up to the last class needed: (« 10-15 », count)."""
    # A share is rounded at the sixth decimal: the small excess keeps 0.15 out of the class below.
    ranks = [min(math.floor(value / CLASS_WIDTH + 1e-9), LAST_CLASS) for value in values]
    step = round(100 * CLASS_WIDTH)
    names = [
        f"≥ {step * rank}" if rank == LAST_CLASS else f"{step * rank}-{step * (rank + 1)}"
        for rank in range(max(ranks) + 1)
    ]
    return [(name, ranks.count(rank)) for rank, name in enumerate(names)]


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _interval(low: Any, high: Any) -> str:
    """« −18,2 à +0,8 », in points."""
    if pd.isna(low) or pd.isna(high):
        return "–"
    return f"{_signed(float(low))}\u00a0à\u00a0{_signed(float(high))}"


def _signed(points: float) -> str:
    return fr_points(points).rsplit("\u00a0", 1)[0]


def _study(study: pd.DataFrame) -> Section:
    """The published study, item by item, with what its figures allow to conclude."""
    words = load("etude_2022").set_index("item")["libelle"].to_dict()
    rows = [
        (
            words.get(row["item"], row["item"]),
            _percent(row["pct_mentores"]),
            _percent(row["pct_non_mentores"]),
            "–" if pd.isna(row["ecart_points"]) else _signed(row["ecart_points"]),
            _interval(row["ic_bas"], row["ic_haut"]),
            _p_alone(row["p_chi2"]),
            _conclusion(row),
        )
        for row in study.to_dict("records")
    ]
    table = Table(
        "Étude de 2022 : mentorés et non mentorés",
        (
            Column("Item"),
            Column("Mentorés", True),
            Column("Non mentorés", True),
            Column("Écart (points)", True),
            Column("Intervalle à 95 %", True),
            Column("p (χ²)", True),
            Column("Ce qu'on peut en dire"),
        ),
        tuple(rows),
        note="Effectifs reconstitués : l'entier le plus proche de la part publiée, le groupe entier "
        "étant supposé répondant. "
        "Intervalle de Newcombe, χ² sans correction de continuité.",
    )
    intro = Paragraph(
        "L'étude de 2022 compare des jeunes mentorés et d'autres qui ne le sont pas, sans tirage au sort "
        "et en une fois. Un "
        "écart entre les deux groupes n'est donc pas, à lui seul, un effet du mentorat ; et un "
        "pourcentage sans groupe de "
        "comparaison dit une satisfaction, non un effet."
    )
    return Section("etude-2022", "L'étude de 2022, relue", (intro, table))


def _percent(value: Any) -> str:
    number = _number(value)
    return "–" if number is None else f"{fr_number(number)} %"


def _conclusion(row: Mapping[Any, Any]) -> str:
    """One sentence from the figures alone; the same template whichever way they point."""
    if pd.isna(row["ecart_points"]):
        if pd.notna(row["risque_relatif"]):
            ratio = fr_number(row["risque_relatif"], 2)
            return f"Rapport publié de {ratio}, sans effectifs : ni intervalle ni test."
        return "Satisfaction déclarée : pas de groupe de comparaison."
    if row["ic_bas"] <= 0 <= row["ic_haut"]:
        return "L'écart observé est compatible avec une absence de différence."
    return "Différence nette entre les groupes si les réponses sont indépendantes ; non ajustée."


def _impact_words(effects: pd.DataFrame | None) -> tuple[str, ...]:
    if effects is None or effects.empty:
        return ("Aucune enquête comparative reçue.",)
    return ("Écarts ajustés entre mentorés et non mentorés : voir plus bas.",)


def _survey(effects: pd.DataFrame | None) -> Section:
    title = "L'enquête de la campagne : écart brut, écart ajusté"
    if effects is None or effects.empty:
        return Section("enquete", title, (Paragraph("Aucune enquête comparative n'a été reçue pour cette campagne."),))
    rows = effects.to_dict("records")
    shown = [row for row in rows if pd.notna(row["att"])]
    intervals = [interval for row in shown for interval in _intervals(row)]
    data = Table(
        "Écarts entre mentorés et non mentorés, en points",
        (
            Column("Item"),
            Column("Écart brut", True),
            Column("Intervalle à 95 %", True),
            Column("Écart ajusté", True),
            Column("Intervalle à 95 %", True),
            Column("p (Holm)", True),
            Column("Mentorés", True),
            Column("Non mentorés", True),
            Column("Preuve"),
        ),
        tuple(_effect_row(row) for row in rows),
        note="Intervalles : Newcombe, avec l'effet de grappe, pour l'écart brut ; erreurs robustes aux "
        "grappes pour l'écart "
        "ajusté. Les p sont corrigés par la méthode de Holm dans chaque famille d'items.",
    )
    intro = Paragraph(
        "L'écart brut compare les réponses telles qu'elles sont. L'écart ajusté compare les jeunes mentorés à des "
        "jeunes non mentorés rendus comparables sur les caractéristiques que nomme le plan d'analyse (par exemple "
        "l'âge, le sexe, le type d'accueil) ; il ne corrige pas ce que l'enquête n'a pas mesuré."
    )
    if not intervals:
        return Section("enquete", title, (intro, data))
    chart = Chart(
        title="Écarts entre jeunes mentorés et non mentorés",
        svg=forest_svg(intervals, f"écart en points (mentorés {MINUS} non mentorés), intervalle à 95 %"),
        alt="Pour chaque item, l'écart brut et l'écart ajusté avec leur intervalle à 95 %, de part et "
        "d'autre de zéro. "
        + " ; ".join(
            f"{item.label}, {item.series.lower()} : {_signed(item.estimate)} ({_signed(item.low)} à "
            f"{_signed(item.high)})"
            for item in intervals
        )
        + ".",
        data=data,
    )
    main = [row for row in shown if row["role"] == "principale"]
    sentences = tuple(Paragraph(str(row["phrase"])) for row in main if pd.notna(row["phrase"]))
    balance = Paragraph(_balance_sentence(shown), "note")
    plan = (Paragraph(_plan_sentence(rows), "note"), Paragraph(_grades_sentence(), "note"))
    warnings = _told_once(str(row["avertissements"]) for row in shown if pd.notna(row["avertissements"]))
    return Section(
        "enquete",
        title,
        (intro, *sentences, chart, balance, *plan, *(Paragraph(text, "alerte") for text in warnings)),
    )


def _cohort(effects: pd.DataFrame | None) -> tuple[Section, ...]:
    """What the files of the départements say of those who start, beside like young people who do not start that day;
    controls apart (the notebook on robustness shows them); no section where no pair was compared."""
    if effects is None or effects.empty:
        return ()
    rows = effects[effects["role"] != "temoin"].to_dict("records")
    observed = [row for row in rows if pd.notna(row["att"]) or row["diffusion"] == "secret"]
    later = _later([row for row in rows if row not in observed])
    # the plan decides whom and how: told from its rows
    others = ", puis parmi les ".join(dict.fromkeys(_comparators(row) for row in rows))
    intro = Paragraph(
        "Les jeunes qui commencent un mentorat sont comparés, au jour où chacun commence, à des jeunes semblables qui "
        f"ne commencent pas ce jour-là et pourront commencer plus tard, pris parmi les {others}. La comparaison ne "
        "corrige pas ce que les fichiers ne disent pas."
    )
    method = next((f"{row['methode']}. " for row in rows if pd.notna(row["methode"]) and row["methode"]), "")
    data = Table(
        "Ce qui suit le début du mentorat, en points",
        (
            Column("Issue"),
            Column("Comparés aux"),
            Column("Écart brut", True),
            Column("Écart ajusté", True),
            Column("Intervalle à 95 %", True),
            Column("Mentorés", True),
            Column("Non mentorés", True),
            Column("Preuve"),
        ),
        tuple(_cohort_row(row) for row in observed),
        note=f"{method}Un même jeune peut servir plusieurs fois de comparaison. L'effet est national : aucun "
        "territoire n'a d'effet à lui.",
    )
    sentences = (Paragraph(str(row["phrase"])) for row in observed if pd.notna(row["phrase"]))
    table = (data, *sentences, Paragraph(_plan_sentence(rows), "note")) if observed else ()
    return (
        Section(
            "cohorte",
            "Ce que disent les fichiers, avant et après le début du mentorat",
            (intro, *table, *(Paragraph(text, "note") for text in later)),
        ),
    )


def _later(rows: Iterable[Mapping[Any, Any]]) -> list[str]:
    """Why outcomes have no figure, once each; with the comparison that it is of, where another says otherwise."""
    told: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        if why := _not_yet(row):
            told.setdefault(row["libelle"], {}).setdefault(why, []).append(_comparators(row))
    return [
        why if len(reasons) == 1 else f"{why} Cela vaut en comparant aux {' et aux '.join(others)}."
        for reasons in told.values()
        for why, others in reasons.items()
    ]


def _not_yet(row: Mapping[Any, Any]) -> str:
    """Why an outcome has no figure: its window, or what its sentence says."""
    why = reason(row)
    if why:
        return f"« {row['libelle']} » : pas encore de chiffre. {why}"
    return "" if pd.isna(row["phrase"]) else str(row["phrase"])


def _cohort_row(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """One line of the table of the cohort; a hidden one keeps nothing."""
    named = (
        f"{row['libelle']} ({row['fenetre']})" if row["fenetre"] else str(row["libelle"]),
        _comparators(row),
    )
    if row["diffusion"] == "secret":
        return (*named, *(HIDDEN,) * 5, "–")
    return (
        *named,
        _share_points(row["ecart_naif"]),
        _share_points(row["att"]),
        _interval(100 * row["ic_bas"], 100 * row["ic_haut"]),
        fr_number(row["n_mentores"]),
        fr_number(row["n_non_mentores"]),
        str(row["preuve"]),
    )


def _comparators(row: Mapping[Any, Any]) -> str:
    return COMPARATORS.get(row["comparateurs"], str(row["comparateurs"]))


def _told_once(texts: Iterable[str]) -> list[str]:
    """Every sentence of some warnings, once; those that name pooled levels, which differ by item, as one; those that
    differ by their numbers alone as one too, which gives the lowest and the highest."""
    sentences = {one for text in texts for one in re.split(r"(?<=\.) (?=[A-ZÀÉÊ])", text) if one}
    begins = fr_text(POOLED_TOLD)
    pooled = {one for one in sentences if one.startswith(begins)}
    levels = {level for one in pooled for level in re.split(r", (?![^(]*\))", one[len(begins) : -1])}
    merged = {f"{begins}{', '.join(sorted(levels))}."} if pooled else set()
    alike: dict[str, list[str]] = {}
    for one in sorted(sentences - pooled):
        alike.setdefault(_NUMBER.sub("#", one), []).append(one)
    return sorted({_with_spans(same) for same in alike.values()} | merged)


def _with_spans(same: Sequence[str]) -> str:
    """One sentence for several that differ by their numbers: « 19 à 25 » in the place of each that does."""
    places = zip(*(_NUMBER.findall(one) for one in same), strict=True)
    ordered = [sorted(set(place), key=lambda n: float(n.replace("\u202f", "").replace(",", "."))) for place in places]
    spans = iter(" à ".join(dict.fromkeys((numbers[0], numbers[-1]))) for numbers in ordered)
    return _NUMBER.sub(lambda _: next(spans), same[0])


def _answers(results: pd.DataFrame) -> tuple[Section, ...]:
    """Weighted shares and means of the items put to both groups, with their intervals; no section without them."""
    waves = [set(results.loc[results["groupe"] == group, "vague"]) for group in COMPARED]
    if not waves[0] & waves[1]:
        return ()
    rows = positive_answers(results, max(waves[0] & waves[1]))
    cells: dict[tuple[str, str], dict[str, Mapping[Any, Any]]] = {}
    for row in rows[rows["groupe"].isin(COMPARED)].to_dict("records"):
        cells.setdefault((str(row["libelle"]), str(row["mesure"])), {})[str(row["groupe"])] = row
    both = {name: found for name, found in cells.items() if len(found) == len(COMPARED)}
    table = Table(
        "Réponses aux questions posées aux deux groupes",
        (
            Column("Question"),
            Column("Mentorés", True),
            Column("Intervalle à 95 %", True),
            Column("Réponses", True),
            Column("Non mentorés", True),
            Column("Intervalle à 95 %", True),
            Column("Réponses", True),
        ),
        tuple(
            (
                label,
                *(cell for group in COMPARED for cell in _answer_cells(found[group], measure)),
            )
            for (label, measure), found in both.items()
        ),
        note="Parts en % : réponses positives (oui ; d'accord ou tout à fait d'accord ; souvent ou très souvent ; "
        "baccalauréat ou plus ; en emploi ou en formation) ; sans %, une moyenne. L'intervalle tient compte des poids "
        f"et des structures. Pondération des mentorés : {_weighting(rows, 'mentores')} ; des non-mentorés : "
        f"{_weighting(rows, 'non_mentores')}. « {HIDDEN} » : trop peu de réponses, ou assez pour en redonner d'autres.",
    )
    text = Paragraph(
        "Ces parts décrivent chaque groupe. Les jeunes mentorés et les autres différaient déjà avant le mentorat : la "
        "différence entre deux colonnes n'est pas un effet. L'écart ajusté est dans la section précédente."
    )
    return (Section("reponses", "Ce que répondent les jeunes des deux groupes", (text, table)),) if both else ()


def _answer_cells(row: Mapping[Any, Any], measure: str) -> tuple[str, str, str]:
    """A share in percent, or a mean, with its interval and its number of answers."""
    if pd.isna(row["estimation"]):
        return (HIDDEN, "–", "–" if pd.isna(row["n"]) else fr_number(row["n"]))
    scale = 100 if measure == POSITIVE else 1
    value, low, high = (fr_number(scale * row[name], 1) for name in ("estimation", "ic_bas", "ic_haut"))
    return (f"{value} %" if measure == POSITIVE else value, f"{low} à {high}", fr_number(row["n"]))


def _weighting(rows: pd.DataFrame, group: str) -> str:
    return " ; ".join(sorted(set(rows.loc[rows["groupe"] == group, "ponderation"])))


def _declared(raw: pd.DataFrame | None) -> Section:
    """Answers of the mentored alone, to the questions that only they are asked: satisfaction, not effect."""
    title = "Ce que déclarent les jeunes mentorés"
    rows = [] if raw is None else [row for row in raw.to_dict("records") if pd.isna(row["n_non_mentores"])]
    rows = [row for row in rows if row.get("diffusion") == "secret" or pd.notna(row["part_mentores"])]
    if not rows:
        return Section("declare", title, (Paragraph("Aucune réponse n'a été reçue pour cette campagne."),))
    table = Table(
        "Réponses positives des jeunes mentorés",
        (
            Column("Item"),
            Column("Part", True),
            Column("Intervalle à 95 % (%)", True),
            Column("Réponses", True),
            Column("Sans réponse ou non interrogés", True),
        ),
        tuple(
            (str(row["libelle"]), *(HIDDEN,) * 4)
            if row.get("diffusion") == "secret"
            else (
                str(row["libelle"]),
                fr_percent(row["part_mentores"]),
                f"{fr_number(100 * row['ic_bas_mentores'], 1)} à {fr_number(100 * row['ic_haut_mentores'], 1)}",
                fr_number(row["n_mentores"]),
                fr_number(row["n_manquants_mentores"]),
            )
            for row in rows
        ),
    )
    text = Paragraph(
        "Ces questions ne sont posées qu'aux jeunes mentorés : leurs réponses disent une satisfaction, non un effet. "
        "Certaines ne sont posées qu'à une partie d'entre eux. Les parts sont celles des répondants, sans "
        "pondération : l'enquête pondérée, publiée avec l'évaluation, peut en différer de quelques dixièmes de point."
    )
    return Section("declare", title, (text, table))


def _intervals(row: Mapping[Any, Any]) -> tuple[Interval, Interval]:
    """The raw and the adjusted difference of one item, in points."""
    item = str(row["libelle"])
    return (
        Interval(
            item,
            "Écart brut",
            *(100 * float(row[name]) for name in ("ecart_naif", "naif_ic_bas", "naif_ic_haut")),
        ),
        Interval(item, "Écart ajusté", *(100 * float(row[name]) for name in ("att", "ic_bas", "ic_haut"))),
    )


def _balance_sentence(rows: list[dict[Any, Any]]) -> str:
    before, after = (max(float(row[name]) for row in rows) for name in ("smd_max_avant", "smd_max_apres"))
    most = rules().seuils.smd_maximal.valeur
    return (
        "Ressemblance des deux groupes : la plus grande différence standardisée entre caractéristiques passe de "
        f"{fr_number(before, 2)} avant ajustement à {fr_number(after, 2)} après (on vise {fr_number(most, 2)} au plus)."
    )


def _plan_sentence(rows: list[dict[Any, Any]]) -> str:
    """What the plan announced."""
    told = next((row for row in rows if row["plan"]), None)
    announced = [f"« {row['libelle']} »" for row in rows if row["statut"] == "confirmatoire"]
    status = f"Annoncé d'avance : {', '.join(announced)} ; le reste" if announced else "Ici tout"
    plan = (
        ""
        if told is None
        else f"Plan d'analyse « {told['plan']} », version {told['plan_version']} (empreinte "
        f"{told['plan_empreinte'][:12]}). "
    )
    return f"{plan}{status} est exploratoire : à confirmer par une autre étude."


def _grades_sentence() -> str:
    """What the grades of evidence mean."""
    meanings = " ; ".join(f"« {name} » : {meaning}" for name, meaning in rules().niveaux.items())
    return f"Niveaux de preuve, par la règle du {fr_date(rules().valable_du)}. {meanings}."


def _effect_row(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """One line of the table; an item not estimated keeps its raw difference, a hidden one keeps nothing."""
    if row["diffusion"] == "secret":
        return (str(row["libelle"]), *(HIDDEN,) * 7, "–")
    estimated = pd.notna(row["att"])
    return (
        str(row["libelle"]),
        _share_points(row["ecart_naif"]),
        _interval(100 * row["naif_ic_bas"], 100 * row["naif_ic_haut"]),
        _share_points(row["att"]) if estimated else "non estimé",
        _interval(100 * row["ic_bas"], 100 * row["ic_haut"]) if estimated else "–",
        _p_alone(row["p_holm"]),
        fr_number(row["n_mentores"]),
        fr_number(row["n_non_mentores"]),
        str(row["preuve"]),
    )


def _share_points(share: Any) -> str:
    return "–" if pd.isna(share) else _signed(100 * float(share))


def _p_alone(p: Any) -> str:
    """A p-value without its letter, for a column headed p."""
    return "–" if pd.isna(p) else fr_p(p).removeprefix("p\u00a0").removeprefix("=\u00a0")


def _flow(flow: pd.DataFrame) -> Section:
    natures = {"ensemble": "ensemble", "exclusion": "exclusion", "groupe": "groupe comparé"}
    table = Table(
        "De la population aux groupes comparés",
        (Column("Étape"), Column("Nature"), Column("Jeunes", True)),
        tuple(
            (
                str(row["libelle"]),
                natures.get(row["nature"], str(row["nature"])),
                HIDDEN if pd.isna(row["effectif"]) else fr_number(row["effectif"]),
            )
            for row in flow.sort_values("ordre").to_dict("records")
        ),
    )
    text = Paragraph(
        "Chaque jeune est dans une seule exclusion ou un seul groupe ; un ensemble est ce qui reste "
        "après les exclusions "
        "qui le précèdent."
    )
    return Section("flux", "De la population aux groupes comparés", (text, table))


def _places(indicators: Indicators) -> Section:
    names = territories()
    rows = []
    for code in indicators.codes("departement"):
        eligible, active = (indicators.read("departement", code, name) for name in ("A1", "O2"))
        # one base for all, named: a column that changed base from line to line would compare nothing
        coverages = [indicators.read("departement", code, "O3", "part", ventilation=f"base={base}") for base in BASES]
        rows.append(
            (
                f"{names[code].label} ({code})" if code in names else code,
                _short(eligible, eligible.count()),
                _short(active, active.count()),
                *(_short(coverage, coverage.share()) for coverage in coverages),
            )
        )
    table = Table(
        "Éligibles, binômes actifs et couverture par territoire",
        (
            Column("Territoire"),
            Column("Jeunes éligibles", True),
            Column("Binômes actifs", True),
            Column("Couverture des confiés de 11 à 17 ans", True),
            Column("Couverture des suivis de 11 à 17 ans (AED et AEMO compris)", True),
        ),
        tuple(rows),
        note="Territoires dans l'ordre de leur code. " + HIDDEN_NOTE,
    )
    return Section("territoires", "Les territoires", (table,))


def _short(cell: Reading, words: str) -> str:
    return "non mesurable" if cell.state == "non_mesurable" else words
