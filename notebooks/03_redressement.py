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
# # Du nombre observé au total national : le redressement, pas à pas
#
# Toutes les collectivités ne répondent pas. Le nombre de jeunes ayant un mentor, additionné sur celles qui répondent,
# est donc trop petit pour la France. Ce carnet montre **comment on passe de l'un à l'autre, avec quelle incertitude,
# et ce que chaque réponse manquante apporterait**.
#
# Il s'adresse à une personne chargée d'évaluation. Tous les nombres viennent de tables passées par le secret
# statistique : ils sont arrondis, et les intervalles le sont vers l'extérieur. Le code de chaque tableau se déplie
# sous lui.

# %% tags=["cache"]
from display import Drawing, released, sentences, table

from mentorat.survey.national_tables import gap_intervals, narrowing, statements, truth_beside, under
from mentorat.typography import fr_number, fr_percent
from reports.charts import Bar, Interval, bars_svg, forest_svg, histogram_svg

# %% tags=["parameters"]
estimations = ""
campagne = 2024

# %% tags=["cache"]
totaux, strates, manquants, residus = released(
    estimations, campagne, "redressement", "redressement_strates", "redressement_manquants", "redressement_residus"
)
couverture = under(totaux, "O3r")

# %% [markdown]
# ## L'essentiel

# %%
sentences(statements(couverture))

# %% [markdown]
# ## 1. Qui a répondu
#
# Une collectivité *répond* quand elle transmet ses propres dossiers de mentorat, sans les déclarer partiels. Les
# associations transmettent aussi des binômes, parfois dans des collectivités qui ne répondent pas : ces jeunes sont
# connus, et le total ne peut pas être plus petit, mais rien ne dit que toutes les associations présentes ont transmis
# les leurs. Une remontée agrégée compte des binômes, non des jeunes : elle répond pour les binômes seulement.
#
# Les collectivités sont rangées en strates : les tiers de taille de la métropole, et l'outre-mer. La taille est le
# nombre de mesures d'aide sociale à l'enfance publié par la Drees, accueils et actions éducatives. La Corse et l'Alsace
# comptent chacune pour une collectivité, le Rhône pour deux. Mayotte, dont la Drees ne publie pas les mesures, n'est
# pas dans l'estimation.

# %%
table(
    under(strates, "O3r"),
    "Collectivités ayant répondu, par strate",
    {
        "libelle": ("Strate", str),
        "n_collectivites": ("Collectivités", fr_number),
        "n_reponses": ("Ayant répondu", fr_number),
        "part_accueils": ("Part des accueils de la strate", fr_percent),
    },
)

# %% [markdown]
# Une strate où moins de trois collectivités répondent, alors que d'autres manquent, est réunie à celle dont la taille
# moyenne est la plus proche ; « L'essentiel » le dit quand c'est le cas.

# %% [markdown]
# ## 2. Le ratio
#
# Dans chaque strate, on rapporte les jeunes ayant un mentor aux mesures de la Drees, chez celles qui ont répondu. On
# suppose que ce rapport vaut aussi pour les autres, et on l'applique à leurs mesures. La somme des strates donne le
# total. C'est l'**estimateur par le ratio**, séparé par strate.
#
# ## 3. Le calage
#
# Le calage fait la même chose avec deux mesures au lieu d'une : il pondère les collectivités qui ont répondu de façon
# à retrouver, dans chaque strate, à la fois les accueils et les actions éducatives. Si la part de jeunes confiés
# explique qu'il y ait plus ou moins de mentors, il est plus juste ; sinon, il n'apporte rien. **Deux calculs qui
# s'accordent rassurent ; deux calculs qui divergent disent que l'estimation tient au choix du calcul.**

# %%
table(
    couverture.assign(nom=couverture["estimateur"].map({"ratio": "Ratio", "calage": "Calage"})),
    "Jeunes ayant un binôme actif au 31 décembre, France hors Mayotte",
    {
        "nom": ("Calcul", str),
        "observe": ("Observé", fr_number),
        "connu": ("Connu, associations comprises", fr_number),
        "estimation": ("Estimation", fr_number),
        "ic_bas": ("Borne basse à 95 %", fr_number),
        "ic_haut": ("Borne haute à 95 %", fr_number),
        "part": ("Part des jeunes suivis", fr_percent),
    },
)

# %% [markdown]
# ## 4. L'intervalle
#
# L'intervalle dit ce que l'estimation doit au hasard de *qui* a répondu : avec d'autres collectivités, de la même
# strate, elle aurait été autre. Il tient compte de ce que la plupart ont déjà répondu : quand toutes répondent, il se
# réduit à un point. Il ne dit rien de deux autres erreurs possibles : des dossiers mal remplis, et des collectivités
# qui ne répondraient pas **parce que** le mentorat y est peu développé. Contre cette dernière, il n'y a que les
# réponses elles-mêmes.

