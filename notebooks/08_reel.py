# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Les méthodes sur des données réelles et publiques
#
# Les chiffres de l'évaluation sortent de programmes. Ce carnet les met à l'épreuve sur **deux études publiées, dont on
# connaît déjà la réponse** : un essai de mentorat, et une formation professionnelle que les statisticiens recalculent
# depuis quarante ans. Aucune ne porte sur l'aide sociale à l'enfance : elles ne disent rien des jeunes confiés, mais
# elles éprouvent l'outil.
#
# Leurs données sont publiques, mais ne sont pas livrées avec la plateforme : elles sont lues dans un dossier de la
# machine, quand elles y sont. La page est construite dans tous les cas, et dit ce qui manque.

# %% tags=["cache"]
from display import Drawing, hundredths, known, p_value, released, sentences, table
from IPython.display import display

from mentorat.causal.real_studies import (
    READINGS,
    TRAINING,
    TRIAL,
    balance_beside,
    figures,
    is_there,
    training_sentences,
    trial_sentences,
)
from mentorat.typography import fr_number, fr_percent
from reports.charts import Interval, forest_svg

# %% tags=["parameters"]
estimations = ""
campagne = 2024

# %% tags=["cache"]
(etudes,) = released(estimations, campagne, "etudes_reelles")
essai, formation = is_there(etudes, TRIAL), is_there(etudes, TRAINING)
BORNES = {"ic_bas": ("Borne basse à 95 %", fr_number), "ic_haut": ("Borne haute à 95 %", fr_number)}


def foret(lignes, serie, axe, titre):
    intervalles = [
        Interval(ligne["libelle"], serie, ligne["estimation"], ligne["ic_bas"], ligne["ic_haut"])
        for _, ligne in lignes.iterrows()
    ]
    dits = [
        f"{un.label} : {fr_number(un.estimate)} (de {fr_number(un.low)} à {fr_number(un.high)})" for un in intervalles
    ]
    return Drawing(forest_svg(intervalles, axe), titre, " ; ".join(dits))


# %% [markdown]
# ## 1. Un essai de mentorat : une mentore, une formation, ou rien
#
# À Dandora, un quartier de Nairobi, 372 commerçantes ont reçu par tirage au sort une mentore, une formation en classe,
# ou rien ; leur profit de la semaine a été demandé une fois avant, puis en sept vagues (Brooks, Donovan et Johnson,
# *American Economic Journal: Applied Economics*, 2018). **La même personne répond plusieurs fois** : ses réponses se
# ressemblent, comme celles des jeunes d'un même établissement dans l'enquête.

# %%
sentences(trial_sentences(etudes))

# %%
if essai:
    display(
        table(
            figures(etudes, TRIAL, "effet"),
            "Effet sur le profit de la semaine, en shillings kényans, selon le calcul de l'erreur",
            {
                "libelle": ("Proposition", str),
                "methode": ("Erreur", str),
                "estimation": ("Effet", lambda valeur: fr_number(valeur, 1)),
                "se": ("Erreur type", lambda valeur: fr_number(valeur, 1)),
                **BORNES,
                "p": ("p", p_value),
                "n": ("Réponses", fr_number),
                "grappes": ("Unités", fr_number),
            },
        )
    )
    display(sentences([READINGS["erreur"]]))

# %% [markdown]
# ### L'effet, vague par vague
#
# Toutes n'ont pas continué de voir leur mentore. L'effet est-il resté ?

# %%
vagues = figures(etudes, TRIAL, "vague").merge(
    figures(etudes, TRIAL, "rencontre")[["cle", "estimation"]].rename(columns={"estimation": "rencontre"}),
    on="cle",
    how="left",
)
if essai:
    display(
        foret(
            vagues,
            "Mentore",
            "Écart de profit avec le groupe sans mentore, en shillings",
            "Effet de la proposition d'une mentore à chaque vague, avec son intervalle à 95 %",
        )
    )
    display(
        table(
            vagues,
            "Effet par vague, et part de celles qui voyaient encore leur mentore",
            {
                "libelle": ("Vague", str),
                "n": ("Réponses", fr_number),
                "estimation": ("Effet, en shillings", fr_number),
                **BORNES,
                **known(vagues, "rencontre", "Voient leur mentore", fr_percent),
            },
        )
    )
    display(sentences([READINGS["vagues"]]))

# %% [markdown]
# ## 2. LaLonde : la réponse est connue, la comparaison est mauvaise
#
# 185 personnes ont suivi une formation ; on les compare à 429 personnes d'une enquête, plus aisées et plus souvent
# diplômées. La formation avait été tirée au sort : on connaît donc la réponse que la comparaison devrait retrouver
# (LaLonde, 1986 ; Dehejia et Wahba, 1999). C'est, en petit, la question de l'évaluation : **des mentorés et des
# non-mentorés qui ne se ressemblaient pas au départ**.

# %%
sentences(training_sentences(etudes))

# %%
if formation:
    revenus = figures(etudes, TRAINING, "effet")
    display(
        foret(
            revenus,
            "Revenu en 1978",
            "Effet sur le revenu de 1978, en dollars",
            "Effet de la formation selon la méthode, avec son intervalle à 95 %",
        )
    )
    display(
        table(
            revenus,
            "Effet de la formation sur le revenu de 1978, en dollars",
            {
                "libelle": ("Méthode", str),
                "n": ("Personnes", fr_number),
                "estimation": ("Effet", fr_number),
                **BORNES,
            },
        )
    )

# %% [markdown]
# ### Les groupes se ressemblent-ils, une fois comparés ?
#
# Une différence standardisée au-delà de 0,1 en valeur absolue est un déséquilibre. L'appariement un pour un garde les
# 185, et laisse donc des personnes sans vrai semblable ; la pondération par entropie égale les moyennes ; se limiter aux
# proches semblables rapproche mieux les groupes, mais perd des personnes, et l'effet n'est plus celui des 185.

# %%
if formation:
    display(
        table(
            balance_beside(etudes),
            "Différence standardisée de chaque caractéristique, avant et après",
            {
                "libelle": ("Caractéristique", str),
                "avant": ("Avant", hundredths),
                "plus_proche_voisin": ("Plus proche voisin", hundredths),
                "calibre": ("Écart d'au plus 0,2", hundredths),
                "score_ipw": ("Score", hundredths),
                "entropie": ("Entropie", hundredths),
            },
        )
    )

# %% [markdown]
# ## Ce qu'on peut dire, et ce qu'on ne peut pas dire
#
# **On peut dire**, là où les données ont été lues, si ces programmes redonnent les chiffres publiés de ces études, et de
# combien l'erreur change quand on tient compte de ce qui se ressemble.
#
# **On ne peut pas dire** que le mentorat agit chez les jeunes confiés comme chez des commerçantes de Nairobi, ni qu'une
# comparaison ajustée retrouve toujours la réponse d'un tirage au sort : ici, on la connaissait.
