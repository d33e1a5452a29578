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
# # L'enquête de la campagne, du fichier au résultat
#
# Ce carnet suit les réponses des jeunes, des mentors et des professionnels depuis les fichiers déposés jusqu'aux
# pourcentages publiés : qui a répondu, comment les réponses sont pondérées, ce qu'elles disent, avec quelle précision,
# et ce que le secret statistique retire.
#
# Il s'adresse à une personne chargée d'évaluation. Il ne lit que des tables déjà passées par le secret statistique.
# Le code de chaque tableau se déplie sous lui.

# %% tags=["cache"]
from display import Drawing, hundredths, known, p_value, points, released, sentences, table

from mentorat.survey.presentation import (
    by_domain,
    distribution_in_words,
    distributions,
    item_sentence,
    items_in_words,
    positive_answers,
    ratios,
    suppositions,
    tipping_sentences,
)
from mentorat.survey.questionnaire import questionnaire
from mentorat.survey.response_rates import with_rates
from mentorat.survey.survey_results import against_truth
from mentorat.typography import fr_number, fr_percent
from reports.charts import Likert, likert_svg

# %% tags=["parameters"]
estimations = ""
campagne = 2024

# %% tags=["cache"]
resultats, recus, ponderation, verite = released(
    estimations, campagne, "enquete_resultats", "enquete_taux_reponse", "enquete_ponderation", "enquete_verite"
)
fiabilite, indices, ordinal, manquants, sensibilite = released(
    estimations,
    campagne,
    "enquete_fiabilite",
    "enquete_indices",
    "enquete_ordinal",
    "enquete_manquants",
    "enquete_sensibilite",
)
taux = with_rates(recus)
groupes = dict(questionnaire().groupes)
vague = int(resultats["vague"].max()) if len(resultats) else 1


def de_groupe(lignes):
    return lignes.assign(groupe=lignes["groupe"].map(groupes))


def remarques(lignes, nom):
    paires = zip(lignes[nom], lignes["avertissements"], strict=True)
    return sentences([f"{libelle} : {dit}" for libelle, dit in paires if isinstance(dit, str) and dit])


def likert(groupe, titre, echelle="accord"):
    trouve = distributions(resultats, groupe, vague, echelle)
    if not trouve:
        return sentences([f"{groupes[groupe]} : aucune réponse reçue pour cette campagne."])
    codes = questionnaire().echelles[echelle]
    reponses = list(trouve[0].item.codes.values())
    neutre = list(trouve[0].item.codes).index(codes.neutre) if codes.neutre else None
    barres = [Likert(un.item.libelle, un.shares) for un in trouve]
    svg = likert_svg(barres, reponses, neutre, "part des réponses, de part et d'autre de la réponse du milieu")
    return Drawing(svg, titre, distribution_in_words(trouve))


# %% [markdown]
# ## Qui a répondu
#
# Un taux de réponse se calcule sur les personnes invitées, que liste l'échantillon de tirage. Sans échantillon, il
# n'est pas calculable, et les réponses ne valent que pour ceux qui ont répondu.

# %%
ensemble = taux[(taux["association"] == "ensemble") & (taux["departement"] == "ensemble")]
table(
    de_groupe(ensemble),
    "Invitations et réponses",
    {
        "groupe": ("Groupe", str),
        "vague": ("Vague", str),
        "invites": ("Invités", fr_number),
        "repondants": ("Répondants", fr_number),
        "taux": ("Taux de réponse", fr_percent),
        "reponses_recues": ("Réponses reçues", fr_number),
        "reponses_hors_echantillon": ("Hors échantillon", fr_number),
    },
)

# %%
sentences(
    [
        f"{ligne['groupe']} : {ligne['avertissements']}"
        for _, ligne in de_groupe(ensemble).iterrows()
        if ligne["avertissements"]
    ]
)

# %% [markdown]
# Le taux varie d'une association à l'autre. Une association qui répond moins pèse moins : c'est l'une des raisons de
# pondérer.

# %%
table(
    taux[(taux["association"] != "ensemble") & (taux["groupe"] == "mentores")],
    "Taux de réponse des jeunes mentorés, par association",
    {
        "association": ("Association", str),
        "invites": ("Invités", fr_number),
        "repondants": ("Répondants", fr_number),
        "taux": ("Taux de réponse", fr_percent),
    },
)

