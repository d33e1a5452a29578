# Effect of contact on the bitterness of wine, for the bottles with contact, by g-computation on a cumulative logit.
# Estimates: MASS::polr. Errors: delta method on the covariance of survey::svyolr, clustered on judges.
# From this folder: Rscript reference.R
suppressMessages({library(MASS); library(survey)})
wine <- read.csv("../ordinal_wine/wine.csv")
wine$note <- factor(wine$rating, ordered = TRUE)
wine$avec <- as.numeric(wine$contact == "yes")
wine$chaud <- as.numeric(wine$temp == "warm")
wine$poids <- 1 + (seq_len(nrow(wine)) %% 3) / 2

effect <- function(par, values, rows) {
  beta <- par[1:2]; theta <- par[-(1:2)]
  mean_of <- function(avec) {
    eta <- beta[1] * avec + beta[2] * wine$chaud[rows]
    cumulative <- plogis(outer(-eta, theta, "+"))
    chance <- cbind(cumulative, 1) - cbind(0, cumulative)
    weighted.mean(chance %*% values, wine$poids[rows])
  }
  mean_of(1) - mean_of(0)
}
gradient <- function(par, values, rows) sapply(seq_along(par), function(k) {
  step <- replace(numeric(length(par)), k, 1e-5)
  (effect(par + step, values, rows) - effect(par - step, values, rows)) / 2e-5
})
found <- polr(note ~ avec + chaud, data = wine, weights = poids, Hess = TRUE, control = list(reltol = 1e-14))
survey_fit <- svyolr(note ~ avec + chaud, design = svydesign(~judge, weights = ~poids, data = wine))
v <- vcov(survey_fit)
rows <- wine$avec == 1
for (name in c("score", "positive")) {
  values <- if (name == "score") 1:5 else c(0, 0, 0, 1, 1)
  g <- gradient(c(found$coefficients, found$zeta), values, rows)
  cat(sprintf('"%s": {"estimate": %.10f, "se": %.10f}\n', name,
              effect(c(found$coefficients, found$zeta), values, rows), sqrt(c(g %*% v %*% g))))
}
