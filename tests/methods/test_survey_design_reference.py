"""Means of R's survey (data `api`, package survey 4.1.1) under every design: the variance all else rests on."""

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.design import SurveyDesign, SurveyError, survey_design
from tests.methods.figures import DATA, cases, reference

API = DATA / "survey_api"
LONELY = {"remove": "ignorer", "adjust": "ajuster", "average": "moyenne", "certainty": "certitude"}
DESIGNS = {
    "srs": ("apisrs", {"population": "fpc"}),
    "strat": ("apistrat", {"weights": "pw", "strata": "stype", "population": "fpc"}),
    "strat_nofpc": ("apistrat", {"weights": "pw", "strata": "stype"}),
    "clus1": ("apiclus1", {"weights": "pw", "clusters": "dnum", "population": "fpc"}),
    "clus1_nofpc": ("apiclus1", {"weights": "pw", "clusters": "dnum"}),
    "clus2": ("apiclus2", {"clusters": ["dnum", "snum"], "population": ["fpc1", "fpc2"]}),
    "clus2_onestage": ("apiclus2", {"weights": "pw", "clusters": "dnum"}),
}


def sample(name: str) -> tuple[pd.DataFrame, SurveyDesign]:
    file, arguments = DESIGNS[name]
    frame = pd.read_csv(API / f"{file}.csv")
    return frame, survey_design(frame, **arguments)


def mean(frame: pd.DataFrame, design: SurveyDesign) -> tuple[float, float]:
    y, w = frame["api00"].to_numpy(dtype=float), design.weights
    centre = float((w * y).sum() / w.sum())
    return centre, float(np.sqrt(design.covariance((y - centre) / w.sum())[0, 0]))


@pytest.mark.parametrize("name", cases("survey_api", "*.svymean_api00"))
def test_means_and_errors_are_those_of_svymean(name: str) -> None:
    expected = reference("survey_api")[name]
    assert mean(*sample(name.split(".", maxsplit=1)[0])) == pytest.approx((expected["est"], expected["se"]), rel=1e-10)


@pytest.mark.parametrize("name", cases("survey_api", "*.degf"))
def test_degrees_of_freedom_are_those_of_degf(name: str) -> None:
    assert sample(name.split(".", maxsplit=1)[0])[1].degrees_of_freedom == reference("survey_api")[name]


@pytest.mark.parametrize("name", cases("survey_api", "lonely.*"))
def test_a_stratum_with_one_school_follows_the_rule_chosen(name: str) -> None:
    frame = pd.read_csv(API / "lonely.csv")
    expected = reference("survey_api")[name]
    design = survey_design(frame, weights="pw", strata="stype", lonely_psu=LONELY[name.split(".")[1]])
    assert mean(frame, design) == pytest.approx((expected["est"], expected["se"]), rel=1e-10)


def test_a_stratum_with_one_school_is_refused_unless_a_rule_is_chosen() -> None:
    frame = pd.read_csv(API / "lonely.csv")
    with pytest.raises(SurveyError, match="une grappe"):
        mean(frame, survey_design(frame, weights="pw", strata="stype"))
