"""Recovery of a known effect under observed selection and clusters: seeded and small."""

from mentorat.causal.survey_effect_tables import survey_effect_tables
from tests.unit.causal.survey_tables import survey_tables
from tests.unit.causal.test_survey_effect_tables import QUICK, plan_with

DRAWS = 30
ITEM = "projection_direction"
AS_SECONDARY = plan_with(
    grille=QUICK.enquete.grille.model_dump(), familles={"principale": ("se_sent_seul",)}, robustesse=()
)
"""The item is secondary: its estimate is the same, without what is dear and is looked at for primary outcomes alone."""


def test_the_adjusted_interval_covers_the_true_effect_and_the_raw_one_does_not() -> None:
    adjusted = raw = 0
    for seed in range(DRAWS):
        tables, effect = survey_tables(seed=100 + seed, n=1000, effect=0.5)
        keep = [name for name in tables["mentores"].columns if name not in {"confiance_en_soi", "envie_reussir"}]
        tables["mentores"] = tables["mentores"][keep]
        tables["non_mentores"] = tables["non_mentores"].drop(columns="confiance_en_soi")
        row = survey_effect_tables(**tables, plan=AS_SECONDARY).effets.set_index("issue").loc[ITEM]
        adjusted += row["ic_bas"] <= effect <= row["ic_haut"]
        raw += row["naif_ic_bas"] <= effect <= row["naif_ic_haut"]
    # Nominal 95 %; 25 of 30 lies three standard errors below.
    assert adjusted >= 25
    assert raw <= DRAWS / 2