# %%
ecarts = gap_intervals(couverture)
Drawing(
    forest_svg(
        [
            Interval(ligne["nom"], "Écart à l'objectif", ligne["ecart"], ligne["ecart_bas"], ligne["ecart_haut"])
            for _, ligne in ecarts.iterrows()
        ],
        "Écart à l'objectif national, en jeunes",
    ),
    "Écart entre le total estimé et l'objectif national, avec son intervalle à 95 %",
    " ".join(ecarts["phrase"]),
) if len(ecarts) else sentences(["L'écart à l'objectif n'est pas publié."])

# %% [markdown]
# ## 5. Le ratio tient-il ?
#
# Un ratio suppose que les collectivités d'une strate se ressemblent. On mesure ici l'écart de chacune au rapport de sa
# strate, en écarts-types à sa taille. Un histogramme étalé d'un seul côté, ou des collectivités très loin, diraient
# que quelques-unes pèsent trop. Seules y figurent celles dont l'effectif est publié.

# %%
classes = under(residus, "O3r")
comptes = list(zip(classes["classe"], classes["n_collectivites"], strict=True))
Drawing(
    histogram_svg(comptes, "écart au rapport de la strate, en écarts-types", "collectivités"),
    "Écart de chaque collectivité au rapport de sa strate",
    " ; ".join(f"{classe} : {nombre}" for classe, nombre in comptes),
) if comptes else sentences(["Sans estimation, il n'y a pas d'écart à montrer."])

# %% [markdown]
# ## 6. Ce que chaque réponse manquante apporterait
#
# Une réponse de plus réduit l'intervalle de deux façons : elle remplace une supposition par un compte, et elle dit
# mieux le rapport de sa strate. L'effet dépend de la taille de la collectivité, et de ce que les autres de sa strate
# se ressemblent ou non. La liste est dans l'ordre qui resserre l'intervalle le plus vite.

# %%
sentences(narrowing(under(manquants, "O3r")))

# %%
reponses = under(manquants, "O3r")
table(
    reponses,
    "Collectivités sans réponse, et part de l'intervalle que leur réponse retirerait (ordre de grandeur attendu)",
    {
        "libelle": ("Collectivité", str),
        "mesures": ("Mesures (Drees)", fr_number),
        "reduction": ("Sa réponse seule", lambda part: fr_percent(part, 0)),
        "reduction_cumulee": ("Avec celles qui la précèdent", lambda part: fr_percent(part, 0)),
    },
)

# %%
Drawing(
    bars_svg(
        [
            Bar(ligne["libelle"], 100 * ligne["reduction_cumulee"], fr_percent(ligne["reduction_cumulee"], 0))
            for _, ligne in reponses.head(12).iterrows()
        ]
    ),
    "Réduction de l'intervalle, une réponse après l'autre",
    " ".join(narrowing(reponses)),
) if len(reponses) else sentences(narrowing(reponses))

# %% [markdown]
# ## 7. Les autres totaux
#
# Le même calcul vaut pour tout nombre qui s'additionne d'une collectivité à l'autre.

# %%
table(
    totaux[(totaux["estimateur"] == "ratio") & (totaux["indicateur"] != "O3r")],
    "Autres totaux nationaux redressés, par le ratio",
    {
        "libelle": ("Total", str),
        "n_reponses": ("Collectivités ayant répondu", fr_number),
        "part_accueils": ("Part des accueils", fr_percent),
        "estimation": ("Estimation", fr_number),
        "ic_bas": ("Borne basse à 95 %", fr_number),
        "ic_haut": ("Borne haute à 95 %", fr_number),
    },
)

# %% [markdown] tags=["simulation"]
# ## 8. À côté de la vérité, quand les données sont simulées
#
# Dans un dépôt simulé, on connaît le nombre qu'on cherche à estimer. Une estimation honnête le contient dans son
# intervalle dix-neuf fois sur vingt.

# %% tags=["simulation"]
sentences(truth_beside(totaux))

# %% [markdown]
# ## Ce qu'on peut dire, et ce qu'on ne peut pas dire
#
# **On peut dire** combien de jeunes ont un mentor en France hors Mayotte, à l'intervalle près, **si, dans chaque strate,
# les collectivités sans réponse ressemblent aux autres**.
#
# **On ne peut pas dire** combien de jeunes ont un mentor dans une collectivité qui n'a pas répondu : l'estimation ne
# vaut que pour l'ensemble. Et aucun calcul ne remplace une réponse : si celles qui se taisent sont celles où le
# mentorat n'existe pas, le total est surestimé, et l'intervalle n'en dit rien.
