import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";

import { ApiProblem, isPassing } from "~/api/problem";
import { SignedOut } from "~/session/session";

import { ProblemWhy } from "./ProblemWhy";

/** What went wrong in the words of the person's language, what can be done, and the number that the platform team asks for. */
export function Fault({ fault, retry }: { fault: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const title = useFaultTitle()(fault);
  const problem = fault instanceof ApiProblem && !isPassing(fault) ? fault : null;
  return (
    <Alert
      severity="error"
      variant="outlined"
      action={
        retry && (
          <Button color="inherit" onClick={retry}>
            {t("fault.retry")}
          </Button>
        )
      }
    >
      {title}
      {problem && (
        <Typography variant="body2" component="div" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
          <ProblemWhy problem={problem} title={title} />
        </Typography>
      )}
      {fault instanceof ApiProblem && fault.requestId && (
        <Typography variant="caption" sx={{ color: "text.secondary" }}>
          {t("fault.request", { id: fault.requestId })}
        </Typography>
      )}
    </Alert>
  );
}

/** One sentence about a fault. */
export function useFaultTitle(): (fault: unknown) => string {
  const { t } = useTranslation();
  return (fault) => {
    if (fault instanceof SignedOut) return t("fault.signedOut");
    if (!(fault instanceof ApiProblem)) return fault instanceof TypeError ? t("fault.network") : t("fault.unknown");
    if (fault.status === 404) return t("fault.notFound");
    if (fault.status === 403) return t("fault.forbidden");
    if (fault.status === 413) return t("fault.tooLarge");
    if (fault.status >= 500 || fault.status === 429) return t("fault.busy");
    return t("fault.refused");
  };
}
