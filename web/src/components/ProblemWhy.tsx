import Box from "@mui/material/Box";
import { Fragment } from "react";

import type { ApiProblem } from "~/api/problem";

import { Why } from "./Why";
import type { Group } from "./reasons";
import { useReason } from "./useReason";

const SHOWN = 20;
/** An order that cannot be made is refused with the code that its job would fail with. */
const REFUSED: readonly Group[] = ["refused", "file"];

/** Why the service refused: every right that stands in the way, every field at fault, or its one reason, unless the title has said it. */
export function ProblemWhy({ problem, title }: { problem: ApiProblem; title: string }) {
  const told = useReason()(REFUSED, { code: problem.code, text: problem.message });
  const { errors, reasons } = problem.body;
  if (problem.code === "rights" && reasons && reasons.length > 0) {
    return reasons.map(({ code, detail }, at) => (
      <Fragment key={code}>
        {at > 0 && "; "}
        <Why line groups="rights" code={code} text={detail} />
      </Fragment>
    ));
  }
  if (errors && errors.length > 0) {
    return (
      <Box component="ul" sx={{ m: 0, pl: 2.5 }}>
        {errors.slice(0, SHOWN).map(({ field, detail, code, limit }) => (
          <li key={`${field} ${detail}`}>
            <strong>{field}</strong>: <Why groups="field" code={code} text={detail} limit={limit} />
          </li>
        ))}
      </Box>
    );
  }
  return told?.text === title ? null : <Why groups={REFUSED} code={problem.code} text={problem.message} />;
}