# %% [markdown]
# ## Comment les réponses sont pondérées
#
# Un poids dit combien de jeunes représente un répondant. Le premier vient du tirage ; le deuxième compense, dans
# chaque strate, ceux qui n'ont pas répondu ; le dernier, pour les seuls non-mentorés, ramène l'âge, le sexe, le type
# d'accueil et la région à ce que disent les fichiers de l'ASE. Les mentorés ne sont pas calés : les marges connues
# sont celles de tous les jeunes confiés, qu'ils ne représentent pas.
#
# Des poids inégaux coûtent de la précision : la taille efficace dit combien de réponses de même poids donneraient
# autant d'information.

# %%
table(
    de_groupe(ponderation),
    "Poids après chaque étape",
    {
        "groupe": ("Groupe", str),
        "etape": ("Pondération", str),
        "n": ("Répondants", fr_number),
        "somme": ("Somme des poids", fr_number),
        "poids_min": ("Plus petit", hundredths),
        "poids_max": ("Plus grand", hundredths),
        "ess": ("Taille efficace", fr_number),
    },
)

# %%
sentences(
    [
        f"{ligne['groupe']} : {ligne['remarques']}"
        for _, ligne in de_groupe(ponderation).iterrows()
        if ligne["remarques"]
    ]
)

# %% [markdown]
# ## Ce que répondent les jeunes mentorés
#
# Chaque barre est une question. À droite du trait, l'accord ; à gauche, le désaccord ; la réponse du milieu est à
# cheval. Une question posée aux seuls mentorés dit une **satisfaction**, pas un effet du mentorat.

# %%
likert("mentores", "Réponses des jeunes mentorés aux questions d'accord")

# %% [markdown]
# ## Ce que répondent les jeunes non mentorés

# %%
likert("non_mentores", "Réponses des jeunes non mentorés aux questions d'accord")

# %% [markdown]
# Les deux groupes ne se ressemblent pas au départ : la différence entre leurs réponses n'est pas l'effet du mentorat.
# L'écart ajusté est dans le carnet 05, avec ses précautions.

# %% [markdown]
# ## Toutes les questions, avec leur intervalle
#
# L'intervalle de confiance tient compte des poids et de ce que les jeunes d'une même structure se ressemblent.
# L'effet de plan mesure cette perte : à 1,2, il faut 20 % de réponses en plus pour la même précision. Un intervalle
# n'est jamais plus étroit que si les réponses étaient indépendantes.

# %%
positives = positive_answers(resultats, vague)
parts = positives[positives["mesure"] == "part_positive"]
table(
    parts,
    "Part des réponses positives",
    {
        "libelle": ("Question", str),
        "qui": ("Groupe", str),
        "estimation": ("Part", fr_percent),
        "ic_bas": ("Borne basse", fr_percent),
        "ic_haut": ("Borne haute", fr_percent),
        "n": ("Réponses", fr_number),
        "n_manquants": ("Sans réponse", fr_number),
        "deff": ("Effet de plan", hundredths),
    },
)

# %%
table(
    positives[positives["mesure"] == "moyenne"],
    "Moyennes",
    {
        "libelle": ("Question", str),
        "qui": ("Groupe", str),
        "estimation": ("Moyenne", hundredths),
        "ic_bas": ("Borne basse", hundredths),
        "ic_haut": ("Borne haute", hundredths),
        "n": ("Réponses", fr_number),
    },
)

# %% [markdown]
# ## Selon l'âge
#
# Un sous-groupe a moins de réponses, donc un intervalle plus large. Les cases trop petites sont masquées, avec ce
# qu'il faut pour que leur total ne les redonne pas.

# %%
table(
    by_domain(resultats, "se_sent_seul", "mentores", vague, "tranche_age"),
    "Jeunes mentorés qui disent se sentir seuls, selon l'âge",
    {
        "domaine": ("Âge", str),
        "estimation": ("Part", fr_percent),
        "ic_bas": ("Borne basse", fr_percent),
        "ic_haut": ("Borne haute", fr_percent),
        "n": ("Réponses", fr_number),
    },
)

# %% [markdown]
# ## Ce que répondent les mentors

# %%
likert("mentors", "Réponses des mentors")

