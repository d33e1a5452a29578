"""Estimates: the published study of 2022 again, the survey of the campagne, national totals from the collectivités that
answered, and the replay of the platform's rule."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd
from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, asset, multi_asset

from mentorat import reference
from mentorat.lake import read_parquet, write_parquet
from mentorat.settings import Settings
from orchestration.defs.recueil import raw_key
from orchestration.partitions import campagnes
from orchestration.progress import tell
from orchestration.resources import Maison, link

if TYPE_CHECKING:
    from mentorat.survey.design import SurveyError
    from mentorat.survey.targets import AseTargets

SURVEY_PARTS = ("mentores", "non_mentores", "echantillon")
REDRESSEMENT = {
    "redressement": "redressement",
    "strates": "redressement_strates",
    "manquants": "redressement_manquants",
    "residus": "redressement_residus",
    "reponses": "redressement_reponses",
    "indicateurs": "indicateurs_redresses",
}
"""Tables of the national totals, as the library names them and as the lake does."""
SURVEY_INDICATORS = "indicateurs_enquete"
"""Rows D1… and D20, in the schema of the mart `indicateurs`."""
DURATIONS = "indicateurs_durees"
"""Rows O4a, O4b, O6d and O6e, in the schema of the mart `indicateurs`."""
INDICATOR_ROWS = ("indicateurs_redresses", SURVEY_INDICATORS, DURATIONS)
"""Estimates tables in the schema of the mart `indicateurs`; their union is `indicateurs_estimes`."""
SURVEYED = ("mentores", "non_mentores", "mentors", "professionnels")
SURVEY_RESULTS = ("enquete_resultats", "enquete_taux_reponse", "enquete_ponderation", "enquete_verite")
SURVEY_SCALES = ("enquete_fiabilite", "enquete_indices", "enquete_ordinal", "enquete_manquants", "enquete_sensibilite")
"""What the items measure together, the scales by group, and what missing answers could change."""
AGES_SURVEYED = ((11, 13), (14, 15), (16, 17))
"""Ages of those the non-mentored stand for: eligible minors."""


def estimation_key(table: str) -> AssetKey:
    """Asset key of an estimates table."""
    return AssetKey(["estimations", table])


def store(settings: Settings, campagne: int, table: str, frame: pd.DataFrame) -> MaterializeResult:
    """Write an estimates table of the lake."""
    path = settings.estimations(campagne) / f"{table}.parquet"
    write_parquet(frame, path)
    return MaterializeResult(
        asset_key=estimation_key(table), metadata={"dagster/row_count": len(frame), "parquet": link(path)}
    )


@asset(
    key=estimation_key("etude_2022"),
    deps=[AssetKey(["etude_2022"])],
    partitions_def=campagnes,
    group_name="estimations",
    kinds={"scipy"},
)
def etude_2022(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """The figures published in 2022, with the intervals and tests they came without."""
    from mentorat.survey.study_2022 import study_2022

    tell(context, "Étude publiée de 2022 : intervalles et tests")
    frame = study_2022(reference.load("etude_2022"))
    return store(maison.settings, int(context.partition_key), "etude_2022", frame)


@asset(
    key=estimation_key("differences"),
    deps=[raw_key(f"enquete_{part}") for part in SURVEY_PARTS],
    partitions_def=campagnes,
    group_name="estimations",
    kinds={"scipy"},
)
def differences(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """Raw differences between mentored and non-mentored respondents, with Newcombe intervals."""
    from mentorat.causal.survey_effects import survey_differences

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Enquête : différences brutes")
    return store(settings, campagne, "differences", survey_differences(*survey_tables(settings, campagne)))


@multi_asset(
    specs=[
        AssetSpec(
            estimation_key(table),
            deps=[
                *(raw_key(f"enquete_{part}") for part in (*SURVEYED, "echantillon")),
                AssetKey(["population"]),
                AssetKey(["receptions"]),
            ],
            kinds={"scipy"},
        )
        for table in (*SURVEY_RESULTS, *SURVEY_SCALES, SURVEY_INDICATORS)
    ],
    partitions_def=campagnes,
    group_name="estimations",
)
def resultats_enquete(context: AssetExecutionContext, maison: Maison) -> Iterator[MaterializeResult]:
    """Weighted results of every item, by group, wave and domain; response rates; scales and missing answers of both
    groups; the truth of what is simulated."""
    from mentorat.survey.response_rates import response_rates
    from mentorat.survey.survey_groups import two_groups
    from mentorat.survey.survey_indicators import survey_indicators
    from mentorat.survey.survey_missing import missing_table, sensitivity_table
    from mentorat.survey.survey_results import samples, survey_results, truth_table
    from mentorat.survey.survey_scales import index_table, ordinal_table, reliability_table
    from mentorat.survey.survey_weights import weighting_table

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Enquête : pondération, résultats par question, taux de réponse")
    tables = {part: _raw(settings, campagne, f"enquete_{part}") for part in SURVEYED}
    echantillon = _raw(settings, campagne, "enquete_echantillon")
    weighted = list(samples(tables, echantillon, _survey_targets(settings, campagne)))
    results = survey_results(weighted)
    yield store(settings, campagne, "enquete_resultats", results)
    yield store(settings, campagne, SURVEY_INDICATORS, survey_indicators(results, campagne))
    yield store(settings, campagne, "enquete_taux_reponse", response_rates(tables, echantillon))
    yield store(settings, campagne, "enquete_ponderation", weighting_table(weighted))
    tell(context, "Enquête : fiabilité des dimensions, réponses manquantes")
    groups = two_groups(weighted)
    yield store(settings, campagne, "enquete_fiabilite", reliability_table(weighted))
    yield store(settings, campagne, "enquete_indices", index_table(groups))
    yield store(settings, campagne, "enquete_ordinal", ordinal_table(groups))
    yield store(settings, campagne, "enquete_manquants", missing_table(groups))
    yield store(settings, campagne, "enquete_sensibilite", sensitivity_table(groups, campagne))
    truth = None
    if settings.simulation(campagne) is not None and settings.verite(campagne).exists():
        truth = json.loads(settings.verite(campagne).read_text(encoding="utf-8")).get("enquete")
    yield store(settings, campagne, "enquete_verite", truth_table(truth))


def survey_tables(settings: Settings, campagne: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The raw tables that compare mentored and non-mentored: both questionnaires and the sample."""
    mentored, others, sample = (_raw(settings, campagne, f"enquete_{part}") for part in SURVEY_PARTS)
    return mentored, others, sample


