suppressMessages({library(survival); library(jsonlite); library(prodlim)})
out <- "."  # writes durees.csv and reference.json here
set.seed(20241122); n <- 240
groupe <- sample(c("a","b","c"), n, TRUE); strate <- sample(c("s1","s2"), n, TRUE); grappe <- sample(1:15, n, TRUE)
u <- rexp(n, 0.010 * c(a=1,b=1.5,c=0.8)[groupe]) ; v <- rexp(n, 0.004); cens <- runif(n, 20, 260)
entree <- ifelse(runif(n) < 0.4, floor(runif(n, 1, 60)), 0)
temps <- ceiling(pmin(u, v, cens))
issue <- ifelse(cens <= pmin(u,v), "en_cours", ifelse(u <= v, "franchie", "refus"))
keep <- temps > entree
d <- data.frame(temps, entree, issue, groupe, strate, grappe)[keep,]
write.csv(d, file.path(out,"durees.csv"), row.names=FALSE, quote=FALSE)
d <- read.csv(file.path(out,"durees.csv")); d$fini <- as.integer(d$issue != "en_cours")
d$etat <- factor(d$issue, levels=c("en_cours","franchie","refus"))
fig <- list(); add <- function(id, call, value) fig[[length(fig)+1]] <<- list(id=id, call=call, value=value)
cv <- function(s) list(time=s$time[s$n.event>0], n_risk=s$n.risk[s$n.event>0], surv=s$surv[s$n.event>0], se=summary(s)$std.err, low=s$lower[s$n.event>0], high=s$upper[s$n.event>0])
for (nm in c("right","entry")) {
  f <- if (nm=="right") Surv(temps, fini) ~ 1 else Surv(entree, temps, fini) ~ 1
  s <- survfit(f, d, conf.type="log-log")
  cl <- if (nm=="right") "survfit(Surv(temps, fini) ~ 1, conf.type='log-log')" else "survfit(Surv(entree, temps, fini) ~ 1, conf.type='log-log')"
  add(paste0("km.",nm), cl, cv(s))
  q <- quantile(s, c(.25,.5,.75)); add(paste0("km.",nm,".quantiles"), paste0("quantile(",cl,", c(.25,.5,.75))"), lapply(q, unname))
  for (tau in c(60,120,200)) { m <- summary(s, rmean=tau)$table; add(paste0("rmst.",nm,".",tau), paste0("summary(",cl,", rmean=",tau,")$table"), list(mean=unname(m["rmean"]), se=unname(m["se(rmean)"]))) }
  # competing issues
  g <- if (nm=="right") Surv(temps, etat) ~ 1 else Surv(entree, temps, etat) ~ 1
  d$id <- seq_len(nrow(d))
  a <- if (nm=="right") survfit(g, d) else survfit(g, d, id=id)
  ev <- rowSums(a$n.event) > 0
  for (k in c("franchie","refus")) {
    j <- which(a$states==k)
    add(paste0("aj.",nm,".",k), paste0("survfit(",deparse(g),", id=id)$pstate"), list(time=a$time[ev], pstate=a$pstate[ev,j]))
  }
  # deletion of one cluster at a time
  gs <- sort(unique(d$grappe)); G <- length(gs); at <- c(30,90,180)
  th <- t(sapply(gs, function(x) summary(survfit(f, d[d$grappe!=x,]), times=at)$surv))
  add(paste0("jackknife.km.",nm), "survfit without each grappe, at 30, 90, 180: sqrt((G-1)/G * sum((th - mean(th))^2))", sqrt((G-1)/G*colSums(sweep(th,2,colMeans(th))^2)))
  th <- t(sapply(gs, function(x) { dd <- d[d$grappe!=x,]; b <- survfit(g, dd, id=id); summary(b, times=at)$pstate[,which(b$states=="franchie")] }))
  add(paste0("jackknife.aj.",nm), "survfit of etat without each grappe, franchie at 30, 90, 180", sqrt((G-1)/G*colSums(sweep(th,2,colMeans(th))^2)))
  th <- sapply(gs, function(x) summary(survfit(f, d[d$grappe!=x,]), rmean=120)$table["rmean"])
  add(paste0("jackknife.rmst.",nm), "rmean to 120 without each grappe", sqrt((G-1)/G*sum((th-mean(th))^2)))
}
sd <- function(f) { s <- survdiff(f, d); o <- if (is.matrix(s$obs)) rowSums(s$obs) else s$obs; e <- if (is.matrix(s$exp)) rowSums(s$exp) else s$exp; list(observed=unname(o), expected=unname(e), chisq=s$chisq, df=length(o)-1) }
add("logrank.right", "survdiff(Surv(temps, fini) ~ groupe)", sd(Surv(temps,fini)~groupe))
add("logrank.stratified", "survdiff(Surv(temps, fini) ~ groupe + strata(strate))", sd(Surv(temps,fini)~groupe+strata(strate)))
add("logrank.entry", "coxph(Surv(entree, temps, fini) ~ groupe, ties='exact')$score", list(chisq=unname(coxph(Surv(entree,temps,fini)~groupe,d,ties="exact")$score)))
add("logrank.entry_stratified", "coxph(Surv(entree, temps, fini) ~ groupe + strata(strate), ties='exact')$score", list(chisq=unname(coxph(Surv(entree,temps,fini)~groupe+strata(strate),d,ties="exact")$score)))
p <- prodlim(Hist(temps, issue, cens.code="en_cours") ~ 1, data=d)
print(names(p)); ev <- p$n.event; 
for (k in c("franchie","refus")) add(paste0("prodlim.right.",k), "prodlim(Hist(temps, issue, cens.code='en_cours') ~ 1)", list(time=p$time, cuminc=p$cuminc[[k]], se=p$se.cuminc[[k]]))
r <- try(prodlim(Hist(temps, issue, cens.code="en_cours", entry=entree) ~ 1, data=d))
if (!inherits(r,"try-error")) for (k in c("franchie","refus")) add(paste0("prodlim.entry.",k), "prodlim(Hist(temps, issue, cens.code='en_cours', entry=entree) ~ 1)", list(time=r$time, cuminc=r$cuminc[[k]], se=r$se.cuminc[[k]]))
write_json(list(case="Durations with delayed entry and competing issues (simulated)", produced_with=list(R=R.version.string, packages=list(survival=as.character(packageVersion("survival")), prodlim=as.character(packageVersion("prodlim")))), data="durees.csv", figures=fig), file.path(out,"reference.json"), auto_unbox=TRUE, digits=NA, na="null")
cat(sapply(fig, function(x) x$id), sep="\n")
