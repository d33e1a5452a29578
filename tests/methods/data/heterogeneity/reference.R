# Figures of reference.json: Rscript reference.R <folder of cluster_se> <output folder>
# Levels, weights and contrasts are made from the rows of cluster_se/fewclusters.csv, so that no other data are kept.
suppressMessages({library(clubSandwich); library(metafor); library(jsonlite)})
args <- commandArgs(TRUE); out <- args[2]; fig <- list()
add <- function(id, call, value) fig[[length(fig)+1]] <<- list(id=id, call=call, value=value)
d <- read.csv(file.path(args[1], "fewclusters.csv"))
d$g3 <- factor((seq_len(nrow(d)) * 7) %% 3); d$g2 <- factor((seq_len(nrow(d)) * 7) %% 2)
d$poids <- 1 + (seq_len(nrow(d)) %% 4) / 2
for (g in c("g2", "g3")) for (w in c("simple", "pondere")) for (y in c("y", "ybin")) {
  d$g <- d[[g]]; d$out <- d[[y]]
  m <- if (w == "simple") lm(out ~ 0 + g + g:treat + x, d) else lm(out ~ 0 + g + g:treat + x, d, weights = poids)
  k <- grep(":treat", names(coef(m))); q <- length(k) - 1
  C <- matrix(0, q, length(coef(m))); C[, k[1]] <- -1; C[cbind(seq_len(q), k[-1])] <- 1
  v <- vcovCR(m, cluster = d$cluster, type = "CR2")
  ct <- coef_test(m, v, cluster = d$cluster, test = "Satterthwaite")[k, ]
  ci <- conf_int(m, v, cluster = d$cluster, test = "Satterthwaite")[k, ]
  id <- paste(g, w, y, sep = ".")
  add(paste0("levels.", id), "coef_test(lm(out ~ 0 + g + g:treat + x), 'CR2', cluster, 'Satterthwaite'), effects of levels",
      list(beta = ct$beta, se = ct$SE, df = ct$df_Satt, low = ci$CI_L, high = ci$CI_U))
  for (kind in c("CR2", "CR3")) {
    t <- Wald_test(m, constraints = C, vcov = vcovCR(m, cluster = d$cluster, type = kind), test = "HTZ")
    add(paste0("htz.", kind, ".", id), "Wald_test(m, constraints = each level against the first, test = 'HTZ')",
        list(f = t$Fstat, df_num = t$df_num, df_denom = t$df_denom, p = t$p_val))
  }
}
b <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
tight <- list(threshold = 1e-14, maxiter = 10000)
r <- rma(yi, vi, data = b, method = "REML", control = tight)
ci <- confint(r, control = list(tol = 1e-14))$random
pr <- predict(rma(yi, vi, data = b, method = "REML", test = "t", control = tight), pi.type = "riley")
add("bcg.data", "escalc(measure='RR', data=dat.bcg): 13 trials of the BCG vaccine (Colditz et al. 1994)", list(yi = as.numeric(b$yi), vi = as.numeric(b$vi)))
add("bcg.reml", "rma(yi, vi, method='REML')", list(tau2 = r$tau2, mean = as.numeric(r$b), se = r$se, q = r$QE, p_q = r$QEp))
add("bcg.tau", "confint(rma)", list(low = unname(ci["tau", "ci.lb"]), high = unname(ci["tau", "ci.ub"])))
add("bcg.prediction", "predict(rma(test = 't'), pi.type = 'riley'): Student with k - 2 degrees of freedom, normal error of the mean", list(low = pr$pi.lb, high = pr$pi.ub))
bl <- blup(r)
add("bcg.blup", "blup(rma): effects with tau2 taken as known", list(pred = bl$pred, se = bl$se))
write_json(list(case = "Effects by level, joint test; départements brought towards their mean",
  produced_with = list(R = R.version.string, packages = list(clubSandwich = as.character(packageVersion("clubSandwich")), metafor = as.character(packageVersion("metafor")))),
  data = "cluster_se/fewclusters.csv", figures = fig), file.path(out, "reference.json"), auto_unbox = TRUE, digits = NA, na = "null")
