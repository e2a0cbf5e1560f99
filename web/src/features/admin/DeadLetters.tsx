import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Drawer from "@mui/material/Drawer";
import Switch from "@mui/material/Switch";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { DeadLetter } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Nothing } from "~/components/Nothing";
import { useFormat } from "~/format/useFormat";
import { MONOSPACE } from "~/theme/theme";

import { useDeadLetter, useDeadLetters, useReplay } from "./useDeadLetters";

/** Events that a trigger gave up on: what they said, why they failed, and once more. */
export function DeadLetters() {
  const { t } = useTranslation();
  const format = useFormat();
  const [waiting, setWaiting] = useState(true);
  const [open, setOpen] = useState<DeadLetter | null>(null);
  const letters = useDeadLetters(waiting);
  const replay = useReplay();
  const items = letters.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Box sx={{ display: "grid", gap: 1.5 }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 2 }}>
        <Typography variant="h2">{t("admin.letters")}</Typography>
        <Box component="label" sx={{ display: "flex", alignItems: "center", fontSize: "0.8125rem" }}>
          <Switch size="small" checked={waiting} onChange={(event) => setWaiting(event.target.checked)} />
          {t("admin.waiting")}
        </Box>
      </Box>
      {replay.isError && <Fault fault={replay.error} />}
      {letters.isPending && <Loading />}
      {letters.isError && <Fault fault={letters.error} retry={() => void letters.refetch()} />}
      {letters.data && items.length === 0 && <Nothing title={t("admin.none")}>{t("admin.noneWhy")}</Nothing>}
      {items.length > 0 && (
         
        <Box tabIndex={0} role="region" aria-label={t("admin.letters")} sx={{ overflowX: "auto" }}>
          <Box component="table" sx={{ width: "100%", borderCollapse: "collapse", fontSize: "0.8125rem", "& th, & td": { textAlign: "left", py: 0.75, pr: 2, borderBottom: 1, borderColor: "divider", verticalAlign: "top" } }}>
            <Box component="thead" sx={{ color: "text.secondary", fontSize: "0.75rem" }}>
              <tr>
                <th scope="col">{t("admin.when")}</th>
                <th scope="col">{t("admin.event")}</th>
                <th scope="col">{t("admin.destination")}</th>
                <th scope="col">{t("admin.answer")}</th>
                <th scope="col">{t("admin.action")}</th>
              </tr>
            </Box>
            <tbody>
              {items.map((letter) => (
                <tr key={letter.id}>
                  <Box component="td" sx={{ whiteSpace: "nowrap" }}>
                    {format.moment(letter.received_at)}
                  </Box>
                  <td>
                    <Button onClick={() => setOpen(letter)} sx={{ p: 0, minWidth: 0, textAlign: "left", fontWeight: 500 }}>
                      {letter.event_type}
                    </Button>
                  </td>
                  <td>{letter.destination}</td>
                  <td>
                    {letter.code} {letter.answer?.slice(0, 120)}
                  </td>
                  <td>
                    {letter.replayed_at ? (
                      t("admin.replayed", { when: format.moment(letter.replayed_at) })
                    ) : (
                      <Button variant="outlined" disabled={replay.isPending} onClick={() => replay.mutate(letter.id)}>
                        {t("admin.replay")}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </Box>
        </Box>
      )}
      {letters.hasNextPage && (
        <Button disabled={letters.isFetchingNextPage} onClick={() => void letters.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
      <Drawer anchor="right" open={open !== null} onClose={() => setOpen(null)} slotProps={{ paper: { role: "dialog", "aria-label": open?.event_type ?? "", sx: { width: "min(720px, 100vw)", p: 3, gap: 2 } } }}>
        {open && <Letter letter={open} onClose={() => setOpen(null)} />}
      </Drawer>
    </Box>
  );
}

function Letter({ letter, onClose }: { letter: DeadLetter; onClose: () => void }) {
  const { t } = useTranslation();
  const detail = useDeadLetter(letter.id);
  return (
    <>
      <Box sx={{ display: "flex", gap: 2 }}>
        <Typography variant="h2" sx={{ flex: 1, overflowWrap: "anywhere" }}>
          {letter.event_type}
        </Typography>
        <Button onClick={onClose}>{t("close")}</Button>
      </Box>
      <Typography sx={{ overflowWrap: "anywhere" }}>
        {letter.destination} · {letter.code} · {letter.answer}
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
