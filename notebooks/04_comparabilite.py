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
# # Les jeunes comparés sont-ils comparables ?
#
# Dire ce que change le mentorat, c'est comparer des jeunes mentorés à d'autres qui ne le sont pas. Avant de lire un
# écart, il faut savoir **qui est comparé à qui, et si ces jeunes se ressemblaient avant**. Ce carnet ne montre aucun
# résultat du mentorat : il dit ce que valent les comparaisons.
#
# Il s'adresse à une personne chargée d'évaluation. Il ne lit que des tables déjà passées par le secret statistique.
# Le code de chaque tableau se déplie sous lui.

# %% tags=["cache"]
from display import Drawing, hundredths, released, sentences, subtitle, table
from IPython.display import display

from mentorat.causal.presentation import (
    ROLES,
    balance_in_words,
    balance_rows,
    balance_sentences,
    comparisons,
    hidden,
    losses,
    overlap_in_words,
    overlap_sentences,
)
from mentorat.typography import fr_number
from reports.effect_charts import love_svg, overlap_svg

# %% tags=["parameters"]
estimations = ""
campagne = 2024

# %% tags=["cache"]
effets, flux, equilibre, recouvrement = released(
    estimations, campagne, "effets", "effets_flux", "equilibre", "effets_recouvrement"
)
comparaisons = comparisons(effets, flux, equilibre, recouvrement)

# %% [markdown]
# ## Les comparaisons
#
# **Dans l'enquête**, les mentorés qui ont répondu sont comparés aux non-mentorés qui ont répondu au même
# questionnaire. Tout est demandé une seule fois, en même temps : ce qui distinguait déjà les deux groupes se mêle à ce
# que le mentorat a pu changer.
#
# **Dans les fichiers des départements**, chaque jeune qui commence un mentorat est comparé, ce jour-là, à un jeune qui
# aurait pu commencer et ne le fait pas : d'âge voisin, et semblable sur ce que le plan d'analyse impose (d'ordinaire le
# territoire, le sexe et le type d'accueil). On le cherche d'abord parmi les volontaires qui attendent encore un mentor,
# qui ont fait le même choix ; puis parmi tous les jeunes éligibles. Les deux sont suivis depuis le même jour. Un jeune
# qui attend peut avoir un mentor plus tard : la comparaison dit ce que change **commencer maintenant plutôt que pas
# maintenant**.

# %%
for comparaison in comparisons(effets):
    display(subtitle(comparaison.title))
    display(
        table(
            comparaison.of(effets),
            f"Issues comparées. {comparaison.title}",
            {
                "libelle": ("Issue", str),
                "role": ("Rang dans le plan", ROLES.get),
                "fenetre": ("Observée", lambda quand: quand or "à l'enquête"),
                "n_mentores": ("Mentorés", fr_number),
                "n_non_mentores": ("Comparés", fr_number),
                "n_manquants": ("Sans information", fr_number),
            },
        )
    )

# %%
reserves = hidden(effets) or ["Aucune comparaison n'est masquée."]
sentences(reserves if len(effets) else ["Rien n'est comparé dans cette campagne : aucune table n'a de ligne."])

# %% [markdown]
# Une **issue** est ce qu'on compare : une réponse, un événement. Celle qu'on ne peut encore observer chez aucun jeune,
# parce que le temps où on la regarde (sa fenêtre) n'est pas écoulé, n'a pas de chiffre ; le carnet 05 dit à partir de
# quelle campagne elle en aura. « n. d. » : masqué, ou pas calculable.
#
# ## Du fichier à la comparaison
#
# Chaque étape laisse des jeunes de côté. Ce qu'on conclura ne vaut que pour ceux qui restent.

# %%
for comparaison in comparaisons:
    display(subtitle(comparaison.title))
    display(
        table(
            losses(comparaison.of(flux)),
            f"Étapes. {comparaison.title}",
            {
                "libelle": ("Étape", str),
                "n_mentores": ("Mentorés", fr_number),
                "n_non_mentores": ("Comparés", fr_number),
                "perte": ("Laissés de côté à cette étape", str),
            },
        )
    )

# %% [markdown]
# ## Se ressemblaient-ils avant ?
#
# Pour chaque caractéristique connue d'avant le mentorat, la **différence standardisée** rapporte l'écart des deux
# groupes à la dispersion des mentorés : 0,1 est la limite d'usage au-delà de laquelle les groupes diffèrent. Les
# losanges la donnent avant toute correction ; les ronds, après. Corriger, c'est donner plus de poids aux jeunes comparés
# qui ressemblent aux mentorés (pondération, dans l'enquête), ou ne garder qu'eux (appariement, dans les fichiers des
# départements). Une caractéristique a une ligne par modalité.

# %%
for comparaison in comparaisons:
    lignes = comparaison.of(equilibre)
    display(subtitle(comparaison.title))
    display(sentences([*balance_sentences(lignes), *hidden(lignes, "moyenne")]))
    display(Drawing(love_svg(lignes), f"Équilibre. {comparaison.title}", balance_in_words(lignes)))

# %% [markdown]
# Une moyenne peut être égale quand le reste ne l'est pas. Le rapport des variances (1 : même dispersion ; il n'a de
# sens que pour un nombre) et l'écart de Kolmogorov-Smirnov (0 : même répartition) le disent. Les trois premières
# colonnes sont des moyennes, ou la part des jeunes, de 0 à 1, qui ont la modalité. AED et AEMO : actions éducatives à
# domicile, et en milieu ouvert.

# %%
for comparaison in comparaisons:
    display(
        table(
            balance_rows(comparaison.of(equilibre)),
            f"Caractéristiques d'avant le mentorat. {comparaison.title}",
            {
                "libelle": ("Caractéristique", str),
                "moyenne_mentores": ("Mentorés", hundredths),
                "moyenne_non_mentores_avant": ("Comparés, avant", hundredths),
                "moyenne_non_mentores_apres": ("Comparés, après", hundredths),
                "smd_avant": ("Différence standardisée, avant", hundredths),
                "smd_apres": ("Après", hundredths),
                "rapport_variances_apres": ("Rapport des variances, après", hundredths),
                "ks_apres": ("Kolmogorov-Smirnov, après", hundredths),
            },
        )
    )

# %% [markdown]
# ## Y a-t-il quelqu'un à qui comparer ?
#
# Le **score de propension** résume les caractéristiques connues en une chance d'être mentoré. Là où un groupe est
# seul, aucun calcul ne remplace celui qui manque. La hauteur d'une barre dit une part des jeunes du groupe, quelle que
# soit sa largeur : pour le secret statistique, les classes voisines de trop peu de jeunes sont réunies en une plus large.

# %%
for comparaison in comparaisons:
    lignes = comparaison.of(recouvrement)
    display(subtitle(comparaison.title))
    display(sentences(overlap_sentences(lignes)))
    display(Drawing(overlap_svg(lignes), f"Recouvrement. {comparaison.title}", overlap_in_words(lignes)))

# %% [markdown]
# ## Ce qu'on peut dire, et ce qu'on ne peut pas dire
#
# - **On peut dire** si les groupes se ressemblent, une fois comparés, sur ce que les fichiers contiennent.
# - **On ne peut pas dire** s'ils se ressemblent sur ce qu'ils ne contiennent pas : l'envie, l'entourage, le soutien
#   d'un éducateur. Un équilibre parfait n'est pas une preuve. Le carnet 06 dit de quelle force devrait être ce qui
#   manque pour tout expliquer.
# - **Personne n'a été tiré au sort.** Aucune de ces comparaisons ne vaut une expérience.
