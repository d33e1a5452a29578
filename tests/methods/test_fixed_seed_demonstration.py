"""The demonstration dépôt, at its default size and seed: what the run publishes of the effect, beside the stored truth.

One simulated campagne is an example with a fixed seed, not a proof: coverage over many draws is in `benchmarks/`.
"""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from mentorat.causal.conclusion import conclude
from mentorat.causal.plan import load_plan
from mentorat.causal.survey_effect_tables import survey_effect_tables
from mentorat.identity.keys import load_keys
from mentorat.intake.reception import receive
from mentorat.settings import CHECKOUT, Settings
from mentorat.simulation import write_demo

CAMPAGNE = 2024
PRIMARY = ["projection_direction", "se_sent_seul"]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """Estimated effects by item, and the true ones; the survey's files alone go through intake."""
    settings = Settings(data=tmp_path_factory.mktemp("demonstration"))
    write_demo(settings)
    for sender in settings.depot(CAMPAGNE).iterdir():
        if sender.is_dir() and sender.name != "enquete":
            shutil.rmtree(sender)
    etude = receive(settings, CAMPAGNE, load_keys(settings, simulated=True)).etude
    plan = load_plan(CHECKOUT / "notebooks" / "plans" / "demonstration.yml")
    # the effects alone: their curve of specifications has tests of its own
    grid = plan.enquete.grille.model_copy(update={"au_choix": {}, "permutations": 0})
    short = plan.model_copy(update={"enquete": plan.enquete.model_copy(update={"grille": grid})})
    survey = (etude[f"enquete_{part}"] for part in ("mentores", "non_mentores", "echantillon"))
    estimates = survey_effect_tables(*survey, short)
    truth = json.loads(Path(settings.verite(CAMPAGNE)).read_text(encoding="utf-8"))["enquete"]["items"]
    return conclude(estimates.effets, plan).set_index("issue"), truth


@pytest.mark.parametrize("item", PRIMARY)
def test_the_adjusted_interval_covers_the_true_effect(found: tuple[pd.DataFrame, dict], item: str) -> None:
    effects, truth = found
    assert effects.loc[item, "ic_bas"] <= truth[item]["att"] <= effects.loc[item, "ic_haut"]


@pytest.mark.parametrize("item", PRIMARY)
def test_the_naive_difference_misses_it(found: tuple[pd.DataFrame, dict], item: str) -> None:
    effects, truth = found
    row = effects.loc[item]
    assert not row["naif_ic_bas"] <= truth[item]["att"] <= row["naif_ic_haut"]


def test_the_survey_has_its_full_size(found: tuple[pd.DataFrame, dict]) -> None:
    effects, _ = found
    rows = effects.loc[PRIMARY]
    assert (rows["n_mentores"] + rows["n_non_mentores"] + rows["n_manquants"] == 3000).all()


def test_a_one_wave_comparison_is_never_called_established(found: tuple[pd.DataFrame, dict]) -> None:
    effects, _ = found
    assert set(effects["preuve"]) <= {"descriptif", "non concluant"}