# %% [markdown]
# ## Ce que répondent les professionnels
#
# « Faire double emploi » est une crainte : ici, c'est le désaccord qui est favorable au mentorat.

# %%
likert("professionnels", "Réponses des professionnels")

# %% [markdown]
# ## Les indicateurs inspirés du socle commun
#
# La liste de huit du Collectif Mentorat n'est pas publique : les libellés sont les nôtres. « Notes et organisation »
# n'est lu que dans la moyenne générale (tableau des moyennes, plus haut), aucune question ne porte sur l'organisation.

# %%
socle = {core.item: core.libelle for core in questionnaire().socle.values()}
retenus = parts[parts["item"].isin(socle) & parts["groupe"].isin(["mentores", "professionnels"])]
sentences([f"{socle[ligne['item']]}. {item_sentence(ligne)}" for _, ligne in retenus.iterrows()])

# %% [markdown]
# ## Les réponses qui manquent
#
# Répondre à l'enquête n'est pas répondre à chaque question. Si une question est laissée plus souvent dans un groupe
# que dans l'autre, l'écart entre les groupes peut venir de là. Les p sont corrigés par la méthode de Holm sur
# l'ensemble des questions, et l'intervalle tient compte de ce que les jeunes d'une structure se ressemblent.

# %%
table(
    manquants,
    "Questions laissées sans réponse, dans chaque groupe",
    {
        "libelle": ("Question", str),
        "taux_mentores": ("Mentorés", fr_percent),
        "taux_non_mentores": ("Non mentorés", fr_percent),
        "ecart": ("Écart (points)", points),
        "ic_bas": ("Borne basse", points),
        "ic_haut": ("Borne haute", points),
        "p_holm": ("p (Holm)", p_value),
    },
)

# %% [markdown]
# Pour les deux questions déclarées à l'avance, l'écart brut est calculé sous trois suppositions. Les réponses
# données seules : les absents sont laissés de côté. L'imputation multiple : vingt fois, chaque réponse manquante est
# tirée parmi celles de jeunes semblables (groupe, structure, âge, sexe, accueil, poids, autres réponses), et
# l'intervalle s'élargit de ce que les vingt tirages diffèrent. Les bornes : tous les absents d'un groupe auraient
# répondu oui et tous ceux de l'autre non, puis l'inverse ; elles ne supposent rien. L'écart brut n'est pas l'effet du
# mentorat.

# %% [markdown] tags=["simulation"]
# La vérité simulée est ici celle de cet écart, non celle de l'effet.

# %%
table(
    suppositions(sensibilite, verite),
    "Écart brut (mentorés moins non mentorés, en points) selon ce qu'on suppose des réponses manquantes",
    {
        "libelle": ("Question", str),
        "methode": ("Supposition", str),
        "ecart": ("Écart", points),
        "ecart_bas": ("Au plus bas", points),
        "ecart_haut": ("Au plus haut", points),
        "ic_bas": ("Borne basse à 95 %", points),
        "ic_haut": ("Borne haute à 95 %", points),
        "information_manquante": ("Information perdue", fr_percent),
        **known(suppositions(sensibilite, verite), "vrai", "Vérité", points),
    },
)

# %%
sentences(tipping_sentences(sensibilite))

# %% [markdown]
# ## Les dimensions : ce que les questions mesurent ensemble
#
# Une dimension réunit plusieurs questions. L'alpha dit si elles vont dans le même sens : au-dessus de 0,7, leur
# moyenne résume bien les réponses ; en dessous de 0,6, mieux vaut lire les questions une à une. L'oméga est la part de
# la somme qu'un seul facteur commun explique ; il demande trois questions.

# %% [markdown] tags=["simulation"]
# Dans une enquête simulée, les réponses d'un jeune sont tirées presque indépendamment les unes des autres : un alpha
# proche de zéro y est attendu et ne dit rien du vrai questionnaire.

# %%
table(
    de_groupe(fiabilite),
    "Fiabilité de chaque dimension",
    {
        "libelle": ("Dimension", str),
        "groupe": ("Groupe", str),
        "vague": ("Vague", str),
        "n_items": ("Questions", fr_number),
        "n": ("Réponses complètes", fr_number),
        "alpha": ("Alpha", hundredths),
        "ic_bas": ("Borne basse", hundredths),
        "ic_haut": ("Borne haute", hundredths),
        "omega": ("Oméga", hundredths),
    },
)

