import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";
import { PageLink } from "~/components/PageLink";
import { Why } from "~/components/Why";

import { Listed } from "../parts/Listed";
import { ruleSetOf, useMatches, useRuleChanges, type Rule } from "./useRules";

/** What the rule would publish now and what rights forbid; it is switched on below that. */
export function DryRun({ rule, onDone }: { rule: Rule; onDone: () => void }) {
  const { t } = useTranslation("admin");
  const matches = useMatches(rule.id);
  const { save } = useRuleChanges();
  const items = matches.data?.pages.flatMap((page) => page.items) ?? [];
  const allowed = items.filter((match) => match.allowed).length;
  return (
    <Box sx={{ display: "grid", gap: 1.5 }}>
      {matches.data && items.length > 0 && (
        <Alert severity="info" variant="outlined">
          {t(matches.hasNextPage ? "rules.matchesSoFar" : "rules.matches", { count: items.length, allowed })}
        </Alert>
      )}
      <Listed inner list={matches} none={t("rules.noMatches")}>
        {(found) => (
          <Box component="ul" aria-label={t("rules.dry")} sx={{ listStyle: "none", m: 0, p: 0 }}>
            {found.map((match) => (
              <Box component="li" key={match.asset_id} sx={{ py: 0.75, borderBottom: 1, borderColor: "divider" }}>
                <PageLink to="/assets/$id" params={{ id: match.asset_id }} sx={{ overflowWrap: "anywhere" }}>
                  {match.name}
                </PageLink>
                {!match.allowed && (
                  <Box sx={{ fontSize: "0.75rem", color: "error.main" }}>
                    {t("rules.forbidden")}
                    {match.reasons.map((text, at) => (
                      <Fragment key={text}>
                        {at > 0 ? " · " : " "}
                        <Why line groups="rights" code={match.reason_codes[at]} text={text} />
                      </Fragment>
                    ))}
                  </Box>
                )}
              </Box>
            ))}
          </Box>
        )}
      </Listed>
      {save.isError && <Fault fault={save.error} />}
      {rule.enabled ? (
        <Box sx={{ color: "success.main" }}>{t("rules.on")}</Box>
      ) : (
        <Button variant="contained" sx={{ justifySelf: "start" }} disabled={!matches.data || save.isPending} onClick={() => save.mutate(ruleSetOf(rule, true), { onSuccess: onDone })}>
          {t("rules.switchOn")}
        </Button>
      )}
      <Box sx={{ fontSize: "0.75rem", color: "text.secondary" }}>{t("rules.actsOn")}</Box>
    </Box>
  );
}
