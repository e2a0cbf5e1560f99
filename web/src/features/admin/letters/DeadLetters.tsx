import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Switch from "@mui/material/Switch";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { DeadLetter } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import type { Group } from "~/components/reasons";
import { Why } from "~/components/Why";
import { useFormat } from "~/format/useFormat";
import { MONOSPACE } from "~/theme/theme";

import { Listed } from "../parts/Listed";
import { Section } from "../parts/Section";
import { Side } from "../parts/Side";
import { Table } from "../parts/Table";
import { useAddressed } from "../parts/useAddressed";
import { ReplayMany } from "./ReplayMany";
import { useDeadLetter, useDeadLetters, useReplay } from "./useDeadLetters";

/** What `publish` gave up on by itself failed on a channel; the others at a function. */
const groupsOf = ({ destination }: DeadLetter): readonly Group[] => (destination === "publish" ? ["channel"] : ["platform", "file"]);

/** Events that a trigger gave up on: what they said, why they failed, and once more, one of them or all that fit. */
export function DeadLetters() {
  const { t } = useTranslation("admin");
  const format = useFormat();
  const [{ letters: which }, say] = useAddressed(["letters"]);
  const waiting = which !== "all";
  const [open, setOpen] = useState<DeadLetter | null>(null);
  const [many, setMany] = useState(false);
  const letters = useDeadLetters(waiting);
  const replay = useReplay();
  const items = letters.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section
      title={t("letters.title")}
      tools={
        <>
          <Box component="label" sx={{ display: "flex", alignItems: "center", fontSize: "0.8125rem" }}>
            <Switch size="small" checked={waiting} onChange={(event) => say({ letters: event.target.checked ? "" : "all" })} />
            {t("letters.waiting")}
          </Box>
          <Button variant="outlined" onClick={() => setMany(true)}>
            {t("letters.many")}
          </Button>
        </>
      }
    >
      {replay.isError && <Fault fault={replay.error} />}
      <Listed list={letters} none={t("letters.none")}>
        {(found) => (
          <Table label={t("letters.title")} columns={[t("letters.when"), t("letters.event"), t("letters.destination"), t("letters.answer"), t("action")]}>
            {found.map((letter) => (
              <tr key={letter.id}>
                <Box component="td" sx={{ whiteSpace: "nowrap" }}>
                  {format.moment(letter.received_at)}
                </Box>
                <td>
                  <Button onClick={() => setOpen(letter)} sx={{ p: 0, minWidth: 0, textAlign: "left", fontWeight: 500 }}>
                    {letter.event_type}
                  </Button>
                </td>
                <Box component="td" sx={{ overflowWrap: "anywhere" }}>
                  {letter.destination}
                </Box>
                <Box component="td" sx={{ overflowWrap: "anywhere" }}>
                  {letter.code} <Why line groups={groupsOf(letter)} code={letter.reason_code} text={letter.reason ?? letter.answer?.slice(0, 120)} />
                </Box>
                <td>
                  {letter.replayed_at ? (
                    t("letters.replayed", { when: format.moment(letter.replayed_at) })
                  ) : (
                    <Button variant="outlined" disabled={replay.isPending} onClick={() => replay.mutate(letter.id)}>
                      {t("letters.replay")}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Listed>
      <Side title={open?.event_type ?? ""} open={open !== null} onClose={() => setOpen(null)}>
        {open && <Letter letter={open} />}
      </Side>
      <Side title={t("letters.many")} open={many} onClose={() => setMany(false)}>
        <ReplayMany known={items} />
      </Side>
    </Section>
  );
}

function Letter({ letter }: { letter: DeadLetter }) {
  const detail = useDeadLetter(letter.id);
  return (
    <>
      <Typography component="div" sx={{ overflowWrap: "anywhere" }}>
        {letter.destination} · {letter.code} · {letter.reason_code}
        <Box>
          <Why groups={groupsOf(letter)} code={letter.reason_code} text={letter.reason ?? letter.answer} />
        </Box>
      </Typography>
      {detail.isPending && <Loading />}
      {detail.isError && <Fault fault={detail.error} />}
      {detail.data && (
        <Box component="pre" tabIndex={0} sx={{ m: 0, p: 2, overflow: "auto", fontFamily: MONOSPACE, fontSize: "0.75rem", border: 1, borderColor: "divider", borderRadius: 1 }}>
          {JSON.stringify(detail.data.event, null, 2)}
        </Box>
      )}
    </>
  );
}