# %% [markdown]
# L'indice d'une dimension est la moyenne de ses questions, toutes tournées dans le sens favorable et mises à la même
# échelle. Il vaut zéro en moyenne chez les non-mentorés, et s'exprime en écarts-types de ce groupe : 0,2 est un petit
# écart, 0,5 un écart moyen. Il ne vaut que ce que vaut la fiabilité du tableau précédent, et compare les groupes
# tels qu'ils sont. Seules les moyennes sont diffusées ; l'indice d'un jeune ne sort jamais.

# %%
table(
    indices,
    "Indice moyen des mentorés moins celui des non-mentorés (zéro), en écarts-types des non-mentorés",
    {
        "libelle": ("Dimension", str),
        "ecart": ("Écart", hundredths),
        "ic_bas": ("Borne basse", hundredths),
        "ic_haut": ("Borne haute", hundredths),
        "n_mentores": ("Mentorés", fr_number),
        "n_non_mentores": ("Non-mentorés", fr_number),
        "n_sans_indice": ("Sans indice", fr_number),
    },
)

# %%
sentences(
    [
        f"{ligne['libelle']} : {items_in_words(ligne['items'])}."
        for _, ligne in indices[indices["items"].notna()].iterrows()
    ]
)

# %%
remarques(indices, "libelle")

# %% [markdown]
# ## L'échelle entière, groupe contre groupe
#
# « D'accord ou tout à fait d'accord » coupe l'échelle en deux et en oublie une partie. Le rapport de cotes compare les
# groupes sur l'échelle entière : à 1,5, les chances d'une réponse plus élevée sont, à chaque seuil, une fois et demie
# plus grandes chez les mentorés. Une réponse plus élevée n'est pas toujours favorable (absences). Un seul
# rapport suppose qu'il est le même à tous les seuils : quand le test le rejette (p du dernier test inférieur à
# 0,05), lisez plutôt la distribution. Ce test compte les réponses comme indépendantes. Là encore, rien n'est
# ajusté.

# %% [markdown] tags=["simulation"]
# La vérité simulée est celle du seuil des réponses positives : elle s'écarte du rapport là où il change d'un seuil à
# l'autre.

# %%
table(
    ratios(ordinal, verite),
    "Rapport de cotes d'une réponse plus élevée, mentorés sur non-mentorés",
    {
        "libelle": ("Question", str),
        "rapport_cotes": ("Rapport", hundredths),
        "ic_bas": ("Borne basse", hundredths),
        "ic_haut": ("Borne haute", hundredths),
        "p_holm": ("p (Holm)", p_value),
        "p_proportionnalite": ("p, même rapport à tous les seuils", p_value),
        **known(ratios(ordinal, verite), "vrai", "Vérité, réponses positives", hundredths),
    },
)

# %% [markdown] tags=["simulation"]
# ## Retrouve-t-on la vérité ?
#
# Quand les données sont simulées, on sait ce que l'enquête devait trouver : la chance d'une réponse positive donnée à
# chaque répondant. Le tableau la met en regard de l'estimation. Un intervalle à 95 % manque la vérité une fois sur
# vingt environ : quelques « non » sont attendus. Une seule campagne simulée est un exemple, pas une preuve.

# %% tags=["simulation"]
table(
    de_groupe(against_truth(resultats, verite)),
    "Estimation et vérité simulée",
    {
        "libelle": ("Question", str),
        "groupe": ("Groupe", str),
        "estimation": ("Estimation", fr_percent),
        "ic_bas": ("Borne basse", fr_percent),
        "ic_haut": ("Borne haute", fr_percent),
        "part_vraie": ("Vérité simulée", fr_percent),
        "retrouve": ("Dans l'intervalle", lambda oui: "oui" if oui else "non"),
    },
)

# %% [markdown]
# ## Ce qu'il faut retenir
#
# - Les pourcentages sont pondérés quand un échantillon le permet ; sinon, ils ne valent que pour les répondants.
# - L'intervalle dit l'incertitude du tirage, pas celle des absents : ceux qui n'ont pas répondu peuvent différer.
# - Une question laissée sans réponse n'est pas un « non » : les bornes disent ce que les absents pourraient changer.
# - Une réponse des seuls mentorés est une satisfaction. Une différence entre groupes n'est pas un effet.