def _raw(settings: Settings, campagne: int, table: str) -> pd.DataFrame:
    return read_parquet(settings.lake / "etude" / table / f"{campagne}.parquet")


def _survey_targets(settings: Settings, campagne: int) -> "AseTargets | SurveyError":
    """Margins of the young people in care; where they cannot be made, the reason, that the table of weights tells."""
    from mentorat.survey import design
    from mentorat.survey.targets import ase_targets

    population = read_parquet(settings.marts(campagne) / "population.parquet")
    receptions = read_parquet(settings.marts(campagne) / "receptions.parquet")
    partial = receptions["stock_incomplet"].fillna(False).astype(bool)
    try:
        return ase_targets(
            population, incomplete=set(receptions.loc[partial, "territoire"].dropna()), bands=AGES_SURVEYED
        )
    except design.SurveyError as reason:
        return reason


@asset(
    key=estimation_key("calendrier"),
    deps=[
        estimation_key("effets"),
        *(raw_key(f"enquete_{part}") for part in SURVEY_PARTS),
        AssetKey(["reperes_duree"]),
    ],
    partitions_def=campagnes,
    group_name="estimations",
    kinds={"scipy"},
)
def calendrier(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """What will be known, when: each outcome, the campagne it is first observed in, what could then be detected."""
    from mentorat.causal.survey_respondents import compared_answers
    from mentorat.survey.calendar import calendar

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Ce qu'on saura, quand : écart détectable de chaque issue")
    answers = compared_answers(*survey_tables(settings, campagne))
    cohort = read_parquet(settings.marts(campagne) / "reperes_duree.parquet")
    effects = read_parquet(settings.estimations(campagne) / "effets.parquet")
    surveyed = effects[effects["source"] == "enquete"]
    frame = calendar(campagne, surveyed, answers, cohort[cohort["repere"] == "debut"])
    return store(settings, campagne, "calendrier", frame)


@asset(
    key=estimation_key("arm"),
    deps=[raw_key("demandes_1j1m"), AssetKey(["demandes_plateforme"]), AssetKey(["candidatures_plateforme"])],
    partitions_def=campagnes,
    group_name="estimations",
)
def arm(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """Demands of 1jeune1mentor.fr as the rule ARM would have shared them, beside what was observed."""
    from mentorat.allocation.arm import in_export_order, replay

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "1jeune1mentor : répartition rejouée")
    brutes = read_parquet(settings.lake / "etude" / "demandes_1j1m" / f"{campagne}.parquet")
    demandes, candidatures = (
        read_parquet(settings.marts(campagne) / f"{mart}.parquet")
        for mart in ("demandes_plateforme", "candidatures_plateforme")
    )
    return store(settings, campagne, "arm", replay(in_export_order(demandes, brutes), candidatures).associations)


@multi_asset(
    specs=[
        AssetSpec(
            estimation_key(table),
            deps=[
                AssetKey([mart])
                for mart in ("indicateurs", "collecte", "rapprochement_agrege", "binomes_retenus", "territoires")
            ],
            kinds={"scipy"},
        )
        for table in REDRESSEMENT.values()
    ],
    partitions_def=campagnes,
    group_name="estimations",
)
def redressement(context: AssetExecutionContext, maison: Maison) -> Iterator[MaterializeResult]:
    """National totals from the collectivités that answered: ratio and calibration by stratum on DREES measures."""
    from mentorat.survey.national_tables import Marts, national_tables

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Totaux nationaux redressés")
    marts = (
        read_parquet(settings.marts(campagne) / f"{mart}.parquet")
        for mart in ("indicateurs", "collecte", "rapprochement_agrege", "binomes_retenus")
    )
    simulated = (settings.simulation(campagne) or {}).get("collectivites")
    read = Marts(*marts, _truth(settings, campagne), simulated)
    tables = national_tables(campagne, read, reference.load("territoires"))
    for name, table in REDRESSEMENT.items():
        yield store(settings, campagne, table, getattr(tables, name))


def _truth(settings: Settings, campagne: int) -> dict[str, dict[str, int]] | None:
    """Simulated counts by territory; None when the dépôt is not simulated or its truth was not kept."""
    path = settings.verite(campagne)
    if settings.simulation(campagne) is None or not path.exists():
        return None
    found: dict[str, dict[str, int]] | None = json.loads(path.read_text(encoding="utf-8")).get("territoires")
    return found


@asset(
    key=estimation_key(DURATIONS),
    deps=[AssetKey(["delais"]), AssetKey(["exposition"]), AssetKey(["indicateurs"])],
    partitions_def=campagnes,
    group_name="estimations",
    kinds={"scipy"},
)
def indicateurs_durees(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """Time each step takes and pairs hold, open ones included: cumulative incidence and survival with intervals."""
    from mentorat.causal.duration_indicators import duration_indicators

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Délais des étapes et durée des binômes")
    marts = (
        read_parquet(settings.marts(campagne) / f"{mart}.parquet") for mart in ("delais", "exposition", "indicateurs")
    )
    return store(settings, campagne, DURATIONS, duration_indicators(campagne, *marts))


@asset(
    key=estimation_key("indicateurs_estimes"),
    deps=[estimation_key(table) for table in INDICATOR_ROWS],
    partitions_def=campagnes,
    group_name="estimations",
)
def indicateurs_estimes(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """Every indicator that Python gives, in the schema of the mart `indicateurs`: reports read the union of both."""
    from mentorat.contracts.indicator_rows import union

    settings, campagne = maison.settings, int(context.partition_key)
    tables = [read_parquet(settings.estimations(campagne) / f"{table}.parquet") for table in INDICATOR_ROWS]
    return store(settings, campagne, "indicateurs_estimes", union(tables))
